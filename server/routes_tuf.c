/* SPDX-License-Identifier: BSD-3-Clause */
/* TUF metadata: served to hosts and people, published by admins. */
#include "config.h"

#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"
#include "server/ca_change.h"
#include "server/mutation.h"
#include "server/publish.h"
#include "server/query.h"
#include "server/readers.h"
#include "server/routes.h"
#include "server/signer.h"
#include "server/store/store_log.h"
#include "server/store/store_tuf.h"

#include <string.h>

#include "common/banned.h"

static const char for_ever[] = "public, max-age=31536000, immutable";

static void release_view(void *view)
{
	view_unref(view);
}

static void reply_file(struct request *req, const struct view_file *file)
{
	const struct view *view = view_ref(request_view(req));
	const struct reply reply = {
		.status = 200,
		.content_type = "application/json",
		.cache_control = file->is_immutable ? for_ever : NULL,
		.body = file->data,
		.body_len = file->len,
		.release = release_view,
		.owner = (void *)view,
	};

	reply_send(req, &reply);
}

/* Not a current file: an older root, or what a slow client still asks for. */
static void reply_stored(struct request *req, const char *name)
{
	struct context *context = request_context(req);
	struct reply reply = {
		.status = 200, .content_type = "application/json", .cache_control = for_ever};
	struct vk_err err = VK_ERR_INIT;
	struct arena *arena = arena_new();
	struct store *store = NULL;
	const char *text = NULL;
	enum vk_rc rc = readers_take(context->readers, &store, &err);

	if (rc == VK_OK) {
		rc = store_get_tuf_file(store, name, arena, &text, &reply.body_len, &err);
		readers_give(context->readers, store);
	}
	reply.body = text;
	if (rc == VK_OK)
		reply_send(req, &reply);
	else
		reply_error(req, &err);
	arena_free(arena);
}

void route_get_tuf(struct request *req)
{
	const char *name = request_param(req, "file");
	const struct view_file *file = view_find_file(request_view(req), name);

	if (file != NULL)
		reply_file(req, file);
	else
		reply_stored(req, name);
}

struct trust {
	struct publish_file files[PUBLISH_MAX_FILES];
	size_t count;
};

static enum vk_rc add_file(
	struct trust *trust, const char *name, const struct vkjson *value, struct vk_err *err)
{
	const char *text = vkjson_text(value);

	if (text == NULL)
		return vk_err_set(err, VK_EINPUT, "member '%s': expected a string", name);
	if (trust->count == PUBLISH_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT, "more than %d files", PUBLISH_MAX_FILES);
	trust->files[trust->count++] =
		(struct publish_file){.name = name, .text = text, .len = strlen(text)};
	return VK_OK;
}

static enum vk_rc publish_files(struct mutation *mutation, struct writer_tx *tx,
	enum publish_scope scope, struct vk_err *err)
{
	const struct vkjson *files = NULL;
	struct trust trust = {.count = 0};
	enum vk_rc rc = vkjson_get_object(mutation->body, "files", &files, err);

	if (rc != VK_OK)
		return rc;
	for (struct vkjson_iter it = vkjson_iter(files); rc == VK_OK && vkjson_next(&it);)
		rc = add_file(&trust, it.name, it.value, err);
	if (rc == VK_OK)
		rc = publish_trust(tx, mutation->actor, trust.files, trust.count, scope, err);
	return rc;
}

static enum vk_rc run_publish(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	enum vk_rc rc = publish_files(mutation, tx, PUBLISH_TRUST, err);

	return rc == VK_OK ? ca_change_check_publisher(tx, mutation->fingerprint, err) : rc;
}

static enum vk_rc run_refresh(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	return publish_files(mutation, tx, PUBLISH_ROLES, err);
}

static void start(struct mutation *mutation)
{
	struct vk_err err = VK_ERR_INIT;

	if (mutation_parse_body(mutation, &err) == VK_OK)
		mutation_start(mutation);
	else
		mutation_fail(mutation, &err);
}

void route_post_tuf(struct request *req)
{
	start(mutation_new(req, "tuf.publish", run_publish));
}

void route_post_refresh(struct request *req)
{
	start(mutation_new(req, "tuf.refresh", run_refresh));
}

static enum vk_rc get_online_keys(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct context *context = request_context(query->req);
	struct tuf_log_start begins = {.is_there = true};
	struct signer_public_keys keys;
	struct store_log_start start;
	struct vkjson *log;
	enum vk_rc rc = store_get_log_start(query->store, &start, err);

	if (rc != VK_OK)
		return rc;
	signer_get_public_keys(context->signer, &keys);
	log = vkjson_object();
	vkjson_set(log, "name", vkjson_string(signer_log_name(context->signer)));
	vkjson_set(log, "public", vkjson_hex(keys.log, sizeof(keys.log)));
	if (start.number > 1) {
		begins.size = start.size;
		memcpy(begins.root, start.root, sizeof(begins.root));
		vkjson_set(log, "begins", tuf_log_start_to_json(&begins));
	}
	*answer = vkjson_object();
	vkjson_set(*answer, "fleet", vkjson_string(context->fleet));
	vkjson_set(*answer, "snapshot", vkjson_hex(keys.snapshot, sizeof(keys.snapshot)));
	vkjson_set(*answer, "timestamp", vkjson_hex(keys.timestamp, sizeof(keys.timestamp)));
	vkjson_set(*answer, "log", log);
	return VK_OK;
}

void route_get_online_keys(struct request *req)
{
	query_run(req, get_online_keys);
}
