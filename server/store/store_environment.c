/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_environment.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_set_environments(
	struct store *store, const char *const *names, size_t count, struct vk_err *err)
{
	struct db *db = store_db(store);
	enum vk_rc rc = db_run(db_prepare(db, "DELETE FROM environments"), err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct db_stmt *q =
			db_prepare(db, "INSERT INTO environments (name, position) VALUES (?, ?)");

		db_bind_text(q, names[i]);
		db_bind_int(q, (int64_t)i);
		rc = db_run(q, err);
	}
	return rc;
}

enum vk_rc store_has_environment(
	struct store *store, const char *name, bool *out, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT 1 FROM environments WHERE name = ?");
	bool is_there;
	enum vk_rc rc;

	db_bind_text(q, name);
	is_there = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = is_there;
	return rc;
}

/* One row per environment; each count looks at the hosts of that environment only. */
#define LIVE_HOSTS "FROM hosts h WHERE h.environment = e.name AND h.revoked = 0 AND h.enrolled <> 0"
#define CURRENT "COALESCE((SELECT MAX(r.number) FROM releases r WHERE r.environment = e.name), 0)"

static const char list_sql[] =
	"SELECT e.name, " CURRENT ","
	" COALESCE((SELECT MAX(t.version) FROM tuf_files t WHERE t.role = e.name), 0),"
	" COALESCE((SELECT t.expires FROM tuf_files t WHERE t.role = e.name"
	" ORDER BY t.version DESC LIMIT 1), 0),"
	" (SELECT COUNT(*) " LIVE_HOSTS "),"
	" (SELECT COUNT(*) " LIVE_HOSTS
	" AND EXISTS (SELECT 1 FROM instances i WHERE i.host = h.name)"
	" AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.host = h.name"
	" AND NOT (i.release_number = " CURRENT " AND i.state IN ('committed', 'unchanged')))),"
	" (SELECT COUNT(*) " LIVE_HOSTS
	" AND EXISTS (SELECT 1 FROM instances i WHERE i.host = h.name"
	" AND i.state IN ('rolled-back', 'failed', 'refused'))),"
	" (SELECT COUNT(*) " LIVE_HOSTS
	" AND EXISTS (SELECT 1 FROM drifts d WHERE d.host = h.name"
	" AND d.action IN ('report', 'alert', 'too-often')"
	" AND d.cause IN ('unauthorised', 'emergency'))),"
	" (SELECT COUNT(*) " LIVE_HOSTS " AND EXISTS (SELECT 1 FROM instances i WHERE"
	" i.host = h.name AND i.state = 'pending-restart')),"
	" (SELECT COUNT(*) " LIVE_HOSTS " AND EXISTS (SELECT 1 FROM instances i WHERE"
	" i.host = h.name AND i.state = 'observing')),"
	" (SELECT COUNT(*) FROM changes c WHERE c.environment = e.name AND c.state = 'open')"
	" FROM environments e ORDER BY e.position";

enum vk_rc store_list_environments(struct store *store, struct arena *arena,
	const struct store_environment **items, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_environment);
	struct db_stmt *q = db_prepare(store_db(store), list_sql);
	enum vk_rc rc;

	while (db_step(q)) {
		struct store_environment *environment = store_array_add(&list);

		environment->name = db_get_text(q, arena);
		environment->release = db_get_int(q);
		environment->role_version = db_get_int(q);
		environment->role_expires = db_get_int(q);
		environment->hosts = db_get_int(q);
		environment->converged = db_get_int(q);
		environment->failed = db_get_int(q);
		environment->drifted = db_get_int(q);
		environment->waiting = db_get_int(q);
		environment->observing = db_get_int(q);
		environment->open_changes = db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}
