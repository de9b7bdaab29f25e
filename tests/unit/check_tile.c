/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/tile.h"

#include <stddef.h>

#include "tests/unit/unit.h"

START_TEST(refuses_every_other_spelling)
{
	static const char *const bad[] = {"", "0", "00", "0000", "-01", "+01", " 01", "01 ", "1e1",
		"x000/001", "x000/x000/001", "x001", "x001/", "x001/x002", "X001/002", "x001/02",
		"x1/002", "001/002", "x001/002/003", "x001//002", "/001", "001/", "001.p", "001.p/",
		"001.p/0", "001.p/256", "001.p/01", "001.p/+1", "001.p/1/", "001.p/1.p/1",
		"001.P/1", "001p/1", "x001.p/1", "001.p/1000000", "../001", "001.p/-1", "0x1",
		"x001/x000/x000/x000/x000/x000/000"};
	struct tile tile;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!tile_parse("0", bad[i], &tile), "accepted: %s", bad[i]);
}
END_TEST

START_TEST(refuses_other_levels)
{
	static const char *const bad[] = {"", "64", "00", "01", "-1", "+1", "1 ", "a", "entries",
		"256", "18446744073709551616"};
	struct tile tile;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!tile_parse(bad[i], "000", &tile), "accepted: %s", bad[i]);
	ck_assert(tile_parse("63", "000", &tile));
}
END_TEST

START_TEST(reads_what_the_specification_shows)
{
	struct tile tile;

	ck_assert(tile_parse("0", "x001/x234/067", &tile));
	ck_assert_uint_eq(tile.index, 1234067);
	ck_assert_uint_eq(tile.width, TILE_WIDTH);
	ck_assert(tile_parse("1", "000.p/17", &tile));
	ck_assert_uint_eq(tile.level, 1);
	ck_assert_uint_eq(tile.index, 0);
	ck_assert_uint_eq(tile.width, 17);
	ck_assert(tile_parse(NULL, "x001/000.p/255", &tile));
	ck_assert_uint_eq(tile.index, 1000);
	ck_assert_uint_eq(tile.width, 255);
}
END_TEST

static unsigned width(unsigned level, uint64_t index, uint64_t size)
{
	const struct tile tile = {.level = level, .index = index, .width = TILE_WIDTH};

	return tile_width_at(&tile, size);
}

/* The example of the specification: a log of 70,000 entries. */
START_TEST(tiles_are_as_wide_as_the_log_is_long)
{
	ck_assert_uint_eq(width(0, 0, 0), 0);
	ck_assert_uint_eq(width(0, 0, 1), 1);
	ck_assert_uint_eq(width(0, 272, 70000), TILE_WIDTH);
	ck_assert_uint_eq(width(0, 273, 70000), 112);
	ck_assert_uint_eq(width(0, 274, 70000), 0);
	ck_assert_uint_eq(width(1, 0, 70000), TILE_WIDTH);
	ck_assert_uint_eq(width(1, 1, 70000), 17);
	ck_assert_uint_eq(width(2, 0, 70000), 1);
	ck_assert_uint_eq(width(3, 0, 70000), 0);
	ck_assert_uint_eq(width(0, 0, 256), TILE_WIDTH);
	ck_assert_uint_eq(width(0, 1, 256), 0);
	ck_assert_uint_eq(width(1, 0, 256), 1);
	ck_assert_uint_eq(width(63, 0, INT64_MAX), 0);
	ck_assert_uint_eq(width(0, 999999999999999999, INT64_MAX), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tile");
	TCase *tc = tcase_create("tile");

	tcase_add_test(tc, refuses_every_other_spelling);
	tcase_add_test(tc, refuses_other_levels);
	tcase_add_test(tc, reads_what_the_specification_shows);
	tcase_add_test(tc, tiles_are_as_wide_as_the_log_is_long);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
