/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_secret.h"

#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "common/num.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

static enum vk_rc check_same(
	struct store *store, const struct store_secret *secret, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT digest FROM secrets WHERE environment = ?"
					    " AND name = ? AND version = ?");
	bool is_same;
	enum vk_rc rc;

	db_bind_text(q, secret->environment);
	db_bind_text(q, secret->name);
	db_bind_int(q, secret->version);
	is_same = db_step(q) && strcmp(db_peek_text(q), secret->digest) == 0;
	rc = db_finish(q, err);
	if (rc != VK_OK || is_same)
		return rc;
	vk_err_set(err, VK_ECONFLICT, "there is another version %lld of secret %s/%s",
		(long long)secret->version, secret->environment, secret->name);
	vk_err_hint(err, "a version never changes: use the next number");
	return VK_ECONFLICT;
}

enum vk_rc store_add_secret(
	struct store *store, const struct store_secret *secret, bool *is_new, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO secrets (digest, environment, name, version, body, author, created)"
		" VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
	bool is_added;
	enum vk_rc rc;

	db_bind_text(q, secret->digest);
	db_bind_text(q, secret->environment);
	db_bind_text(q, secret->name);
	db_bind_int(q, secret->version);
	db_bind_text_len(q, secret->body, secret->body_len);
	db_bind_text(q, secret->author);
	db_bind_int(q, secret->created);
	rc = db_run(q, err);
	is_added = rc == VK_OK && db_changes(store_db(store)) > 0;
	if (rc == VK_OK && !is_added)
		rc = check_same(store, secret, err);
	if (rc == VK_OK)
		*is_new = is_added;
	return rc;
}

enum vk_rc store_get_secret(struct store *store, const char *digest, struct arena *arena,
	struct store_secret *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT digest, environment, name, version, body, author, created FROM secrets"
		" WHERE digest = ?");
	struct store_secret secret = {0};
	enum vk_rc rc;

	db_bind_text(q, digest);
	if (db_step(q)) {
		secret.digest = db_get_text(q, arena);
		secret.environment = db_get_text(q, arena);
		secret.name = db_get_text(q, arena);
		secret.version = db_get_int(q);
		secret.body = db_get_text_len(q, arena, &secret.body_len);
		secret.author = db_get_text(q, arena);
		secret.created = db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK && secret.digest == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "there is no secret %.64s", digest);
	if (rc == VK_OK)
		*out = secret;
	return rc;
}

/* A cursor is ENVIRONMENT/NAME/VERSION, of which no part holds a slash. */
struct cursor {
	char environment[VK_NAME_BYTES];
	char name[VK_NAME_BYTES];
	int64_t version;
};

static enum vk_rc parse_cursor(const char *after, struct cursor *out, struct vk_err *err)
{
	const char *version = after != NULL ? strrchr(after, '/') : NULL;
	char id[VK_INSTANCE_ID_BYTES];

	*out = (struct cursor){.version = 0};
	if (after == NULL)
		return VK_OK;
	if (version != NULL && (size_t)(version - after) < sizeof(id)) {
		memcpy(id, after, (size_t)(version - after));
		id[version - after] = '\0';
		if (vk_instance_id_parse(id, out->environment, out->name) &&
			vk_parse_int(version + 1, 0, INT64_MAX, &out->version))
			return VK_OK;
	}
	return vk_err_set(err, VK_EINPUT, "after: not a cursor of this list");
}

static const char *format_cursor(struct arena *arena, const struct store_secret *last)
{
	return arena_printf(
		arena, "%s/%s/%lld", last->environment, last->name, (long long)last->version);
}

static void read_item(struct db_stmt *q, struct arena *arena, struct store_secret *secret)
{
	secret->digest = db_get_text(q, arena);
	secret->environment = db_get_text(q, arena);
	secret->name = db_get_text(q, arena);
	secret->version = db_get_int(q);
	secret->author = db_get_text(q, arena);
	secret->created = db_get_int(q);
}

