/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection of the server over a socketpair, with its event loop turned by hand, and a TLS
 * client at the other end. One at a time, in conn_fix: between init and release.
 */
#ifndef VK_CONN_FIXTURE_H
#define VK_CONN_FIXTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/conn.h"
#include "tests/unit/pki.h"

enum {
	CONN_FIXTURE_HOUR = 3600,
	CONN_FIXTURE_TURNS = 20000, /* more than anything here takes */
	CONN_FIXTURE_REPLY_BYTES = 400000,
	CONN_FIXTURE_BIG_BYTES = 300000,
};

struct conn_fixture {
	struct pki pki;
	struct pki_leaf server_leaf;
	struct pki_leaf host_leaf;
	struct pki_leaf user_leaf;
	struct vktls_ctx *server_ctx;
	struct vktls_ctx *client_ctx;
	struct view_slot *views;
	struct worker_pool_options options;
	struct conn_env env;
	atomic_uint connections;
	atomic_size_t body_bytes;
	struct request *deferred; /* by the handler of /defer */
	int denied;
	int released;
	char etag[16]; /* of /poll */
	char *big;     /* the body of /big */
	struct {
		int fd;
		struct vktls *tls;
		bool is_up;
		bool is_closed;
		char reply[CONN_FIXTURE_REPLY_BYTES];
		size_t len;
	} client;
};

extern struct conn_fixture conn_fix;

void conn_fixture_init(void);
void conn_fixture_release(void);

/* The next view, in which the host db1 is revoked or not. */
void conn_fixture_publish(bool is_host_revoked);

/* Frees a reply's body; a handler's struct reply names it with &conn_fix.released as the owner. */
void conn_fixture_free_body(void *owner);

void conn_fixture_open_client(void); /* as the host db1 */
void conn_fixture_open_client_as(const struct vktls_ctx *ctx);
void conn_fixture_close_client(void);
void conn_fixture_send_bytes(const char *data, size_t len);
void conn_fixture_send_text(const char *text);

/* Lets each end do what it can do now. */
void conn_fixture_turn_server(void);
void conn_fixture_turn_client(void);

/* Waits for the reply to begin with this and to hold that. */
void conn_fixture_expect(const char *start, const char *part);
void conn_fixture_expect_closed(void);

uint64_t conn_fixture_in_state(enum conn_state state);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POLL "GET /poll HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\nPrefer: wait=55\r\n\r\n"
#define POST(path, type, length)                                                                   \
	"POST " path " HTTP/1.1\r\nHost: a\r\nContent-Type: " type "\r\nContent-Length: " length   \
	"\r\n\r\n"

#endif
