/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows in which a restart is allowed: their words, and which moments are in them. */
#include "config.h"

#include "common/window.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/zone.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

START_TEST(refuses_what_is_no_window)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{"", "expected times like 02:00-04:00, found ''"},
		{"Sat", "expected times like 02:00-04:00, found ''"},
		{"02:00", "expected times like 02:00-04:00, found '02:00'"},
		{"2:00-4:00", "expected times like 02:00-04:00, found '2:00-4:00'"},
		{"02:00-4", "expected times like 02:00-04:00, found '02:00-4'"},
		{"24:00-01:00", "expected times like 02:00-04:00, found '24:00-01:00'"},
		{"02:60-04:00", "expected times like 02:00-04:00, found '02:60-04:00'"},
		{"02:00-24:01", "expected times like 02:00-04:00, found '02:00-24:01'"},
		{"02:00-02:00", "expected a beginning and another end (00:00-24:00: the whole day),"
				" found '02:00-02:00'"},
		{"Sad 02:00-04:00", "expected a weekday, found 'Sad'"},
		{"Sat, 02:00-04:00", "expected a weekday, found ''"},
		{"Sat,,Sun 02:00-04:00", "expected a weekday, found ',Sun'"},
		{"Sun..Mon 02:00-04:00", "expected a range that goes forward, found 'Sun..Mon'"},
		{"Mon.. 02:00-04:00", "expected a weekday, found ''"},
		{"* 02:00-04:00", "expected a date like *-*-1..7, found '*'"},
		{"2026-12-01 02:00-04:00", "expected times like 02:00-04:00, found '2026-12-01'"},
		{"*-13-1 02:00-04:00", "expected a month, 1 to 12, found '13'"},
		{"*-*-0 02:00-04:00", "expected a day of the month, 1 to 31, found '0'"},
		{"*-*-32 02:00-04:00", "expected a day of the month, 1 to 31, found '32'"},
		{"*-2-30 02:00-04:00", "expected a day that there is, found '*-2-30'"},
		{"02:00-04:00 /etc/passwd", "expected a time zone, found '/etc/passwd'"},
		{"02:00-04:00 Europe/../x", "expected a time zone, found 'Europe/../x'"},
		{"02:00-04:00 Europe/", "expected a time zone, found 'Europe/'"},
		{"02:00-04:00 UTC Sat", "expected nothing more, found 'Sat'"},
		{"02:00-04:00 UTC a b c d e", "expected nothing more, found 'a'"},
	};
	struct vk_window window;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;

		assert_fails(vk_window_parse(bad[i].text, &window, &err), VK_EINPUT);
		ck_assert_str_eq(err.msg, bad[i].error);
		ck_assert_str_ne(err.hint, "");
	}
}
END_TEST

START_TEST(says_which_weekday_and_which_zone_was_meant)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_window window;
	const char *nearest;

	assert_fails(vk_window_parse("Satturday 02:00-04:00", &window, &err), VK_EINPUT);
	ck_assert_str_eq(err.hint, "did you mean 'Saturday'?");
	ck_assert(!cfg_zone_is_known("Europe/Berlinn", &nearest));
	ck_assert_str_eq(nearest, "Europe/Berlin");
	ck_assert(!cfg_zone_is_known("Nowhere", &nearest));
	ck_assert(cfg_zone_is_known("UTC", &nearest));
	ck_assert(cfg_zone_is_known("Africa/Abidjan", &nearest));
	ck_assert(cfg_zone_is_known("America/Argentina/Buenos_Aires", &nearest));
}
END_TEST

