/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/query.h"

#include "common/vkjson.h"
#include "server/readers.h"

#include "common/banned.h"

static enum vk_rc read_page(struct query *query, struct vk_err *err)
{
	uint64_t limit = 0;
	enum vk_rc rc = request_query_uint(
		query->req, "limit", STORE_LIMIT_DEFAULT, 1, STORE_LIMIT_MAX, &limit, err);

	query->page.limit = (unsigned)limit;
	query->page.after = request_query(query->req, "after");
	return rc;
}

struct store_filter query_filter(const struct query *query)
{
	const struct view_identity *caller = request_identity(query->req);

	return (struct store_filter){.environment = request_query(query->req, "environment"),
		.viewer = route_is_limited(request_route(query->req), caller) ? caller->name : NULL};
}

void query_run(struct request *req, query_fn *fn)
{
	struct context *context = request_context(req);
	struct query query = {.req = req};
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *answer = NULL;
	enum vk_rc rc = readers_take(context->readers, &query.store, &err);

	if (rc != VK_OK) {
		reply_error(req, &err);
		return;
	}
	query.arena = arena_new();
	rc = read_page(&query, &err);
	if (rc == VK_OK)
		rc = fn(&query, &answer, &err);
	readers_give(context->readers, query.store);
	if (rc == VK_OK)
		reply_json(req, 200, answer);
	else
		reply_error(req, &err);
	vkjson_free(answer);
	arena_free(query.arena);
}

struct vkjson *query_list(struct vkjson *items, const char *next)
{
	struct vkjson *list = vkjson_object();

	vkjson_set(list, "items", items);
	if (next != NULL)
		vkjson_set(list, "next", vkjson_string(next));
	return list;
}

void query_set_time(struct vkjson *object, const char *name, int64_t time)
{
	vkjson_set(object, name, time != 0 ? vkjson_time(time) : vkjson_null());
}

void query_set_text(struct vkjson *object, const char *name, const char *text)
{
	vkjson_set(object, name, text != NULL ? vkjson_string(text) : vkjson_null());
}
