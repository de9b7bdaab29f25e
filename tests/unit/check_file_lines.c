/* SPDX-License-Identifier: BSD-3-Clause */
/* What an approver sees of a file that changes. */
#include "config.h"

#include "client/admin/file_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void check(const char *before, const char *after, const char *expected)
{
	struct cli cli = {.is_color = false};
	char *text = NULL;
	size_t len = 0;

	cli.out = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(cli.out);
	file_lines_print(&cli, before, after);
	ck_assert_int_eq(fclose(cli.out), 0);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(a_line_cannot_repaint_the_terminal)
{
	check("a\n", "\033[2Ka\r\n\xe2\x80\xaex\n",
		"    - a\n    + \\x1b[2Ka\\x0d\n    + \\u{202e}x\n");
}
END_TEST

START_TEST(every_line_that_differs_is_shown)
{
	check("a\nb\nc\nd\n", "a\nB\nc\nD\nd\n", "    - b\n    - c\n    + B\n    + c\n    + D\n");
	check("same\n", "same\nmore\n", "    + more\n");
	check("a\na\n", "a\n", "    - a\n");
	check("a\n\n\nb\n", "a\n\nb\n", "    - \n");
	check("x\n", "x", "    - x\n    + x (no newline)\n");
	check("", "\n", "    + \n");
}
END_TEST

START_TEST(a_file_that_comes_or_goes_is_shown_whole)
{
	check(NULL, "a\nb\n", "    + a\n    + b\n");
	check("a\nb", NULL, "    - a\n    - b (no newline)\n");
	check(NULL, NULL, "");
	check("a\n", "a\n", "");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("file_lines");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_line_cannot_repaint_the_terminal);
	tcase_add_test(tc, every_line_that_differs_is_shown);
	tcase_add_test(tc, a_file_that_comes_or_goes_is_shown_whole);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
