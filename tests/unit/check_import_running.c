/* SPDX-License-Identifier: BSD-3-Clause */
/* Files against the server that runs from them; the server is what a test says. */
#include "config.h"

#include "common/config/import_running.h"

#include <string.h>

#include "tests/unit/unit.h"

#define OPEN "on nopass sanitize-payload ~* &* +@all"
#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* of "test" */

static struct cfg_import *start(const char *conf, const char *acl)
{
	static const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_import_conf(import, "x.conf", conf, strlen(conf), &err), err);
	if (acl != NULL)
		assert_ok(cfg_import_acl(import, "x.acl", acl, strlen(acl), &err), err);
	return import;
}

static bool is_right_password(void *context, const char *directive, const char *value)
{
	(void)context;
	(void)directive;
	return strcmp(value, "right") == 0;
}

/* Of the values, up to one without a name; the only user is default, unless users are given. */
static void compare(struct cfg_import *import, const struct cfg_conf_value *values,
	const struct cfg_conf_value *users)
{
	static const struct cfg_conf_value alone[] = {{"default", OPEN}, {NULL, NULL}};
	struct cfg_import_running running = {.values = values,
		.users = users != NULL ? users : alone,
		.has_secret = is_right_password};

	while (values[running.value_count].name != NULL)
		running.value_count++;
	while (running.users[running.user_count].name != NULL)
		running.user_count++;
	cfg_import_compare(import, &running);
}

static const struct cfg_import_difference *difference_of(
	const struct cfg_import *import, const char *subject)
{
	for (size_t i = 0; i < cfg_import_difference_count(import); i++) {
		if (strcmp(cfg_import_difference_at(import, i)->subject, subject) == 0)
			return cfg_import_difference_at(import, i);
	}
	ck_abort_msg("%s does not differ", subject);
}

static void expect_role(struct cfg_import *import, const char *has, const char *lacks)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	assert_ok(cfg_import_keep_running(import, &err), err);
	cfg_import_finish(import);
	vk_buf_init(&text, 100000);
	cfg_import_format_role(import, &text);
	ck_assert_msg(has == NULL || strstr(text.data, has) != NULL, "%s", text.data);
	ck_assert_msg(lacks == NULL || strstr(text.data, lacks) == NULL, "%s", text.data);
	vk_buf_release(&text);
}

START_TEST(nothing_is_decided_by_itself)
{
	static const struct cfg_conf_value values[] = {
		{"maxmemory", "2"}, {"timeout", "7"}, {NULL, NULL}};
	struct cfg_import *import = start("maxmemory 1\n", NULL);

	compare(import, values, NULL);
	ck_assert_uint_eq(cfg_import_difference_count(import), 2);
	ck_assert_uint_eq(cfg_import_undecided_count(import), 2);
	ck_assert(!cfg_import_decide(import, "hz", CFG_IMPORT_KEEP_FILE));
	ck_assert(cfg_import_decide(import, "timeout", CFG_IMPORT_KEEP_RUNNING));
	ck_assert_uint_eq(cfg_import_undecided_count(import), 1);
	cfg_import_free(import);
}
END_TEST

START_TEST(a_running_password_cannot_be_kept)
{
	static const struct cfg_conf_value values[] = {{"primaryauth", "hmac:00"}, {NULL, NULL}};
	struct cfg_import *import = start("masterauth wrong\n", NULL);

	compare(import, values, NULL);
	ck_assert(difference_of(import, "primaryauth")->is_secret);
	ck_assert_str_eq(difference_of(import, "primaryauth")->in_file, "(secret)");
	ck_assert(cfg_import_decide(import, "primaryauth", CFG_IMPORT_KEEP_RUNNING));
	ck_assert_uint_eq(cfg_import_undecided_count(import), 1);
	ck_assert(cfg_import_decide(import, "primaryauth", CFG_IMPORT_KEEP_FILE));
	ck_assert_uint_eq(cfg_import_undecided_count(import), 0);
	cfg_import_free(import);
	import = start("masterauth right\n", NULL);
	compare(import, values, NULL);
	ck_assert_uint_eq(cfg_import_difference_count(import), 0);
	cfg_import_free(import);
}
END_TEST

START_TEST(what_means_the_same_does_not_differ)
{
	static const struct cfg_conf_value values[] = {{"maxmemory", "1073741824"},
		{"save", "900 1 60 10"}, {"timeout", "0"}, {"cluster-config-file", "/d/nodes.conf"},
		{"maxclients", "4064"}, {"tls-cert-file", "/etc/crt"}, {"primaryauth", ""},
		{"dir", "/elsewhere"}, {"port", "6379"},
		{"client-output-buffer-limit",
			"normal 0 0 0 slave 268435456 67108864 60 pubsub 16777216 8388608 30"},
		{NULL, NULL}};
	struct cfg_import *import =
		start("maxmemory 1gb\nsave 900 1\nsave 60 10\ncluster-config-file nodes.conf\n"
		      "maxclients 10000\ntls-cert-file /etc/crt\n"
		      "client-output-buffer-limit pubsub 16mb 8mb 30\n",
			NULL);

	compare(import, values, NULL);
	for (size_t i = 0; i < cfg_import_difference_count(import); i++)
		ck_abort_msg("%s", cfg_import_difference_at(import, i)->subject);
	cfg_import_free(import);
}
END_TEST

