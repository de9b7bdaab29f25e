/* SPDX-License-Identifier: BSD-3-Clause */
/* Releases: read only; they come about by approvals. */
#include "config.h"

#include "common/vkjson.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_release.h"

#include "common/banned.h"

static struct vkjson *release_to_json(const struct store_release *release)
{
	struct vkjson *object = vkjson_object(), *approvers = vkjson_array();

	for (size_t i = 0; i < release->approver_count; i++)
		vkjson_append(approvers, vkjson_string(release->approvers[i]));
	vkjson_set(object, "environment", vkjson_string(release->environment));
	vkjson_set(object, "number", vkjson_int(release->number));
	vkjson_set(object, "change", vkjson_int(release->change));
	vkjson_set(object, "author", vkjson_string(release->author));
	vkjson_set(object, "message", vkjson_string(release->message));
	vkjson_set(object, "tree", vkjson_string(release->tree));
	vkjson_set(object, "created", vkjson_time(release->created));
	vkjson_set(object, "released", vkjson_time(release->released));
	vkjson_set(object, "approvers", approvers);
	vkjson_set(object, "current", vkjson_bool(release->is_current));
	if (release->document != NULL)
		vkjson_set(object, "document",
			vkjson_stringn(release->document, release->document_len));
	return object;
}

static enum vk_rc list_releases(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_filter filter = query_filter(query);
	struct store_release_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_releases(
		query->store, &filter, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++)
		vkjson_append(items, release_to_json(&list.items[i]));
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_releases(struct request *req)
{
	query_run(req, list_releases);
}

static enum vk_rc get_release(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_release release;
	uint64_t number = 0;
	enum vk_rc rc = request_param_uint(query->req, "number", 1, INT64_MAX, &number, err);

	if (rc == VK_OK)
		rc = store_get_release(query->store, request_param(query->req, "env"),
			(int64_t)number, query->arena, &release, err);
	if (rc == VK_OK)
		*answer = release_to_json(&release);
	return rc;
}

void route_get_release(struct request *req)
{
	query_run(req, get_release);
}
