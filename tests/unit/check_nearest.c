/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/nearest.h"

#include "tests/unit/unit.h"

static const char *nearest_of(const char *wanted)
{
	static const char *const words[] = {
		"maxmemory", "maxmemory-policy", "save", "bind", "port"};
	struct vk_nearest nearest = vk_nearest_init(wanted);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		vk_nearest_offer(&nearest, words[i]);
	return nearest.word;
}

START_TEST(offers_nothing_for_what_is_far_from_all)
{
	static const char long_word[] = "maxmemorymaxmemorymaxmemorymaxmemory"
					"maxmemorymaxmemorymaxmemorymaxmemory";

	ck_assert_ptr_null(nearest_of("requirepass"));
	ck_assert_ptr_null(nearest_of(""));
	ck_assert_ptr_null(nearest_of("xy"));
	ck_assert_ptr_null(nearest_of(long_word));
}
END_TEST

START_TEST(finds_slips_of_the_fingers)
{
	ck_assert_str_eq(nearest_of("maxmemroy"), "maxmemory");
	ck_assert_str_eq(nearest_of("max-memory"), "maxmemory");
	ck_assert_str_eq(nearest_of("maxmemory_policy"), "maxmemory-policy");
	ck_assert_str_eq(nearest_of("sav"), "save");
	ck_assert_str_eq(nearest_of("prot"), "port");
}
END_TEST

START_TEST(finds_among_choices)
{
	char out[16];

	ck_assert(vk_nearest_choice("alway", "everysec|always|no", out, sizeof(out)));
	ck_assert_str_eq(out, "always");
	ck_assert(!vk_nearest_choice("zzzzzz", "everysec|always|no", out, sizeof(out)));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("nearest");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, offers_nothing_for_what_is_far_from_all);
	tcase_add_test(tc, finds_slips_of_the_fingers);
	tcase_add_test(tc, finds_among_choices);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
