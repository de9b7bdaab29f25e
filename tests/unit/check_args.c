/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/args.h"

#include <string.h>

#include "tests/unit/unit.h"

#include "common/banned.h"

static const struct option_spec specs[] = {
	{"message", 'm', "TEXT", "", false},
	{"yes", 'y', NULL, "", false},
	{"key", 0, "NAME", "", true},
	{NULL, 0, NULL, NULL, false},
};
static const struct option_spec more_specs[] = {
	{"json", 0, NULL, "", false},
	{NULL, 0, NULL, NULL, false},
};

enum { WORDS_MAX = 8 };

/* Splits at blanks, as simple shells do. */
static enum vk_rc parse(struct args **args, const char *line, struct vk_err *err)
{
	static char copy[256];
	char *words[WORDS_MAX];
	char *rest = copy;
	int count = 0;

	ck_assert_uint_lt(strlen(line), sizeof(copy));
	memcpy(copy, line, strlen(line) + 1);
	while (rest != NULL && *rest != '\0') {
		ck_assert_int_lt(count, WORDS_MAX);
		words[count++] = strsep(&rest, " ");
	}
	*args = args_new();
	return args_parse(*args, words, count, specs, more_specs, err);
}

START_TEST(refuses_what_the_tables_do_not_know)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{"--colour", "there is no option --colour"},
		{"--mess x", "there is no option --mess"},
		{"-x", "there is no option -x"},
		{"-yy", "there is no option -yy"},
		{"--message", "option --message needs a value (TEXT)"},
		{"prod -m", "option --message needs a value (TEXT)"},
		{"--yes=1", "option --yes takes no value"},
		{"--yes -y", "option --yes was given twice"},
		{"-m a -m b", "option --message was given twice"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct args *args = NULL;

		assert_fails(parse(&args, cases[i].line, &err), VK_EINPUT);
		ck_assert_str_eq(err.msg, cases[i].message);
		args_free(args);
	}
}
END_TEST

START_TEST(takes_options_before_and_after_arguments)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = NULL;

	assert_ok(parse(&args, "-m why prod --json -y", &err), err);
	ck_assert_uint_eq(args_count(args), 1);
	ck_assert_str_eq(args_at(args, 0), "prod");
	ck_assert_ptr_null(args_at(args, 1));
	ck_assert_str_eq(args_get(args, "message"), "why");
	ck_assert(args_has(args, "json"));
	ck_assert(args_has(args, "yes"));
	ck_assert(!args_has(args, "key"));
	args_free(args);
}
END_TEST

START_TEST(takes_values_in_every_spelling)
{
	static const char *const lines[] = {"--message=a=b", "--message a=b", "-m a=b", "-ma=b"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct args *args = NULL;

		assert_ok(parse(&args, lines[i], &err), err);
		ck_assert_str_eq(args_get(args, "message"), "a=b");
		args_free(args);
	}
}
END_TEST

START_TEST(keeps_an_empty_value)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = NULL;

	assert_ok(parse(&args, "--message=", &err), err);
	ck_assert_str_eq(args_get(args, "message"), "");
	args_free(args);
}
END_TEST

START_TEST(collects_repeated_options_in_order)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = NULL;

	assert_ok(parse(&args, "--key a x --key=b", &err), err);
	ck_assert_uint_eq(args_option_count(args, "key"), 2);
	ck_assert_str_eq(args_option_at(args, "key", 0), "a");
	ck_assert_str_eq(args_option_at(args, "key", 1), "b");
	ck_assert_ptr_null(args_option_at(args, "key", 2));
	args_free(args);
}
END_TEST

START_TEST(ends_options_at_two_dashes_and_takes_one_dash_as_an_argument)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = NULL;

	assert_ok(parse(&args, "- -- --yes", &err), err);
	ck_assert_uint_eq(args_count(args), 2);
	ck_assert_str_eq(args_at(args, 0), "-");
	ck_assert_str_eq(args_at(args, 1), "--yes");
	ck_assert(!args_has(args, "yes"));
	args_free(args);
}
END_TEST

START_TEST(bounds_numbers)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = NULL;
	uint64_t number = 0;

	assert_ok(parse(&args, "-m 11", &err), err);
	assert_fails(args_get_uint(args, "message", 1, 10, 5, &number, &err), VK_EINPUT);
	assert_ok(args_get_uint(args, "message", 1, 11, 5, &number, &err), err);
	ck_assert_uint_eq(number, 11);
	assert_ok(args_get_uint(args, "key", 1, 10, 5, &number, &err), err);
	ck_assert_uint_eq(number, 5);
	args_free(args);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("args");
	TCase *tc = tcase_create("args");

	tcase_add_test(tc, refuses_what_the_tables_do_not_know);
	tcase_add_test(tc, takes_options_before_and_after_arguments);
	tcase_add_test(tc, takes_values_in_every_spelling);
	tcase_add_test(tc, keeps_an_empty_value);
	tcase_add_test(tc, collects_repeated_options_in_order);
	tcase_add_test(tc, ends_options_at_two_dashes_and_takes_one_dash_as_an_argument);
	tcase_add_test(tc, bounds_numbers);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
