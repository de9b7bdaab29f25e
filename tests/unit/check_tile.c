/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tile.h"

#include <stddef.h>
#include <string.h>

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

START_TEST(writes_what_it_reads)
{
	static const char *const good[] = {"000", "007", "256", "999", "x001/000", "x001/234",
		"x001/x234/067", "000.p/1", "x001/000.p/255", "x999/x999/x999/x999/x999/999"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct vk_buf path;
		struct tile tile;

		vk_buf_init(&path, 100);
		ck_assert(tile_parse("0", good[i], &tile));
		tile_format(&tile, &path);
		ck_assert_str_eq(path.data, good[i]);
		vk_buf_release(&path);
	}
}
END_TEST

static size_t count_entries(const char *data, size_t len, size_t *left)
{
	struct tile_entries rest = {data, len};
	const char *entry;
	size_t size, count = 0;

	while (tile_next_entry(&rest, &entry, &size))
		count++;
	*left = rest.len;
	return count;
}

START_TEST(entries_are_taken_whole_or_not_at_all)
{
	static const char data[] = "\0\3abc\0\0\1\0";
	const size_t len = 2 + 3 + 2; /* then an entry of 256 bytes that are not there */
	size_t left;

	ck_assert_uint_eq(count_entries(data, len, &left), 2);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(count_entries(data, sizeof(data) - 1, &left), 2);
	ck_assert_uint_eq(left, 2);
	for (size_t cut = 1; cut < 5; cut++) {
		ck_assert_uint_eq(count_entries(data, cut, &left), 0);
		ck_assert_uint_eq(left, cut);
	}
	ck_assert_uint_eq(count_entries(data, 0, &left), 0);
}
END_TEST

START_TEST(entries_of_every_length_come_back)
{
	static const size_t lengths[] = {0, 1, 255, 256, TILE_ENTRY_MAX_BYTES};
	static char text[TILE_ENTRY_MAX_BYTES];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct tile_entries rest;
		struct vk_buf content;
		const char *entry;
		size_t len;

		memset(text, 'a' + (int)i, sizeof(text));
		vk_buf_init(&content, TILE_ENTRIES_MAX_BYTES);
		tile_add_entry(text, lengths[i], &content);
		rest = (struct tile_entries){content.data, content.len};
		ck_assert(tile_next_entry(&rest, &entry, &len));
		ck_assert_uint_eq(len, lengths[i]);
		ck_assert_int_eq(memcmp(entry, text, len), 0);
		ck_assert_uint_eq(rest.len, 0);
		vk_buf_release(&content);
	}
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
	tcase_add_test(tc, entries_are_taken_whole_or_not_at_all);
	tcase_add_test(tc, writes_what_it_reads);
	tcase_add_test(tc, entries_of_every_length_come_back);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
