/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of a database, what a backup says of itself, and the audit log of a server that is
 * rebuilt. */
#include "config.h"

#include "server/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/note.h"
#include "server/log.h"
#include "server/restore_log.h"
#include "server/store/store_host.h"
#include "server/store/store_log.h"
#include "server/store/store_user.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/unit.h"

static struct fleet_fixture fix;
static struct vk_buf report;
static char *file;

static void setup(void)
{
	fleet_fixture_init(&fix);
	vk_buf_init(&report, RESTORE_REPORT_MAX_BYTES);
	file = xasprintf("%s/file", fix.store.dir);
}

static void teardown(void)
{
	unlink(file);
	free(file);
	vk_buf_release(&report);
	fleet_fixture_release(&fix);
}

static void write_file(const char *text)
{
	ck_assert_int_eq(
		vk_file_replace(AT_FDCWD, file, 0600, text, strlen(text), &fix.err), VK_OK);
}

/* Two entries: a host is added. */
static enum vk_rc add_entries(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct writer_audit audit = {
		.actor = "user/alice", .action = "host.add", .object = "host/db1"};
	enum vk_rc rc = store_add_host(writer_tx_store(tx), "db1", "prod", 1, err);

	(void)command;
	if (rc == VK_OK)
		rc = writer_tx_audit(tx, &audit, err);
	return rc == VK_OK ? writer_tx_audit(tx, &audit, err) : rc;
}

START_TEST(a_copy_is_what_was_committed_and_never_overwrites)
{
	char *copy = xasprintf("%s/copy.db", fix.store.dir);
	struct store *store = NULL;
	uint64_t size = 0;
	struct stat st;

	assert_ok(fleet_fixture_run(&fix, add_entries), fix.err);
	assert_ok(store_begin(fix.store.store, &fix.err), fix.err);
	assert_ok(store_add_log_entry(fix.store.store, 2, "{}", 2, &fix.err), fix.err);
	assert_ok(store_copy(fix.store.path, copy, &fix.err), fix.err); /* others are writing */
	store_rollback(fix.store.store);
	ck_assert_int_eq(stat(copy, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	assert_fails(store_copy(fix.store.path, copy, &fix.err), VK_ECONFLICT);
	assert_ok(store_open(copy, STORE_READ, &store, &fix.err), fix.err);
	assert_ok(store_get_log_size(store, &size, &fix.err), fix.err);
	ck_assert_uint_eq(size, 2);
	store_close(store);
	unlink(copy);
	free(copy);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_not_copied)
{
	char *copy = xasprintf("%s/copy.db", fix.store.dir);

	write_file("this is no database, but it is longer than one page would have to be");
	assert_fails(store_copy(file, copy, &fix.err), VK_EINPUT);
	assert_fails(store_copy("/nonexistent", copy, &fix.err), VK_ENOTFOUND);
	unlink(copy);
	free(copy);
}
END_TEST

START_TEST(a_backup_without_a_whole_manifest_is_none)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"_type\":\"vkcfg-backup\"}",
		"{\"_type\":\"other\",\"format\":1,\"fleet\":\"demo\",\"created\":"
		"\"2026-11-23T01:33:05Z\",\"log-size\":1}",
		"{\"_type\":\"vkcfg-backup\",\"format\":2,\"fleet\":\"demo\",\"created\":"
		"\"2026-11-23T01:33:05Z\",\"log-size\":1}",
		"{\"_type\":\"vkcfg-backup\",\"format\":1,\"fleet\":\"../demo\",\"created\":"
		"\"2026-11-23T01:33:05Z\",\"log-size\":1}",
		"{\"_type\":\"vkcfg-backup\",\"format\":1,\"fleet\":\"demo\",\"created\":\"now\","
		"\"log-size\":1}",
		"{\"_type\":\"vkcfg-backup\",\"format\":1,\"fleet\":\"demo\",\"created\":"
		"\"2026-11-23T01:33:05Z\",\"log-size\":-1}",
	};
	char *path = xasprintf("%s/" BACKUP_MANIFEST, fix.store.dir);
	int dir = open(fix.store.dir, O_RDONLY | O_DIRECTORY);
	struct backup_manifest manifest;
	const char *good =
		"{\"_type\":\"vkcfg-backup\",\"format\":1,\"fleet\":\"demo\",\"created\":"
		"\"2026-11-23T01:33:05Z\",\"log-size\":7,\"private-keys\":[\"x.key\"]}";

	assert_fails(backup_read_manifest(dir, &manifest, &fix.err), VK_ENOTFOUND);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_ok(vk_file_replace(AT_FDCWD, path, 0600, bad[i], strlen(bad[i]), &fix.err),
			fix.err);
		ck_assert_int_ne(backup_read_manifest(dir, &manifest, &fix.err), VK_OK);
	}
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, good, strlen(good), &fix.err), fix.err);
	assert_ok(backup_read_manifest(dir, &manifest, &fix.err), fix.err);
	ck_assert_str_eq(manifest.fleet, "demo");
	ck_assert_int_eq(manifest.log_size, 7);
	ck_assert(manifest.has_keys);
	unlink(path);
	free(path);
	close(dir);
}
END_TEST

