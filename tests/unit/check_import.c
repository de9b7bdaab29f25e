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
					  "save 900\n"
					  "latency-tracking-info-percentiles .5 -1\n"
					  "latency-tracking-info-percentiles . -1\n",
		NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 9);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "argument must be a memory value");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 3, "argument must be 'yes' or 'no'");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "Bad directive or wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "Unbalanced quotes in configuration line");
	expect_note(import, CFG_IMPORT_REFUSED, 7, "Bad directive or wrong number of arguments");
	expect_note(import, CFG_IMPORT_REFUSED, 8, "Invalid save parameters");
	expect_note(import, CFG_IMPORT_REFUSED, 9, "parameters should sit between [0.0,100.0]");
	expect_note(import, CFG_IMPORT_REFUSED, 10, "Invalid latency-tracking-info-percentiles");
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

START_TEST(a_file_with_a_nul_byte_is_refused)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_import_conf(import, "x", "port\0 1", 7, &err), VK_EINPUT);
	cfg_import_free(import);
}
END_TEST

START_TEST(a_byte_order_mark_spoils_the_first_line_only)
{
	struct cfg_import *import = start("\xef\xbb\xbfport 1\ntimeout 7\n", NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 1);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "Bad directive or wrong number of arguments");
	expect_role(import, "timeout: \"7\"", "port:");
	cfg_import_free(import);
}
END_TEST

