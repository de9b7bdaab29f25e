/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_migrate.h"

#include <string.h>

#include "common/clock.h"
#include "server/store/db.h"

#include "common/banned.h"

static enum vk_rc refuse_newer(unsigned have, unsigned known, struct vk_err *err)
{
	vk_err_set(err, VK_EINPUT, "the database has schema %u, this program knows up to %u", have,
		known);
	vk_err_hint(err, "run the vkcfgd that wrote it, or a newer one");
	return VK_EINPUT;
}

/* Reads which steps have been run; each must be the one that we know under its number. */
static enum vk_rc read_version(struct db *db, const struct store_migration *list, unsigned count,
	unsigned *out, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(db, "SELECT number, name FROM schema_history ORDER BY number");
	struct vk_err mismatch = VK_ERR_INIT;
	unsigned have = 0;
	enum vk_rc rc;

	while (db_step(q)) {
		int64_t number = db_get_int(q);
		const char *name = db_peek_text(q);

		have++;
		if (have > count)
			continue;
		if (number != list[have - 1].number || strcmp(name, list[have - 1].name) != 0)
			vk_err_set(&mismatch, VK_EINPUT,
				"the database's schema step %u is '%s', not '%s'", have, name,
				list[have - 1].name);
	}
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (have > count)
		return refuse_newer(have, count, err);
	if (mismatch.rc != VK_OK)
		return vk_err_set(err, mismatch.rc, "%s", mismatch.msg);
	*out = have;
	return VK_OK;
}

static enum vk_rc run_step(struct db *db, const struct store_migration *step, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = db_exec(db, step->sql, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "schema step %s", step->name);
		return rc;
	}
	q = db_prepare(db,
		"INSERT INTO schema_history (number, name, applied, program) VALUES (?, ?, ?, ?)");
	db_bind_int(q, step->number);
	db_bind_text(q, step->name);
	db_bind_int(q, vk_clock_now());
	db_bind_text(q, PACKAGE_VERSION);
	return db_run(q, err);
}

enum vk_rc store_migrate(
	struct db *db, const struct store_migration *list, unsigned count, struct vk_err *err)
{
	unsigned have = 0;
	enum vk_rc rc = db_exec(db, "BEGIN IMMEDIATE", err);

	if (rc != VK_OK)
		return rc;
	rc = db_exec(db,
		"CREATE TABLE IF NOT EXISTS schema_history ("
		"number INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
		" applied INTEGER NOT NULL, program TEXT NOT NULL)",
		err);
	if (rc == VK_OK)
		rc = read_version(db, list, count, &have, err);
	for (unsigned i = have; rc == VK_OK && i < count; i++)
		rc = run_step(db, &list[i], err);
	if (rc == VK_OK)
		rc = db_exec(db, "COMMIT", err);
	if (rc != VK_OK && db_is_in_transaction(db) && db_exec(db, "ROLLBACK", NULL) != VK_OK)
		vk_err_prefix(err, rc, "cannot undo");
	return rc;
}

enum vk_rc store_check_schema(
	struct db *db, const struct store_migration *list, unsigned count, struct vk_err *err)
{
	unsigned have = 0;
	enum vk_rc rc = read_version(db, list, count, &have, err);

	if (rc == VK_OK && have < count)
		return vk_err_set(err, VK_EINPUT,
			"the database has schema %u, this program needs %u", have, count);
	return rc;
}
