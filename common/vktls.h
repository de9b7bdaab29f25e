/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLS 1.3 with certificates on both sides, behind five results. A context (struct vktls_ctx)
 * holds the own key, the trusted CA and the rules, is made once and may be used by all threads.
 * A connection (struct vktls) belongs to one thread, runs over a stream socket that the caller
 * opened and closes, and never blocks when the socket does not: every step either gets on or says
 * what it waits for.
 *
 *   vktls_new() -> vktls_handshake() until VKTLS_DONE -> vktls_read(), vktls_write() in
 *   any order -> vktls_shutdown() -> vktls_free(), then close(fd)
 *
 * After VKTLS_FAILED or VKTLS_CLOSED only vktls_error() and vktls_free() are allowed.
 * The caller must not assume that reading waits for reading: it polls for what the result says.
 * A closed socket raises no SIGPIPE.
 *
 * A resumed session brings the peer's certificate back without presenting it again: nothing is
 * known then but that the peer held that certificate once. Whoever trusts an identity looks it up
 * by its fingerprint, and its end of life by vktls_peer_not_after(), at each request.
 */
#ifndef VK_VKTLS_H
#define VK_VKTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum { VKTLS_FINGERPRINT_BYTES = 32, VKTLS_MAX_SESSION_BYTES = 16384 };

enum vktls_result {
	VKTLS_DONE,       /* the step is complete; for read and write: some bytes moved */
	VKTLS_FAILED,     /* the connection is unusable; vktls_error() says why */
	VKTLS_CLOSED,     /* the peer ended the connection in order, or hung up between records */
	VKTLS_WANT_READ,  /* call again when the socket is readable */
	VKTLS_WANT_WRITE, /* call again when the socket is writable */
};

struct vktls_ctx;
struct vktls;

/* A server accepts two kinds of client: one whose certificate chains to the fleet's CA, and one
 * with a self-signed certificate, which vktls_peer_is_self_signed() tells and which may do nothing
 * but enrol. All texts are PEM and are only read during the call. */
struct vktls_server_options {
	const char *ca_pem;   /* the fleet's CA; also sent in the handshake, for enrolment by pin */
	const char *cert_pem; /* own certificate, then intermediates */
	const char *key_pem;
};
VK_CHECKED enum vk_rc vktls_server_new(
	const struct vktls_server_options *options, struct vktls_ctx **out, struct vk_err *err);

/* A client accepts a server whose certificate chains to the CA, is for the host name that it
 * dialled and carries the identity vkcfg://FLEET/server/... Exactly one of ca_pem and ca_sha256
 * is given. */
struct vktls_client_options {
	const char *ca_pem;
	const uint8_t *ca_sha256; /* SHA-256 of the DER of a CA that the server sends itself */
	const char *fleet;        /* NULL: any fleet */
	const char *cert_pem;
	const char *key_pem;
	/* A server that is not vkcfg's, such as a Valkey: the chain and the host name count, whatever
	 * identity it carries, and an own certificate is optional. */
	bool is_foreign;
};
VK_CHECKED enum vk_rc vktls_client_new(
	const struct vktls_client_options *options, struct vktls_ctx **out, struct vk_err *err);

/* A client that sees which certificate a foreign server shows, and nothing else: any is accepted, in
 * TLS 1.2 too. Nobody is who he says on such a connection: send nothing. */
VK_CHECKED enum vk_rc vktls_look_new(struct vktls_ctx **out, struct vk_err *err);

/* One more owner; any thread. */
struct vktls_ctx *vktls_ctx_ref(const struct vktls_ctx *ctx);

/* One owner less. Connections keep what they need of a context alive. */
void vktls_ctx_free(struct vktls_ctx *ctx);

/* A connection over fd, which stays the caller's. server_name: the DNS name or IP address that a
 * client dialled, NULL in a server. Never NULL. */
struct vktls *vktls_new(const struct vktls_ctx *ctx, int fd, const char *server_name);
void vktls_free(struct vktls *conn);

enum vktls_result vktls_handshake(struct vktls *conn);

/* Reads up to size bytes; *len is written with VKTLS_DONE only and is never 0 then. */
enum vktls_result vktls_read(struct vktls *conn, void *buf, size_t size, size_t *len);

/* Writes a first part of the len bytes (len > 0); *written is set with VKTLS_DONE only. After
 * WANT_* the call is repeated with the same bytes, which may have moved. */
enum vktls_result vktls_write(
	struct vktls *conn, const void *buf, size_t len, size_t *written);

/* Says goodbye; does not wait for the peer's. VKTLS_DONE also where there is nothing to say. */
enum vktls_result vktls_shutdown(struct vktls *conn);

/* Fills err with why the connection failed and returns its code: VK_EUNTRUSTED (the peer's
 * certificate), VK_EDENIED (the peer refuses ours), VK_EUNAVAIL (network), VK_EINPUT (not TLS 1.3).
 * The message is safe to show and holds nothing of what was transmitted. */
enum vk_rc vktls_error(const struct vktls *conn, struct vk_err *err);

/* Whether the server has shown a certificate, of which fingerprint and end of life are known then. Of
 * vktls_look_new() also after VKTLS_FAILED: with TLS 1.2 a server that wants a certificate of ours
 * ends the handshake after it has shown its own. */
bool vktls_has_seen_peer(const struct vktls *conn);

/* The peer's certificate; valid after the handshake. */
void vktls_peer_fingerprint(const struct vktls *conn, uint8_t out[VKTLS_FINGERPRINT_BYTES]);
bool vktls_peer_is_self_signed(const struct vktls *conn);
int64_t vktls_peer_not_after(const struct vktls *conn);

/* Appends the peer's certificate as DER, or its public key as DER SubjectPublicKeyInfo. */
void vktls_peer_certificate(const struct vktls *conn, struct vk_buf *out);
void vktls_peer_public_key(const struct vktls *conn, struct vk_buf *out);

/* Whether the handshake was an abbreviated one. */
bool vktls_is_resumed(const struct vktls *conn);

/* A client's session for a later connection, as bytes to be kept as secret as a key. Appends
 * nothing where the server has sent no ticket (it comes after a full handshake, with a read; on a
 * resumed connection none comes, and the session that was loaded stays good until it runs out). */
void vktls_session_save(const struct vktls *conn, struct vk_buf *out);

/* Before the handshake: offers a saved session. Bytes that are not a session, or one of another
 * server name, CA, fleet or own certificate, are ignored: the handshake is a full one then. */
void vktls_session_load(struct vktls *conn, const void *data, size_t len);

#endif
