/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of vktls share: vktls.c (connections), vktls_ctx.c (contexts) and vktls_verify.c
 * (which peer is accepted). For nobody else. */
#ifndef VK_VKTLS_INTERNAL_H
#define VK_VKTLS_INTERNAL_H

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "common/name.h"
#include "common/vktls.h"

enum { VKTLS_BINDING_BYTES = 32 };

struct vktls_ctx {
	atomic_uint refs;
	SSL_CTX *ssl_ctx;
	BIO_METHOD *bio_method;
	bool is_server;
	bool is_foreign; /* a client of a server that carries no identity of ours */
	bool has_ca_pin;
	uint8_t ca_sha256[VKTLS_FINGERPRINT_BYTES];
	char fleet[VK_NAME_BYTES];      /* empty: any */
	uint8_t binding[VKTLS_BINDING_BYTES]; /* digest of CA, fleet and own certificate */
};

struct vktls {
	struct vktls_ctx *ctx;
	SSL *ssl;
	int fd;
	bool is_at_eof;
	bool is_up; /* the handshake is done and nothing has failed since */
	bool is_self_signed;
	bool has_seen_peer; /* fingerprint and not_after are set */
	uint8_t fingerprint[VKTLS_FINGERPRINT_BYTES];
	int64_t not_after;
	char *server_name;    /* of a client */
	SSL_SESSION *session; /* of a client: the newest ticket */
	struct vk_err *err;   /* NULL until something fails */
};

/* The socket as OpenSSL sees it; NULL when out of memory. Freed by BIO_meth_free(). */
BIO_METHOD *vktls_bio_method(void);

/* SSL_CTX_set_cert_verify_callback() of a server and of a client. */
int vktls_verify_client(X509_STORE_CTX *store_ctx, void *arg);
int vktls_verify_server(X509_STORE_CTX *store_ctx, void *arg);

/* That of vktls_look_new(): keeps what the certificate is, and accepts it. */
int vktls_verify_nothing(X509_STORE_CTX *store_ctx, void *arg);

/* Keeps fingerprint and end of life of the peer's certificate; false if it cannot be read. */
bool vktls_keep_peer(struct vktls *conn, const X509 *cert);

/* Whether the server's certificate that a resumed session brought back would still be accepted, as
 * far as that can change: its time, the name that was dialled, its identity. */
bool vktls_is_still_good(const struct vktls *conn, X509 *cert);

/* SSL_CTX_sess_set_new_cb() of a client: keeps the newest ticket. */
int vktls_keep_session(SSL *ssl, SSL_SESSION *session);

#endif
