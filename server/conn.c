/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/dispatch.h"
#include "server/view.h"

#include "common/banned.h"

enum {
	READS_AT_ONCE = 16, /* before other connections get their turn */
	PEER_MAX_BYTES = 65536,
};

static void conn_read(struct conn *conn);
static void conn_write(struct conn *conn);

static void wait_for_tls(struct conn *conn, enum vktls_result result)
{
	conn_wait_for(conn, result == VKTLS_WANT_WRITE ? EV_WRITE : EV_READ);
}

static void release_output(struct conn *conn)
{
	struct conn_output *output = &conn->output;

	if (output->release != NULL)
		output->release(output->owner);
	free(output->own_head);
	free(output->own_body);
	*output = (struct conn_output){.head = NULL};
}

static void give_quotas(struct conn *conn)
{
	struct conn_env *env = conn->env;

	if (conn->has_identity_quota)
		quota_give(env->by_identity, conn->fingerprint);
	if (conn->has_address_quota)
		quota_give(env->by_address, conn->address_key);
	conn->has_identity_quota = false;
	conn->has_address_quota = false;
	atomic_fetch_sub(env->connections, 1);
}

/* Nothing refers to it any more: to be freed when the stack is unwound. */
static void conn_bury(struct conn *conn)
{
	TAILQ_REMOVE(&conn->env->conns, conn, link);
	TAILQ_INSERT_TAIL(&conn->env->closed, conn, link);
}

void conn_close(struct conn *conn)
{
	if (conn->state == CONN_CLOSED)
		return;
	conn_wait_for(conn, 0);
	event_del(&conn->timer);
	if (conn->tls != NULL)
		vktls_shutdown(conn->tls);
	vktls_free(conn->tls);
	conn->tls = NULL;
	close(conn->fd);
	conn->fd = -1;
	release_output(conn);
	give_quotas(conn);
	conn_set_state(conn, CONN_CLOSED);
	if (!conn->request.is_deferred)
		conn_bury(conn);
}

/* Ends our side. Closing at once, with bytes unread, would reset the connection, and the peer
 * would lose what we said last: an answer, or the alert that tells why. */
static void begin_linger(struct conn *conn)
{
	if (conn->tls != NULL)
		vktls_shutdown(conn->tls);
	vktls_free(conn->tls);
	conn->tls = NULL;
	shutdown(conn->fd, SHUT_WR);
	conn_set_state(conn, CONN_LINGER);
	conn_wait_for(conn, EV_READ);
}

static void linger(struct conn *conn)
{
	for (int i = 0; i < READS_AT_ONCE; i++) {
		ssize_t n = recv(conn->fd, conn->env->read_buf, CONN_READ_BYTES, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn_close(conn);
			return;
		}
	}
}

/* Many large bodies at once are more than the memory: what is announced is reserved first. */
static bool reserve_body(struct conn *conn)
{
	size_t limit = (size_t)conn->env->options->limits.body_kib * 1024;
	size_t len = (size_t)http_content_length(conn->parser);

	if (atomic_fetch_add(conn->env->body_bytes, len) + len > limit) {
		atomic_fetch_sub(conn->env->body_bytes, len);
		return false;
	}
	conn->body_bytes = len;
	return true;
}

static void give_body(struct conn *conn)
{
	atomic_fetch_sub(conn->env->body_bytes, conn->body_bytes);
	conn->body_bytes = 0;
}

void conn_free(struct conn *conn)
{
	atomic_fetch_sub_explicit(
		&conn->env->stats.states[CONN_CLOSED], 1, memory_order_relaxed);
	give_body(conn);
	http_parser_free(conn->parser);
	free(conn);
}

/* Answering. */

static void begin_request(struct conn *conn)
{
	conn->request = (struct request){.conn = conn};
	/* A stranger has one request: limits by certificate do not bind whoever makes his own. */
	conn->is_last = conn->is_last || conn->is_self_signed || !http_is_keep_alive(conn->parser);
}

/* Calls the handler and does what it decided. */
static void run_request(struct conn *conn)
{
	struct request *req = &conn->request;

	conn_set_state(conn, CONN_ANSWER);
	req->wants_park = false;
	dispatch_run(req);
	if (conn->state != CONN_ANSWER || req->is_deferred)
		return;
	assert(req->wants_park); /* a handler answers, defers or parks */
	conn_set_state(conn, CONN_PARKED);
	conn_wait_for(conn, EV_READ);
}

