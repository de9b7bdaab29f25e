/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log: entries, proofs, the checkpoint. */
#include "config.h"

#include "common/merkle.h"
#include "common/vkjson.h"
#include "server/log.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_log.h"

#include "common/banned.h"

static enum vk_rc list_audit(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_log_entry *entries = NULL;
	struct vkjson *items;
	uint64_t from = 0, size = 0;
	size_t count = 0;
	enum vk_rc rc = request_query_uint(query->req, "from", 0, 0, INT64_MAX, &from, err);

	if (rc == VK_OK)
		rc = store_list_log_entries(
			query->store, from, query->page.limit, query->arena, &entries, &count, err);
	if (rc == VK_OK)
		rc = store_get_log_size(query->store, &size, err);
	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < count; i++) {
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "index", vkjson_int((int64_t)entries[i].index));
		vkjson_set(object, "entry", vkjson_stringn(entries[i].text, entries[i].len));
		vkjson_append(items, object);
	}
	*answer = query_list(items, NULL);
	vkjson_set(*answer, "size", vkjson_int((int64_t)size));
	return VK_OK;
}

void route_list_audit(struct request *req)
{
	query_run(req, list_audit);
}

static enum vk_rc get_consistency(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct merkle_proof proof;
	uint64_t from = 0, to = 0;
	enum vk_rc rc = request_query_uint(query->req, "from", 0, 0, INT64_MAX, &from, err);

	if (rc == VK_OK)
		rc = request_query_uint(query->req, "to", 0, 0, INT64_MAX, &to, err);
	if (rc == VK_OK)
		rc = log_consistency(query->store, from, to, &proof, err);
	if (rc != VK_OK)
		return rc;
	*answer = vkjson_object();
	vkjson_set(*answer, "proof", merkle_proof_to_json(&proof));
	return VK_OK;
}

void route_get_consistency(struct request *req)
{
	query_run(req, get_consistency);
}

void route_get_checkpoint(struct request *req)
{
	const struct view_log *log = view_log(request_view(req));

	reply_bytes(req, 200, "text/plain; charset=utf-8", log->checkpoint, log->checkpoint_len);
}
