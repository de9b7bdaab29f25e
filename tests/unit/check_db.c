/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/db.h"

#include <stdio.h>
#include <string.h>

#include "server/store/store_migrate.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;
static struct db *db;
static char path[128];

static void setup(void)
{
	store_fixture_init(&fix);
	snprintf(path, sizeof(path), "%s/test.db", fix.dir);
	assert_ok(db_open(path, DB_CREATE, &db, &fix.err), fix.err);
}

static void teardown(void)
{
	db_close(db);
	store_fixture_release(&fix);
}

static int64_t number(const char *sql)
{
	struct db_stmt *q = db_prepare(db, sql);
	int64_t value = db_step(q) ? db_get_int(q) : -1;

	assert_ok(db_finish(q, &fix.err), fix.err);
	return value;
}

static const struct store_migration steps[] = {
	{1, "0001-a", "CREATE TABLE a (x INTEGER);"},
	{2, "0002-b", "CREATE TABLE b (y INTEGER); INSERT INTO b VALUES (7);"},
	{3, "0003-bad", "CREATE TABLE c (z INTEGER); CREATE TABLE a (x INTEGER);"},
};

START_TEST(a_failing_step_undoes_all_steps_of_the_run)
{
	assert_fails(store_migrate(db, steps, 3, &fix.err), VK_EIO);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "0003-bad"));
	ck_assert_int_eq(number("SELECT COUNT(*) FROM sqlite_schema"), 0);
	ck_assert(!db_is_in_transaction(db));
}
END_TEST

START_TEST(steps_run_once_and_in_order)
{
	assert_ok(store_migrate(db, steps, 1, &fix.err), fix.err);
	assert_fails(store_check_schema(db, steps, 2, &fix.err), VK_EINPUT);
	assert_ok(store_migrate(db, steps, 2, &fix.err), fix.err);
	assert_ok(store_migrate(db, steps, 2, &fix.err), fix.err);
	assert_ok(store_check_schema(db, steps, 2, &fix.err), fix.err);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM b"), 1);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM schema_history"), 2);
	assert_fails(store_migrate(db, steps, 1, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(every_step_of_ours_leads_to_the_same_schema_from_any_older_one)
{
	int64_t expected = store_fixture_number(&fix, "SELECT COUNT(*) FROM sqlite_schema");

	for (unsigned i = 1; i <= store_migration_count; i++)
		assert_ok(store_migrate(db, store_migrations, i, &fix.err), fix.err);
	ck_assert_int_eq(number("SELECT COUNT(*) FROM sqlite_schema"), expected);
}
END_TEST

START_TEST(an_error_sticks_to_the_statement_and_is_told_at_the_end)
{
	struct db_stmt *q = db_prepare(db, "SELECT nothing FROM nowhere WHERE x = ?");

	db_bind_int(q, 1);
	ck_assert(!db_step(q));
	ck_assert(!db_step(q));
	assert_fails(db_finish(q, &fix.err), VK_EIO);
}
END_TEST

START_TEST(codes_say_what_the_caller_can_do)
{
	assert_ok(db_exec(db,
			  "CREATE TABLE p (x INTEGER PRIMARY KEY);"
			  "CREATE TABLE c (y INTEGER REFERENCES p (x));"
			  "CREATE TRIGGER t BEFORE DELETE ON p BEGIN SELECT RAISE(ABORT, 'never'); "
			  "END;"
			  "INSERT INTO p VALUES (1)",
			  &fix.err),
		fix.err);
	assert_fails(db_exec(db, "INSERT INTO p VALUES (1)", &fix.err), VK_ECONFLICT);
	assert_fails(db_exec(db, "INSERT INTO c VALUES (2)", &fix.err), VK_ECONFLICT);
	assert_fails(db_exec(db, "DELETE FROM p", &fix.err), VK_EDENIED);
	assert_fails(db_exec(db, "INSERT OR REPLACE INTO p VALUES (1)", &fix.err), VK_EDENIED);
}
END_TEST

START_TEST(texts_and_blobs_come_back_as_they_were)
{
	const uint8_t blob[4] = {0, 1, 0, 255};
	uint8_t got[4], wrong[5];
	struct db_stmt *q;
	size_t len;

	assert_ok(
		db_exec(db, "CREATE TABLE t (a TEXT, b BLOB, c TEXT, d TEXT)", &fix.err), fix.err);
	q = db_prepare(db, "INSERT INTO t VALUES (?, ?, ?, ?)");
	db_bind_text(q, "it's; DROP TABLE t");
	db_bind_blob(q, blob, sizeof(blob));
	db_bind_text(q, NULL);
	db_bind_text(q, "");
	assert_ok(db_run(q, &fix.err), fix.err);
	ck_assert_int_eq(db_changes(db), 1);
	q = db_prepare(db, "SELECT a, b, c, d FROM t");
	ck_assert(db_step(q));
	ck_assert_str_eq(db_get_text_len(q, fix.arena, &len), "it's; DROP TABLE t");
	ck_assert_uint_eq(len, 18);
	db_get_blob(q, got, sizeof(got));
	ck_assert_mem_eq(got, blob, sizeof(blob));
	ck_assert_ptr_null(db_get_text(q, fix.arena));
	ck_assert_str_eq(db_get_text(q, fix.arena), "");
	assert_ok(db_finish(q, &fix.err), fix.err);
	q = db_prepare(db, "SELECT b FROM t");
	ck_assert(db_step(q));
	db_get_blob(q, wrong, sizeof(wrong));
	assert_fails(db_finish(q, &fix.err), VK_EIO);
}
END_TEST

START_TEST(an_arena_hands_out_memory_of_all_sizes)
{
	struct arena *arena = arena_new();
	char *texts[200];

	for (size_t i = 0; i < 200; i++) {
		texts[i] = arena_calloc(arena, i * 37 + 1, 1);
		memset(texts[i], (int)i, i * 37 + 1);
	}
	for (size_t i = 0; i < 200; i++) {
		ck_assert_int_eq((unsigned char)texts[i][0], (int)i);
		ck_assert_int_eq((unsigned char)texts[i][i * 37], (int)i);
		ck_assert_uint_eq((uintptr_t)texts[i] % _Alignof(max_align_t), 0);
	}
	ck_assert_str_eq(arena_strdup(arena, "text"), "text");
	arena_free(arena);
	arena_free(NULL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("db");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_failing_step_undoes_all_steps_of_the_run);
	tcase_add_test(tc, steps_run_once_and_in_order);
	tcase_add_test(tc, every_step_of_ours_leads_to_the_same_schema_from_any_older_one);
	tcase_add_test(tc, an_error_sticks_to_the_statement_and_is_told_at_the_end);
	tcase_add_test(tc, codes_say_what_the_caller_can_do);
	tcase_add_test(tc, texts_and_blobs_come_back_as_they_were);
	tcase_add_test(tc, an_arena_hands_out_memory_of_all_sizes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