/* What run() is to do, for the fixture's function without arguments. */
static uint64_t appended;

static enum vk_rc append(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return restore_log_append(
		writer_tx_store(tx), file, writer_tx_now(tx), &appended, &report, err);
}

static enum vk_rc check(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return restore_log_check(writer_tx_store(tx), err);
}

/* An entry as `vkcfg audit export` writes it. */
static char *line(int index, const char *action, const char *object)
{
	return xasprintf("{\"index\":%d,\"at\":\"2027-01-15T08:00:00Z\",\"actor\":\"user/alice\","
			 "\"action\":\"%s\",\"object\":\"%s\",\"result\":\"ok\",\"detail\":{}}\n",
		index, action, object);
}

static enum vk_rc append_text(const char *text)
{
	write_file(text);
	vk_buf_reset(&report);
	return fleet_fixture_run(&fix, append);
}

START_TEST(entries_are_appended_without_gaps_and_to_their_own_history_only)
{
	char *other = line(1, "host.remove", "host/db1");
	char *gap = line(3, "user.add", "user/zed");
	char *next = line(2, "user.add", "user/zed");
	char *both = xasprintf("%s%s", next, gap);
	uint64_t size = 0;

	assert_ok(fleet_fixture_run(&fix, add_entries), fix.err);
	ck_assert_int_eq(append_text("no JSON\n"), VK_EINPUT);
	ck_assert_int_eq(append_text("{\"index\":2}\n"), VK_EINPUT);
	ck_assert_int_eq(append_text(other), VK_ECONFLICT); /* entry 1 is another one */
	ck_assert_int_eq(append_text(gap), VK_ECONFLICT);   /* entry 2 is missing */
	assert_ok(store_get_log_size(fix.store.store, &size, &fix.err), fix.err);
	ck_assert_uint_eq(size, 2);
	assert_ok(append_text(""), fix.err);
	ck_assert_uint_eq(appended, 0);
	assert_ok(append_text(both), fix.err);
	ck_assert_uint_eq(appended, 2);
	ck_assert_ptr_nonnull(strstr(report.data, "2 user/alice user.add user/zed\n"));
	assert_ok(append_text(both), fix.err); /* once more: they are there */
	ck_assert_uint_eq(appended, 0);
	assert_ok(fleet_fixture_run(&fix, check), fix.err);
	free(both);
	free(next);
	free(gap);
	free(other);
}
END_TEST

START_TEST(a_revocation_is_repeated_and_one_of_a_stranger_does_no_harm)
{
	char *known = line(2, "host.revoke", "host/db1");
	char *stranger = line(3, "user.revoke", "user/nobody");
	char *both = xasprintf("%s%s", known, stranger);
	struct store_host host;

	assert_ok(fleet_fixture_run(&fix, add_entries), fix.err);
	assert_ok(append_text(both), fix.err);
	ck_assert_uint_eq(appended, 2);
	ck_assert_uint_eq(report.len, 0);
	assert_ok(
		store_get_host(fix.store.store, "db1", fix.store.arena, &host, &fix.err), fix.err);
	ck_assert_int_ne(host.revoked, 0);
	free(both);
	free(stranger);
	free(known);
}
END_TEST

