/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/num.h"

#include "tests/unit/unit.h"

START_TEST(refuses_everything_but_plain_digits)
{
	static const char *const bad[] = {"", "+1", "-1", " 1", "1 ", "0x1", "1.0", "1e3", "a",
		"18446744073709551616", "99999999999999999999999"};
	uint64_t value = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vk_parse_uint(bad[i], 0, UINT64_MAX, &value), "%s", bad[i]);
	ck_assert_uint_eq(value, 7);
}
END_TEST

START_TEST(keeps_to_the_bounds)
{
	uint64_t value;

	ck_assert(vk_parse_uint("18446744073709551615", 0, UINT64_MAX, &value));
	ck_assert(value == UINT64_MAX);
	ck_assert(vk_parse_uint("5", 5, 5, &value));
	ck_assert(!vk_parse_uint("4", 5, 9, &value));
	ck_assert(!vk_parse_uint("10", 5, 9, &value));
}
END_TEST

START_TEST(signed_numbers_reach_both_ends)
{
	int64_t value;

	ck_assert(vk_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
	ck_assert(value == INT64_MIN);
	ck_assert(vk_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value));
	ck_assert(value == INT64_MAX);
	ck_assert(!vk_parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &value));
	ck_assert(!vk_parse_int("-9223372036854775809", INT64_MIN, INT64_MAX, &value));
	ck_assert(!vk_parse_int("--1", INT64_MIN, INT64_MAX, &value));
	ck_assert(!vk_parse_int("-", INT64_MIN, INT64_MAX, &value));
	ck_assert(vk_parse_int("-0", INT64_MIN, INT64_MAX, &value));
	ck_assert(value == 0);
}
END_TEST

START_TEST(hex_is_whole_or_nothing)
{
	unsigned char out[2] = {0};

	ck_assert(vk_parse_hex("0aFf", 4, out, 2));
	ck_assert_uint_eq(out[0], 0x0a);
	ck_assert_uint_eq(out[1], 0xff);
	ck_assert(!vk_parse_hex("0aF", 3, out, 2));
	ck_assert(!vk_parse_hex("0aFff", 5, out, 2));
	ck_assert(!vk_parse_hex("0aFg", 4, out, 2));
	ck_assert(!vk_parse_hex("", 0, out, 2));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("num");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_everything_but_plain_digits);
	tcase_add_test(tc, keeps_to_the_bounds);
	tcase_add_test(tc, signed_numbers_reach_both_ends);
	tcase_add_test(tc, hex_is_whole_or_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
