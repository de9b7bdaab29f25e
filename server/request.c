/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "server/conn.h"
#include "server/problem.h"

#include "common/banned.h"

enum {
	COPIED_BODY_BYTES = 12288, /* up to here a body travels with its head, in one TLS record */
	MAX_JSON_BYTES = 1 << 28,
	RETRY_TEXT_BYTES = 16,
};

const struct view_identity *request_identity(const struct request *req)
{
	return req->identity;
}

const struct view *request_view(const struct request *req)
{
	return req->view;
}

void *request_context(const struct request *req)
{
	return req->conn->env->options->hooks.context;
}

struct worker *request_worker(const struct request *req)
{
	return req->conn->env->worker;
}

const struct route *request_route(const struct request *req)
{
	return req->route;
}

const char *request_method(const struct request *req)
{
	return http_method(req->conn->parser);
}

void request_format_path(const struct request *req, struct vk_buf *out)
{
	http_path_format(req->conn->parser, out);
}

const char *request_param(struct request *req, const char *name)
{
	const char *value = route_param(req->route, req->conn->parser, name);

	assert(value != NULL);
	return value;
}

enum vk_rc request_param_uint(struct request *req, const char *name, uint64_t min, uint64_t max,
	uint64_t *out, struct vk_err *err)
{
	if (vk_parse_uint(request_param(req, name), min, max, out))
		return VK_OK;
	return vk_err_set(
		err, VK_ENOTFOUND, "there is no %s '%.64s'", name, request_param(req, name));
}

const char *request_query(const struct request *req, const char *name)
{
	return http_query(req->conn->parser, name);
}

enum vk_rc request_query_uint(const struct request *req, const char *name, uint64_t fallback,
	uint64_t min, uint64_t max, uint64_t *out, struct vk_err *err)
{
	const char *text = request_query(req, name);

	if (text == NULL)
		*out = fallback;
	else if (!vk_parse_uint(text, min, max, out))
		return vk_err_set(err, VK_EINPUT,
			"query parameter '%s': expected a number from "
			"%llu to %llu",
			name, (unsigned long long)min, (unsigned long long)max);
	return VK_OK;
}

const char *request_header(const struct request *req, const char *name)
{
	return http_header(req->conn->parser, name);
}

bool request_etag_matches(const struct request *req, const char *etag)
{
	return http_etag_matches(request_header(req, "if-none-match"), etag);
}

const char *request_body(const struct request *req, size_t *len)
{
	return http_body(req->conn->parser, len);
}

enum vk_rc request_json(const struct request *req, struct vkjson **out, struct vk_err *err)
{
	struct vkjson *value = NULL;
	size_t len;
	const char *body = request_body(req, &len);
	enum vk_rc rc = vkjson_parse(body, len, &value, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the body is not JSON");
		return rc;
	}
	if (vkjson_type(value) != VKJSON_OBJECT) {
		vkjson_free(value);
		return vk_err_set(err, VK_EINPUT, "the body is not a JSON object");
	}
	*out = value;
	return VK_OK;
}

const uint8_t *request_peer_fingerprint(const struct request *req)
{
	return req->conn->fingerprint;
}

void request_peer_public_key(const struct request *req, struct vk_buf *out)
{
	assert(req->conn->tls != NULL);
	vktls_peer_public_key(req->conn->tls, out);
}

const char *request_peer_address(const struct request *req)
{
	return req->conn->address;
}

const uint8_t *request_peer_network(const struct request *req)
{
	return req->conn->address_key;
}

void request_defer(struct request *req)
{
	assert(!req->is_deferred && req->conn->state == CONN_ANSWER);
	req->is_deferred = true;
	view_ref(req->view);
	atomic_fetch_add_explicit(&req->conn->env->stats.deferred, 1, memory_order_relaxed);
}

bool request_is_gone(const struct request *req)
{
	return req->conn->state == CONN_CLOSED;
}

bool request_park(struct request *req)
{
	const struct conn_env *env = req->conn->env;
	int64_t now_ms = vk_clock_monotonic_ms();

	if (req->park_until_ms == 0) {
		unsigned wait_s = http_prefer_wait(request_header(req, "prefer"));

		if (wait_s > env->options->limits.max_wait_s)
			wait_s = env->options->limits.max_wait_s;
		req->park_until_ms = now_ms + (int64_t)wait_s * 1000;
	}
	req->wants_park = now_ms < req->park_until_ms && !env->is_draining;
	return req->wants_park;
}

/* Replies. */

static void count_reply(const struct request *req, int status)
{
	struct conn_env *env = req->conn->env;
	size_t route = env->options->route_count;

	assert(status >= 200 && status < 600);
	if (req->route != NULL)
		route = (size_t)(req->route - env->options->routes);
	atomic_fetch_add_explicit(
		&env->stats.requests_total[route][status / 100], 1, memory_order_relaxed);
}

