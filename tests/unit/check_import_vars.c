/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/import.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct cfg_import *start(const char *vars)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_import_vars(import, "x.yml", vars, strlen(vars), &err), err);
	cfg_import_finish(import);
	return import;
}

static void expect_role(const struct cfg_import *import, const char *has, bool is_there)
{
	struct vk_buf text;

	vk_buf_init(&text, 100000);
	cfg_import_format_role(import, &text);
	ck_assert_msg((strstr(text.data, has) != NULL) == is_there, "%s in %s", has, text.data);
	vk_buf_release(&text);
}

static void expect_note(const struct cfg_import *import, enum cfg_import_kind kind, unsigned line,
	const char *message)
{
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == kind && note->line == line &&
			(strstr(note->message, message) != NULL ||
				strstr(note->hint, message) != NULL))
			return;
	}
	ck_abort_msg("no note of line %u: %s", line, message);
}

START_TEST(what_is_no_map_of_variables_is_refused)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	static const char *const bad[] = {
		"[1, 2]", "text", "a: 1\na: 2\n", "a: &x 1\n", "a: !x 1\n", "a: {b: 1", "a\x01: 1"};
	struct cfg_import *import = cfg_import_new(&options);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		ck_assert_int_ne(
			cfg_import_vars(import, "x.yml", bad[i], strlen(bad[i]), &err), VK_OK);
		ck_assert_ptr_nonnull(strstr(err.msg, "x.yml"));
	}
	cfg_import_free(import);
}
END_TEST

START_TEST(bad_values_are_refused_with_the_line_of_their_variable)
{
	struct cfg_import *import = start("redis_port: many\n"
					  "redis_maxmemory: 1gigabyte\n"
					  "redis_extra_config: |\n  # ok\n  hz x\n  nosuch 1\n");

	ck_assert_uint_eq(cfg_import_refused_count(import), 4);
	expect_note(import, CFG_IMPORT_REFUSED, 1, "argument couldn't be parsed into an integer");
	expect_note(import, CFG_IMPORT_REFUSED, 2, "argument must be a memory value");
	expect_note(import, CFG_IMPORT_REFUSED, 5, "argument couldn't be parsed into an integer");
	expect_note(import, CFG_IMPORT_REFUSED, 6, "Bad directive");
	cfg_import_free(import);
}
END_TEST

START_TEST(expressions_and_encrypted_values_are_not_guessed)
{
	struct cfg_import *import = start("redis_hz: \"{{ hz | default(20) }}\"\n"
					  "redis_requirepass: !vault |\n"
					  "  $ANSIBLE_VAULT;1.1;AES256\n"
					  "  616263\n"
					  "redis_port: 6390\n"
					  "redis_save: [\"{{ a }} 1\", 900 1]\n");

	expect_note(import, CFG_IMPORT_LEFT_OUT, 1, "an expression");
	expect_note(import, CFG_IMPORT_SECRET, 2, "Ansible Vault");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 6, "an expression");
	expect_role(import, "port: \"6390\"", true);
	expect_role(import, "hz", false);
	expect_role(import, "save", false);
	expect_role(import, "616263", false);
	cfg_import_free(import);
}
END_TEST

START_TEST(what_is_no_configuration_is_named_with_what_to_do)
{
	struct cfg_import *import = start("redis_version: 6\nredis_user: redis\n"
					  "redis_nofile_limit: 10\nredis_service_name: r\n"
					  "redis_frobnicate: 1\nnginx_port: 80\nport: 81\n");

	expect_note(import, CFG_IMPORT_LEFT_OUT, 1, "the package");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 2, "users and modes");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 3, "a limit of the service");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 4, "the service");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 5, "does not know");
	expect_note(import, CFG_IMPORT_LEFT_OUT, 0, "2 variables of something else");
	expect_role(import, "config:", false);
	cfg_import_free(import);
}
END_TEST

