/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/view_load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/announcement.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "server/store/store_announcement.h"
#include "server/store/store_certificate.h"
#include "server/store/store_environment.h"
#include "server/store/store_log.h"
#include "server/store/store_release.h"
#include "server/store/store_tuf.h"
#include "server/writer.h"

#include "common/banned.h"

static void add_identity(void *ctx, const struct store_identity *stored)
{
	const struct view_identity identity = {
		.kind = stored->kind,
		.roles = stored->roles,
		.scopes = stored->scopes,
		.scope_count = stored->scope_count,
		.is_revoked = stored->is_revoked,
		.not_after = stored->not_after,
		.name = stored->name,
		.environment = stored->environment,
	};

	view_builder_add_identity(ctx, stored->fingerprint, &identity);
}

static void add_role(struct view_builder *builder, const struct store_tuf *file)
{
	bool is_immutable = strcmp(file->role, "timestamp") != 0;
	char *name = is_immutable ? xasprintf("%" PRId64 ".%s.json", file->version, file->role)
				  : xstrdup("timestamp.json");

	view_builder_add_file(builder, name, file->text, file->len, is_immutable);
	view_builder_add_expiry(builder, file->role, file->version, file->expires);
	free(name);
}

/* The release document of one release, under its TUF target name. */
static enum vk_rc add_document(struct view_builder *builder, struct store *store,
	struct arena *arena, const char *environment, int64_t number, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct store_release release;
	char *name;
	enum vk_rc rc = store_get_release(store, environment, number, arena, &release, err);

	if (rc != VK_OK)
		return rc;
	vk_digest_format(release.sha256, digest);
	name = xasprintf("targets/%s/%s.%" PRId64 ".json", environment, digest, number);
	view_builder_add_file(builder, name, release.document, release.document_len, true);
	free(name);
	return VK_OK;
}

static enum vk_rc add_announcements(struct view_builder *builder, struct store *store,
	struct arena *arena, const char *environment, int64_t now, struct vk_err *err)
{
	const struct store_announcement *items = NULL;
	size_t count = 0;
	enum vk_rc rc =
		store_all_announcements(store, environment, now, arena, &items, &count, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct vkjson *json = vkjson_object();
		struct vk_buf text;

		vkjson_set(json, "statement", vkjson_string(items[i].statement));
		vkjson_set(json, "keyid", vkjson_string(items[i].keyid));
		vkjson_set(json, "sig", vkjson_string(items[i].sig));
		vk_buf_init(&text, 4 * VK_ANNOUNCEMENT_MAX_BYTES);
		vkjson_format(json, false, &text);
		rc = vk_buf_check(&text, "an announcement", err);
		if (rc == VK_OK)
			view_builder_add_announcement(builder, items[i].host, text.data);
		vk_buf_release(&text);
		vkjson_free(json);
	}
	return rc;
}

/* The environments' answers hold the timestamp, which was added before. */
static enum vk_rc add_environments(struct view_builder *builder, struct store *store,
	struct arena *arena, int64_t now, struct vk_err *err)
{
	const struct store_environment *items = NULL;
	size_t count = 0;
	enum vk_rc rc = store_list_environments(store, arena, &items, &count, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		int64_t current = items[i].release;

		view_builder_add_environment(builder, items[i].name, current);
		for (int64_t n = current; rc == VK_OK && n > 0 && n >= current - 1; n--)
			rc = add_document(builder, store, arena, items[i].name, n, err);
		/* Lost before the current one was recovered: there is nothing to go back to. */
		if (rc == VK_ENOTFOUND)
			rc = VK_OK;
		if (rc == VK_OK)
			rc = add_announcements(builder, store, arena, items[i].name, now, err);
	}
	return rc;
}

static enum vk_rc load_publication(struct view_builder *builder, struct store *store,
	struct arena *arena, int64_t now, struct vk_err *err)
{
	const struct store_tuf *files = NULL;
	size_t count = 0;
	enum vk_rc rc = store_list_tuf(store, arena, &files, &count, err);

	if (rc != VK_OK)
		return rc;
	view_builder_reset_publication(builder);
	for (size_t i = 0; i < count; i++)
		add_role(builder, &files[i]);
	return add_environments(builder, store, arena, now, err);
}

static enum vk_rc load_log(
	struct view_builder *builder, struct store *store, struct arena *arena, struct vk_err *err)
{
	struct store_checkpoint checkpoint;
	enum vk_rc rc = store_get_checkpoint(store, arena, &checkpoint, err);

	if (rc == VK_OK)
		view_builder_set_log(
			builder, (int64_t)checkpoint.size, checkpoint.note, checkpoint.note_len);
	return rc;
}

enum vk_rc view_load(struct store *store, const char *fleet, const struct view *previous,
	unsigned changes, int64_t now, const struct view **out, struct vk_err *err)
{
	struct view_builder *builder = view_builder_new(previous, fleet);
	struct arena *arena = arena_new();
	enum vk_rc rc = VK_OK;

	if ((changes & WRITER_CHANGED_IDENTITIES) != 0) {
		view_builder_reset_identities(builder);
		rc = store_each_identity(store, now, add_identity, builder, err);
	}
	if (rc == VK_OK && (changes & WRITER_CHANGED_PUBLICATION) != 0)
		rc = load_publication(builder, store, arena, now, err);
	if (rc == VK_OK && (changes & WRITER_CHANGED_LOG) != 0)
		rc = load_log(builder, store, arena, err);
	arena_free(arena);
	if (rc != VK_OK) {
		view_builder_free(builder);
		return vk_err_prefix(err, rc, "building the view");
	}
	*out = view_builder_finish(builder);
	return VK_OK;
}
