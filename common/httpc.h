/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The HTTPS client of vkcfg-pull and vkcfg: one server, one connection that is kept open between
 * requests, blocking calls that end by an absolute deadline whatever the peer does. The deadline
 * covers name resolution too, as far as the resolver lets it.
 *
 *   httpc_new() -> httpc_request()... -> httpc_free()
 *
 * A GET on a kept connection that turns out to be closed is sent once more on a fresh one; a POST
 * never, because it may have been carried out. One thread.
 */
#ifndef VK_HTTPC_H
#define VK_HTTPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum { HTTPC_ETAG_BYTES = 128, HTTPC_TYPE_BYTES = 64 };

struct httpc;

/* All is copied or read during httpc_new(). Of each pair PATH / PEM one is given. */
struct httpc_options {
	const char *url; /* https://HOST[:PORT], nothing behind it; port 443 by default */
	const char *ca_path;
	const char *ca_pem;
	const uint8_t *ca_sha256; /* instead of a CA: its digest, for enrolment (32 bytes) */
	const char *cert_path;
	const char *cert_pem;
	const char *key_path; /* refused if others may read it */
	const char *key_pem;
	const char *fleet;        /* the server's identity must be of this fleet; NULL: any */
	bool is_own_pki;	  /* the CA is one of the user's own: a server of that name is enough,
				   * it carries no identity of vkcfg's */
	const char *session_path; /* where the TLS session is kept between runs; NULL: nowhere */
	int64_t timeout_ms;       /* for each request, connecting included; 0: 30 s */
};

/* VK_EINPUT for a URL, certificate or key that cannot be used; opens no connection yet. */
VK_CHECKED enum vk_rc httpc_new(
	const struct httpc_options *options, struct httpc **out, struct vk_err *err);
void httpc_free(struct httpc *client);

enum httpc_flags {
	HTTPC_DEFAULT = 0,
	HTTPC_ANY_STATUS = 1, /* a status >= 400 is a reply like any other, not a failure */
};

/* One request. Members left zero are not sent. */
struct httpc_call {
	const char *method; /* NULL: GET, or POST where there is a body */
	const char *target; /* path and query: "/v1/changes?limit=10" */
	const char *if_none_match;
	unsigned wait_seconds;    /* Prefer: wait=N; the deadline is extended by as much */
	const char *content_type; /* NULL: application/json where there is a body */
	const void *body;
	size_t body_len;
	size_t max_body_bytes; /* of the reply; 0: 1 MiB */
	int64_t timeout_ms;    /* 0: the client's */
	enum httpc_flags flags;
};

/* A reply; zero-initialise it or use HTTPC_REPLY_INIT, release with httpc_reply_release(). */
struct httpc_reply {
	int status;
	char etag[HTTPC_ETAG_BYTES]; /* with its quotes; empty if none */
	char content_type[HTTPC_TYPE_BYTES];
	int64_t retry_after_seconds; /* 0 if none */
	char *body;                  /* NUL-terminated; NULL before the first reply */
	size_t body_len;
};
#define HTTPC_REPLY_INIT                                                                           \
	{                                                                                          \
		.status = 0                                                                        \
	}

/* Sends a request and reads the reply into *reply (released first, so one struct serves a loop). A
 * status >= 400 is a failure: the code from the status, message and hint from the problem document
 * (RFC 9457); reply->status and retry_after_seconds are set then too. VK_EUNAVAIL: network and
 * deadline; VK_EUNTRUSTED: the server's certificate; VK_EDENIED: the server refuses ours;
 * VK_ELIMIT: the reply is larger than max_body_bytes. */
VK_CHECKED enum vk_rc httpc_request(struct httpc *client, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err);

void httpc_reply_release(struct httpc_reply *reply);

/* GET target. */
VK_CHECKED enum vk_rc httpc_get(struct httpc *client, const char *target, size_t max_body_bytes,
	struct httpc_reply *reply, struct vk_err *err);

/* POST target with a JSON body. */
VK_CHECKED enum vk_rc httpc_post(struct httpc *client, const char *target, const char *json,
	size_t json_len, struct httpc_reply *reply, struct vk_err *err);

/* Closes the connection; the next request opens a new one. */
void httpc_disconnect(struct httpc *client);

#endif
