/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_lease.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

static enum vk_rc forget_expired(struct store *store, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), "DELETE FROM leases WHERE expires <= ?");

	db_bind_int(q, now);
	return db_run(q, err);
}

/* The first of others to end, and how many they are. shard "": of the whole environment. */
static enum vk_rc find_others(struct store *store, const struct store_lease *lease,
	const char *shard, struct arena *arena, struct store_lease_holder *out, int64_t *count,
	struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT instance, expires, COUNT(*) OVER () FROM leases WHERE environment = ?"
		" AND instance <> ? AND (? = '' OR shard = ?) ORDER BY expires, instance LIMIT 1");

	*count = 0;
	db_bind_text(q, lease->environment);
	db_bind_text(q, lease->instance);
	db_bind_text(q, shard);
	db_bind_text(q, shard);
	if (db_step(q)) {
		out->instance = db_get_text(q, arena);
		out->expires = db_get_int(q);
		*count = db_get_int(q);
	}
	return db_finish(q, err);
}

static enum vk_rc find_holder(struct store *store, const struct store_lease *lease, int64_t limit,
	struct arena *arena, struct store_lease_holder *out, struct vk_err *err)
{
	struct store_lease_holder holder = {.is_of_shard = true};
	int64_t count = 0;
	enum vk_rc rc = VK_OK;

	if (*lease->shard != '\0')
		rc = find_others(store, lease, lease->shard, arena, &holder, &count, err);
	if (rc == VK_OK && count == 0 && limit > 0) {
		holder.is_of_shard = false;
		rc = find_others(store, lease, "", arena, &holder, &count, err);
		count = count < limit ? 0 : count;
	}
	if (rc == VK_OK && count > 0)
		*out = holder;
	return rc;
}

static enum vk_rc save(
	struct store *store, const struct store_lease *lease, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO leases (instance, host, environment, shard, taken, expires)"
		" VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (instance) DO UPDATE SET"
		" environment = excluded.environment, shard = excluded.shard,"
		" expires = excluded.expires");

	db_bind_text(q, lease->instance);
	db_bind_text(q, lease->host);
	db_bind_text(q, lease->environment);
	db_bind_text(q, lease->shard);
	db_bind_int(q, now);
	db_bind_int(q, lease->expires);
	return db_run(q, err);
}

enum vk_rc store_take_lease(struct store *store, const struct store_lease *lease, int64_t limit,
	int64_t now, struct arena *arena, struct store_lease_holder *out, struct vk_err *err)
{
	struct store_lease_holder holder = {.instance = NULL};
	enum vk_rc rc = forget_expired(store, now, err);

	if (rc == VK_OK)
		rc = find_holder(store, lease, limit, arena, &holder, err);
	if (rc == VK_OK && holder.instance == NULL)
		rc = save(store, lease, now, err);
	if (rc == VK_OK)
		*out = holder;
	return rc;
}

enum vk_rc store_give_back_lease(struct store *store, const char *instance, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), "DELETE FROM leases WHERE instance = ?");

	db_bind_text(q, instance);
	return db_run(q, err);
}
