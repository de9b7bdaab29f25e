/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_cosignature.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_save_cosignature(
	struct store *store, const struct store_cosignature *cosignature, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO cosignatures (host, size, made, line) VALUES (?, ?, ?, ?)"
		" ON CONFLICT (host) DO UPDATE SET size = excluded.size, made = excluded.made,"
		" line = excluded.line WHERE excluded.size >= cosignatures.size");

	db_bind_text(q, cosignature->host);
	db_bind_int(q, cosignature->size);
	db_bind_int(q, cosignature->made);
	db_bind_text(q, cosignature->line);
	return db_run(q, err);
}

enum vk_rc store_remove_cosignature(struct store *store, const char *host, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), "DELETE FROM cosignatures WHERE host = ?");

	db_bind_text(q, host);
	return db_run(q, err);
}

#define COSIGNATURE_SELECT                                                                         \
	"SELECT c.host, c.size, c.made, c.line FROM cosignatures c"                                \
	" JOIN hosts h ON h.name = c.host WHERE h.revoked = 0"

static enum vk_rc read_list(struct db_stmt *q, unsigned limit, struct arena *arena,
	struct store_cosignature_list *out, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_cosignature);
	bool is_more;
	enum vk_rc rc;

	while ((is_more = db_step(q)) && list.count < limit) {
		struct store_cosignature *cosignature = store_array_add(&list);

		cosignature->host = db_get_text(q, arena);
		cosignature->size = db_get_int(q);
		cosignature->made = db_get_int(q);
		cosignature->line = db_get_text(q, arena);
	}
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? out->items[list.count - 1].host : NULL;
	return VK_OK;
}

enum vk_rc store_list_cosignatures(struct store *store, const struct store_page *page,
	struct arena *arena, struct store_cosignature_list *out, struct vk_err *err)
{
	struct db_stmt *q;
	unsigned limit;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(
		store_db(store), COSIGNATURE_SELECT " AND c.host > ? ORDER BY c.host LIMIT ?");
	db_bind_text(q, page->after != NULL ? page->after : "");
	db_bind_int(q, (int64_t)limit + 1);
	return read_list(q, limit, arena, out, err);
}

enum vk_rc store_list_cosignatures_of(struct store *store, int64_t size, unsigned limit,
	struct arena *arena, struct store_cosignature_list *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), COSIGNATURE_SELECT " AND c.size = ? ORDER BY c.host LIMIT ?");

	db_bind_int(q, size);
	db_bind_int(q, limit);
	return read_list(q, limit, arena, out, err);
}

/* Sorted downwards, the entry in the middle is what more than half of the hosts vouch for. */
static enum vk_rc get_majority(struct store *store, int64_t hosts, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT c.size FROM cosignatures c JOIN hosts h ON h.name = c.host"
		" WHERE h.revoked = 0 AND h.enrolled <> 0 ORDER BY c.size DESC LIMIT 1 OFFSET ?");

	db_bind_int(q, hosts / 2);
	*out = db_step(q) ? db_get_int(q) : 0;
	return db_finish(q, err);
}

enum vk_rc store_get_witnesses(struct store *store, struct store_witnesses *out, struct vk_err *err)
{
	struct store_witnesses found = {0};
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT COUNT(*), COUNT(c.host) FROM hosts h LEFT JOIN cosignatures c"
		" ON c.host = h.name WHERE h.revoked = 0 AND h.enrolled <> 0");
	enum vk_rc rc;

	if (db_step(q)) {
		found.hosts = db_get_int(q);
		found.witnesses = db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK)
		rc = get_majority(store, found.hosts, &found.witnessed, err);
	if (rc == VK_OK)
		*out = found;
	return rc;
}