START_TEST(what_runs_is_taken_over_as_a_line_would_be)
{
	static const struct cfg_conf_value values[] = {{"save", ""},
		{"client-output-buffer-limit", "normal 1 2 3 slave 4 5 6 pubsub 7 8 9"},
		{"proc-title-template", "{title} \"x\" \\ {port}"}, {"logfile", "/l/new.log"},
		{"bind", "127.0.0.1 -::1"}, {NULL, NULL}};
	static const char *const parts[] = {"save: [\"\"]", "\"normal 1 2 3\", \"slave 4 5 6\"",
		"proc-title-template: \"{title} \\\"x\\\" \\\\ {port}\"", "@{data}/new.log",
		"bind: [\"127.0.0.1 -::1\"]", "# Imported by vkcfg from x.conf, what runs."};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct cfg_import *import =
			start("save 900 1\nlogfile /l/old.log\nbind 10.0.0.1\n", NULL);

		compare(import, values, NULL);
		for (size_t k = 0; k < cfg_import_difference_count(import); k++)
			ck_assert(cfg_import_decide(import,
				cfg_import_difference_at(import, k)->subject,
				CFG_IMPORT_KEEP_RUNNING));
		expect_role(import, parts[i], "old.log");
		ck_assert_uint_eq(cfg_import_refused_count(import), 0);
		cfg_import_free(import);
	}
}
END_TEST

/* A server in which somebody has opened a door is not copied into a tree. */
START_TEST(what_a_tree_may_not_say_is_left_out_of_what_runs_too)
{
	static const struct cfg_conf_value values[] = {
		{"enable-module-command", "yes"}, {"maxmemory", "3"}, {NULL, NULL}};
	struct cfg_import *import = start("", NULL);
	bool is_noted = false;

	compare(import, values, NULL);
	ck_assert(cfg_import_decide(import, "enable-module-command", CFG_IMPORT_KEEP_RUNNING));
	ck_assert(cfg_import_decide(import, "maxmemory", CFG_IMPORT_KEEP_RUNNING));
	expect_role(import, "maxmemory: \"3\"", "enable-module-command");
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		is_noted = is_noted || (note->kind == CFG_IMPORT_LEFT_OUT &&
					       strcmp(note->subject, "enable-module-command") == 0);
	}
	ck_assert(is_noted);
	cfg_import_free(import);
}
END_TEST

START_TEST(users_are_compared_by_what_they_may)
{
	static const struct cfg_conf_value values[] = {{NULL, NULL}};
	static const struct cfg_conf_value users[] = {{"default", "off resetchannels -@all"},
		{"same", "on sanitize-payload #" HASH " ~a:* resetchannels -@all +get +set"},
		{"other", "on sanitize-payload #" HASH " ~a:* ~b:* resetchannels -@all +get"},
		{"new", "on sanitize-payload #" HASH " ~n:* resetchannels -@all +get"},
		{"vkcfg-agent", "on sanitize-payload #" HASH " resetchannels -@all +ping"},
		{NULL, NULL}};
	struct cfg_import *import = start("", "user default off\n"
					      "user same on >test ~a:* +get +set\n"
					      "user other on #" HASH " ~a:* +get\n"
					      "user gone on #" HASH " ~g:* +get\n");

	compare(import, values, users);
	ck_assert_uint_eq(cfg_import_difference_count(import), 3);
	ck_assert_ptr_null(strstr(difference_of(import, "user other")->running, HASH));
	ck_assert_ptr_nonnull(strstr(difference_of(import, "user other")->running, "~b:*"));
	ck_assert_uint_eq(difference_of(import, "user other")->line, 3);
	ck_assert_ptr_null(difference_of(import, "user gone")->running);
	ck_assert_ptr_null(difference_of(import, "user new")->in_file);
	ck_assert(cfg_import_decide(import, "user other", CFG_IMPORT_KEEP_FILE));
	ck_assert(cfg_import_decide(import, "user gone", CFG_IMPORT_KEEP_RUNNING));
	ck_assert(cfg_import_decide(import, "user new", CFG_IMPORT_KEEP_RUNNING));
	expect_role(import, "\"new\":\n    rules: \"on sanitize-payload ~n:*", "\"gone\"");
	cfg_import_free(import);
}
END_TEST

START_TEST(without_a_line_default_is_what_requirepass_makes_it)
{
	static const struct cfg_conf_value values[] = {{"requirepass", "hmac:00"}, {NULL, NULL}};
	static const struct cfg_conf_value users[] = {
		{"default", "on sanitize-payload #" HASH " ~* &* +@all"}, {NULL, NULL}};
	struct cfg_import *import = start("requirepass test\n", NULL);

	compare(import, values, users);
	ck_assert_uint_eq(cfg_import_difference_count(import), 1); /* this server's is another */
	ck_assert(difference_of(import, "requirepass")->is_secret);
	cfg_import_free(import);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("import_running");
	TCase *tcase = tcase_create("core");

	tcase_add_test(tcase, nothing_is_decided_by_itself);
	tcase_add_test(tcase, a_running_password_cannot_be_kept);
	tcase_add_test(tcase, what_a_tree_may_not_say_is_left_out_of_what_runs_too);
	tcase_add_test(tcase, what_means_the_same_does_not_differ);
	tcase_add_test(tcase, what_runs_is_taken_over_as_a_line_would_be);
	tcase_add_test(tcase, users_are_compared_by_what_they_may);
	tcase_add_test(tcase, without_a_line_default_is_what_requirepass_makes_it);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
