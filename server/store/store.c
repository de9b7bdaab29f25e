/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/num.h"
#include "server/store/db.h"
#include "server/store/store_internal.h"
#include "server/store/store_migrate.h"

#include "common/banned.h"

struct store {
	struct db *db;
};

static enum db_mode db_mode_of(enum store_mode mode)
{
	switch (mode) {
	case STORE_READ:
		return DB_READ;
	case STORE_WRITE:
		return DB_WRITE;
	case STORE_CREATE:
		return DB_CREATE;
	}
	abort();
}

enum vk_rc store_open(
	const char *path, enum store_mode mode, struct store **out, struct vk_err *err)
{
	struct db *db = NULL;
	enum vk_rc rc = db_open(path, db_mode_of(mode), &db, err);

	if (rc != VK_OK)
		return rc;
	if (mode == STORE_READ)
		rc = store_check_schema(db, store_migrations, store_migration_count, err);
	else
		rc = store_migrate(db, store_migrations, store_migration_count, err);
	if (rc != VK_OK) {
		db_close(db);
		if (mode == STORE_CREATE)
			unlink(path);
		return rc;
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->db = db;
	return VK_OK;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(store->db);
	free(store);
}

enum vk_rc store_copy(const char *from, const char *to, struct vk_err *err)
{
	struct db *db = NULL;
	enum vk_rc rc = db_open(from, DB_READ, &db, err);

	if (rc == VK_OK)
		rc = db_copy(db, to, err);
	db_close(db);
	db = NULL;
	if (rc == VK_OK)
		rc = db_open(to, DB_READ, &db, err);
	if (rc == VK_OK)
		rc = db_check(db, err);
	db_close(db);
	return rc;
}

struct db *store_db(struct store *store)
{
	return store->db;
}

enum vk_rc store_begin(struct store *store, struct vk_err *err)
{
	enum vk_rc rc = db_set_durable(store->db, true, err);

	if (rc != VK_OK)
		return rc;
	return db_run(db_prepare(store->db, "BEGIN IMMEDIATE"), err);
}

enum vk_rc store_begin_light(struct store *store, struct vk_err *err)
{
	enum vk_rc rc = db_set_durable(store->db, false, err);

	if (rc != VK_OK)
		return rc;
	return db_run(db_prepare(store->db, "BEGIN IMMEDIATE"), err);
}

enum vk_rc store_commit(struct store *store, struct vk_err *err)
{
	return db_run(db_prepare(store->db, "COMMIT"), err);
}

bool store_is_in_transaction(const struct store *store)
{
	return db_is_in_transaction(store->db);
}

void store_rollback(struct store *store)
{
	/* Where the engine has ended the transaction by itself there is nothing to undo; where
	 * undoing fails, the next store_begin() says so. */
	if (db_is_in_transaction(store->db) &&
		db_run(db_prepare(store->db, "ROLLBACK"), NULL) != VK_OK)
		return;
}

enum vk_rc store_savepoint(struct store *store, struct vk_err *err)
{
	return db_run(db_prepare(store->db, "SAVEPOINT command"), err);
}

enum vk_rc store_release_savepoint(struct store *store, struct vk_err *err)
{
	return db_run(db_prepare(store->db, "RELEASE command"), err);
}

enum vk_rc store_undo_savepoint(struct store *store, struct vk_err *err)
{
	enum vk_rc rc = db_run(db_prepare(store->db, "ROLLBACK TO command"), err);

	return rc == VK_OK ? store_release_savepoint(store, err) : rc;
}

enum vk_rc store_set_fleet(struct store *store, const char *name, int64_t now, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store->db, "INSERT INTO fleet (id, name, created) VALUES (1, ?, ?)");
	enum vk_rc rc;

	db_bind_text(q, name);
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		return vk_err_set(err, rc, "the database belongs to a fleet already");
	return rc;
}

enum vk_rc store_get_fleet(
	struct store *store, struct arena *arena, const char **out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store->db, "SELECT name FROM fleet WHERE id = 1");
	const char *name = db_step(q) ? db_get_text(q, arena) : NULL;
	enum vk_rc rc = db_finish(q, err);

	if (rc != VK_OK)
		return rc;
	if (name == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "the database belongs to no fleet yet");
	*out = name;
	return VK_OK;
}

enum vk_rc store_page_limit(const struct store_page *page, unsigned *out, struct vk_err *err)
{
	if (page->limit > STORE_LIMIT_MAX)
		return vk_err_set(
			err, VK_EINPUT, "limit %u is larger than %d", page->limit, STORE_LIMIT_MAX);
	*out = page->limit != 0 ? page->limit : STORE_LIMIT_DEFAULT;
	return VK_OK;
}

enum vk_rc store_page_number(
	const struct store_page *page, int64_t fallback, int64_t *out, struct vk_err *err)
{
	if (page->after == NULL)
		*out = fallback;
	else if (!vk_parse_int(page->after, 0, INT64_MAX, out))
		return vk_err_set(err, VK_EINPUT, "after: not a cursor of this list");
	return VK_OK;
}

void store_bind_filter(struct db_stmt *q, const struct store_filter *filter)
{
	static const struct store_filter all = {NULL, NULL};

	if (filter == NULL)
		filter = &all;
	for (int i = 0; i < 2; i++)
		db_bind_text(q, filter->environment != NULL ? filter->environment : "");
	for (int i = 0; i < 2; i++)
		db_bind_text(q, filter->viewer != NULL ? filter->viewer : "");
}

const char *store_cursor_number(struct arena *arena, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return arena_strdup(arena, text);
}

void *store_array_add(struct store_array *array)
{
	if (array->count == array->room) {
		size_t room = array->room > 0 ? 2 * array->room : 8;
		void *items = arena_calloc(array->arena, room, array->element_bytes);

		if (array->count > 0)
			memcpy(items, array->items, array->count * array->element_bytes);
		array->items = items;
		array->room = room;
	}
	return (char *)array->items + array->element_bytes * array->count++;
}
