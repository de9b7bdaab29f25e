/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log: entries, proofs, the checkpoint and who vouches for it. */
#include "config.h"

#include "common/merkle.h"
#include "common/note.h"
#include "common/vkjson.h"
#include "server/log.h"
#include "server/query.h"
#include "server/readers.h"
#include "server/routes.h"
#include "server/store/store_cosignature.h"
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

static enum vk_rc get_inclusion(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct merkle_proof proof;
	uint64_t index = 0, size = 0;
	enum vk_rc rc = request_query_uint(query->req, "index", 0, 0, INT64_MAX, &index, err);

	if (rc == VK_OK)
		rc = request_query_uint(query->req, "size", 0, 0, INT64_MAX, &size, err);
	if (rc == VK_OK)
		rc = log_inclusion(query->store, index, size, &proof, err);
	if (rc != VK_OK)
		return rc;
	*answer = vkjson_object();
	vkjson_set(*answer, "proof", merkle_proof_to_json(&proof));
	return VK_OK;
}

void route_get_inclusion(struct request *req)
{
	query_run(req, get_inclusion);
}

static enum vk_rc list_witnesses(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct store_cosignature_list list;
	struct vkjson *items;
	enum vk_rc rc = store_list_cosignatures(
		query->store, &query->page, query->arena, &list, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++) {
		const struct store_cosignature *cosignature = &list.items[i];
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "host", vkjson_string(cosignature->host));
		vkjson_set(object, "size", vkjson_int(cosignature->size));
		vkjson_set(object, "at", vkjson_time(cosignature->made));
		vkjson_set(object, "cosignature", vkjson_string(cosignature->line));
		vkjson_append(items, object);
	}
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_witnesses(struct request *req)
{
	query_run(req, list_witnesses);
}

/* The note with the lines of the hosts that have cosigned this very checkpoint. */
static enum vk_rc add_cosignatures(
	struct request *req, const struct view_log *log, struct vk_buf *note, struct vk_err *err)
{
	struct context *context = request_context(req);
	struct store_cosignature_list list = {.count = 0};
	struct arena *arena = arena_new();
	struct store *store = NULL;
	enum vk_rc rc = readers_take(context->readers, &store, err);

	if (rc == VK_OK) {
		rc = store_list_cosignatures_of(
			store, log->size, NOTE_MAX_SIGNATURES - 1, arena, &list, err);
		readers_give(context->readers, store);
	}
	vk_buf_add(note, log->checkpoint, log->checkpoint_len);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++)
		vk_buf_addf(note, "%s\n", list.items[i].line);
	arena_free(arena);
	return rc == VK_OK ? vk_buf_check(note, "the checkpoint", err) : rc;
}

void route_get_checkpoint(struct request *req)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf note;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	if (add_cosignatures(req, view_log(request_view(req)), &note, &err) == VK_OK)
		reply_bytes(req, 200, "text/plain; charset=utf-8", note.data, note.len);
	else
		reply_error(req, &err);
	vk_buf_release(&note);
}
