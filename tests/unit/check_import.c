/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/import.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct cfg_import *start(const char *conf, const char *acl)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_import_conf(import, "x.conf", conf, strlen(conf), &err), err);
	if (acl != NULL)
		assert_ok(cfg_import_acl(import, "x.acl", acl, strlen(acl), &err), err);
	cfg_import_finish(import);
	return import;
}

/* The role must have has, and not lacks (either may be NULL). */
static void expect_role(const struct cfg_import *import, const char *has, const char *lacks)
{
	struct vk_buf text;

	vk_buf_init(&text, 100000);
	cfg_import_format_role(import, &text);
	ck_assert_msg(has == NULL || strstr(text.data, has) != NULL, "%s", text.data);
	ck_assert_msg(lacks == NULL || strstr(text.data, lacks) == NULL, "%s", text.data);
	vk_buf_release(&text);
}

static void expect_note(const struct cfg_import *import, enum cfg_import_kind kind, unsigned line,
	const char *message)
{
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == kind && note->line == line &&
			strstr(note->message, message) != NULL)
			return;
	}
	ck_abort_msg("no note of line %u: %s", line, message);
}

/* What valkey-server 8.0.1 says of these lines. */
START_TEST(all_refused_lines_are_named_as_valkey_names_them)
{
	struct cfg_import *import = start("maxmemory lots\n"
					  "port 6379 # here\n"
					  "appendonly maybe\n"
					  "timeout 1\n"
					  "nothing such\n"
					  "loglevel \"notice\n"
					  "commandlog-execution-slower-than 10\n"
					  "save 900\n",
		NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 7);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "argument must be a memory value");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 3, "argument must be 'yes' or 'no'");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "Bad directive or wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "Unbalanced quotes in configuration line");
	expect_note(import, CFG_IMPORT_REFUSED, 7, "Bad directive or wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 8, "Invalid save parameters");
	cfg_import_free(import);
}
END_TEST

START_TEST(a_line_of_an_acl_file_that_is_no_user_is_refused)
{
	struct cfg_import *import =
		start("", "# people\nuser a on >x\nuser a off\nuser b +@wriet\n");

	ck_assert_uint_eq(cfg_import_refused_count(import), 3);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "should start with user keyword");
	expect_note(import, CFG_IMPORT_REFUSED, 3, "Duplicate user 'a' found");
	expect_note(import, CFG_IMPORT_REFUSED, 4, "Unknown command or category name in ACL");
	cfg_import_free(import);
}
END_TEST

START_TEST(a_file_with_a_nul_byte_or_a_byte_order_mark_is_refused)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_import_conf(import, "x", "port\0 1", 7, &err), VK_EINPUT);
	assert_fails(cfg_import_conf(import, "x", "\xef\xbb\xbfport 1", 9, &err), VK_EINPUT);
	cfg_import_free(import);
}
END_TEST

START_TEST(passwords_are_taken_out_of_lines_and_comments)
{
	struct cfg_import *import = start("# requirepass older\n"
					  "# hunter2 is the password\n"
					  "requirepass hunter2\n"
					  "masterauth \"a b\"\n"
					  "# user x >older\n"
					  "# Why.\n"
					  "port 1\n",
		NULL);

	ck_assert_uint_eq(cfg_import_secret_count(import), 2);
	ck_assert_str_eq(cfg_import_secret_at(import, 0).name, "db1-main-requirepass");
	ck_assert_str_eq(cfg_import_secret_at(import, 0).value, "hunter2");
	ck_assert_str_eq(cfg_import_secret_at(import, 1).value, "a b");
	expect_role(import, "requirepass: \"secret:db1-main-requirepass\"", "hunter2");
	expect_role(import, "passwords: [\"secret:db1-main-requirepass\"]", "older");
	expect_role(import, "  # Why.\n  port: \"1\"", "a b");
	cfg_import_free(import);
}
END_TEST

START_TEST(passwords_of_users_become_hashes)
{
	struct cfg_import *import =
		start("", "user default off\nuser a on >two <two >one ~* +get\n");

	expect_role(import,
		"passwords: "
		"[\"sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed\"]",
		">one");
	expect_role(import, "rules: \"on sanitize-payload ~* resetchannels -@all +get\"", "two");
	ck_assert_uint_eq(cfg_import_refused_count(import), 0);
	cfg_import_free(import);
}
END_TEST

START_TEST(an_open_default_user_is_off_and_said)
{
	struct cfg_import *import = start("port 1\n", NULL);

	expect_role(import, "rules: \"off sanitize-payload ~* &* +@all\"", "nopass");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 0, "without a password");
	cfg_import_free(import);
}
END_TEST

START_TEST(what_a_tree_may_not_say_is_left_out_and_said)
{
	struct cfg_import *import = start("dir /data\nloadmodule /m.so\nreplicaof db2 6379\n"
					  "rename-command CONFIG x\ninclude y.conf\n"
					  "enable-module-command yes\naclfile z.acl\n",
		NULL);

	for (unsigned line = 1; line <= 7; line++)
		expect_note(import, CFG_IMPORT_LEFT_OUT, line, "");
	expect_role(import, NULL, "config:");
	cfg_import_free(import);
}
END_TEST

START_TEST(old_names_and_paths_are_converted_and_said)
{
	struct cfg_import *import = start("SLAVE-READ-ONLY yes\n"
					  "tls-cert-file /etc/a/x.crt\n"
					  "tls-client-cert-file /etc/b/x.crt\n"
					  "list-max-ziplist-value 3\n",
		NULL);

	for (unsigned line = 1; line <= 4; line++)
		expect_note(import, CFG_IMPORT_CHANGED, line, "");
	expect_role(import, "replica-read-only: \"yes\"", "ziplist");
	expect_role(import, "tls-cert-file: \"@{instance}/tls/x.crt\"", "/etc");
	expect_role(import, "tls-client-cert-file: \"@{instance}/tls/tls-client-cert-file-x.crt\"",
		NULL);
	cfg_import_free(import);
}
END_TEST

START_TEST(the_last_line_counts_and_repeated_ones_add_up)
{
	struct cfg_import *import = start("timeout 1\nsave 900 1\nsave 300 10\ntimeout 2\n"
					  "syslog-ident \"a \\\"${b}\"\n",
		NULL);

	expect_role(import, "timeout: \"2\"", "timeout: \"1\"");
	expect_role(import, "save: [\"900 1\", \"300 10\"]", NULL);
	expect_role(import, "syslog-ident: \"a \\\"$${b}\"", NULL);
	cfg_import_free(import);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("import");
	TCase *tcase = tcase_create("import");

	tcase_add_test(tcase, all_refused_lines_are_named_as_valkey_names_them);
	tcase_add_test(tcase, a_line_of_an_acl_file_that_is_no_user_is_refused);
	tcase_add_test(tcase, a_file_with_a_nul_byte_or_a_byte_order_mark_is_refused);
	tcase_add_test(tcase, passwords_are_taken_out_of_lines_and_comments);
	tcase_add_test(tcase, passwords_of_users_become_hashes);
	tcase_add_test(tcase, an_open_default_user_is_off_and_said);
	tcase_add_test(tcase, what_a_tree_may_not_say_is_left_out_and_said);
	tcase_add_test(tcase, old_names_and_paths_are_converted_and_said);
	tcase_add_test(tcase, the_last_line_counts_and_repeated_ones_add_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
