/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/worker.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conn.h"
#include "server/listener.h"
#include "server/quota.h"
#include "server/view.h"

#include "common/banned.h"

enum { MAX_LISTEN = 16 };

struct worker {
	struct worker_pool *pool;
	struct conn_env env;
	pthread_t thread;
	bool is_running;
	int fds[MAX_LISTEN]; /* listening sockets until the thread takes them; -1 then */
	struct listener *listeners[MAX_LISTEN];
	int wake_fd; /* eventfd: something below has changed */
	struct event *wake_event;
	struct event *drain_timer;
	_Atomic(struct worker_message *) messages; /* newest first */
	_Atomic(struct vktls_ctx *) next_tls;	   /* NULL: no other one */
	atomic_bool is_view_new;
	atomic_bool is_drain_wanted;
};

struct worker_pool {
	struct worker_pool_options options; /* limits filled in */
	union listener_address addresses[MAX_LISTEN];
	size_t listen_count;
	struct quota *by_identity;
	struct quota *by_address;
	atomic_uint connections;
	atomic_size_t body_bytes;
	size_t count;
	struct worker *workers;
};

static void fill_in(unsigned *limit, unsigned fallback)
{
	if (*limit == 0)
		*limit = fallback;
}

static void fill_in_limits(struct worker_limits *limits)
{
	fill_in(&limits->connections, 10000);
	fill_in(&limits->connections_per_identity, 16);
	fill_in(&limits->body_kib, 262144);
	fill_in(&limits->handshake_ms, 10000);
	fill_in(&limits->head_ms, 10000);
	fill_in(&limits->idle_ms, 90000);
	fill_in(&limits->transfer_ms, 30000);
	fill_in(&limits->max_wait_s, 55);
	fill_in(&limits->drain_ms, 10000);
}

/* Waking up. */