/* The whole request once more: another view, or the wait is over. */
void conn_redispatch(struct conn *conn)
{
	conn_set_state(conn, CONN_ANSWER);
	if (dispatch_admit(&conn->request))
		run_request(conn);
	if (conn->state == CONN_IDLE)
		conn_read(conn);
}

static void finish_reply(struct conn *conn)
{
	release_output(conn);
	if (conn->is_last) {
		begin_linger(conn);
		return;
	}
	http_parser_reset(conn->parser);
	give_body(conn);
	conn->request = (struct request){.conn = conn};
	conn_set_state(conn, CONN_IDLE);
	conn_wait_for(conn, EV_READ);
}

/* The head stands in the worker's buffer, which the next reply needs. */
static void keep_head(struct conn *conn)
{
	struct conn_output *output = &conn->output;

	if (output->own_head != NULL || output->head_len == 0)
		return;
	output->own_head = xmemdup(output->head, output->head_len);
	output->head = output->own_head;
}

static enum vktls_result write_part(struct conn *conn, const char **data, size_t *len)
{
	enum vktls_result result = VKTLS_DONE;
	size_t written;

	while (*len > 0 && result == VKTLS_DONE) {
		result = vktls_write(conn->tls, *data, *len, &written);
		if (result == VKTLS_DONE) {
			*data += written;
			*len -= written;
		}
	}
	return result;
}

static void conn_write(struct conn *conn)
{
	struct conn_output *output = &conn->output;
	enum vktls_result result = write_part(conn, &output->head, &output->head_len);

	if (result == VKTLS_DONE)
		result = write_part(conn, &output->body, &output->body_len);
	switch (result) {
	case VKTLS_DONE:
		finish_reply(conn);
		break;
	case VKTLS_WANT_READ:
	case VKTLS_WANT_WRITE:
		keep_head(conn);
		wait_for_tls(conn, result);
		break;
	case VKTLS_CLOSED:
	case VKTLS_FAILED:
		conn_close(conn);
		break;
	}
}

static void end_deferral(struct conn *conn)
{
	conn->request.is_deferred = false;
	view_unref(conn->request.view);
	conn->request.view = NULL;
	conn->request.identity = NULL;
	atomic_fetch_sub_explicit(&conn->env->stats.deferred, 1, memory_order_relaxed);
}

void conn_answer(struct conn *conn, const struct conn_output *output)
{
	bool was_deferred = conn->request.is_deferred;

	if (was_deferred)
		end_deferral(conn);
	conn->output = *output;
	if (conn->state == CONN_CLOSED) {
		release_output(conn);
		conn_bury(conn);
		return;
	}
	conn->output.head = conn->env->out.data;
	conn->output.head_len = conn->env->out.len;
	conn_set_state(conn, CONN_WRITE);
	conn_write(conn);
	if (was_deferred && conn->state == CONN_IDLE)
		conn_read(conn);
}

/* Reading. */

/* Answers what is not HTTP, or not as we take it, and ends the connection. */
static void refuse_message(struct conn *conn)
{
	struct vk_err err = VK_ERR_INIT;
	int status = http_parser_error(conn->parser, &err);

	conn->request = (struct request){.conn = conn};
	conn->is_last = true;
	reply_error_status(&conn->request, status, &err);
}

/* "100 Continue"; the socket's buffer is as good as empty, so it goes out at once or never. */
static bool send_continue(struct conn *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t written;

	return vktls_write(conn->tls, text, sizeof(text) - 1, &written) == VKTLS_DONE &&
		written == sizeof(text) - 1;
}

static void on_head(struct conn *conn)
{
	bool is_last;

	begin_request(conn);
	is_last = conn->is_last;
	/* A refusal leaves the body unread: what follows would be taken for the next request. */
	conn->is_last = is_last || http_content_length(conn->parser) > 0;
	if (!dispatch_admit(&conn->request))
		return;
	if (http_content_length(conn->parser) > 0 && !reserve_body(conn)) {
		reply_busy(&conn->request, CONN_RETRY_AFTER_S);
		return;
	}
	conn->is_last = is_last;
	http_parser_limit_body(conn->parser, conn->request.route->max_body_bytes);
	if (http_content_length(conn->parser) == 0)
		return;
	conn_set_state(conn, CONN_BODY);
	if (http_expects_continue(conn->parser) && !send_continue(conn))
		conn_close(conn);
}

