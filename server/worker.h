/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The threads that talk to the network. Each worker has its own listening sockets (SO_REUSEPORT),
 * its own event base and its own connections, and shares nothing with the others but the immutable
 * view. All else reaches it as a message: worker_post() from any thread, carried out on the
 * worker's own.
 *
 *   worker_pool_new()    opens the listening sockets: errors show before anything runs
 *   worker_pool_start()  starts the threads
 *   worker_wake_all()    after each new view: parked requests are looked at again
 *   worker_pool_drain()  stop accepting, finish what is in flight, answer parked requests with 503
 *   worker_pool_join()   waits for the threads; whoever posts messages may end now
 *   worker_pool_free()   frees all
 */
#ifndef VK_SERVER_WORKER_H
#define VK_SERVER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct request;
struct route;
struct view_slot;
struct vktls_ctx;
struct worker;
struct worker_pool;

/* What the network part tells the rest of the server; called on worker threads, several at once,
 * and must not block. */
struct worker_hooks {
	void *context; /* also given to handlers, by request_context() */

	/* Where there is one: makes the key under which the view knows a peer, from its certificate
	 * (DER, its chain verified); false if there is none. May be NULL: the fingerprint is it. */
	bool (*identify)(void *context, const void *der, size_t len, uint8_t key[32]);

	/* Told of each request that was refused with 401 or 403, before the answer is sent, to
	 * audit it. May be NULL. */
	void (*denied)(void *context, const struct request *request, const struct vk_err *why);
};

enum {
	WORKER_MAX_ROUTES = 64,
	WORKER_STATUS_CLASSES = 6, /* 0 and 1 are never used */
};

/* Zero members get the default in brackets. */
struct worker_limits {
	unsigned connections;              /* in all workers together (10,000) */
	unsigned connections_per_identity; /* certificate (16) */
	unsigned connections_per_address;  /* IP address; 0: as many as in all */
	unsigned body_kib;                 /* of all bodies that are held at a time (262,144) */
	unsigned handshake_ms;             /* from accept to identity (10,000) */
	unsigned head_ms;                  /* first to last byte of a request's head (10,000) */
	unsigned idle_ms;                  /* between two requests (90,000) */
	unsigned transfer_ms;              /* body or answer, plus 1 s per 64 KiB (30,000) */
	unsigned max_wait_s;               /* longest park (55) */
	unsigned drain_ms;                 /* from drain to the hard end (10,000) */
};

struct worker_pool_options {
	const char *const *listen; /* "ADDRESS:PORT", "[ADDRESS]:PORT"; NULL-terminated */
	unsigned workers;          /* threads, at least 1 */
	const struct vktls_ctx *tls; /* the workers take references of their own */
	struct view_slot *views; /* holds a view from the start; see server/view.h */
	const struct route *routes; /* see server/route.h */
	size_t route_count;         /* at most WORKER_MAX_ROUTES */
	struct worker_hooks hooks;
	struct worker_limits limits;
};

/* Opens everything, runs nothing. What options points to outlives the pool; options itself is
 * copied. */
VK_CHECKED enum vk_rc worker_pool_new(
	const struct worker_pool_options *options, struct worker_pool **out, struct vk_err *err);
VK_CHECKED enum vk_rc worker_pool_start(struct worker_pool *pool, struct vk_err *err);

/* The port that the first listening socket got, for ":0" in tests. */
uint16_t worker_pool_port(const struct worker_pool *pool);

/* Any thread, at any time between start and free; several wake-ups may become one. */
void worker_wake_all(struct worker_pool *pool);

/* Connections that come from now on use this context; those that are open keep theirs. The workers
 * take references of their own. Any thread, between start and join. */
void worker_pool_set_tls(struct worker_pool *pool, const struct vktls_ctx *tls);

/* Any thread; returns at once. The threads end when their connections are closed and their deferred
 * requests answered, so the writer must still be running. */
void worker_pool_drain(struct worker_pool *pool);

/* Drains if that has not been done, and waits for the threads. A thread that has posted the last
 * answer may still be on its way out of worker_post() then: it ends before worker_pool_free(). */
void worker_pool_join(struct worker_pool *pool);

/* Joins if that has not been done, frees. NULL does nothing. */
void worker_pool_free(struct worker_pool *pool);

/* A message; embedded in what it is about, so that posting cannot fail. */
struct worker_message {
	void (*run)(struct worker_message *message); /* on the worker's thread */
	struct worker_message *next;                 /* the worker's, until run() is called */
};

/* Any thread. The message belongs to the worker until its run() is called. Messages of one thread
 * run in the order in which they were posted. */
void worker_post(struct worker *worker, struct worker_message *message);

/* Sums over all workers, for metrics. Totals only grow; the rest is a state. Any thread. */
struct worker_stats {
	uint64_t connections; /* open now */
	uint64_t parked;      /* now */
	uint64_t deferred;    /* now */
	uint64_t accepted_total;
	uint64_t refused_total; /* connections over a limit */
	uint64_t handshakes_total;
	uint64_t resumed_total; /* part of the handshakes */
	uint64_t handshake_failures_total;
	uint64_t timeouts_total; /* connections closed by their deadline, idle ones excepted */
};
void worker_pool_stats(const struct worker_pool *pool, struct worker_stats *out);

/* Requests answered on one route, by index into the table (its length: requests that no route took),
 * by class of status: out[2] counts 2xx. */
void worker_pool_requests(
	const struct worker_pool *pool, size_t route, uint64_t out[WORKER_STATUS_CLASSES]);

#endif