START_TEST(a_name_that_nobody_knows_is_shown_without_what_may_be_a_password)
{
	static const struct {
		const char *line, *shown;
	} rows[] = {
		{"requirepass=hunter2 x", "requirepass..."},
		{"masterauth:hunter2", "masterauth..."},
		{"requirepass=\"hunter2 x", "requirepass..."},
		{"root:$6$hunter2:1:2", "root..."},
		{"hunter2hunter2", "(a word)"},
		{"hunter2hunter2 x", "hunter..."},
		{"abc.hunter2", "abc.hunter..."},
		{"maxmemory2 1gb", "maxmemory2"},
		{"no-such_thing 1", "no-such_thing"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cfg_import *import = start(rows[i].line, NULL);

		ck_assert_uint_eq(cfg_import_refused_count(import), 1);
		ck_assert_str_eq(cfg_import_note_at(import, 0)->subject, rows[i].shown);
		cfg_import_free(import);
	}
}
END_TEST

START_TEST(comments_that_may_hold_a_password_are_not_kept)
{
	struct cfg_import *import = start("## the password is Canary\n"
					  "# old pw: Canary\n"
					  "#pass=Canary\n"
					  "# redis://user:Canary@host/\n"
					  "# API key Canary\n"
					  "# AKIACanary7EXAMPLE\n"
					  "# token Canary\n"
					  "# See https://example.com/why, section 3.\n"
					  "timeout 3\n",
		NULL);

	expect_role(
		import, "  # See https://example.com/why, section 3.\n  timeout: \"3\"", "Canary");
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

START_TEST(an_open_default_user_stays_open_and_is_said)
{
	struct cfg_import *import = start("port 1\n", NULL);

	expect_role(
		import, "rules: \"on nopass sanitize-payload ~* &* +@all\"\n    open: yes\n", NULL);
	expect_note(import, CFG_IMPORT_CHANGED, 0, "without a password");
	cfg_import_free(import);
}
END_TEST

START_TEST(users_keep_whatever_name_valkey_took)
{
	struct cfg_import *import = start("", "user default off\nuser App@corp on nopass ~* +get\n"
					      "user we\"ird\\ on nopass +ping\n"
					      "user ${x} on nopass +ping\n");

	expect_role(import, "\"App@corp\":\n    rules:", "${x}");
	expect_role(import, "\"we\\\"ird\\\\\":\n    rules:", NULL);
	expect_note(import, CFG_IMPORT_LEFT_OUT, 4, "cannot stand in a tree");
	cfg_import_free(import);
}
END_TEST

START_TEST(what_a_tree_may_not_say_is_left_out_and_said)
{
	struct cfg_import *import = start("dir /data\nloadmodule /m.so\nreplicaof db2 6379\n"
					  "rename-command CONFIG x\ninclude y.conf\n"
					  "enable-module-command yes\naclfile z.acl\n",
		NULL);

	for (unsigned line = 3; line <= 6; line++) {
		if (line != 5)
			expect_note(import, CFG_IMPORT_LEFT_OUT, line, "");
	}
	expect_role(import, NULL, "config:");
	cfg_import_free(import);
}
END_TEST

/* What valkey-server 8.0.1 says where a machine lacks it. */
START_TEST(what_a_host_must_have_is_told_apart_with_the_words_of_valkey)
{
	struct cfg_import *import = start("dir /data\nloadmodule /m.so\ninclude y.conf\n"
					  "aclfile z.acl\nactivedefrag yes\n"
					  "tls-cert-file /a.crt\nlogfile /var/x.log\n",
		NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 0);
	expect_note(import, CFG_IMPORT_NEEDS, 1, "No such file or directory");
	expect_note(import, CFG_IMPORT_NEEDS, 2, "Can't load module from /m.so: server aborting");
	expect_note(import, CFG_IMPORT_NEEDS, 3, "can't open config file 'y.conf'");
	expect_note(import, CFG_IMPORT_NEEDS, 4, "Error loading ACLs, opening file 'z.acl'");
	expect_note(import, CFG_IMPORT_NEEDS, 5, "Active defragmentation cannot be enabled");
	expect_note(import, CFG_IMPORT_NEEDS, 6, "Failed to load certificate: /a.crt");
	expect_note(import, CFG_IMPORT_NEEDS, 7, "Can't open the log file");
	cfg_import_free(import);
}
END_TEST

START_TEST(commands_are_renamed_line_by_line)
{
	struct cfg_import *import = start("rename-command KEYS keys2\nrename-command keys x\n"
					  "rename-command GET keys2\nrename-command get SET\n"
					  "rename-command get keys\n",
		NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 3);
	expect_note(import, CFG_IMPORT_REFUSED, 2, "No such command in rename-command");
	expect_note(import, CFG_IMPORT_REFUSED, 3, "Target command name already exists");
	expect_note(import, CFG_IMPORT_REFUSED, 4, "Target command name already exists");
	expect_role(import, "rename-command: [\"KEYS keys2\", \"get keys\"]", NULL);
	cfg_import_free(import);
}
END_TEST

START_TEST(a_setting_of_a_module_is_refused_where_no_module_is_loaded)
{
	struct cfg_import *import = start("a.b 1\nc.d\n", NULL);

	expect_note(import, CFG_IMPORT_REFUSED, 1, "Module Configuration detected without");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "Module config specified without value");
	cfg_import_free(import);
	import = start("a.b 1\nloadmodule /a.so\n", NULL);
	ck_assert_uint_eq(cfg_import_refused_count(import), 0);
	expect_note(import, CFG_IMPORT_LEFT_OUT, 1, "a setting of a module");
	cfg_import_free(import);
}
END_TEST

START_TEST(a_refused_line_of_a_user_does_not_make_the_next_a_duplicate)
{
	struct cfg_import *import = start("user x ~* ~a\nuser x on !abc\nuser x on\nuser x off\n"
					  "user y on +nosuch\nuser y on <a\nuser \"a b\" on\n",
		NULL);

	expect_note(import, CFG_IMPORT_REFUSED, 1, "Adding a pattern after the * pattern");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "The password hash must be exactly 64");
	expect_note(import, CFG_IMPORT_REFUSED, 4, "Duplicate user found");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "Error loading ACL rule for the user named 'y'");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "Duplicate user found");
	expect_note(import, CFG_IMPORT_REFUSED, 7, "Spaces not allowed in ACL usernames");
	cfg_import_free(import);
}
END_TEST

START_TEST(lines_without_words_count_as_valkey_counts_them)
{
	struct cfg_import *import = start("save\nclient-output-buffer-limit\n"
					  "latency-tracking-info-percentiles\nsentinel\n"
					  "shutdown-on-sigterm\nrename-command\nmaxmemory \"\"\n"
					  "list-max-ziplist-entries\n",
		NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 3);
	expect_note(import, CFG_IMPORT_REFUSED, 5, "argument(s) must be one of");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "Bad directive or wrong number");
	expect_note(import, CFG_IMPORT_REFUSED, 8, "Bad directive or wrong number");
	expect_role(import, "save: [\"\"]", "client-output");
	expect_role(import, "maxmemory: \"0\"", NULL);
	cfg_import_free(import);
}
END_TEST

