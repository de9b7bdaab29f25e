/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_lease.h"

#include <string.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

static enum vk_rc forget_expired(struct store *store, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), "DELETE FROM leases WHERE expires <= ?");

	db_bind_int(q, now);
	return db_run(q, err);
}

/* The first of others to end, and how many they are. shard: or "GROUP/": of all of its shards; "":
 * of the whole environment. */
static enum vk_rc find_others(struct store *store, const struct store_lease *lease,
	const char *shard, struct arena *arena, struct store_lease_holder *out, int64_t *count,
	struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT instance, expires, COUNT(*) OVER () FROM leases WHERE environment = ?1"
		" AND instance <> ?2 AND (?3 = '' OR shard = ?3 OR (substr(?3, -1) = '/'"
		" AND substr(shard, 1, length(?3)) = ?3)) ORDER BY expires, instance LIMIT 1");

	*count = 0;
	db_bind_text(q, lease->environment);
	db_bind_text(q, lease->instance);
	db_bind_text(q, shard);
	if (db_step(q)) {
		out->instance = db_get_text(q, arena);
		out->expires = db_get_int(q);
		*count = db_get_int(q);
	}
	return db_finish(q, err);
}

/* "GROUP/" of "GROUP/NUMBER" */
static const char *group_of(const char *shard, struct arena *arena)
{
	return arena_printf(arena, "%.*s/", (int)strcspn(shard, "/"), shard);
}

static enum vk_rc find_holder(struct store *store, const struct store_lease *lease, int64_t limit,
	struct arena *arena, struct store_lease_holder *out, struct vk_err *err)
{
	const bool is_member = *lease->shard != '\0';
	const struct {
		const char *shard;
		int64_t limit; /* 0: none */
	} scopes[] = {
		[STORE_LEASE_SHARD] = {lease->shard, !is_member		      ? 0
						     : lease->shard_limit > 1 ? lease->shard_limit
									      : 1},
		[STORE_LEASE_GROUP] = {is_member ? group_of(lease->shard, arena) : "",
			is_member ? lease->group_limit : 0},
		[STORE_LEASE_ENVIRONMENT] = {"", limit},
	};
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct store_lease_holder holder = {.scope = (enum store_lease_scope)i};
		int64_t count = 0;

		if (scopes[i].limit == 0)
			continue;
		rc = find_others(store, lease, scopes[i].shard, arena, &holder, &count, err);
		if (rc == VK_OK && count >= scopes[i].limit) {
			*out = holder;
			break;
		}
	}
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
