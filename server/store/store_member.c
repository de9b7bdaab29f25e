/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_member.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_list_members(struct store *store, const struct store_filter *filter,
	struct arena *arena, const struct store_member **items, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_member);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT h.environment, i.shard, i.host || '/' || i.name, i.valkey,"
		" i.release_number, i.facts FROM instances i JOIN hosts h ON h.name = i.host"
		" WHERE i.shard <> '' AND h.revoked = 0 AND" STORE_FILTER_SQL(
			"h.environment") " ORDER BY 1, 2, 5, 4, 3");

	store_bind_filter(q, filter);
	while (db_step(q)) {
		struct store_member *member = store_array_add(&list);

		member->environment = db_get_text(q, arena);
		member->shard = db_get_text(q, arena);
		member->instance = db_get_text(q, arena);
		member->valkey = db_get_text(q, arena);
		member->release = db_get_int(q);
		member->facts = db_get_text(q, arena);
	}
	*items = list.items;
	*count = list.count;
	return db_finish(q, err);
}
