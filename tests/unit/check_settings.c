/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/settings.h"

#include <string.h>

#include "tests/unit/unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting rows[] = {
	{.name = "state", .type = SETTING_PATH, .fallback = "/var/lib/x", .help = "where"},
	{.name = "server", .type = SETTING_STRING, .flags = SETTING_REQUIRED, .help = "URL"},
	{.name = "listen", .type = SETTING_LIST, .fallback = "127.0.0.1:1 [::1]:1"},
	{.name = "workers", .type = SETTING_INT, .min = 1, .max = 64, .fallback = "2"},
	{.name = "log-level",
		.type = SETTING_ENUM,
		.flags = SETTING_RELOADABLE,
		.choices = "error|warn|info|debug",
		.fallback = "info"},
	{.name = "strict", .type = SETTING_BOOL, .fallback = "no"},
	{.name = "token", .type = SETTING_STRING, .flags = SETTING_SECRET},
	{.name = "instances/<name>/data", .type = SETTING_PATH, .flags = SETTING_REQUIRED},
	{.name = "instances/<name>/user", .type = SETTING_STRING, .fallback = "default"},
	{.name = "instances/<name>/door/program", .type = SETTING_LIST},
	{.name = "instances/<name>/door/file", .type = SETTING_PATH},
};

static enum vk_rc parse(const char *text, struct settings **out, struct vk_err *err)
{
	return settings_parse("s.yaml", text, strlen(text), rows, COUNT(rows), out, err);
}

static void refuse(const char *text, const char *msg, const char *hint)
{
	struct settings *settings = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(parse(text, &settings, &err), VK_EINPUT);
	ck_assert_ptr_null(settings);
	ck_assert_str_eq(err.msg, msg);
	if (hint != NULL)
		ck_assert_str_eq(err.hint, hint);
}

START_TEST(refuses_unknown_settings_with_place_and_suggestion)
{
	refuse("server: x\nworkes: 3\n", "s.yaml:2:1: unknown setting 'workes'",
		"did you mean 'workers'?");
	refuse("server: x\nqqqqqqqqqqqq: 3\n", "s.yaml:2:1: unknown setting 'qqqqqqqqqqqq'", "");
	refuse("server: x\ninstances:\n  main: {data: /x, usr: y}\n",
		"s.yaml:3:20: unknown setting 'instances/main/usr'", NULL);
	refuse("server: x\ninstances/main/data: /x\n",
		"s.yaml:2:1: unknown setting 'instances/main/data'", NULL);
}
END_TEST

START_TEST(refuses_wrong_types_and_ranges)
{
	refuse("server: [x]\n", "s.yaml:1:9: server: expected one value, found a list", "URL");
	refuse("server:\n", "s.yaml:1:8: server: expected one value, found null", NULL);
	refuse("server: x\nworkers: 65\n",
		"s.yaml:2:10: workers: expected a whole number from 1 to 64, found '65'", NULL);
	refuse("server: x\nworkers: 2.0\n",
		"s.yaml:2:10: workers: expected a whole number from 1 to 64, found '2.0'", NULL);
	refuse("server: x\nlog-level: inf\n",
		"s.yaml:2:12: log-level: expected error|warn|info|debug, found 'inf'",
		"did you mean 'info'?");
	refuse("server: x\nstrict: maybe\n",
		"s.yaml:2:9: strict: expected yes or no, found 'maybe'", NULL);
	refuse("server: x\nlisten: {a: b}\n", "s.yaml:2:9: listen: expected a list, found a map",
		NULL);
	refuse("server: x\nlisten: []\n",
		"s.yaml:2:9: listen: expected a list of 1 to 256 texts, found a list", NULL);
	refuse("server: x\nstate: var/../x\n",
		"s.yaml:2:8: state: expected an absolute path without '.' and '..', found "
		"'var/../x'",
		"where");
	refuse("server: x\nstate: /var/../x\n",
		"s.yaml:2:8: state: expected an absolute path without '.' and '..', found "
		"'/var/../x'",
		"where");
	refuse("server: \"x\\ny\"\n",
		"s.yaml:1:9: server: expected a text without control characters, found 'x?y'",
		NULL);
	refuse("instances: []\nserver: x\n", "s.yaml:1:12: instances: expected a map, found a list",
		NULL);
	refuse("- x\n", "s.yaml:1:1: settings: expected a map, found a list", NULL);
}
END_TEST

START_TEST(refuses_missing_settings)
{
	refuse("", "s.yaml:1:1: setting 'server' is missing", "URL");
	refuse("server: x\ninstances:\n  main: {}\n",
		"s.yaml:3:9: setting 'instances/main/data' is missing", NULL);
}
END_TEST

START_TEST(refuses_names_that_could_be_paths)
{
	refuse("server: x\ninstances:\n  a..b: {data: /x}\n",
		"s.yaml:3:3: instances: 'a..b' is no name", NULL);
	refuse("server: x\ninstances:\n  Main: {data: /x}\n",
		"s.yaml:3:3: instances: 'Main' is no name", NULL);
}
END_TEST

