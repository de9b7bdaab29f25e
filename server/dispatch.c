/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/dispatch.h"

#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/access.h"
#include "server/conn.h"

#include "common/banned.h"

enum { ALLOW_BYTES = 64 };

static const struct view_identity stranger = {
	.kind = IDENTITY_STRANGER,
	.name = "",
	.environment = "",
};

static enum vk_rc identify(struct request *req, struct vk_err *err)
{
	const struct conn *conn = req->conn;
	int64_t now = vk_clock_now();
	const struct view_identity *identity;

	req->identity = &stranger;
	if (conn->not_after <= now) {
		vk_err_set(err, VK_EDENIED, "the certificate has expired");
		vk_err_hint(err, "renew it in time, or enrol anew");
		return VK_EDENIED;
	}
	if (conn->is_self_signed && conn->env->options->hooks.identify == NULL)
		return VK_OK;
	identity = view_find_identity(req->view, conn->fingerprint);
	if (identity == NULL && conn->is_foreign)
		return VK_OK; /* it may enrol */
	if (identity == NULL)
		return vk_err_set(err, VK_EDENIED, "the certificate is not known here");
	req->identity = identity;
	if (identity->is_revoked)
		return vk_err_set(err, VK_EDENIED, "the certificate was revoked");
	if (identity->not_after <= now)
		return vk_err_set(err, VK_EDENIED, "the certificate has expired");
	return VK_OK;
}

static void deny(struct request *req, int status, const struct vk_err *err)
{
	const struct worker_hooks *hooks = &req->conn->env->options->hooks;

	if (hooks->denied != NULL)
		hooks->denied(hooks->context, req, err);
	reply_error_status(req, status, err);
}

static void refuse_method(struct request *req)
{
	const struct worker_pool_options *options = req->conn->env->options;
	const struct http_parser *parser = req->conn->parser;
	struct vk_err err = VK_ERR_INIT;
	char allow[ALLOW_BYTES];

	route_allowed_methods(options->routes, options->route_count, parser, allow, sizeof(allow));
	vk_err_set(&err, VK_EINPUT, "%s is not possible here", http_method(parser));
	vk_err_hint(&err, "possible is %s", allow);
	reply_method_not_allowed(req, allow, &err);
}

/* Compares up to parameters such as "; charset=utf-8". */
static bool is_type(const char *value, const char *type)
{
	size_t len = strlen(type);

	return value != NULL && strncasecmp(value, type, len) == 0 &&
		strchr("; \t", value[len]) != NULL; /* also finds the NUL */
}

static void hint_parameters(const char *const *known, struct vk_err *err)
{
	struct vk_buf list;

	vk_buf_init(&list, sizeof(err->hint));
	for (const char *const *name = known; *name != NULL; name++)
		vk_buf_addf(&list, "%s%s", name == known ? "" : ", ", *name);
	if (list.len > 0)
		vk_err_hint(err, "known here: %s", list.data);
	vk_buf_release(&list);
}

/* A parameter that nobody reads is a typing error that would silently show the wrong thing. */
static bool admit_query(struct request *req)
{
	static const char *const none[] = {NULL};
	const char *const *known = req->route->parameters;
	const char *unknown = NULL;
	struct vk_err err = VK_ERR_INIT;

	if (known == NULL)
		known = none;
	unknown = http_query_unknown(req->conn->parser, known);
	if (unknown == NULL)
		return true;
	vk_err_set(&err, VK_EINPUT, "parameter '%s' is not known here", unknown);
	hint_parameters(known, &err);
	reply_error(req, &err);
	return false;
}

/* Whether the body that is announced is one that the route takes. */
static bool admit_body(struct request *req)
{
	const struct http_parser *parser = req->conn->parser;
	const char *wanted = req->route->content_type;
	struct vk_err err = VK_ERR_INIT;

	if (http_content_length(parser) == 0)
		return true;
	if (http_content_length(parser) > req->route->max_body_bytes) {
		vk_err_set(&err, VK_ELIMIT, "the body is larger than %zu bytes",
			req->route->max_body_bytes);
		reply_error_status(req, 413, &err);
		return false;
	}
	if (wanted == NULL)
		wanted = "application/json";
	if (is_type(http_header(parser, "content-type"), wanted))
		return true;
	vk_err_set(&err, VK_EINPUT, "the body is not of type %s", wanted);
	reply_error_status(req, 415, &err);
	return false;
}

static bool admit_route(struct request *req)
{
	const struct worker_pool_options *options = req->conn->env->options;
	struct vk_err err = VK_ERR_INIT;

	switch (route_find(
		options->routes, options->route_count, req->conn->parser, &req->route)) {
	case ROUTE_FOUND:
		break;
	case ROUTE_NO_METHOD:
		refuse_method(req);
		return false;
	case ROUTE_NO_PATH:
		vk_err_set(&err, VK_ENOTFOUND, "there is no such thing here");
		reply_error(req, &err);
		return false;
	}
	if (route_permits(req->route, req->identity))
		return true;
	vk_err_set(&err, VK_EDENIED, "%s '%s' may not do this",
		identity_kind_name(req->identity->kind), req->identity->name);
	route_hint_permission(req->route, NULL, &err);
	if (req->identity->kind == IDENTITY_STRANGER)
		vk_err_set(&err, VK_EDENIED, "%s certificate may only enrol",
			req->conn->is_self_signed ? "a self-signed" : "an unknown");
	deny(req, 403, &err);
	return false;
}

bool dispatch_admit(struct request *req)
{
	struct conn_env *env = req->conn->env;
	struct vk_err err = VK_ERR_INIT;

	conn_env_refresh_view(env);
	req->view = env->view;
	req->route = NULL;
	req->identity = &stranger;
	if (req->conn->is_surplus || env->view == NULL) {
		req->conn->is_last = true;
		reply_busy(req, CONN_RETRY_AFTER_S);
		return false;
	}
	if (identify(req, &err) != VK_OK) {
		deny(req, 401, &err);
		return false;
	}
	return admit_route(req) && admit_query(req) && admit_body(req);
}

void dispatch_run(struct request *req)
{
	struct vk_err err = VK_ERR_INIT;

	switch (access_check(req, &err)) {
	case VK_OK:
		req->route->handler(req);
		break;
	case VK_EDENIED:
		deny(req, 403, &err);
		break;
	case VK_EINPUT:
	case VK_ENOTFOUND:
	case VK_ECONFLICT:
	case VK_EUNTRUSTED:
	case VK_ELIMIT:
	case VK_EUNAVAIL:
	case VK_EIO:
		reply_error(req, &err);
		break;
	}
}