static void on_message(struct conn *conn)
{
	/* While a body came, time has passed in which the peer may have been revoked. */
	if (conn->state == CONN_BODY && !dispatch_admit(&conn->request))
		return;
	run_request(conn);
}

static bool is_receiving(const struct conn *conn)
{
	return conn->state == CONN_IDLE || conn->state == CONN_HEAD || conn->state == CONN_BODY;
}

static void take_bytes(struct conn *conn, const char *data, size_t len)
{
	for (size_t used; is_receiving(conn); data += used, len -= used) {
		switch (http_parse(conn->parser, data, len, &used)) {
		case HTTP_MORE:
			if (conn->state == CONN_IDLE)
				conn_set_state(conn, CONN_HEAD);
			return;
		case HTTP_HEAD:
			on_head(conn);
			break;
		case HTTP_DONE:
			/* A client that does not wait for the answer gets one, and no more. */
			if (used < len)
				conn->is_last = true;
			on_message(conn);
			return;
		case HTTP_FAILED:
			refuse_message(conn);
			return;
		}
	}
}

static void conn_read(struct conn *conn)
{
	char *buf = conn->env->read_buf;

	if (conn->is_reading)
		return;
	conn->is_reading = true;
	for (int i = 0; is_receiving(conn); i++) {
		enum vktls_result result;
		size_t len;

		if (i == READS_AT_ONCE) {
			conn_wait_for(conn, EV_READ);
			event_active(&conn->io, EV_READ, 0);
			break;
		}
		result = vktls_read(conn->tls, buf, CONN_READ_BYTES, &len);
		if (result == VKTLS_DONE) {
			take_bytes(conn, buf, len);
		} else if (result == VKTLS_WANT_READ || result == VKTLS_WANT_WRITE) {
			wait_for_tls(conn, result);
			break;
		} else {
			conn_close(conn);
		}
	}
	conn->is_reading = false;
}

/* While parked: the peer has nothing to say but that it goes. */
static void watch_parked(struct conn *conn)
{
	size_t len;
	enum vktls_result result =
		vktls_read(conn->tls, conn->env->read_buf, CONN_READ_BYTES, &len);

	if (result == VKTLS_WANT_READ || result == VKTLS_WANT_WRITE)
		wait_for_tls(conn, result);
	else
		conn_close(conn);
}

/* Beginning. */

/* Where certificates come from a PKI that is not the fleet's, the name takes the place of the
 * fingerprint. */
static void identify_peer(struct conn *conn)
{
	const struct worker_hooks *hooks = &conn->env->options->hooks;
	struct vk_buf der;

	if (hooks->identify == NULL)
		return;
	vk_buf_init(&der, PEER_MAX_BYTES);
	vktls_peer_certificate(conn->tls, &der);
	conn->is_foreign = !conn->is_self_signed &&
		hooks->identify(hooks->context, der.data, der.len, conn->fingerprint);
	vk_buf_release(&der);
}

static void on_connected(struct conn *conn)
{
	struct conn_env *env = conn->env;

	conn_count(&env->stats.handshakes_total);
	if (vktls_is_resumed(conn->tls))
		conn_count(&env->stats.resumed_total);
	vktls_peer_fingerprint(conn->tls, conn->fingerprint);
	conn->is_self_signed = vktls_peer_is_self_signed(conn->tls);
	conn->not_after = vktls_peer_not_after(conn->tls);
	identify_peer(conn);
	conn->has_identity_quota = quota_take(env->by_identity, conn->fingerprint);
	if (!conn->has_identity_quota) {
		conn->is_surplus = true;
		conn_count(&env->stats.refused_total);
	}
	conn->parser = http_request_parser_new();
	conn_set_state(conn, CONN_IDLE);
	conn_read(conn);
}

static void shake_hands(struct conn *conn)
{
	enum vktls_result result = vktls_handshake(conn->tls);
	struct vk_err err = VK_ERR_INIT;

	switch (result) {
	case VKTLS_DONE:
		on_connected(conn);
		break;
	case VKTLS_WANT_READ:
	case VKTLS_WANT_WRITE:
		wait_for_tls(conn, result);
		break;
	case VKTLS_CLOSED:
	case VKTLS_FAILED:
		vktls_error(conn->tls, &err);
		conn_count(&conn->env->stats.handshake_failures_total);
		vk_log(VK_LOG_DEBUG, "handshake-failed", VK_KV("peer", conn->address),
			VK_KV("reason", err.msg));
		begin_linger(conn);
		break;
	}
}

