/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/publish.h"

#include <stdio.h>
#include <string.h>

#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"
#include "server/approval.h"
#include "server/freshness.h"
#include "server/store/store_release.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

enum { OBJECT_MAX_BYTES = 128 };

/* The release must follow the current one, in number and in role version. */
static enum vk_rc check_current(
	struct writer_tx *tx, const struct store_change *change, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	struct store_tuf role;
	int64_t release, version;
	enum vk_rc rc = store_get_release_number(store, change->environment, &release, err);

	if (rc != VK_OK)
		return rc;
	rc = store_get_tuf(store, change->environment, 0, writer_tx_arena(tx), &role, err);
	if (rc != VK_OK && rc != VK_ENOTFOUND)
		return rc;
	version = rc == VK_OK ? role.version : 0;
	if (change->base == release && change->number == release + 1 &&
		change->role_version == version + 1)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT,
		"change %lld is stale: %s is at release %lld, its base is %lld",
		(long long)change->id, change->environment, (long long)release,
		(long long)change->base);
	vk_err_hint(err, "submit it again on release %lld", (long long)release);
	return VK_ECONFLICT;
}

struct approval *publish_approvals(
	struct arena *arena, const struct store_change *change, size_t *count)
{
	struct approval *approvals =
		arena_calloc(arena, change->approval_count + 1, sizeof(*approvals));

	*count = 0;
	for (size_t i = 0; i < change->approval_count; i++) {
		const struct store_approval *from = &change->approvals[i];

		if (from->is_in_force)
			approvals[(*count)++] = (struct approval){
				.user = from->user, .keyid = from->keyid, .sig = from->sig};
	}
	return approvals;
}

/* The role's file with the signatures that count, and its expiry. */
static enum vk_rc build_role(struct writer_tx *tx, const struct store_change *change,
	const struct tuf_meta *targets, struct vk_buf *out, int64_t *expires, struct vk_err *err)
{
	const struct approval_change judged = {.targets = targets,
		.environment = change->environment,
		.author = change->author,
		.metadata = change->metadata,
		.metadata_len = change->metadata_len};
	struct tuf_meta *role = NULL;
	size_t count = 0;
	const struct approval *approvals = publish_approvals(writer_tx_arena(tx), change, &count);
	enum vk_rc rc = approval_build_role(&judged, approvals, count, out, err);

	if (rc == VK_OK)
		rc = tuf_meta_parse(out->data, out->len, TUF_TARGETS, &role, err);
	if (rc == VK_OK)
		rc = tuf_meta_check_expiry(role, writer_tx_now(tx), change->environment, err);
	if (rc == VK_OK)
		*expires = tuf_meta_expires(role);
	tuf_meta_free(role);
	return rc;
}

static enum vk_rc store_role(
	struct writer_tx *tx, const struct store_change *change, struct vk_err *err)
{
	struct store_tuf file = {.role = change->environment, .version = change->role_version};
	struct tuf_meta *targets = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_TARGETS_MAX_BYTES);
	rc = freshness_load(tx, tuf_type_name(TUF_TARGETS), TUF_TARGETS, &targets, err);
	if (rc == VK_OK)
		rc = build_role(tx, change, targets, &text, &file.expires, err);
	if (rc == VK_OK) {
		file.text = text.data;
		file.len = text.len;
		rc = store_add_tuf(writer_tx_store(tx), &file, writer_tx_now(tx), err);
	}
	tuf_meta_free(targets);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc audit_release(struct writer_tx *tx, const struct store_change *change,
	const char *actor, struct vk_err *err)
{
	char object[OBJECT_MAX_BYTES];
	struct vkjson *detail = vkjson_object();
	const struct writer_audit audit = {
		.actor = actor, .action = "release.publish", .object = object, .detail = detail};
	uint8_t sha256[VK_SHA256_BYTES];
	enum vk_rc rc;

	snprintf(object, sizeof(object), "release/%s/%lld", change->environment,
		(long long)change->number);
	vk_sha256(change->document, change->document_len, sha256);
	vkjson_set(detail, "change", vkjson_int(change->id));
	vkjson_set(detail, "document", vkjson_hex(sha256, sizeof(sha256)));
	vkjson_set(detail, "tree", vkjson_string(change->tree));
	rc = writer_tx_audit(tx, &audit, err);
	vkjson_free(detail);
	return rc;
}

