/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_change.h"

#include <stdlib.h>
#include <string.h>

#include "server/identity.h"
#include "server/store/store_bundle.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

static const char *const state_names[CHANGE_STATE_COUNT] = {
	[CHANGE_OPEN] = "open",
	[CHANGE_RELEASED] = "released",
	[CHANGE_REJECTED] = "rejected",
	[CHANGE_STALE] = "stale",
};

const char *change_state_name(enum change_state state)
{
	return state_names[state];
}

bool change_state_parse(const char *text, enum change_state *out)
{
	for (int i = 0; i < CHANGE_STATE_COUNT; i++) {
		if (strcmp(text, state_names[i]) == 0) {
			*out = (enum change_state)i;
			return true;
		}
	}
	return false;
}

static enum vk_rc no_change(int64_t id, struct vk_err *err)
{
	return vk_err_set(err, VK_ENOTFOUND, "there is no change %lld", (long long)id);
}

/* Changes are never removed, so that the highest id plus one is unused. */
static enum vk_rc next_id(struct store *store, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT COALESCE(MAX(id), 0) + 1 FROM changes");
	int64_t id = db_step(q) ? db_get_int(q) : 0;
	enum vk_rc rc = db_finish(q, err);

	if (rc == VK_OK)
		*out = id;
	return rc;
}

enum vk_rc store_add_change(
	struct store *store, const struct store_change *change, int64_t *id, struct vk_err *err)
{
	struct db_stmt *q;
	int64_t next;
	enum vk_rc rc = next_id(store, &next, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"INSERT INTO changes (id, tag, environment, number, base, state, author, message,"
		" source_commit, tree, created, document, metadata, role_version, threshold, "
		"bytes)"
		" VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	db_bind_int(q, next);
	db_bind_text(q, change->tag);
	db_bind_text(q, change->environment);
	db_bind_int(q, change->number);
	db_bind_int(q, change->base);
	db_bind_text(q, change->author);
	db_bind_text(q, change->message);
	db_bind_text(q, change->commit);
	db_bind_text(q, change->tree);
	db_bind_int(q, change->created);
	db_bind_text_len(q, change->document, change->document_len);
	db_bind_text_len(q, change->metadata, change->metadata_len);
	db_bind_int(q, change->role_version);
	db_bind_int(q, change->threshold);
	db_bind_int(q, (int64_t)(change->document_len + change->metadata_len));
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		return vk_err_set(err, rc,
			"a change with the id %s exists already, or its tree %s "
			"does not",
			change->tag, change->tree);
	if (rc == VK_OK)
		*id = next;
	return rc;
}

/* The columns that every query below selects, in the order in which they are read. */
#define CHANGE_COLUMNS                                                                             \
	"id, tag, environment, number, base, state, author, message, source_commit, tree, "        \
	"created,"                                                                                 \
	" role_version, threshold, rejected_by, rejection, rejected"

static void read_change(struct db_stmt *q, struct arena *arena, struct store_change *change)
{
	change->id = db_get_int(q);
	change->tag = db_get_text(q, arena);
	change->environment = db_get_text(q, arena);
	change->number = db_get_int(q);
	change->base = db_get_int(q);
	/* The schema allows no other word. */
	if (!change_state_parse(db_peek_text(q), &change->state))
		change->state = CHANGE_STALE;
	change->author = db_get_text(q, arena);
	change->message = db_get_text(q, arena);
	change->commit = db_get_text(q, arena);
	change->tree = db_get_text(q, arena);
	change->created = db_get_int(q);
	change->role_version = db_get_int(q);
	change->threshold = (unsigned)db_get_int(q);
	change->rejected_by = db_get_text(q, arena);
	change->rejection = db_get_text(q, arena);
	change->rejected = db_get_int(q);
}

static enum vk_rc read_approvals(
	struct store *store, struct arena *arena, struct store_change *change, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_approval);
	/* Whoever was revoked and came back is somebody else: he was created later. */
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT a.user_name, a.keyid, a.sig, a.at,"
		" EXISTS (SELECT 1 FROM users u WHERE u.name = a.user_name AND u.revoked = 0"
		" AND u.created <= a.at AND ((u.roles & ?) <> 0 OR EXISTS (SELECT 1"
		" FROM user_scopes s WHERE s.user_name = u.name AND s.environment = ?"
		" AND (s.roles & ?) <> 0)))"
		" FROM approvals a WHERE a.change_id = ? ORDER BY a.position");

	db_bind_int(q, ROLE_APPROVER);
	db_bind_text(q, change->environment);
	db_bind_int(q, ROLE_APPROVER);
	db_bind_int(q, change->id);
	while (db_step(q)) {
		struct store_approval *approval = store_array_add(&list);

		approval->user = db_get_text(q, arena);
		approval->keyid = db_get_text(q, arena);
		approval->sig = db_get_text(q, arena);
		approval->at = db_get_int(q);
		approval->is_in_force = db_get_int(q) != 0;
	}
	change->approvals = list.items;
	change->approval_count = list.count;
	return db_finish(q, err);
}