START_TEST(texts_with_rules_of_their_own_are_held_against_them)
{
	struct cfg_import *import =
		start("cluster-announce-hostname a_b\n"
		      "cluster-announce-human-nodename a!b\n"
		      "cluster-announce-client-ipv4 1.2.3\n"
		      "cluster-announce-client-ipv6 1.2.3.4\n"
		      "proc-title-template \"{title}\"\nappendfilename \"\"\n"
		      "appenddirname a/b\nsupervised perhaps\ndaemonize 1\n"
		      "proc-title-template \"{title} {port}\"\nSUPERVISED AUTO\n",
			NULL);

	ck_assert_uint_eq(cfg_import_refused_count(import), 9);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "Hostnames may only contain");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "Announced human node name");
	expect_note(import, CFG_IMPORT_REFUSED, 3, "Invalid IPv4 address");
	expect_note(import, CFG_IMPORT_REFUSED, 4, "Invalid IPv6 address");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "template format is invalid");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "appendfilename can't be empty");
	expect_note(import, CFG_IMPORT_REFUSED, 7, "just a dirname");
	expect_note(import, CFG_IMPORT_REFUSED, 8, "upstart, systemd, auto, no");
	expect_note(import, CFG_IMPORT_REFUSED, 9, "argument must be 'yes' or 'no'");
	cfg_import_free(import);
}
END_TEST

/* What Valkey 8.0.1 with --sentinel says of these lines. */
START_TEST(the_lines_of_a_sentinel_are_judged_in_its_order)
{
	struct cfg_import *import =
		start("sentinel down-after-milliseconds g 0\n"
		      "sentinel monitor g db1 6379 1\n"
		      "sentinel monitor h db2 6379 1\nsentinel monitor h db2 1 1\n"
		      "sentinel failover-timeout x 1\nsentinel auth-pass g hunter2\n"
		      "sentinel frobnicate hunter2\nsentinel announce-ip a b\n"
		      "sentinel resolve-hostnames yes\n",
			NULL);

	ck_assert(cfg_import_is_sentinel(import));
	ck_assert_uint_eq(cfg_import_refused_count(import), 5);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "negative or zero time parameter.");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 2, "group 'g'");
	expect_note(import, CFG_IMPORT_REFUSED, 4, "Duplicate master name.");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "No such master with specified name.");
	expect_note(import, CFG_IMPORT_SECRET, 6, "a password");
	expect_note(import, CFG_IMPORT_REFUSED, 7, "Unrecognized sentinel configuration");
	expect_note(import, CFG_IMPORT_REFUSED, 8, "Unrecognized sentinel configuration");
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		ck_assert_ptr_null(strstr(cfg_import_note_at(import, i)->subject, "hunter2"));
		ck_assert_ptr_null(strstr(cfg_import_note_at(import, i)->message, "hunter2"));
	}
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

	expect_note(import, CFG_IMPORT_CHANGED, 1, "");
	expect_note(import, CFG_IMPORT_NEEDS, 2, "@{instance}/tls/x.crt");
	expect_note(import, CFG_IMPORT_NEEDS, 3, "@{instance}/tls/tls-client-cert-file-x.crt");
	expect_note(import, CFG_IMPORT_CHANGED, 4, "");
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
	tcase_add_test(tcase, a_file_with_a_nul_byte_is_refused);
	tcase_add_test(tcase, a_byte_order_mark_spoils_the_first_line_only);
	tcase_add_test(tcase, a_name_that_nobody_knows_is_shown_without_what_may_be_a_password);
	tcase_add_test(tcase, comments_that_may_hold_a_password_are_not_kept);
	tcase_add_test(tcase, passwords_are_taken_out_of_lines_and_comments);
	tcase_add_test(tcase, passwords_of_users_become_hashes);
	tcase_add_test(tcase, an_open_default_user_stays_open_and_is_said);
	tcase_add_test(tcase, users_keep_whatever_name_valkey_took);
	tcase_add_test(tcase, what_a_tree_may_not_say_is_left_out_and_said);
	tcase_add_test(tcase, what_a_host_must_have_is_told_apart_with_the_words_of_valkey);
	tcase_add_test(tcase, commands_are_renamed_line_by_line);
	tcase_add_test(tcase, a_setting_of_a_module_is_refused_where_no_module_is_loaded);
	tcase_add_test(tcase, a_refused_line_of_a_user_does_not_make_the_next_a_duplicate);
	tcase_add_test(tcase, lines_without_words_count_as_valkey_counts_them);
	tcase_add_test(tcase, texts_with_rules_of_their_own_are_held_against_them);
	tcase_add_test(tcase, the_lines_of_a_sentinel_are_judged_in_its_order);
	tcase_add_test(tcase, old_names_and_paths_are_converted_and_said);
	tcase_add_test(tcase, the_last_line_counts_and_repeated_ones_add_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
