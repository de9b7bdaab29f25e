/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_instance.h"

#include <stdio.h>
#include <string.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

static void read_drift(struct db_stmt *q, struct arena *arena, struct store_drift *drift)
{
	drift->host = db_get_text(q, arena);
	drift->instance = db_get_text(q, arena);
	drift->kind = db_get_text(q, arena);
	drift->name = db_get_text(q, arena);
	drift->expected = db_get_text(q, arena);
	drift->actual = db_get_text(q, arena);
	drift->action = db_get_text(q, arena);
	drift->cause = db_get_text(q, arena);
	drift->ticket = db_get_text(q, arena);
	drift->until = db_get_int(q);
	drift->since = db_get_int(q);
}

static enum vk_rc read_instance_drift(struct store *store, const char *host, struct arena *arena,
	struct store_instance *instance, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_drift);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT host, instance, kind, name, expected, actual, action, cause, ticket, until,"
		" since FROM drifts WHERE host = ? AND instance = ? ORDER BY kind, name");

	db_bind_text(q, host);
	db_bind_text(q, instance->name);
	while (db_step(q))
		read_drift(q, arena, store_array_add(&list));
	instance->drift = list.items;
	instance->drift_count = list.count;
	return db_finish(q, err);
}

enum vk_rc store_read_instances(struct store *store, const char *host, struct arena *arena,
	const struct store_instance **items, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_instance);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT name, release_number, generation, state, health, valkey, outcome, error,"
		" detail, reported FROM instances WHERE host = ? ORDER BY name");
	enum vk_rc rc;

	db_bind_text(q, host);
	while (db_step(q)) {
		struct store_instance *instance = store_array_add(&list);

		instance->name = db_get_text(q, arena);
		instance->release = db_get_int(q);
		instance->generation = db_get_text(q, arena);
		instance->state = db_get_text(q, arena);
		instance->health = db_get_text(q, arena);
		instance->valkey = db_get_text(q, arena);
		instance->outcome = db_get_text(q, arena);
		instance->error = db_get_text(q, arena);
		instance->detail = db_get_text(q, arena);
		instance->reported = db_get_int(q);
	}
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++)
		rc = read_instance_drift(
			store, host, arena, (struct store_instance *)list.items + i, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}

enum vk_rc store_remove_instances(struct store *store, const char *host, struct vk_err *err)
{
	/* Drift goes with its instance (foreign key). */
	struct db_stmt *q = db_prepare(store_db(store), "DELETE FROM instances WHERE host = ?");

	db_bind_text(q, host);
	return db_run(q, err);
}

static enum vk_rc add_drift(struct store *store, const char *host, const char *instance,
	const struct store_drift *drift, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO drifts (host, instance, kind, name, expected, actual, action, cause,"
		" ticket, until, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	enum vk_rc rc;

	db_bind_text(q, host);
	db_bind_text(q, instance);
	db_bind_text(q, drift->kind);
	db_bind_text(q, drift->name);
	db_bind_text(q, drift->expected);
	db_bind_text(q, drift->actual);
	db_bind_text(q, drift->action);
	db_bind_text(q, drift->cause);
	db_bind_text(q, drift->ticket);
	db_bind_int(q, drift->until);
	db_bind_int(q, drift->since);
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		return vk_err_set(err, VK_EINPUT, "instance %s reports drift of %s twice", instance,
			drift->name);
	return rc;
}

enum vk_rc store_add_instance(struct store *store, const char *host,
	const struct store_instance *instance, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO instances (host, name, release_number, generation, state, health, "
		"valkey,"
		" outcome, error, detail, reported, shard, facts)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	enum vk_rc rc;

	db_bind_text(q, host);
	db_bind_text(q, instance->name);
	db_bind_int(q, instance->release);
	db_bind_text(q, instance->generation);
	db_bind_text(q, instance->state);
	db_bind_text(q, instance->health);
	db_bind_text(q, instance->valkey);
	db_bind_text(q, instance->outcome);
	db_bind_text(q, instance->error);
	db_bind_text(q, instance->detail);
	db_bind_int(q, now);
	db_bind_text(q, instance->shard != NULL ? instance->shard : "");
	db_bind_text(q, instance->facts != NULL ? instance->facts : "{}");
	rc = db_run(q, err);
	if (rc == VK_ECONFLICT)
		return vk_err_set(err, VK_EINPUT, "instance %s is reported twice", instance->name);
	for (size_t i = 0; rc == VK_OK && i < instance->drift_count; i++)
		rc = add_drift(store, host, instance->name, &instance->drift[i], err);
	return rc;
}

/* Parts of a drift cursor: HOST/INSTANCE/KIND/NAME, where only NAME may hold a slash. */
enum { CURSOR_PARTS = 4 };

static enum vk_rc parse_cursor(
	const char *after, struct arena *arena, const char *parts[CURSOR_PARTS], struct vk_err *err)
{
	char *at = arena_strdup(arena, after != NULL ? after : "///");

	for (int i = 0; i < CURSOR_PARTS; i++) {
		char *slash = i < CURSOR_PARTS - 1 ? strchr(at, '/') : NULL;

		if (slash == NULL && i < CURSOR_PARTS - 1)
			return vk_err_set(err, VK_EINPUT, "after: not a cursor of this list");
		parts[i] = at;
		if (slash != NULL) {
			*slash = '\0';
			at = slash + 1;
		}
	}
	return VK_OK;
}

static const char *format_cursor(struct arena *arena, const struct store_drift *last)
{
	size_t size = strlen(last->host) + strlen(last->instance) + strlen(last->kind) +
		      strlen(last->name) + CURSOR_PARTS;
	char *text = arena_alloc(arena, size);

	snprintf(text, size, "%s/%s/%s/%s", last->host, last->instance, last->kind, last->name);
	return text;
}

static enum vk_rc list_drift(struct db_stmt *q, unsigned limit, struct arena *arena,
	struct store_drift_list *out, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_drift);
	bool is_more;
	enum vk_rc rc;

	while ((is_more = db_step(q)) && list.count < limit)
		read_drift(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? format_cursor(arena, &out->items[list.count - 1]) : NULL;
	return VK_OK;
}

enum vk_rc store_list_drift(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_drift_list *out,
	struct vk_err *err)
{
	const char *parts[CURSOR_PARTS];
	unsigned limit;
	struct db_stmt *q;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc == VK_OK)
		rc = parse_cursor(page->after, arena, parts, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"SELECT d.host, d.instance, d.kind, d.name, d.expected, d.actual, d.action, "
		"d.cause,"
		" d.ticket, d.until, d.since FROM drifts d JOIN hosts h ON h.name = d.host"
		" WHERE (d.host, d.instance, d.kind, d.name) > (?, ?, ?, ?)"
		" AND" STORE_FILTER_SQL(
			"h.environment") " AND h.revoked = 0"
					 " ORDER BY d.host, d.instance, d.kind, d.name LIMIT ?");
	for (int i = 0; i < CURSOR_PARTS; i++)
		db_bind_text(q, parts[i]);
	store_bind_filter(q, filter);
	db_bind_int(q, (int64_t)limit + 1);
	return list_drift(q, limit, arena, out, err);
}