void conn_on_io(evutil_socket_t fd, short events, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	(void)events;
	switch (conn->state) {
	case CONN_HANDSHAKE:
		shake_hands(conn);
		break;
	case CONN_IDLE:
	case CONN_HEAD:
	case CONN_BODY:
		conn_read(conn);
		break;
	case CONN_ANSWER:
		conn_wait_for(conn, 0);
		break;
	case CONN_PARKED:
		watch_parked(conn);
		break;
	case CONN_WRITE:
		conn_write(conn);
		if (conn->state == CONN_IDLE)
			conn_read(conn);
		break;
	case CONN_LINGER:
		linger(conn);
		break;
	case CONN_CLOSED:
		break;
	}
}

static void on_deadline(struct conn *conn)
{
	switch (conn->state) {
	case CONN_PARKED:
		conn_redispatch(conn);
		break;
	case CONN_HANDSHAKE:
	case CONN_HEAD:
	case CONN_BODY:
	case CONN_WRITE:
		conn_count(&conn->env->stats.timeouts_total);
		vk_log(VK_LOG_DEBUG, "peer-too-slow", VK_KV("peer", conn->address));
		conn_close(conn);
		break;
	case CONN_IDLE:
	case CONN_LINGER:
		conn_close(conn);
		break;
	case CONN_ANSWER:
	case CONN_CLOSED:
		break;
	}
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	(void)events;
	conn->timer_ms = 0;
	if (conn->deadline_ms == 0)
		return;
	if (vk_clock_monotonic_ms() < conn->deadline_ms)
		conn_arm_timer(conn);
	else
		on_deadline(conn);
}

/* One address of a host, or the /64 that an IPv6 host has to itself. */
static void take_address(struct conn *conn, const union listener_address *peer)
{
	const void *ip = &peer->ip4.sin_addr;
	size_t key_len = sizeof(peer->ip4.sin_addr);

	if (peer->any.sa_family == AF_INET6) {
		ip = &peer->ip6.sin6_addr;
		key_len = sizeof(peer->ip6.sin6_addr) / 2;
	}
	conn->address_key[QUOTA_KEY_BYTES - 1] = (uint8_t)peer->any.sa_family;
	memcpy(conn->address_key, ip, key_len);
	inet_ntop(peer->any.sa_family, ip, conn->address, sizeof(conn->address));
}

static struct conn *conn_new(struct conn_env *env, int fd)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->env = env;
	conn->fd = fd;
	conn->request.conn = conn;
	conn->tls = vktls_new(env->tls, fd, NULL);
	event_assign(&conn->timer, env->base, -1, 0, on_timer, conn);
	conn_count(&env->stats.states[CONN_HANDSHAKE]);
	conn_set_state(conn, CONN_HANDSHAKE);
	TAILQ_INSERT_TAIL(&env->conns, conn, link);
	return conn;
}

void conn_accept(struct conn_env *env, int fd, const union listener_address *peer)
{
	unsigned limit = env->options->limits.connections;
	unsigned open = atomic_fetch_add(env->connections, 1) + 1;
	struct conn *conn = conn_new(env, fd);

	conn_count(&env->stats.accepted_total);
	if (peer != NULL) {
		take_address(conn, peer);
		conn->has_address_quota = quota_take(env->by_address, conn->address_key);
	}
	conn->is_surplus = open > limit;
	/* Some over the limit are told that it is reached; to more there is no answer. */
	if (open > limit + limit / CONN_SURPLUS_PART || (peer != NULL && !conn->has_address_quota)) {
		conn_count(&env->stats.refused_total);
		conn_close(conn);
		return;
	}
	if (conn->is_surplus)
		conn_count(&env->stats.refused_total);
	shake_hands(conn);
}

void conn_drain(struct conn *conn)
{
	conn->is_last = true;
	switch (conn->state) {
	case CONN_HANDSHAKE:
	case CONN_IDLE:
		conn_close(conn);
		break;
	case CONN_PARKED:
		conn_set_state(conn, CONN_ANSWER);
		reply_busy(&conn->request, CONN_RETRY_AFTER_S);
		break;
	case CONN_HEAD:
	case CONN_BODY:
	case CONN_ANSWER:
	case CONN_WRITE:
	case CONN_LINGER:
	case CONN_CLOSED:
		break;
	}
}
