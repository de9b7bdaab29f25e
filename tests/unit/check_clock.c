/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/clock.h"

#include <string.h>

#include "tests/unit/unit.h"

START_TEST(refuses_other_forms_and_impossible_dates)
{
	static const char *const bad[] = {"", "2026-11-23", "2026-11-23T01:33:05", "2026-11-23T01:33:05z",
		"2026-11-23T01:33:05+00:00", "2026-11-23T01:33:05.0Z", "2026-02-30T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-11-23T24:00:00Z",
		"2026-11-23T23:60:00Z", "2026-11-23T23:59:60Z", " 026-11-23T01:33:05Z",
		"-026-11-23T01:33:05Z", "1969-12-31T23:59:59Z", "2026-11-23 01:33:05Z"};
	int64_t out = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vk_time_parse(bad[i], &out), "%s", bad[i]);
	ck_assert_int_eq(out, 42);
}
END_TEST

START_TEST(formats_what_it_parses)
{
	static const char *const good[] = {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z",
		"2026-11-23T01:33:05Z", "2038-01-19T03:14:08Z", "9999-12-31T23:59:59Z"};
	char text[VK_TIME_TEXT_BYTES];
	int64_t when;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert(vk_time_parse(good[i], &when));
		vk_time_format(when, text);
		ck_assert_str_eq(text, good[i]);
	}
	ck_assert(vk_time_parse("2026-11-23T01:33:05Z", &when));
	ck_assert_int_eq(when, 1795397585);
}
END_TEST

START_TEST(tests_can_stop_the_clock)
{
	vk_clock_set_for_test(1234);
	ck_assert_int_eq(vk_clock_now(), 1234);
	vk_clock_set_for_test(0);
	ck_assert_int_gt(vk_clock_now(), 1700000000);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_other_forms_and_impossible_dates);
	tcase_add_test(tc, formats_what_it_parses);
	tcase_add_test(tc, tests_can_stop_the_clock);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
