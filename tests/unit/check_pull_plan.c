/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan says of each change, of connections, and how long a restart takes. */
#include "config.h"

#include "client/pull/plan.h"

#include <string.h>

#include "client/pull/plan_items.h"
#include "client/pull/usage.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void add(struct difference *difference, enum difference_kind kind, enum difference_cure cure,
	const char *name, const char *actual, const char *expected)
{
	difference_add(difference, &(struct difference_item){.kind = kind,
					   .cure = cure,
					   .name = name,
					   .actual = actual,
					   .expected = expected});
}

static const char *way(const struct vkjson *items, size_t i)
{
	return vkjson_text(vkjson_get(vkjson_at(items, i), "way"));
}

START_TEST(says_the_way_of_each_value)
{
	struct difference difference;
	struct vkjson *items;

	difference_init(&difference);
	add(&difference, DIFFERENCE_VALUE, CURE_LIVE, "timeout", "0", "77");
	add(&difference, DIFFERENCE_VALUE, CURE_LIVE, "hash-max-listpack-entries", "512", "99");
	add(&difference, DIFFERENCE_VALUE, CURE_RESTART, "databases", "16", "4");
	add(&difference, DIFFERENCE_VALUE, CURE_LIVE, "from-the-future", "1", "2");
	add(&difference, DIFFERENCE_VALUE, CURE_NONE, "requirepass", "", "x");
	add(&difference, DIFFERENCE_VALUE, CURE_MOVE, "aclfile", "/a", "/b");
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "app", NULL, "on");
	items = plan_items_of_values(&difference, "8.0", true);
	ck_assert_uint_eq(vkjson_count(items), 6);
	ck_assert_str_eq(way(items, 0), "live");
	ck_assert_str_eq(way(items, 1), "restart-preferred");
	ck_assert_str_eq(way(items, 2), "restart");
	ck_assert_str_eq(way(items, 3), "unknown");
	ck_assert_str_eq(way(items, 4), "never");
	ck_assert_str_eq(way(items, 5), "live");
	vkjson_free(items);
	items = plan_items_of_values(&difference, "8.0", false);
	ck_assert_str_eq(way(items, 2), "never"); /* the role forbids it */
	vkjson_free(items);
	difference_release(&difference);
}
END_TEST

#define HASH "#0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(shows_no_secret)
{
	struct difference difference;
	struct vkjson *items;
	struct vk_buf text;

	difference_init(&difference);
	difference_add(&difference, &(struct difference_item){.kind = DIFFERENCE_VALUE,
					    .cure = CURE_LIVE,
					    .name = "primaryauth",
					    .actual = "hidden-1",
					    .expected = "hidden-2",
					    .is_secret = true});
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "app", "on " HASH, "on");
	items = plan_items_of_values(&difference, "8.0", true);
	vk_buf_init(&text, 10000);
	vkjson_format(items, false, &text);
	ck_assert_ptr_null(strstr(text.data, "hidden"));
	ck_assert_ptr_null(strstr(text.data, "0123456789abcdef"));
	ck_assert_ptr_nonnull(strstr(text.data, "(secret)"));
	vk_buf_release(&text);
	vkjson_free(items);
	difference_release(&difference);
}
END_TEST

START_TEST(says_whose_connections_are_closed)
{
	struct difference difference;
	struct vkjson *closed;

	difference_init(&difference);
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "gone", "on &* +@all", NULL);
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "new", NULL, "on &* +@all");
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "less", "on &* +@all", "on &* +@read");
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "deaf", "on &a &b +@all", "on &a +@all");
	add(&difference, DIFFERENCE_USER, CURE_LIVE, "wide", "on &a &b +@all", "on &* +@all");
	closed = plan_items_closed(&difference);
	ck_assert_uint_eq(vkjson_count(closed), 2);
	ck_assert_str_eq(vkjson_text(vkjson_at(closed, 0)), "those of user gone, who is removed");
	ck_assert_str_eq(vkjson_text(vkjson_at(closed, 1)),
		"those of user deaf that listen to channels which it loses");
	vkjson_free(closed);
	difference_release(&difference);
}
END_TEST

START_TEST(estimates_how_long_a_restart_takes)
{
	struct restart_state state = {.has_keys = true, .is_saved_at_stop = true};
	struct usage usage;
	char how[USAGE_HOW_BYTES];

	usage_take_info("connected_clients:13\r\nused_memory:2147483648\r\n"
			"rdb_last_bgsave_time_sec:5\r\n",
		&usage);
	ck_assert_int_eq(usage.clients, 12);
	ck_assert_int_eq(usage_restart_seconds(&usage, &state, how, sizeof(how)), 5 + 11 + 1);
	ck_assert_str_eq(how, "5 s to save as the last time, 11 s to load at 200 MiB/s, 1 s for "
			      "the process");
	usage.save_seconds = -1; /* never yet */
	ck_assert_int_eq(usage_restart_seconds(&usage, &state, how, sizeof(how)), 21 + 11 + 1);
	state.is_saved_at_stop = false;
	state.has_append = true;
	ck_assert_int_eq(usage_restart_seconds(&usage, &state, how, sizeof(how)), 11 + 1);
	state.has_append = false; /* in memory only */
	ck_assert_int_eq(usage_restart_seconds(&usage, &state, how, sizeof(how)), 1);
	usage_take_info("connected_clients:0\r\nused_memory:9223372036854775807\r\n"
			"rdb_last_bgsave_time_sec:9223372036854775807\r\n",
		&usage);
	state.is_saved_at_stop = true;
	ck_assert_int_gt(usage_restart_seconds(&usage, &state, how, sizeof(how)), 0);
	ck_assert_int_eq(usage.clients, 0);
}
END_TEST

/* A version newer than the schema is said; what is compared does not come from the schema. */
START_TEST(says_that_a_version_is_not_known)
{
	static const char text[] =
		"{\"environment\":\"prod\",\"host\":\"db1\",\"release\":3,\"instances\":[{"
		"\"instance\":\"main\",\"state\":\"install\",\"installed\":2,\"valkey\":\"12.0.1\","
		"\"role\":\"primary\",\"known\":false,\"clients\":4,\"memory_bytes\":1048576,"
		"\"closes\":[],\"changes\":[{\"kind\":\"directive\",\"name\":\"from-the-future\","
		"\"old\":\"1\",\"new\":\"2\",\"way\":\"unknown\"}]}]}";
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *plan = NULL;
	struct vk_buf out;

	assert_ok(vkjson_parse(text, sizeof(text) - 1, &plan, &err), err);
	vk_buf_init(&out, 10000);
	plan_print(plan, &out);
	ck_assert_ptr_nonnull(strstr(out.data, "main: would be installed over release 2\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "vkcfg does not know Valkey 12.0.1"));
	ck_assert_ptr_nonnull(strstr(out.data, "from-the-future: 1 -> 2  live, if Valkey lets it"));
	ck_assert_ptr_nonnull(strstr(out.data, "connections: 4, none is closed"));
	vk_buf_release(&out);
	vkjson_free(plan);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_plan");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, says_the_way_of_each_value);
	tcase_add_test(tc, shows_no_secret);
	tcase_add_test(tc, says_whose_connections_are_closed);
	tcase_add_test(tc, estimates_how_long_a_restart_takes);
	tcase_add_test(tc, says_that_a_version_is_not_known);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
