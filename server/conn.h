/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection: a state machine over a socket, on its worker's thread. It is in one state at a
 * time, each state has an absolute deadline, and conn_set_state() is the only place where it
 * changes. A callback steps the machine and returns; what is closed is freed later, by
 * conn_env_reap(), so that nobody frees what his caller still holds.
 *
 *   HANDSHAKE -> IDLE -> HEAD -> BODY -> ANSWER -> WRITE -> IDLE ...
 *                                          |  ^
 *                                          v  |
 *                                         PARKED             any -> LINGER -> CLOSED
 *
 * This header is for the network part of the server (conn, request, dispatch, worker) only.
 */
#ifndef VK_SERVER_CONN_H
#define VK_SERVER_CONN_H

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/http.h"
#include "common/vktls.h"
#include "server/listener.h"
#include "server/quota.h"
#include "server/request.h"
#include "server/worker.h"

enum {
	CONN_READ_BYTES = 16384,
	CONN_RETRY_AFTER_S = 5,
	CONN_SURPLUS_PART = 8, /* one eighth over the limit is told so; what is beyond gets no answer */
};

enum conn_state {
	CONN_HANDSHAKE, /* TLS; the peer is unknown yet */
	CONN_IDLE,      /* between requests: no byte of the next one has come */
	CONN_HEAD,      /* the head of a request is coming */
	CONN_BODY,      /* its body is coming: the head was found good and permitted */
	CONN_ANSWER,    /* its handler runs, or has deferred: waits for a reply */
	CONN_PARKED,    /* its handler waits for a new view */
	CONN_WRITE,     /* the reply is being written */
	CONN_LINGER,    /* all is said; reads until the peer has read it too, RFC 9112, 9.6 */
	CONN_CLOSED,    /* the socket is gone; freed when no deferred request holds it */
};

enum { CONN_STATES = CONN_CLOSED + 1 };

/* The request that a connection is about; see server/request.h. */
struct request {
	struct conn *conn;
	const struct route *route;
	const struct view *view;               /* while the handler runs; own reference if deferred */
	const struct view_identity *identity;  /* of the view, or the constant stranger */
	int64_t park_until_ms;                 /* 0: has not parked */
	bool is_deferred;
	bool wants_park;
};

/* What is left to be written: a first part, then a body. Each stands in somebody else's memory (the
 * worker's buffer, the view) or in a copy of our own. */
struct conn_output {
	const char *head;
	size_t head_len;
	const char *body;
	size_t body_len;
	char *own_head; /* what is to be freed */
	char *own_body;
	void (*release)(void *owner);
	void *owner;
};

