/* SPDX-License-Identifier: BSD-3-Clause */
/* Primaries that wait for a replica to take over. */
#include "config.h"

#include "server/handovers.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct handovers *handovers;
static char id[VK_INSTANCE_ID_BYTES];

static const struct vk_bundle_member members[] = {
	{"h1/a", "10.0.0.1", 6379, 0}, {"h2/b", "10.0.0.2", 6379, 0}, {"h3/c", "h3", 6379, 0}};
static const struct vk_bundle_group shard = {
	.name = "orders", .kind = VK_GROUP_CLUSTER, .member_count = 3, .members = members};
static const struct vk_bundle first = {.environment = "prod", .instance = "h1/a", .group = &shard};

static void set_up(void)
{
	handovers = handovers_new();
}

static void tear_down(void)
{
	handovers_free(handovers);
}

START_TEST(only_hosts_of_the_same_shard_hear_of_it)
{
	ck_assert(handovers_add(handovers, &first, 100));
	ck_assert(!handovers_get(handovers, "prod", "h1", 0, 100, id));
	ck_assert(!handovers_get(handovers, "prod", "h9", 0, 100, id));
	ck_assert(!handovers_get(handovers, "test", "h2", 0, 100, id));
	ck_assert(handovers_get(handovers, "prod", "h2", 0, 100, id));
	ck_assert_str_eq(id, "h1/a");
	ck_assert(!handovers_get(handovers, "prod", "h2", 1, 100, id));
	ck_assert(!handovers_is_news(handovers, "prod", "h9", 100));
}
END_TEST

START_TEST(a_host_is_told_once_in_a_while)
{
	ck_assert(!handovers_is_news(handovers, "prod", "h2", 100));
	ck_assert(handovers_add(handovers, &first, 100));
	ck_assert(handovers_is_news(handovers, "prod", "h2", 101));
	ck_assert(!handovers_is_news(handovers, "prod", "h2", 102));
	ck_assert(handovers_is_news(handovers, "prod", "h3", 102));
	/* Who says it again makes no news of it. */
	ck_assert(!handovers_add(handovers, &first, 103));
	ck_assert(!handovers_is_news(handovers, "prod", "h2", 104));
	ck_assert(handovers_is_news(handovers, "prod", "h2", 101 + HANDOVERS_AGAIN_SECONDS));
}
END_TEST

START_TEST(it_ends_by_itself_and_when_it_is_not_wanted_any_more)
{
	ck_assert(handovers_add(handovers, &first, 100));
	ck_assert(!handovers_get(handovers, "prod", "h2", 0, 100 + HANDOVERS_SECONDS, id));
	ck_assert(!handovers_is_news(handovers, "prod", "h2", 100 + HANDOVERS_SECONDS));
	ck_assert(handovers_add(handovers, &first, 100 + HANDOVERS_SECONDS));
	handovers_remove(handovers, "h2/b");
	ck_assert(handovers_get(handovers, "prod", "h2", 0, 101 + HANDOVERS_SECONDS, id));
	handovers_remove(handovers, "h1/a");
	ck_assert(!handovers_get(handovers, "prod", "h2", 0, 101 + HANDOVERS_SECONDS, id));
}
END_TEST

START_TEST(there_is_an_end_to_them)
{
	struct vk_bundle bundle = first;
	char name[VK_INSTANCE_ID_BYTES];

	bundle.instance = name;
	for (int i = 0; i < HANDOVERS_MAX; i++) {
		snprintf(name, sizeof(name), "h1/a%d", i);
		ck_assert(handovers_add(handovers, &bundle, 100));
	}
	ck_assert(!handovers_add(handovers, &first, 100));
	ck_assert(handovers_add(handovers, &first, 100 + HANDOVERS_SECONDS));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("handovers");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, only_hosts_of_the_same_shard_hear_of_it);
	tcase_add_test(tc, a_host_is_told_once_in_a_while);
	tcase_add_test(tc, it_ends_by_itself_and_when_it_is_not_wanted_any_more);
	tcase_add_test(tc, there_is_an_end_to_them);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