static enum vk_rc read_page(struct store *store, const struct store_secret_filter *filter,
	const struct cursor *after, unsigned limit, struct store_array *list, bool *is_more,
	struct vk_err *err)
{
	const char *name = filter->name != NULL ? filter->name : "";
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT digest, environment, name, version, author, created FROM secrets"
		" WHERE (environment, name, version) > (?, ?, ?)"
		" AND" STORE_FILTER_SQL("environment")
		" AND (? = '' OR name = ?) ORDER BY environment, name, version LIMIT ?");

	db_bind_text(q, after->environment);
	db_bind_text(q, after->name);
	db_bind_int(q, after->version);
	store_bind_filter(q, &filter->where);
	db_bind_text(q, name);
	db_bind_text(q, name);
	db_bind_int(q, (int64_t)limit + 1);
	while ((*is_more = db_step(q)) && list->count < limit)
		read_item(q, list->arena, store_array_add(list));
	return db_finish(q, err);
}

/* Reads the seals of a page and shortens it where they are too many. */
static enum vk_rc read_seals(
	struct store *store, struct store_array *list, bool *is_more, struct vk_err *err)
{
	struct store_secret *items = list->items;
	size_t total = 0;
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < list->count; i++) {
		rc = store_list_seals(store, items[i].digest, list->arena, &items[i].seals,
			&items[i].seal_count, err);
		total += items[i].seal_count;
		if (total >= STORE_SECRET_PAGE_SEALS && i + 1 < list->count) {
			list->count = i + 1;
			*is_more = true;
		}
	}
	return rc;
}

enum vk_rc store_list_secrets(struct store *store, const struct store_secret_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_secret_list *out,
	struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_secret);
	struct cursor after;
	unsigned limit;
	bool is_begun, is_more = false;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc == VK_OK)
		rc = parse_cursor(page->after, &after, err);
	if (rc == VK_OK)
		rc = db_begin_read(store_db(store), &is_begun, err);
	if (rc != VK_OK)
		return rc;
	rc = read_page(store, filter, &after, limit, &list, &is_more, err);
	if (rc == VK_OK)
		rc = read_seals(store, &list, &is_more, err);
	db_end_read(store_db(store), is_begun);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? format_cursor(arena, &out->items[list.count - 1]) : NULL;
	return VK_OK;
}

enum vk_rc store_add_pin(
	struct store *store, int64_t change, const char *digest, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO change_secrets (secret, change_id) VALUES (?, ?)"
		" ON CONFLICT DO NOTHING");

	db_bind_text(q, digest);
	db_bind_int(q, change);
	return db_run(q, err);
}

/* Hosts run the current release of their environment, or are sent back to the one that it was made
 * from; an open change may become the next. */
static enum vk_rc check_unused(struct store *store, const char *digest, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT c.id, c.environment, c.number, c.state = 'open' FROM change_secrets s"
		" JOIN changes c ON c.id = s.change_id WHERE s.secret = ? AND (c.state = 'open'"
		" OR (c.state = 'released' AND c.number >= (SELECT MAX(b.base) FROM releases r"
		" JOIN changes b ON b.id = r.change_id WHERE r.environment = c.environment)))"
		" ORDER BY c.state DESC, c.id DESC LIMIT 1");
	enum vk_rc rc;

	db_bind_text(q, digest);
	if (db_step(q)) {
		int64_t id = db_get_int(q);
		char environment[VK_NAME_BYTES];
		int64_t number;

		snprintf(environment, sizeof(environment), "%s", db_peek_text(q));
		number = db_get_int(q);
		if (db_get_int(q) != 0)
			vk_err_set(err, VK_ECONFLICT,
				"change %lld, which is open, uses secret %.12s", (long long)id,
				digest);
		else
			vk_err_set(err, VK_ECONFLICT, "release %s/%lld uses secret %.12s",
				environment, (long long)number, digest);
		vk_err_hint(err, "it can go once neither the current release nor the one before "
				 "it uses it");
		rc = db_finish(q, NULL);
		return rc == VK_OK ? VK_ECONFLICT : rc;
	}
	return db_finish(q, err);
}

enum vk_rc store_remove_secret(struct store *store, const char *digest, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = check_unused(store, digest, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "DELETE FROM secret_seals WHERE secret = ?");
	db_bind_text(q, digest);
	rc = db_run(q, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "DELETE FROM secrets WHERE digest = ?");
	db_bind_text(q, digest);
	rc = db_run(q, err);
	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return vk_err_set(err, VK_ENOTFOUND, "there is no secret %.64s", digest);
	return rc;
}