/* Each row: variables as the roles of a convention write them, and a line of the role. */
static const struct {
	const char *vars, *line;
} conventions[] = {
	/* redis_..., lists of commands, a block of text */
	{"redis_bind_interface: 127.0.0.1 ::1\n", "bind: [\"127.0.0.1 ::1\"]"},
	{"redis_dbdir: /x\nredis_save: [900 1, 300 10]\n", "save: [\"900 1\", \"300 10\"]"},
	{"redis_disabled_commands: [FLUSHDB, KEYS]\n",
		"rename-command: [\"FLUSHDB \\\"\\\"\", \"KEYS \\\"\\\"\"]"},
	{"redis_extra_config: |-\n  maxclients 12\n  hz 20\n", "hz: \"20\""},
	{"redis_requirepass: hunter2\n", "requirepass: \"secret:db1-main-requirepass\""},
	/* redis_password, redis_socket_path, one variable for each class */
	{"redis_password: hunter2\n", "requirepass: \"secret:db1-main-requirepass\""},
	{"redis_socket_path: /run/r.sock\n", "unixsocket: \"@{data}/r.sock\""},
	{"redis_client_output_buffer_limit_slave: 1gb 1gb 60\n",
		"client-output-buffer-limit: [\"slave 1gb 1gb 60\"]"},
	{"redis_rename_commands: [{FLUSHALL: f1}]\n", "rename-command: [\"FLUSHALL f1\"]"},
	{"redis_rename_commands: [{name: KEYS, new: k}]\n", "rename-command: [\"KEYS k\"]"},
	{"redis_config_additional: {hz: 20}\n", "hz: \"20\""},
	/* redis_max_memory, redis_database_save_times */
	{"redis_max_memory: 1gb\n", "maxmemory: \"1gb\""},
	{"redis_database_save_times: [[900, 1]]\n", "save: [\"900 1\"]"},
	/* redis_instance_..., install_redis__... */
	{"redis_instance_rdbfilename: a.rdb\n", "dbfilename: \"a.rdb\""},
	{"install_redis__proteced_mode: no\n", "protected-mode: \"no\""},
	{"install_redis__ssl_cert: /c.crt\n", "tls-cert-file: \"@{instance}/tls/c.crt\""},
	/* maps of maps */
	{"redis_memory: {maxmemory: 1gb, policy: allkeys-lru}\n",
		"maxmemory-policy: \"allkeys-lru\""},
	{"redis: {port: 6390, config: {hz: 20}}\n", "hz: \"20\""},
	/* Puppet */
	{"redis::save_db_to_disk_interval: {'900': '1'}\n", "save: [\"900 1\"]"},
	{"redis::save_db_to_disk: false\n", "save: [\"\"]"},
	{"maxmemory_policy: noeviction\nslave_read_only: true\n", "replica-read-only: \"yes\""},
	{"conf_nosave: true\n", "save: [\"\"]"},
	{"redis::rename_commands: {KEYS: ''}\n", "rename-command: [\"KEYS \\\"\\\"\"]"},
	{"redis::acls: [user app on nopass ~* +get]\n", "\"app\":"},
	/* containers */
	{"valkey_connection_password: hunter2\n", "requirepass: \"secret:db1-main-requirepass\""},
	{"valkey_save_rules: \"900 1\"\n", "save: [\"900 1\"]"},
	/* several instances: that of --as */
	{"redis_instances: {main: {port: 1}, other: {port: 2}}\n", "port: \"1\""},
	{"redis_instances: [{name: other, port: 2}, {name: main, port: 1}]\n", "port: \"1\""},
	/* YAML's booleans */
	{"redis_appendonly: true\n", "appendonly: \"yes\""},
	{"redis_appendonly: \"False\"\n", "appendonly: \"no\""},
};

START_TEST(the_conventions_of_common_roles_are_understood)
{
	struct cfg_import *import = start(conventions[_i].vars);

	ck_assert_uint_eq(cfg_import_refused_count(import), 0);
	expect_role(import, conventions[_i].line, true);
	expect_role(import, "hunter2", false);
	cfg_import_free(import);
}
END_TEST

START_TEST(empty_variables_set_nothing)
{
	struct cfg_import *import =
		start("redis_requirepass: ''\nredis_unixsocket: false\n"
		      "redis_save: []\nredis_maxmemory:\nredis_includes: []\n"
		      "redis::masterauth: undef\nredis_disabled_commands: []\n");

	ck_assert_uint_eq(cfg_import_refused_count(import), 0);
	expect_role(import, "config:", false);
	cfg_import_free(import);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("import_vars");
	TCase *tcase = tcase_create("import_vars");

	tcase_add_test(tcase, what_is_no_map_of_variables_is_refused);
	tcase_add_test(tcase, bad_values_are_refused_with_the_line_of_their_variable);
	tcase_add_test(tcase, expressions_and_encrypted_values_are_not_guessed);
	tcase_add_test(tcase, what_is_no_configuration_is_named_with_what_to_do);
	tcase_add_loop_test(tcase, the_conventions_of_common_roles_are_understood, 0,
		(int)(sizeof(conventions) / sizeof(conventions[0])));
	tcase_add_test(tcase, empty_variables_set_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