static enum vk_rc add_user(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return store_add_user(
		writer_tx_store(tx), "carol", ROLE_AUTHOR | ROLE_ADMIN | ROLE_VIEWER, 1, err);
}

START_TEST(roles_are_taken_away_again_and_never_given)
{
	const char *lines =
		"{\"index\":2,\"at\":\"2027-01-15T08:00:00Z\",\"actor\":\"user/a\","
		"\"action\":\"user.roles\",\"object\":\"user/carol\",\"result\":\"ok\","
		"\"detail\":{\"roles\":[\"author@dev\",\"approver@prod\",\"operator\"]}}\n";
	struct store_user user;

	assert_ok(fleet_fixture_run(&fix, add_entries), fix.err);
	assert_ok(fleet_fixture_run(&fix, add_user), fix.err);
	assert_ok(append_text(lines), fix.err);
	ck_assert_ptr_nonnull(strstr(report.data, "user.roles user/carol"));
	assert_ok(store_get_user(fix.store.store, "carol", fix.store.arena, &user, &fix.err),
		fix.err);
	ck_assert_uint_eq(user.roles & ~(unsigned)ROLE_VIEWER, 0);
	ck_assert_uint_eq(user.scope_count, 1);
	ck_assert_str_eq(user.scopes[0].environment, "dev");
	ck_assert_uint_eq(user.scopes[0].roles & ~(unsigned)ROLE_VIEWER, ROLE_AUTHOR);
}
END_TEST

START_TEST(a_log_that_was_changed_on_disk_is_found)
{
	assert_ok(fleet_fixture_run(&fix, add_entries), fix.err);
	assert_ok(fleet_fixture_run(&fix, check), fix.err);
	ck_assert_int_eq(store_fixture_tamper(&fix.store,
				 "DROP TRIGGER log_entries_no_update;"
				 "UPDATE log_entries SET entry = replace(entry, 'alice', 'mallet')"
				 " WHERE idx = 0"),
		0);
	ck_assert_int_eq(fleet_fixture_run(&fix, check), VK_EUNTRUSTED);
}
END_TEST

static enum vk_rc compare(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	(void)command;
	return restore_log_compare(writer_tx_store(tx), file, err);
}

START_TEST(a_checkpoint_counts_by_the_key_of_the_root_and_shows_what_is_missing)
{
	struct note_checkpoint other = {.size = 100};
	struct store_checkpoint last;
	struct vk_signkey *key = vk_signkey_generate();
	struct vk_buf text, note;

	assert_ok(fleet_fixture_upload(&fix, 1, 2, 1, 2), fix.err);
	assert_ok(store_get_checkpoint(fix.store.store, fix.store.arena, &last, &fix.err), fix.err);
	write_file(last.note);
	assert_ok(fleet_fixture_run(&fix, compare), fix.err);

	vk_buf_init(&text, NOTE_MAX_BYTES);
	vk_buf_init(&note, NOTE_MAX_BYTES);
	note_checkpoint_format(FIXTURE_FLEET "/log", &other, &text);
	note_sign(text.data, FIXTURE_FLEET "/log", key, &note);
	write_file(note.data);
	ck_assert_int_eq(fleet_fixture_run(&fix, compare), VK_EUNTRUSTED);
	write_file("no note\n");
	ck_assert_int_eq(fleet_fixture_run(&fix, compare), VK_EINPUT);
	vk_buf_release(&note);
	vk_buf_release(&text);
	vk_signkey_free(key);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backup");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_that_is_no_database_is_not_copied);
	tcase_add_test(tc, a_backup_without_a_whole_manifest_is_none);
	tcase_add_test(tc, entries_are_appended_without_gaps_and_to_their_own_history_only);
	tcase_add_test(tc, a_log_that_was_changed_on_disk_is_found);
	tcase_add_test(tc, a_checkpoint_counts_by_the_key_of_the_root_and_shows_what_is_missing);
	tcase_add_test(tc, a_copy_is_what_was_committed_and_never_overwrites);
	tcase_add_test(tc, roles_are_taken_away_again_and_never_given);
	tcase_add_test(tc, a_revocation_is_repeated_and_one_of_a_stranger_does_no_harm);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