START_TEST(what_means_the_same_has_one_form)
{
	static const struct {
		const char *text, *canonical;
	} table[] = {
		{"02:00-04:00", "02:00-04:00 UTC"},
		{" 02:00-04:00  UTC ", "02:00-04:00 UTC"},
		{"sunday,SAT 02:00-04:00", "Sat,Sun 02:00-04:00 UTC"},
		{"Mon,Tue,Wed,Thu..Fri 00:00-24:00", "Mon..Fri 00:00-24:00 UTC"},
		{"Mon..Sun *-*-* 22:00-02:00 Asia/Tokyo", "22:00-02:00 Asia/Tokyo"},
		{"*-1..3,12-07,01..03 05:00-06:00", "*-1..3,12-1..3,7 05:00-06:00 UTC"},
		{"Sun *-*-1..7 23:30-01:00", "Sun *-*-1..7 23:30-01:00 UTC"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct vk_window window;
		struct vk_buf out;

		vk_buf_init(&out, 1000);
		assert_ok(vk_window_parse(table[i].text, &window, &err), err);
		vk_window_format(&window, &out);
		ck_assert_str_eq(out.data, table[i].canonical);
		ck_assert(vk_window_is_canonical(out.data));
		ck_assert(!vk_window_is_canonical(table[i].text) ||
			  strcmp(table[i].text, table[i].canonical) == 0);
		vk_buf_release(&out);
	}
}
END_TEST

static int64_t at(const char *text)
{
	int64_t time;

	ck_assert_msg(vk_time_parse(text, &time), "%s", text);
	return time;
}

/* Central Europe in 2026: summer from 29 March, 01:00 UTC, to 25 October, 01:00 UTC. */
static int64_t central_europe(void *context, int64_t time)
{
	(void)context;
	return time >= at("2026-03-29T01:00:00Z") && time < at("2026-10-25T01:00:00Z") ? 7200
										       : 3600;
}

static int64_t nowhere(void *context, int64_t time)
{
	(void)context;
	(void)time;
	return 0;
}

static void check(const char *text, vk_window_offset offset, const char *now, const char *expected)
{
	char since[VK_TIME_TEXT_BYTES], until[VK_TIME_TEXT_BYTES], found[100];
	struct vk_err err = VK_ERR_INIT;
	struct vk_window_look look;
	struct vk_window window;

	assert_ok(vk_window_parse(text, &window, &err), err);
	vk_window_look(&window, at(now), offset, NULL, &look);
	vk_time_format(look.is_open ? look.since : look.opens, since);
	vk_time_format(look.until, until);
	if (look.is_open)
		snprintf(found, sizeof(found), "open %s %s", since, until);
	else
		snprintf(found, sizeof(found), "opens %s", look.opens != 0 ? since : "never");
	ck_assert_msg(strcmp(found, expected) == 0, "%s at %s: %s instead of %s", text, now, found,
		expected);
}

START_TEST(opens_and_closes_to_the_second)
{
	static const char text[] = "Sat,Sun 02:00-04:00"; /* 5 December 2026 is a Saturday */

	check(text, nowhere, "2026-12-01T12:00:00Z", "opens 2026-12-05T02:00:00Z");
	check(text, nowhere, "2026-12-05T01:59:59Z", "opens 2026-12-05T02:00:00Z");
	check(text, nowhere, "2026-12-05T02:00:00Z",
		"open 2026-12-05T02:00:00Z 2026-12-05T04:00:00Z");
	check(text, nowhere, "2026-12-05T03:59:59Z",
		"open 2026-12-05T02:00:00Z 2026-12-05T04:00:00Z");
	check(text, nowhere, "2026-12-05T04:00:00Z", "opens 2026-12-06T02:00:00Z");
	check(text, nowhere, "2026-12-06T04:00:00Z", "opens 2026-12-12T02:00:00Z");
}
END_TEST

START_TEST(goes_over_midnight)
{
	static const char text[] = "Sat 23:00-01:00";

	check(text, nowhere, "2026-12-06T00:30:00Z",
		"open 2026-12-05T23:00:00Z 2026-12-06T01:00:00Z");
	check(text, nowhere, "2026-12-05T00:30:00Z", "opens 2026-12-05T23:00:00Z");
	check(text, nowhere, "2026-12-06T23:30:00Z", "opens 2026-12-12T23:00:00Z");
	check("00:00-24:00", nowhere, "2026-12-31T23:59:59Z",
		"open 2026-12-31T00:00:00Z 2027-01-01T00:00:00Z");
}
END_TEST

START_TEST(knows_days_of_the_month)
{
	check("Sun *-*-1..7 02:00-03:00", nowhere, "2026-12-06T03:00:00Z",
		"opens 2027-01-03T02:00:00Z");
	check("*-1,7-31 02:00-03:00", nowhere, "2026-12-06T03:00:00Z",
		"opens 2027-01-31T02:00:00Z");
	check("*-2-29 02:00-03:00", nowhere, "2026-12-06T03:00:00Z", "opens 2028-02-29T02:00:00Z");
	check("Mon *-2-29 02:00-03:00", nowhere, "2026-12-06T03:00:00Z",
		"opens 2044-02-29T02:00:00Z");
}
END_TEST

START_TEST(goes_by_the_clock_on_the_wall)
{
	check("02:00-04:00", central_europe, "2026-01-10T00:59:59Z", "opens 2026-01-10T01:00:00Z");
	check("02:00-04:00", central_europe, "2026-07-10T00:30:00Z",
		"open 2026-07-10T00:00:00Z 2026-07-10T02:00:00Z");
	/* 03:30 of a Sunday in July is 01:30 UTC, and 00:30 of a Monday is Sunday in UTC. */
	check("Mon 00:00-01:00", central_europe, "2026-07-12T22:30:00Z",
		"open 2026-07-12T22:00:00Z 2026-07-12T23:00:00Z");
}
END_TEST

START_TEST(an_hour_that_is_skipped_counts_as_the_next)
{
	/* 29 March: 01:59 is followed by 03:00. */
	check("02:00-04:00", central_europe, "2026-03-28T12:00:00Z", "opens 2026-03-29T01:00:00Z");
	check("02:00-04:00", central_europe, "2026-03-29T01:00:00Z",
		"open 2026-03-29T01:00:00Z 2026-03-29T02:00:00Z");
	check("02:15-02:45", central_europe, "2026-03-29T01:20:00Z",
		"open 2026-03-29T01:15:00Z 2026-03-29T01:45:00Z");
	/* Nothing of it is left on that day. */
	check("02:00-03:00", central_europe, "2026-03-28T12:00:00Z", "opens 2026-03-30T00:00:00Z");
}
END_TEST

START_TEST(of_an_hour_that_comes_twice_the_first_counts)
{
	/* 25 October: 02:59 (00:59 UTC) is followed by 02:00. */
	check("02:00-04:00", central_europe, "2026-10-25T00:00:00Z",
		"open 2026-10-25T00:00:00Z 2026-10-25T03:00:00Z");
	check("02:00-02:30", central_europe, "2026-10-25T00:00:00Z",
		"open 2026-10-25T00:00:00Z 2026-10-25T00:30:00Z");
	check("02:00-02:30", central_europe, "2026-10-25T01:10:00Z", "opens 2026-10-26T01:00:00Z");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_is_no_window);
	tcase_add_test(tc, says_which_weekday_and_which_zone_was_meant);
	tcase_add_test(tc, what_means_the_same_has_one_form);
	tcase_add_test(tc, opens_and_closes_to_the_second);
	tcase_add_test(tc, goes_over_midnight);
	tcase_add_test(tc, knows_days_of_the_month);
	tcase_add_test(tc, goes_by_the_clock_on_the_wall);
	tcase_add_test(tc, an_hour_that_is_skipped_counts_as_the_next);
	tcase_add_test(tc, of_an_hour_that_comes_twice_the_first_counts);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