START_TEST(never_shows_a_secret)
{
	struct settings *settings;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	refuse("server: x\ntoken: \"geh\\teim\"\n",
		"s.yaml:2:8: token: expected a text without control characters, found a text",
		NULL);
	vk_buf_init(&out, 10000);
	assert_ok(parse("server: x\ntoken: geheim\n", &settings, &err), err);
	settings_show(settings, &out);
	ck_assert_ptr_null(strstr(out.data, "geheim"));
	settings_free(settings);
	vk_buf_release(&out);
}
END_TEST

START_TEST(gives_values_and_fallbacks)
{
	static const char text[] = "server: https://x:1\nlisten: a:1\nworkers: 8\n"
				   "instances:\n  z.1: {data: /z}\n"
				   "  a: {data: /a, user: u, door: {program: [/bin/x, a]}}\n";
	const char *const *names, *const *items;
	struct settings *settings;
	struct vk_err err = VK_ERR_INIT;
	char where[64];

	assert_ok(parse(text, &settings, &err), err);
	ck_assert_str_eq(settings_string(settings, "server"), "https://x:1");
	ck_assert_str_eq(settings_string(settings, "state"), "/var/lib/x");
	ck_assert_ptr_null(settings_string(settings, "token"));
	ck_assert(!settings_is_given(settings, "state"));
	ck_assert_int_eq(settings_int(settings, "workers"), 8);
	ck_assert(!settings_is_true(settings, "strict"));
	ck_assert_uint_eq(settings_list(settings, "listen", &items), 1);
	ck_assert_str_eq(items[0], "a:1");
	ck_assert_ptr_null(items[1]);
	ck_assert_uint_eq(settings_keys(settings, "instances", &names), 2);
	ck_assert_str_eq(names[0], "a");
	ck_assert_str_eq(names[1], "z.1");
	ck_assert_str_eq(settings_string_of(settings, "instances", "z.1", "data"), "/z");
	ck_assert_str_eq(settings_string_of(settings, "instances", "z.1", "user"), "default");
	ck_assert_str_eq(settings_string(settings, "instances/a/user"), "u");
	ck_assert_uint_eq(settings_list_of(settings, "instances", "a", "door/program", &items), 2);
	ck_assert_str_eq(items[1], "a");
	ck_assert_uint_eq(
		settings_list_of(settings, "instances", "z.1", "door/program", &items), 0);
	ck_assert_ptr_null(items[0]);
	settings_where(settings, "workers", where, sizeof(where));
	ck_assert_str_eq(where, "s.yaml:3:10");
	settings_free(settings);
}
END_TEST

START_TEST(shows_what_it_reads_back)
{
	static const char text[] = "server: 'a \"b\\'\ninstances:\n  m: {data: /z, "
				   "door: {program: [x, \"y z\"]}}\n  n: {data: /n}\n";
	static const char expected[] = "state: \"/var/lib/x\" # default\n"
				       "server: \"a \\\"b\\\\\"\n"
				       "listen: [\"127.0.0.1:1\", \"[::1]:1\"] # default\n"
				       "workers: 2 # default\n"
				       "log-level: info # default\n"
				       "strict: no # default\n"
				       "instances:\n"
				       "  m:\n"
				       "    data: \"/z\"\n"
				       "    user: \"default\" # default\n"
				       "    door:\n"
				       "      program: [\"x\", \"y z\"]\n"
				       "  n:\n"
				       "    data: \"/n\"\n"
				       "    user: \"default\" # default\n";
	struct settings *first, *second;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	assert_ok(parse(text, &first, &err), err);
	settings_show(first, &out);
	ck_assert_str_eq(out.data, expected);
	assert_ok(parse(out.data, &second, &err), err);
	ck_assert_ptr_null(settings_fixed_change(first, second));
	settings_free(first);
	settings_free(second);
	vk_buf_release(&out);
}
END_TEST

START_TEST(names_a_change_that_a_reload_cannot_make)
{
	struct settings *old, *new;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(parse("server: x\n", &old, &err), err);
	assert_ok(parse("server: x\nlog-level: debug\n", &new, &err), err);
	ck_assert_ptr_null(settings_fixed_change(old, new));
	settings_free(new);
	assert_ok(parse("server: x\nworkers: 3\n", &new, &err), err);
	ck_assert_str_eq(settings_fixed_change(old, new), "workers");
	settings_free(new);
	assert_ok(parse("server: x\ninstances: {a: {data: /x}}\n", &new, &err), err);
	ck_assert_str_eq(settings_fixed_change(old, new), "instances/a/data");
	settings_free(new);
	settings_free(old);
}
END_TEST

START_TEST(a_missing_file_is_said_to_be_missing)
{
	struct settings *settings = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(settings_load("/nonexistent/s.yaml", rows, COUNT(rows), &settings, &err),
		VK_ENOTFOUND);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("settings");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_unknown_settings_with_place_and_suggestion);
	tcase_add_test(tc, refuses_wrong_types_and_ranges);
	tcase_add_test(tc, refuses_missing_settings);
	tcase_add_test(tc, refuses_names_that_could_be_paths);
	tcase_add_test(tc, never_shows_a_secret);
	tcase_add_test(tc, gives_values_and_fallbacks);
	tcase_add_test(tc, shows_what_it_reads_back);
	tcase_add_test(tc, names_a_change_that_a_reload_cannot_make);
	tcase_add_test(tc, a_missing_file_is_said_to_be_missing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