static enum vk_rc get_change(struct store *store, int64_t id, struct arena *arena,
	struct store_change *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT " CHANGE_COLUMNS ", document, metadata FROM changes WHERE id = ?");
	struct store_change change = {0};
	enum vk_rc rc;

	db_bind_int(q, id);
	if (db_step(q)) {
		read_change(q, arena, &change);
		change.document = db_get_text_len(q, arena, &change.document_len);
		change.metadata = db_get_text_len(q, arena, &change.metadata_len);
	}
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (change.tag == NULL)
		return no_change(id, err);
	rc = read_approvals(store, arena, &change, err);
	if (rc == VK_OK)
		*out = change;
	return rc;
}

enum vk_rc store_get_change(struct store *store, int64_t id, struct arena *arena,
	struct store_change *out, struct vk_err *err)
{
	bool is_begun;
	enum vk_rc rc = db_begin_read(store_db(store), &is_begun, err);

	if (rc != VK_OK)
		return rc;
	rc = get_change(store, id, arena, out, err);
	db_end_read(store_db(store), is_begun);
	return rc;
}

enum vk_rc store_get_change_environment(struct store *store, int64_t id, struct arena *arena,
	const char **out, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT environment FROM changes WHERE id = ?");
	const char *environment = NULL;
	enum vk_rc rc;

	db_bind_int(q, id);
	if (db_step(q))
		environment = db_get_text(q, arena);
	rc = db_finish(q, err);
	if (rc == VK_OK && environment == NULL)
		return no_change(id, err);
	if (rc == VK_OK)
		*out = environment;
	return rc;
}

static enum vk_rc list_changes(struct store *store, const struct store_change_filter *filter,
	int64_t before, unsigned limit, struct arena *arena, struct store_change_list *out,
	struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_change);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT " CHANGE_COLUMNS " FROM changes WHERE id < ?"
		" AND" STORE_FILTER_SQL("environment") " AND (? = '' OR state = ?)"
		" ORDER BY id DESC LIMIT ?");
	const char *state = filter->has_state ? change_state_name(filter->state) : "";
	bool is_more;
	enum vk_rc rc;

	db_bind_int(q, before);
	store_bind_filter(q, &filter->where);
	db_bind_text(q, state);
	db_bind_text(q, state);
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && list.count < limit)
		read_change(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++)
		rc = read_approvals(store, arena, (struct store_change *)list.items + i, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? store_cursor_number(arena, out->items[list.count - 1].id) : NULL;
	return VK_OK;
}

enum vk_rc store_list_changes(struct store *store, const struct store_change_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_change_list *out,
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
	rc = list_changes(store, filter, before, limit, arena, out, err);
	db_end_read(store_db(store), is_begun);
	return rc;
}

/* After an update of one open change: tells "no such change" from "not open". */
static enum vk_rc check_closed(struct store *store, int64_t id, struct vk_err *err)
{
	struct store_change change;
	struct arena *arena;
	enum vk_rc rc;

	if (db_changes(store_db(store)) > 0)
		return VK_OK;
	arena = arena_new();
	rc = get_change(store, id, arena, &change, err);
	if (rc == VK_OK)
		rc = vk_err_set(err, VK_ECONFLICT, "change %lld is %s", (long long)id,
			change_state_name(change.state));
	arena_free(arena);
	return rc;
}

/* Of a change that will never be a release only its words stay. */
static enum vk_rc forget_bundles(struct store *store, int64_t id, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = store_remove_bundles(store, id, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "UPDATE changes SET bytes = length(document) +"
					" length(metadata) WHERE id = ?");
	db_bind_int(q, id);
	return db_run(q, err);
}

enum vk_rc store_close_change(
	struct store *store, int64_t id, enum change_state state, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "UPDATE changes SET state = ? WHERE id = ? AND state = 'open'");
	enum vk_rc rc;

	db_bind_text(q, change_state_name(state));
	db_bind_int(q, id);
	rc = db_run(q, err);
	if (rc == VK_OK)
		rc = check_closed(store, id, err);
	return rc == VK_OK && state != CHANGE_RELEASED ? forget_bundles(store, id, err) : rc;
}

enum vk_rc store_reject_change(struct store *store, int64_t id, const char *user,
	const char *message, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE changes SET state = 'rejected', rejected_by = ?, rejection = ?,"
		" rejected = ? WHERE id = ? AND state = 'open'");
	enum vk_rc rc;

	db_bind_text(q, user);
	db_bind_text(q, message);
	db_bind_int(q, now);
	db_bind_int(q, id);
	rc = db_run(q, err);
	if (rc == VK_OK)
		rc = check_closed(store, id, err);
	return rc == VK_OK ? forget_bundles(store, id, err) : rc;
}

enum vk_rc store_add_approval(
	struct store *store, int64_t id, const struct store_approval *approval, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO approvals (change_id, keyid, user_name, sig, at, position) VALUES (?, "
		"?,"
		" ?, ?, ?, (SELECT COUNT(*) FROM approvals WHERE change_id = ?))");
	enum vk_rc rc;

	db_bind_int(q, id);
	db_bind_text(q, approval->keyid);
	db_bind_text(q, approval->user);
	db_bind_text(q, approval->sig);
	db_bind_int(q, approval->at);
	db_bind_int(q, id);
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		return vk_err_set(err, rc, "%s has approved change %lld already", approval->user,
			(long long)id);
	return rc;
}
