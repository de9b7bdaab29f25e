/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_release.h"

#include "server/store/store_change.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_add_release(struct store *store, int64_t change, int64_t now, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_change from;
	uint8_t sha256[VK_SHA256_BYTES];
	struct db_stmt *q;
	enum vk_rc rc = store_get_change(store, change, arena, &from, err);

	if (rc != VK_OK)
		goto out;
	vk_sha256(from.document, from.document_len, sha256);
	q = db_prepare(store_db(store),
		"INSERT INTO releases (environment, number, change_id, sha256, released)"
		" VALUES (?, ?, ?, ?, ?)");
	db_bind_text(q, from.environment);
	db_bind_int(q, from.number);
	db_bind_int(q, change);
	db_bind_blob(q, sha256, sizeof(sha256));
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		vk_err_set(err, rc, "there is a release %s/%lld already", from.environment,
			(long long)from.number);
out:
	arena_free(arena);
	return rc;
}

enum vk_rc store_get_release_number(
	struct store *store, const char *environment, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT COALESCE(MAX(number), 0) FROM releases WHERE environment = ?");
	int64_t number;
	enum vk_rc rc;

	db_bind_text(q, environment);
	number = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = number;
	return rc;
}

#define RELEASE_SELECT                                                                             \
	"SELECT r.environment, r.number, r.change_id, c.author, c.message, c.tree, c.created,"     \
	" r.released, r.sha256, c.document, r.number = (SELECT MAX(m.number) FROM releases m"      \
	" WHERE m.environment = r.environment) FROM releases r JOIN changes c ON c.id = "          \
	"r.change_id"

static void read_release(struct db_stmt *q, struct arena *arena, struct store_release *release)
{
	release->environment = db_get_text(q, arena);
	release->number = db_get_int(q);
	release->change = db_get_int(q);
	release->author = db_get_text(q, arena);
	release->message = db_get_text(q, arena);
	release->tree = db_get_text(q, arena);
	release->created = db_get_int(q);
	release->released = db_get_int(q);
	db_get_blob(q, release->sha256, sizeof(release->sha256));
	release->document = db_get_text_len(q, arena, &release->document_len);
	release->is_current = db_get_int(q) != 0;
}

static enum vk_rc read_approvers(
	struct store *store, struct arena *arena, struct store_release *release, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, const char *);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT user_name FROM approvals WHERE change_id = ? ORDER BY position");

	db_bind_int(q, release->change);
	while (db_step(q)) {
		const char **name = store_array_add(&list);

		*name = db_get_text(q, arena);
	}
	release->approvers = list.items;
	release->approver_count = list.count;
	return db_finish(q, err);
}

static enum vk_rc get_release(struct store *store, const char *environment, int64_t number,
	struct arena *arena, struct store_release *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		RELEASE_SELECT " WHERE r.environment = ? AND (r.number = ? OR ? = 0)"
			       " ORDER BY r.number DESC LIMIT 1");
	struct store_release release = {0};
	enum vk_rc rc;

	db_bind_text(q, environment);
	db_bind_int(q, number);
	db_bind_int(q, number);
	if (db_step(q))
		read_release(q, arena, &release);
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (release.environment == NULL && number == 0)
		return vk_err_set(err, VK_ENOTFOUND, "%s has no release yet", environment);
	if (release.environment == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "there is no release %s/%lld", environment,
			(long long)number);
	rc = read_approvers(store, arena, &release, err);
	if (rc == VK_OK)
		*out = release;
	return rc;
}

enum vk_rc store_get_release(struct store *store, const char *environment, int64_t number,
	struct arena *arena, struct store_release *out, struct vk_err *err)
{
	bool is_begun;
	enum vk_rc rc = db_begin_read(store_db(store), &is_begun, err);

	if (rc != VK_OK)
		return rc;
	rc = get_release(store, environment, number, arena, out, err);
	db_end_read(store_db(store), is_begun);
	return rc;
}

/* A release's change has the order of time over all environments, so that it is the cursor. */
static enum vk_rc list_releases(struct store *store, const struct store_filter *filter,
	int64_t before, unsigned limit, struct arena *arena, struct store_release_list *out, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_release);
	struct db_stmt *q = db_prepare(store_db(store),
		RELEASE_SELECT " WHERE r.change_id < ? AND" STORE_FILTER_SQL("r.environment")
			       " ORDER BY r.change_id DESC LIMIT ?");
	bool is_more;
	enum vk_rc rc;

	db_bind_int(q, before);
	store_bind_filter(q, filter);
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && list.count < limit)
		read_release(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++)
		rc = read_approvers(store, arena, (struct store_release *)list.items + i, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? store_cursor_number(arena, out->items[list.count - 1].change) : NULL;
	return VK_OK;
}

enum vk_rc store_list_releases(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_release_list *out,
	struct vk_err *err)
{
	unsigned limit;
	int64_t before;
	bool is_begun;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc == VK_OK)
		rc = store_page_number(page, INT64_MAX, &before, err);
	if (rc == VK_OK)
		rc = db_begin_read(store_db(store), &is_begun, err);
	if (rc != VK_OK)
		return rc;
	rc = list_releases(store, filter, before, limit, arena, out, err);
	db_end_read(store_db(store), is_begun);
	return rc;
}
