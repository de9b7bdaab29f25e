/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request as its handler sees it. The handler runs on the worker's thread, with the caller's
 * identity looked up and permitted, the body complete, and must not block: before it returns it
 * does exactly one of three things.
 *
 * 1. It answers: one of the reply_...() functions. The request must not be touched afterwards.
 *
 * 2. It defers: request_defer(), after which the struct request stays valid, whatever becomes of
 *    the connection, until one reply_...() is called, which must happen exactly once, later, on the
 *    same worker's thread (that is where the writer's completion runs, see worker_post()). If
 *    the peer has gone meanwhile the reply goes nowhere; request_is_gone() tells, for those who
 *    can save themselves work. All that is borrowed from the request (strings, body, view,
 *    identity) stays valid until that reply.
 *
 *        static void approve(struct request *req)
 *        {
 *                struct approve_command *cmd = ...;   (copies what the writer needs)
 *                cmd->req = req;
 *                request_defer(req);
 *                writer_submit(..., &cmd->base);
 *        }
 *        static void approve_done(...)                (on the same worker's thread)
 *        {
 *                reply_error(cmd->req, err) or reply_json(cmd->req, 200, ...);
 *        }
 *
 * 3. It parks: request_park() returned true. When a new view is published, or the wait that the
 *    client asked for is over, the whole request is dispatched again: identity and permission are
 *    checked against the new view, then the handler is called as if the request had just come, and
 *    may park again; the time to wait does not start anew. When the wait is over (and when
 *    the client asked for none, or the server is draining) request_park() returns false and the
 *    handler answers. So a long-poll needs no state and no second function:
 *
 *        if (request_etag_matches(req, etag)) {
 *                if (!request_park(req))
 *                        reply_not_modified(req, etag);
 *                return;
 *        }
 *        reply_shared(...);
 *
 *    If the peer goes while parked, nothing is called. Draining answers with 503 by itself.
 *
 * No function here may be called from another thread than the request's worker.
 */
#ifndef VK_SERVER_REQUEST_H
#define VK_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "server/route.h"
#include "server/view.h"
#include "server/worker.h"

struct request;
struct vkjson;

/* Who asks. A caller with a self-signed certificate is an IDENTITY_STRANGER without a name. */
const struct view_identity *request_identity(const struct request *req);

/* The view that was current when the handler was called. */
const struct view *request_view(const struct request *req);

/* worker_hooks.context: the server's own state. */
void *request_context(const struct request *req);

/* Where the answer must be given; for worker_post(). */
struct worker *request_worker(const struct request *req);

const struct route *request_route(const struct request *req);
const char *request_method(const struct request *req);

/* Appends the path, for logs and audit. */
void request_format_path(const struct request *req, struct vk_buf *out);

/* The text that {name} of the route's pattern stands for; a bug if the pattern has no such name. */
const char *request_param(struct request *req, const char *name);

/* The same as a number; VK_ENOTFOUND if it is none or out of range (such a thing cannot exist). */
VK_CHECKED enum vk_rc request_param_uint(struct request *req, const char *name, uint64_t min,
	uint64_t max, uint64_t *out, struct vk_err *err);

/* A query parameter, decoded; NULL if absent. */
const char *request_query(const struct request *req, const char *name);

/* The same as a number, fallback if absent; VK_EINPUT names the parameter and its range. */
VK_CHECKED enum vk_rc request_query_uint(const struct request *req, const char *name,
	uint64_t fallback, uint64_t min, uint64_t max, uint64_t *out, struct vk_err *err);

/* name in lower case; NULL if absent. */
const char *request_header(const struct request *req, const char *name);

/* Whether If-None-Match names this ETag (given with its quotes). */
bool request_etag_matches(const struct request *req, const char *etag);

/* NUL-terminated, never NULL. */
const char *request_body(const struct request *req, size_t *len);

/* The body as a JSON object; freed by the caller. VK_EINPUT if it is none. */
VK_CHECKED enum vk_rc request_json(
	const struct request *req, struct vkjson **out, struct vk_err *err);

/* SHA-256 of the DER of the caller's certificate; 32 bytes that live as long as the request. */
const uint8_t *request_peer_fingerprint(const struct request *req);

/* Appends the DER SubjectPublicKeyInfo of the connection's TLS key: what enrol and renew certify.
 * Not after request_defer(): the connection may be gone. */
void request_peer_public_key(const struct request *req, struct vk_buf *out);

/* "192.0.2.7", "2001:db8::1": numeric, without port. */
const char *request_peer_address(const struct request *req);

/* What the peer shares with its neighbours: its address, or the /64 of IPv6; a key of
 * server/quota.h. */
const uint8_t *request_peer_network(const struct request *req);

/* 2. of the contract above. */
void request_defer(struct request *req);
bool request_is_gone(const struct request *req);

/* 3. of the contract above: by the client's Prefer: wait=N, at most worker_limits.max_wait_s. */
VK_CHECKED bool request_park(struct request *req);

/* An answer with all that it may have; zero members are left out. */
struct reply {
	int status;
	const char *content_type;
	const char *etag;          /* with its quotes */
	const char *cache_control; /* NULL: no-store, except for 304 */
	unsigned retry_after_s;
	const void *body; /* copied, except with release */
	size_t body_len;
	/* The body is not copied but borrowed from owner until release(owner) is called, at the
	 * latest when the connection ends: for large immutable bodies of the view. */
	void (*release)(void *owner);
	void *owner;
};
void reply_send(struct request *req, const struct reply *reply);

/* application/json; value stays the caller's. */
void reply_json(struct request *req, int status, const struct vkjson *value);

/* A body that is copied. */
void reply_bytes(struct request *req, int status, const char *content_type, const void *body,
	size_t len);

/* 204. */
void reply_empty(struct request *req);

/* 304 with this ETag. */
void reply_not_modified(struct request *req, const char *etag);

/* A problem document (RFC 9457) from an error: status by its code, detail = message, hint = hint.
 * VK_EIO is logged and answered without its message, which is about the server's inside. */
void reply_error(struct request *req, const struct vk_err *err);

/* The same with a member "findings" (borrowed; may be NULL): what is wrong, in detail. */
void reply_error_findings(
	struct request *req, const struct vk_err *err, const struct vkjson *findings);

/* The same with another status than the code's usual one. */
void reply_error_status(struct request *req, int status, const struct vk_err *err);

/* 405 with the methods that are possible instead; dispatch's own. */
void reply_method_not_allowed(struct request *req, const char *allow, const struct vk_err *err);

/* 503 + Retry-After: busy. */
void reply_busy(struct request *req, unsigned retry_after_s);

#endif
