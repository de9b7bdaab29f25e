/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/name.h"

#include <string.h>

#include "tests/unit/unit.h"

#include "common/banned.h"

START_TEST(rejects_what_is_not_a_name)
{
	static const char *const bad[] = {"", ".", "..", "a..b", "-a", "a-", ".a", "a.", "A", "a/b",
		"a b", "a\n", "\303\244", "_", "a%2e", "a:b",
		"0123456789012345678901234567890123456789012345678901234567890123"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vk_name_is_valid(bad[i]), "'%s'", bad[i]);
}
END_TEST

START_TEST(accepts_names_of_up_to_63_characters)
{
	ck_assert(vk_name_is_valid("a"));
	ck_assert(vk_name_is_valid("db1.example.org"));
	ck_assert(vk_name_is_valid("a--b__c"));
	ck_assert(vk_name_is_valid(
		"012345678901234567890123456789012345678901234567890123456789012"));
}
END_TEST

START_TEST(keeps_the_names_of_tuf_roles_from_environments)
{
	ck_assert(!vk_environment_is_valid("root"));
	ck_assert(!vk_environment_is_valid("timestamp"));
	ck_assert(vk_environment_is_valid("prod"));
}
END_TEST

START_TEST(splits_an_instance_id_at_its_only_slash)
{
	char host[VK_NAME_BYTES] = "";
	char instance[VK_NAME_BYTES] = "";

	ck_assert(!vk_instance_id_parse("db1", host, instance));
	ck_assert(!vk_instance_id_parse("/main", host, instance));
	ck_assert(!vk_instance_id_parse("db1/", host, instance));
	ck_assert(!vk_instance_id_parse("db1/main/x", host, instance));
	ck_assert_str_eq(host, "");
	ck_assert(vk_instance_id_parse("db1/main", host, instance));
	ck_assert_str_eq(host, "db1");
	ck_assert_str_eq(instance, "main");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("name");
	TCase *tc = tcase_create("name");

	tcase_add_test(tc, rejects_what_is_not_a_name);
	tcase_add_test(tc, accepts_names_of_up_to_63_characters);
	tcase_add_test(tc, keeps_the_names_of_tuf_roles_from_environments);
	tcase_add_test(tc, splits_an_instance_id_at_its_only_slash);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
