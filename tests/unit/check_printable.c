/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/printable.h"

#include <string.h>

#include "common/buf.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

static void check(const char *text, bool keep_newlines, const char *expected)
{
	struct vk_buf out;

	vk_buf_init(&out, 4096);
	printable_add(&out, text, strlen(text), keep_newlines);
	ck_assert_str_eq(out.data, expected);
	vk_buf_release(&out);
}

START_TEST(escapes_what_could_repaint_a_terminal)
{
	check("a\033[2Kb", false, "a\\x1b[2Kb");
	check("a\rb\bc\177", false, "a\\x0db\\x08c\\x7f");
	check("\302\233" "31m", false, "\\x9b31m");
}
END_TEST

START_TEST(escapes_what_turns_the_direction_of_writing_or_hides)
{
	check("\342\200\256x", false, "\\u{202e}x");
	check("\342\201\246x", false, "\\u{2066}x");
	check("a\342\200\213b", false, "a\\u{200b}b");
}
END_TEST

START_TEST(escapes_bytes_that_are_no_utf_8)
{
	check("\377\300\257", false, "\\xff\\xc0\\xaf");
	check("\355\240\200", false, "\\xed\\xa0\\x80");
	check("\303", false, "\\xc3");
	check("\340\200\257", false, "\\xe0\\x80\\xaf");
}
END_TEST

START_TEST(keeps_letters_of_every_language)
{
	check("gr\303\266\303\237er \342\202\254 \360\237\230\200", false,
		"gr\303\266\303\237er \342\202\254 \360\237\230\200");
	ck_assert_uint_eq(printable_width("gr\303\266\303\237er"), 6);
}
END_TEST

START_TEST(keeps_newlines_only_where_asked)
{
	check("a\nb\tc", false, "a\\nb\\tc");
	check("a\nb", true, "a\nb");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("printable");
	TCase *tc = tcase_create("printable");

	tcase_add_test(tc, escapes_what_could_repaint_a_terminal);
	tcase_add_test(tc, escapes_what_turns_the_direction_of_writing_or_hides);
	tcase_add_test(tc, escapes_bytes_that_are_no_utf_8);
	tcase_add_test(tc, keeps_letters_of_every_language);
	tcase_add_test(tc, keeps_newlines_only_where_asked);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
