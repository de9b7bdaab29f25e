/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "server/store/store_change.h"
#include "server/store/store_log.h"
#include "server/store/store_migrate.h"
#include "server/store/store_release.h"
#include "server/store/store_user.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;

static void setup(void)
{
	store_fixture_init(&fix);
}

static void teardown(void)
{
	store_fixture_release(&fix);
}

static void begin(void)
{
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
}

static void commit(void)
{
	assert_ok(store_commit(fix.store, &fix.err), fix.err);
}

START_TEST(refuses_a_database_that_exists_when_creating)
{
	struct store *store = NULL;

	assert_fails(store_open(fix.path, STORE_CREATE, &store, &fix.err), VK_ECONFLICT);
}
END_TEST

START_TEST(refuses_a_database_that_is_missing)
{
	char path[128];
	struct store *store = NULL;

	snprintf(path, sizeof(path), "%s/none.db", fix.dir);
	assert_fails(store_open(path, STORE_WRITE, &store, &fix.err), VK_ENOTFOUND);
	assert_fails(store_open(path, STORE_READ, &store, &fix.err), VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_files_that_are_no_database_of_ours)
{
	char path[128];
	struct store *store = NULL;
	sqlite3 *other;
	FILE *file;

	snprintf(path, sizeof(path), "%s/text.db", fix.dir);
	file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is not a database\n", file);
	fclose(file);
	assert_fails(store_open(path, STORE_WRITE, &store, &fix.err), VK_EINPUT);
	snprintf(path, sizeof(path), "%s/other.db", fix.dir);
	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_fails(store_open(path, STORE_WRITE, &store, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_a_newer_schema_and_says_what_to_do)
{
	struct store *store = NULL;

	ck_assert_int_eq(store_fixture_tamper(&fix,
				 "INSERT INTO schema_history VALUES (9999, '9999-later', 0, '9')"),
		SQLITE_OK);
	assert_fails(store_open(fix.path, STORE_WRITE, &store, &fix.err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(fix.err.hint, "newer"));
	assert_fails(store_open(fix.path, STORE_READ, &store, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_a_schema_of_another_history)
{
	struct store *store = NULL;

	ck_assert_int_eq(
		store_fixture_tamper(&fix, "UPDATE schema_history SET name = 'x' WHERE number = 2"),
		SQLITE_OK);
	assert_fails(store_open(fix.path, STORE_WRITE, &store, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(records_each_migration_and_is_private)
{
	struct stat st;

	ck_assert_int_eq(store_fixture_number(&fix, "SELECT COUNT(*) FROM schema_history"),
		store_migration_count);
	ck_assert_int_eq(stat(fix.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_reader_cannot_write_and_sees_commits)
{
	struct store *reader = NULL;
	const char *fleet;

	assert_ok(store_open(fix.path, STORE_READ, &reader, &fix.err), fix.err);
	assert_fails(store_set_fleet(reader, "demo", FIXTURE_NOW, &fix.err), VK_EIO);
	assert_fails(store_get_fleet(reader, fix.arena, &fleet, &fix.err), VK_ENOTFOUND);
	begin();
	assert_ok(store_set_fleet(fix.store, "demo", FIXTURE_NOW, &fix.err), fix.err);
	assert_fails(store_get_fleet(reader, fix.arena, &fleet, &fix.err), VK_ENOTFOUND);
	commit();
	assert_ok(store_get_fleet(reader, fix.arena, &fleet, &fix.err), fix.err);
	ck_assert_str_eq(fleet, "demo");
	store_close(reader);
}
END_TEST

START_TEST(a_savepoint_is_undone_alone)
{
	struct store_user user;

	begin();
	assert_ok(store_add_user(fix.store, "alice", ROLE_VIEWER, 1, &fix.err), fix.err);
	assert_ok(store_savepoint(fix.store, &fix.err), fix.err);
	assert_ok(store_add_user(fix.store, "bob", ROLE_VIEWER, 1, &fix.err), fix.err);
	assert_ok(store_undo_savepoint(fix.store, &fix.err), fix.err);
	commit();
	assert_ok(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), fix.err);
	assert_fails(store_get_user(fix.store, "bob", fix.arena, &user, &fix.err), VK_ENOTFOUND);
}
END_TEST

static const char *const refused_sql[] = {
	"UPDATE log_entries SET entry = 'x'",
	"DELETE FROM log_entries",
	"INSERT OR REPLACE INTO log_entries VALUES (0, 'x')",
	"INSERT INTO log_entries VALUES (5, 'gap')",
	"UPDATE log_nodes SET hash = zeroblob(32)",
	"DELETE FROM log_nodes",
	"UPDATE log_checkpoints SET note = 'x'",
	"DELETE FROM log_checkpoints",
	"UPDATE releases SET released = 0",
	"DELETE FROM releases",
	"UPDATE approvals SET sig = 'x'",
	"DELETE FROM approvals",
	"DELETE FROM changes",
	"UPDATE changes SET document = 'x'",
	"UPDATE changes SET metadata = 'x'",
	"UPDATE changes SET state = 'open'",
};

START_TEST(refuses_to_rewrite_what_is_recorded)
{
	const struct store_approval approval = {
		.user = "alice", .keyid = "k", .sig = "s", .at = FIXTURE_NOW};
	const struct store_checkpoint checkpoint = {.size = 1, .note = "note", .note_len = 4};
	struct merkle_nodes nodes = store_log_nodes(fix.store);
	uint8_t hash[MERKLE_HASH_BYTES] = {1};
	int64_t id;

	begin();
	assert_ok(store_add_log_entry(fix.store, 0, "{}", 2, &fix.err), fix.err);
	assert_ok(nodes.put(nodes.ctx, 0, 0, hash, &fix.err), fix.err);
	assert_ok(store_add_checkpoint(fix.store, &checkpoint, FIXTURE_NOW, &fix.err), fix.err);
	id = store_fixture_add_change(&fix, "prod", 1, '1');
	assert_ok(store_add_approval(fix.store, id, &approval, &fix.err), fix.err);
	assert_ok(store_close_change(fix.store, id, CHANGE_RELEASED, &fix.err), fix.err);
	assert_ok(store_add_release(fix.store, id, FIXTURE_NOW, &fix.err), fix.err);
	commit();
	for (size_t i = 0; i < sizeof(refused_sql) / sizeof(refused_sql[0]); i++)
		ck_assert_msg(store_fixture_tamper(&fix, refused_sql[i]) == SQLITE_CONSTRAINT,
			"done: %s", refused_sql[i]);
}
END_TEST

START_TEST(a_writer_killed_inside_a_transaction_leaves_nothing)
{
	struct store_user user;
	struct store *store = NULL;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (store_open(fix.path, STORE_WRITE, &store, &fix.err) != VK_OK ||
			store_begin(store, &fix.err) != VK_OK ||
			store_add_user(store, "alice", ROLE_VIEWER, 1, &fix.err) != VK_OK ||
			store_add_log_entry(store, 0, "{}", 2, &fix.err) != VK_OK)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_fails(store_get_user(fix.store, "alice", fix.arena, &user, &fix.err), VK_ENOTFOUND);
	ck_assert_int_eq(store_fixture_number(&fix, "SELECT COUNT(*) FROM log_entries"), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_database_that_exists_when_creating);
	tcase_add_test(tc, refuses_a_database_that_is_missing);
	tcase_add_test(tc, refuses_files_that_are_no_database_of_ours);
	tcase_add_test(tc, refuses_a_newer_schema_and_says_what_to_do);
	tcase_add_test(tc, refuses_a_schema_of_another_history);
	tcase_add_test(tc, records_each_migration_and_is_private);
	tcase_add_test(tc, a_reader_cannot_write_and_sees_commits);
	tcase_add_test(tc, a_savepoint_is_undone_alone);
	tcase_add_test(tc, refuses_to_rewrite_what_is_recorded);
	tcase_add_test(tc, a_writer_killed_inside_a_transaction_leaves_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
