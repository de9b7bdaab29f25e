/* SPDX-License-Identifier: BSD-3-Clause */
/* How the fleet and the server are: for people and for monitoring. */
#include "config.h"

#include <string.h>

#include "common/vkjson.h"
#include "server/expiry.h"
#include "server/metrics.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_cosignature.h"
#include "server/store/store_environment.h"

#include "common/banned.h"

enum { METRICS_MAX_BYTES = 4 * 1024 * 1024 };

static struct vkjson *environment_to_json(const struct store_environment *environment)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(environment->name));
	vkjson_set(object, "release", vkjson_int(environment->release));
	vkjson_set(object, "role_version", vkjson_int(environment->role_version));
	query_set_time(object, "role_expires", environment->role_expires);
	vkjson_set(object, "hosts", vkjson_int(environment->hosts));
	vkjson_set(object, "converged", vkjson_int(environment->converged));
	vkjson_set(object, "failed", vkjson_int(environment->failed));
	vkjson_set(object, "drifted", vkjson_int(environment->drifted));
	vkjson_set(object, "waiting", vkjson_int(environment->waiting));
	vkjson_set(object, "observing", vkjson_int(environment->observing));
	vkjson_set(object, "open_changes", vkjson_int(environment->open_changes));
	return object;
}

static struct vkjson *timestamp_to_json(const struct view *view)
{
	const struct view_expiry *expiries;
	size_t count = 0;

	expiries = view_expiries(view, &count);
	for (size_t i = 0; i < count; i++) {
		struct vkjson *object;

		if (strcmp(expiries[i].role, "timestamp") != 0)
			continue;
		object = vkjson_object();
		vkjson_set(object, "version", vkjson_int(expiries[i].version));
		vkjson_set(object, "expires", vkjson_time(expiries[i].expires));
		return object;
	}
	return vkjson_null();
}

static struct vkjson *certificates_to_json(const struct context *context)
{
	struct vkjson *object = vkjson_object();
	struct expiry_count counts[EXPIRY_KINDS];

	expiry_get(context->expiry, counts);
	for (int i = 0; i < EXPIRY_KINDS; i++) {
		struct vkjson *item = vkjson_object();

		query_set_time(item, "expires", counts[i].expires);
		vkjson_set(item, "due", vkjson_int(counts[i].due));
		vkjson_set(object, expiry_kind_name((enum expiry_kind)i), item);
	}
	return object;
}

static enum vk_rc get_status(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct view *view = request_view(query->req);
	const struct store_environment *items = NULL;
	struct store_witnesses witnesses;
	struct vkjson *list, *log;
	size_t count = 0;
	enum vk_rc rc = store_list_environments(query->store, query->arena, &items, &count, err);

	if (rc == VK_OK)
		rc = store_get_witnesses(query->store, &witnesses, err);
	if (rc != VK_OK)
		return rc;
	list = vkjson_array();
	for (size_t i = 0; i < count; i++) {
		if (route_permits_in(request_route(query->req), request_identity(query->req),
			    items[i].name))
			vkjson_append(list, environment_to_json(&items[i]));
	}
	log = vkjson_object();
	vkjson_set(log, "size", vkjson_int(view_log(view)->size));
	vkjson_set(log, "witnessed", vkjson_int(witnesses.witnessed));
	vkjson_set(log, "witnesses", vkjson_int(witnesses.witnesses));
	vkjson_set(log, "hosts", vkjson_int(witnesses.hosts));
	*answer = vkjson_object();
	vkjson_set(*answer, "fleet", vkjson_string(view_fleet(view)));
	vkjson_set(*answer, "environments", list);
	vkjson_set(*answer, "timestamp", timestamp_to_json(view));
	vkjson_set(*answer, "log", log);
	vkjson_set(*answer, "certificates", certificates_to_json(request_context(query->req)));
	return VK_OK;
}

void route_get_status(struct request *req)
{
	query_run(req, get_status);
}

void route_get_metrics(struct request *req)
{
	struct context *context = request_context(req);
	struct vk_buf text;

	vk_buf_init(&text, METRICS_MAX_BYTES);
	metrics_format(context, request_view(req), &text);
	reply_bytes(req, 200, "text/plain; version=0.0.4; charset=utf-8", text.data, text.len);
	vk_buf_release(&text);
}

static void reply_text(struct request *req, int status, const char *text)
{
	reply_bytes(req, status, "text/plain; charset=utf-8", text, strlen(text));
}

void route_get_health(struct request *req)
{
	reply_text(req, 200, "ok\n");
}

/* Ready: serving, and with something that hosts can verify. */
void route_get_ready(struct request *req)
{
	const struct context *context = request_context(req);

	if (!atomic_load(&((struct context *)context)->is_ready))
		reply_text(req, 503, "starting or draining\n");
	else if (!view_has_trust(request_view(req)))
		reply_text(req, 503, "the fleet has no trusted root yet\n");
	else
		reply_text(req, 200, "ready\n");
}