struct conn {
	struct conn_env *env;
	TAILQ_ENTRY(conn) link;      /* of env->conns, or of env->closed */
	TAILQ_ENTRY(conn) park_link; /* of env->parked or env->woken, while PARKED */
	bool is_woken;               /* on env->woken */
	enum conn_state state;
	int fd;
	struct vktls *tls;
	struct event io;
	short io_events; /* that io waits for: EV_READ or EV_WRITE, 0: none */
	struct event timer;
	int64_t timer_ms;    /* when the timer fires; 0: it does not run */
	int64_t deadline_ms; /* of the state; 0: none */
	struct http_parser *parser;
	size_t body_bytes; /* reserved for the request's body */
	struct request request;
	struct conn_output output;
	bool is_reading; /* conn_read() is at work further up the stack */
	bool is_last;    /* the connection ends after this answer */
	bool is_surplus; /* over a limit: is told so, and no more */
	bool has_identity_quota;
	bool has_address_quota;
	bool is_self_signed;
	bool is_foreign; /* of a PKI that is not the fleet's, with a name in it */
	int64_t not_after; /* of the peer's certificate */
	uint8_t fingerprint[VKTLS_FINGERPRINT_BYTES];
	uint8_t address_key[QUOTA_KEY_BYTES];
	char address[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(conn_list, conn);

/* Totals of one worker; read by any thread. */
struct conn_stats {
	atomic_uint_fast64_t states[CONN_STATES]; /* connections in each, now */
	atomic_uint_fast64_t deferred;            /* now */
	atomic_uint_fast64_t accepted_total;
	atomic_uint_fast64_t refused_total;
	atomic_uint_fast64_t handshakes_total;
	atomic_uint_fast64_t resumed_total;
	atomic_uint_fast64_t handshake_failures_total;
	atomic_uint_fast64_t timeouts_total;
	/* By index into the route table (the last row: no route) and class of status. */
	atomic_uint_fast64_t requests_total[WORKER_MAX_ROUTES + 1][WORKER_STATUS_CLASSES];
};

/* What the connections of one worker share; belongs to the worker's thread but for the stats. */
struct conn_env {
	struct worker *worker;
	const struct worker_pool_options *options; /* limits filled in */
	struct event_base *base;
	struct vktls_ctx *tls;   /* own reference to what new connections use */
	const struct view *view; /* own reference to what was current last */
	struct quota *by_identity;
	struct quota *by_address;
	atomic_uint *connections;  /* in all workers */
	atomic_size_t *body_bytes; /* reserved for bodies in all workers */
	struct conn_list conns;   /* open ones and those that a deferred request holds */
	struct conn_list parked;
	struct conn_list woken; /* parked ones that are to be dispatched again */
	struct conn_list closed;
	char *read_buf;    /* CONN_READ_BYTES */
	struct vk_buf out; /* where a reply is put together */
	bool is_draining;
	struct conn_stats stats;
};

/* env->options is set. */
void conn_env_init(struct conn_env *env);

/* All connections must be gone. */
void conn_env_release(struct conn_env *env);

/* What connections that come from now on use; takes the reference. */
void conn_env_set_tls(struct conn_env *env, struct vktls_ctx *tls);

/* Takes the current view, if that has changed; one atomic load if not. */
void conn_env_refresh_view(struct conn_env *env);

/* Marks all parked connections as woken; conn_env_run_woken() dispatches some of them again and
 * says whether there are more. */
void conn_env_wake_all(struct conn_env *env);
bool conn_env_run_woken(struct conn_env *env);

/* Ends what is idle, answers what is parked, lets the rest finish. */
void conn_env_drain(struct conn_env *env);

/* Closes what is still open; deferred requests are waited for all the same. */
void conn_env_close_all(struct conn_env *env);

/* Frees what was closed since the last call. */
void conn_env_reap(struct conn_env *env);

/* Takes a new connection, with fd, from a listener (peer NULL: a socketpair). */
void conn_accept(struct conn_env *env, int fd, const union listener_address *peer);

/*
 * Between the parts of conn.
 */

/* Changes the state, and with it the lists and the deadline. */
void conn_set_state(struct conn *conn, enum conn_state state);

/* Returns to the event loop until the socket is ready for events (EV_READ, EV_WRITE, 0: not at
 * all), or until the state's deadline. */
void conn_wait_for(struct conn *conn, short events);
void conn_arm_timer(struct conn *conn);

/* Steps the machine; libevent's callback. */
void conn_on_io(evutil_socket_t fd, short events, void *arg);

/* Dispatches a parked request once more: there is another view, or its wait is over. */
void conn_redispatch(struct conn *conn);

/* Ends what is idle, answers what is parked; anything else ends after its answer. */
void conn_drain(struct conn *conn);

/* Closes the socket; the struct is freed by conn_env_reap(), or after the deferred reply. */
void conn_close(struct conn *conn);
void conn_free(struct conn *conn);

void conn_count(atomic_uint_fast64_t *counter);

/* For request.c: begins to write the reply that stands in env->out, followed by the rest of
 * output; takes over what output owns. */
void conn_answer(struct conn *conn, const struct conn_output *output);

#endif