/* One more open change whose base is no longer the current release. */
static enum vk_rc make_stale(
	struct writer_tx *tx, const struct store_change *change, struct vk_err *err)
{
	char object[OBJECT_MAX_BYTES];
	const struct writer_audit audit = {
		.actor = "server/main", .action = "change.stale", .object = object};
	enum vk_rc rc = store_close_change(writer_tx_store(tx), change->id, CHANGE_STALE, err);

	snprintf(object, sizeof(object), "change/%lld", (long long)change->id);
	return rc == VK_OK ? writer_tx_audit(tx, &audit, err) : rc;
}

enum vk_rc publish_make_stale(struct writer_tx *tx, const char *environment, struct vk_err *err)
{
	const struct store_change_filter filter = {
		.where = {.environment = environment}, .has_state = true, .state = CHANGE_OPEN};
	const struct store_page page = {.limit = STORE_LIMIT_MAX};
	struct store_change_list list;
	enum vk_rc rc;

	do {
		rc = store_list_changes(
			writer_tx_store(tx), &filter, &page, writer_tx_arena(tx), &list, err);
		for (size_t i = 0; rc == VK_OK && i < list.count; i++)
			rc = make_stale(tx, &list.items[i], err);
	} while (rc == VK_OK && list.next != NULL);
	return rc;
}

enum vk_rc publish_release(struct writer_tx *tx, const struct store_change *change,
	const char *actor, struct vk_err *err)
{
	struct store *store = writer_tx_store(tx);
	enum vk_rc rc = check_current(tx, change, err);

	if (rc == VK_OK)
		rc = store_role(tx, change, err);
	if (rc == VK_OK)
		rc = store_close_change(store, change->id, CHANGE_RELEASED, err);
	if (rc == VK_OK)
		rc = store_add_release(store, change->id, writer_tx_now(tx), err);
	if (rc == VK_OK)
		rc = freshness_renew_all(tx, err);
	if (rc == VK_OK)
		rc = audit_release(tx, change, actor, err);
	return rc == VK_OK ? publish_make_stale(tx, change->environment, err) : rc;
}

/* Hosts take what is signed for fresh until it expires: it must not live longer than intended,
 * either. */
static bool is_due(int64_t expires, int64_t lifetime_seconds, int64_t now)
{
	int64_t left = expires - now;

	return left <= lifetime_seconds / 2 || left > lifetime_seconds;
}

enum vk_rc publish_timestamp(struct writer_tx *tx, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct store_tuf snapshot;
	enum vk_rc rc = freshness_load(tx, tuf_type_name(TUF_ROOT), TUF_ROOT, &root, err);

	if (rc == VK_OK)
		rc = store_get_tuf(writer_tx_store(tx), tuf_type_name(TUF_SNAPSHOT), 0,
			writer_tx_arena(tx), &snapshot, err);
	if (rc == VK_OK)
		rc = is_due(snapshot.expires, PUBLISH_SNAPSHOT_SECONDS, writer_tx_now(tx))
			     ? freshness_sign_all(tx, root, err)
			     : freshness_sign_timestamp(tx, root, err);
	tuf_meta_free(root);
	return rc;
}

enum vk_rc publish_is_timestamp_due(
	struct store *store, int64_t timestamp_seconds, int64_t now, bool *out, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_tuf timestamp;
	enum vk_rc rc =
		store_get_tuf(store, tuf_type_name(TUF_TIMESTAMP), 0, arena, &timestamp, err);

	if (rc == VK_OK)
		*out = is_due(timestamp.expires, timestamp_seconds, now);
	arena_free(arena);
	return rc;
}