static void wake(struct worker *worker)
{
	const uint64_t one = 1;

	/* A counter that is full wakes as well. */
	if (write(worker->wake_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
}

void worker_post(struct worker *worker, struct worker_message *message)
{
	struct worker_message *head = atomic_load(&worker->messages);

	do {
		message->next = head;
	} while (!atomic_compare_exchange_weak(&worker->messages, &head, message));
	if (head == NULL)
		wake(worker);
}

static void run_messages(struct worker *worker)
{
	struct worker_message *newest = atomic_exchange(&worker->messages, NULL);
	struct worker_message *oldest = NULL;

	while (newest != NULL) {
		struct worker_message *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest != NULL) {
		struct worker_message *message = oldest;

		oldest = message->next;
		message->run(message);
	}
}

static void close_listeners(struct worker *worker)
{
	for (size_t i = 0; i < MAX_LISTEN; i++) {
		listener_free(worker->listeners[i]);
		worker->listeners[i] = NULL;
		if (worker->fds[i] >= 0)
			close(worker->fds[i]);
		worker->fds[i] = -1;
	}
}

static void begin_drain(struct worker *worker)
{
	unsigned drain_ms = worker->env.options->limits.drain_ms;
	const struct timeval timeout = {
		.tv_sec = drain_ms / 1000, .tv_usec = (drain_ms % 1000) * 1000};

	close_listeners(worker);
	conn_env_drain(&worker->env);
	event_add(worker->drain_timer, &timeout);
}

static void on_drain_timer(evutil_socket_t fd, short events, void *arg)
{
	struct worker *worker = arg;

	(void)fd;
	(void)events;
	conn_env_close_all(&worker->env);
}

static void take_tls(struct worker *worker)
{
	struct vktls_ctx *tls = atomic_exchange(&worker->next_tls, NULL);

	if (tls != NULL)
		conn_env_set_tls(&worker->env, tls);
}

static void on_wake(evutil_socket_t fd, short events, void *arg)
{
	struct worker *worker = arg;
	uint64_t counter;

	(void)events;
	if (read(fd, &counter, sizeof(counter)) < 0)
		assert(errno == EAGAIN);
	take_tls(worker);
	/* First the view: whoever gets an answer from a message finds what he wrote. */
	if (atomic_exchange(&worker->is_view_new, false))
		conn_env_wake_all(&worker->env);
	run_messages(worker);
	if (atomic_exchange(&worker->is_drain_wanted, false) && !worker->env.is_draining)
		begin_drain(worker);
}

/* The thread. */

static void on_accepted(void *arg, int fd, const union listener_address *peer)
{
	struct worker *worker = arg;

	conn_accept(&worker->env, fd, peer);
}

static bool is_finished(const struct worker *worker)
{
	return worker->env.is_draining && TAILQ_EMPTY(&worker->env.conns);
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;
	struct conn_env *env = &worker->env;

	for (size_t i = 0; i < worker->pool->listen_count; i++) {
		worker->listeners[i] = listener_new(env->base, worker->fds[i], on_accepted, worker);
		worker->fds[i] = -1;
	}
	while (!is_finished(worker)) {
		bool has_more = conn_env_run_woken(env);

		conn_env_reap(env);
		if (!is_finished(worker))
			event_base_loop(env->base, has_more ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
		conn_env_reap(env);
	}
	return NULL;
}

/* Building. */

static enum vk_rc worker_init(struct worker_pool *pool, struct worker *worker, struct vk_err *err)
{
	struct conn_env *env = &worker->env;

	worker->pool = pool;
	for (size_t i = 0; i < MAX_LISTEN; i++)
		worker->fds[i] = -1;
	env->worker = worker;
	env->options = &pool->options;
	env->by_identity = pool->by_identity;
	env->by_address = pool->by_address;
	env->connections = &pool->connections;
	env->body_bytes = &pool->body_bytes;
	conn_env_init(env);
	worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	env->base = event_base_new();
	if (worker->wake_fd < 0 || env->base == NULL)
		return vk_err_errno(err, VK_EIO, errno, "cannot set up a worker");
	worker->wake_event =
		event_new(env->base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
	worker->drain_timer = evtimer_new(env->base, on_drain_timer, worker);
	if (worker->wake_event == NULL || worker->drain_timer == NULL ||
		event_add(worker->wake_event, NULL) != 0)
		return vk_err_set(err, VK_EIO, "cannot set up a worker");
	for (size_t i = 0; i < pool->listen_count; i++) {
		union listener_address *address = &pool->addresses[i];
		enum vk_rc rc = worker == pool->workers
					? listener_open(address, &worker->fds[i], err)
					: listener_join(address, &worker->fds[i], err);

		if (rc != VK_OK)
			return vk_err_prefix(err, rc, "%s", pool->options.listen[i]);
	}
	return VK_OK;
}

static void worker_release(struct worker *worker)
{
	close_listeners(worker);
	conn_env_reap(&worker->env);
	conn_env_release(&worker->env);
	vktls_ctx_free(atomic_exchange(&worker->next_tls, NULL));
	if (worker->wake_event != NULL)
		event_free(worker->wake_event);
	if (worker->drain_timer != NULL)
		event_free(worker->drain_timer);
	if (worker->env.base != NULL)
		event_base_free(worker->env.base);
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
}

static enum vk_rc parse_addresses(struct worker_pool *pool, struct vk_err *err)
{
	const char *const *listen = pool->options.listen;
	enum vk_rc rc = VK_OK;

	for (; rc == VK_OK && listen[pool->listen_count] != NULL; pool->listen_count++) {
		if (pool->listen_count == MAX_LISTEN)
			return vk_err_set(err, VK_ELIMIT,
				"there are more than %d addresses to listen on", MAX_LISTEN);
		rc = listener_parse(
			listen[pool->listen_count], &pool->addresses[pool->listen_count], err);
	}
	return rc;
}

enum vk_rc worker_pool_new(
	const struct worker_pool_options *options, struct worker_pool **out, struct vk_err *err)
{
	struct worker_pool *pool = xcalloc(1, sizeof(*pool));
	enum vk_rc rc;

	assert(options->workers > 0 && options->route_count <= WORKER_MAX_ROUTES);
	pool->options = *options;
	fill_in_limits(&pool->options.limits);
	pool->by_identity = quota_new(pool->options.limits.connections_per_identity);
	pool->by_address = quota_new(pool->options.limits.connections_per_address);
	pool->workers = xcalloc(options->workers, sizeof(*pool->workers));
	rc = parse_addresses(pool, err);
	while (rc == VK_OK && pool->count < options->workers)
		rc = worker_init(pool, &pool->workers[pool->count++], err);
	if (rc == VK_OK)
		*out = pool;
	else
		worker_pool_free(pool);
	return rc;
}

enum vk_rc worker_pool_start(struct worker_pool *pool, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	sigset_t all;
	sigset_t before;

	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < pool->count && rc == VK_OK; i++) {
		struct worker *worker = &pool->workers[i];
		int failure = pthread_create(&worker->thread, NULL, run_worker, worker);

		worker->is_running = failure == 0;
		if (failure != 0)
			rc = vk_err_errno(err, VK_EIO, failure, "cannot start a thread");
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

uint16_t worker_pool_port(const struct worker_pool *pool)
{
	/* The port stands at the same place for both families. */
	return pool->listen_count == 0 ? 0 : ntohs(pool->addresses[0].ip4.sin_port);
}

void worker_wake_all(struct worker_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++) {
		if (!atomic_exchange(&pool->workers[i].is_view_new, true))
			wake(&pool->workers[i]);
	}
}

void worker_pool_set_tls(struct worker_pool *pool, const struct vktls_ctx *tls)
{
	for (size_t i = 0; i < pool->count; i++) {
		struct worker *worker = &pool->workers[i];

		vktls_ctx_free(atomic_exchange(&worker->next_tls, vktls_ctx_ref(tls)));
		wake(worker);
	}
}

void worker_pool_drain(struct worker_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++) {
		atomic_store(&pool->workers[i].is_drain_wanted, true);
		wake(&pool->workers[i]);
	}
}

void worker_pool_join(struct worker_pool *pool)
{
	if (pool->workers[0].is_running) /* otherwise none is */
		worker_pool_drain(pool);
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->workers[i].is_running)
			pthread_join(pool->workers[i].thread, NULL);
		pool->workers[i].is_running = false;
	}
}

void worker_pool_free(struct worker_pool *pool)
{
	if (pool == NULL)
		return;
	worker_pool_join(pool);
	for (size_t i = 0; i < pool->count; i++)
		worker_release(&pool->workers[i]);
	quota_free(pool->by_identity);
	quota_free(pool->by_address);
	free(pool->workers);
	free(pool);
}

static uint64_t get(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void worker_pool_stats(const struct worker_pool *pool, struct worker_stats *out)
{
	struct worker_stats sum = {.connections = 0};

	for (size_t i = 0; i < pool->count; i++) {
		const struct conn_stats *stats = &pool->workers[i].env.stats;

		sum.parked += get(&stats->states[CONN_PARKED]);
		sum.deferred += get(&stats->deferred);
		sum.accepted_total += get(&stats->accepted_total);
		sum.refused_total += get(&stats->refused_total);
		sum.handshakes_total += get(&stats->handshakes_total);
		sum.resumed_total += get(&stats->resumed_total);
		sum.handshake_failures_total += get(&stats->handshake_failures_total);
		sum.timeouts_total += get(&stats->timeouts_total);
	}
	sum.connections = atomic_load(&pool->connections);
	*out = sum;
}

void worker_pool_requests(
	const struct worker_pool *pool, size_t route, uint64_t out[WORKER_STATUS_CLASSES])
{
	for (size_t class = 0; class < WORKER_STATUS_CLASSES; class ++) {
		out[class] = 0;
		for (size_t i = 0; i < pool->count; i++)
			out[class] += get(&pool->workers[i].env.stats.requests_total[route][class]);
	}
}
