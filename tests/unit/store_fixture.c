/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "common/file.h"
#include "server/store/store_change.h"
#include "server/store/store_tree.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

void store_fixture_init(struct store_fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/vkcfg-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->dir));
	snprintf(fixture->path, sizeof(fixture->path), "%s/vkcfg.db", fixture->dir);
	assert_ok(store_open(fixture->path, STORE_CREATE, &fixture->store, &fixture->err),
		fixture->err);
	fixture->arena = arena_new();
}

void store_fixture_release(struct store_fixture *fixture)
{
	arena_free(fixture->arena);
	store_close(fixture->store);
	assert_ok(vk_file_remove_tree(AT_FDCWD, fixture->dir, &fixture->err), fixture->err);
}

int store_fixture_tamper(const struct store_fixture *fixture, const char *sql)
{
	sqlite3 *db;
	int code;

	ck_assert_int_eq(sqlite3_open(fixture->path, &db), SQLITE_OK);
	code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return code;
}

long long store_fixture_number(const struct store_fixture *fixture, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	long long number;

	ck_assert_int_eq(sqlite3_open(fixture->path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

int64_t store_fixture_add_change(
	struct store_fixture *fixture, const char *environment, int64_t number, char digit)
{
	static const char tree[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	const struct store_tree_file file = {
		.path = "fleet.yaml", .text = "fleet: demo\n", .len = 12};
	char tag[17] = "0123456789abcde0";
	struct store_change change = {.tag = tag,
		.environment = environment,
		.number = number,
		.base = number - 1,
		.author = "carol",
		.message = "raise maxmemory",
		.tree = tree,
		.created = FIXTURE_NOW,
		.document = "{\"number\":1}",
		.document_len = 12,
		.metadata = "{}",
		.metadata_len = 2,
		.role_version = number,
		.threshold = 2};
	int64_t id = 0;

	tag[15] = digit;
	assert_ok(store_add_tree(fixture->store, tree, &file, 1, "carol", FIXTURE_NOW,
			  &fixture->err),
		fixture->err);
	assert_ok(store_add_change(fixture->store, &change, &id, &fixture->err), fixture->err);
	return id;
}