/* Puts the head, and a body that is small, into the worker's buffer; answers whether the body is
 * in. */
static bool format_reply(const struct request *req, const struct reply *reply, const char *allow)
{
	struct conn_env *env = req->conn->env;
	char retry_after[RETRY_TEXT_BYTES] = "";
	bool is_together = reply->body_len <= COPIED_BODY_BYTES;
	struct http_field fields[] = {
		{"Content-Type", reply->content_type},
		{"ETag", reply->etag},
		{"Cache-Control", reply->cache_control},
		{"Retry-After", NULL},
		{"Allow", allow},
		{NULL, NULL},
	};

	if (reply->cache_control == NULL && reply->status != 304)
		fields[2].value = "no-store";
	if (reply->retry_after_s > 0) {
		snprintf(retry_after, sizeof(retry_after), "%u", reply->retry_after_s);
		fields[3].value = retry_after;
	}
	vk_buf_reset(&env->out);
	http_format_response(&env->out, reply->status, fields, reply->body_len, req->conn->is_last);
	if (is_together)
		vk_buf_add(&env->out, reply->body, reply->body_len);
	return is_together;
}

static void send_reply(struct request *req, const struct reply *reply, const char *allow)
{
	struct conn_output output = {.release = reply->release, .owner = reply->owner};

	count_reply(req, reply->status);
	if (request_is_gone(req)) {
		conn_answer(req->conn, &output);
		return;
	}
	/* Whoever is refused may have sent a body that nobody will read. */
	if (reply->status == 401 || reply->status == 413 || req->conn->env->is_draining)
		req->conn->is_last = true;
	if (!format_reply(req, reply, allow)) {
		output.body = reply->body;
		output.body_len = reply->body_len;
		if (reply->release == NULL) {
			output.own_body = xmemdup(reply->body, reply->body_len);
			output.body = output.own_body;
		}
	}
	conn_answer(req->conn, &output);
}

void reply_send(struct request *req, const struct reply *reply)
{
	send_reply(req, reply, NULL);
}

void reply_json(struct request *req, int status, const struct vkjson *value)
{
	struct reply reply = {.status = status, .content_type = "application/json"};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf body;

	vk_buf_init(&body, MAX_JSON_BYTES);
	vkjson_format(value, false, &body);
	if (vk_buf_check(&body, "the answer", &err) == VK_OK) {
		reply.body = body.data;
		reply.body_len = body.len;
		reply_send(req, &reply);
	} else {
		reply_error_status(req, 500, &err);
	}
	vk_buf_release(&body);
}

void reply_bytes(
	struct request *req, int status, const char *content_type, const void *body, size_t len)
{
	const struct reply reply = {
		.status = status, .content_type = content_type, .body = body, .body_len = len};

	reply_send(req, &reply);
}

void reply_empty(struct request *req)
{
	const struct reply reply = {.status = 204};

	reply_send(req, &reply);
}

void reply_not_modified(struct request *req, const char *etag)
{
	const struct reply reply = {.status = 304, .etag = etag};

	reply_send(req, &reply);
}

static void send_problem(struct request *req, int status, const struct vk_err *err,
	const struct vkjson *findings, const char *allow, unsigned retry_after_s)
{
	struct reply reply = {.status = status,
		.content_type = PROBLEM_CONTENT_TYPE,
		.retry_after_s = retry_after_s};
	struct vk_buf body;

	if (err->rc == VK_EIO)
		vk_log_err(VK_LOG_ERROR, "request-failed", err);
	vk_buf_init(&body, COPIED_BODY_BYTES);
	problem_format(status, err, findings, &body);
	reply.body = body.data;
	reply.body_len = body.len;
	send_reply(req, &reply, allow);
	vk_buf_release(&body);
}

void reply_error(struct request *req, const struct vk_err *err)
{
	reply_error_status(req, vk_rc_http_status(err->rc), err);
}

void reply_error_findings(
	struct request *req, const struct vk_err *err, const struct vkjson *findings)
{
	int status = vk_rc_http_status(err->rc);

	send_problem(req, status, err, findings, NULL, status == 503 ? CONN_RETRY_AFTER_S : 0);
}

void reply_error_status(struct request *req, int status, const struct vk_err *err)
{
	send_problem(req, status, err, NULL, NULL, status == 503 ? CONN_RETRY_AFTER_S : 0);
}

void reply_method_not_allowed(struct request *req, const char *allow, const struct vk_err *err)
{
	send_problem(req, 405, err, NULL, allow, 0);
}

void reply_busy(struct request *req, unsigned retry_after_s)
{
	struct vk_err err = VK_ERR_INIT;

	vk_err_set(&err, VK_EUNAVAIL, "the server is busy or about to stop");
	vk_err_hint(&err, "try again in %u seconds", retry_after_s);
	send_problem(req, 503, &err, NULL, NULL, retry_after_s);
}
