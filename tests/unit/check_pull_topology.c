/* SPDX-License-Identifier: BSD-3-Clause */
/* Which role of an instance is worth a word, and whose doing it is. */
#include "config.h"

#include "client/pull/drift_topology.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static const struct vk_bundle_member numbers[] = {
	{.instance = "db1/main", .address = "10.0.0.1", .port = 6379},
	{.instance = "db2/main", .address = "10.0.0.2", .port = 6379, .tls_port = 6380},
};
static const struct vk_bundle_member names[] = {
	{.instance = "db1/main", .address = "db1.example.com", .port = 6379},
	{.instance = "db2/main", .address = "db2.example.com", .port = 6379},
};

/* "NAME CAUSE ACTION ACTUAL", or nothing */
static void expect(const char *instance, const struct vk_bundle_member *members,
	const struct restart_state *state, enum vk_bundle_drift drift, const char *expected)
{
	const struct vk_bundle_group group = {.name = "g", .member_count = 2, .members = members};
	const struct vk_bundle bundle = {
		.instance = instance, .valkey = "8.0", .drift = drift, .group = &group};
	const struct drift_policy policy = {.bundle = &bundle, .may_act = true};
	struct outcome outcome;
	char found[256] = "";

	outcome_init(&outcome, "main");
	drift_check_role(&policy, state, &outcome);
	ck_assert_uint_le(outcome.drift_count, 1);
	if (outcome.drift_count == 1)
		snprintf(found, sizeof(found), "%s %s %s %s", outcome.drift[0].name,
			outcome_cause_name(outcome.drift[0].cause),
			outcome_action_name(&outcome.drift[0]), outcome.drift[0].actual);
	ck_assert_str_eq(found, expected);
	outcome_release(&outcome);
}

static struct restart_state replica_of(const char *address, int64_t port)
{
	struct restart_state state = {.is_replica = true, .primary_port = port};

	snprintf(state.primary, sizeof(state.primary), "%s", address);
	return state;
}

START_TEST(a_replica_of_a_stranger_is_somebodys_doing)
{
	const struct restart_state stranger = replica_of("192.0.2.1", 6379),
				   port = replica_of("10.0.0.1", 7000);

	expect("db2/main", numbers, &stranger, VK_DRIFT_REPORT,
		"primary unauthorised report 192.0.2.1:6379");
	expect("db2/main", numbers, &stranger, VK_DRIFT_ALERT,
		"primary unauthorised alert 192.0.2.1:6379");
	expect("db1/main", numbers, &port, VK_DRIFT_REVERT, /* never forced */
		"primary unauthorised report 10.0.0.1:7000");
	expect("db1/main", names, &port, VK_DRIFT_REPORT,
		"primary unauthorised report 10.0.0.1:7000");
}
END_TEST

START_TEST(another_role_than_in_a_new_group_is_the_topologys_own)
{
	const struct restart_state primary = {.is_replica = false},
				   moving = {.is_failing_over = true},
				   replica = replica_of("10.0.0.2", 6380),
				   original = replica_of("10.0.0.1", 6379),
				   named = replica_of("198.51.100.7", 6379);

	expect("db1/main", numbers, &primary, VK_DRIFT_REVERT, "");
	expect("db2/main", numbers, &original, VK_DRIFT_REVERT, "");
	expect("db2/main", numbers, &moving, VK_DRIFT_REVERT, "");
	expect("db2/main", numbers, &primary, VK_DRIFT_ALERT, "role server-owned report primary");
	expect("db1/main", numbers, &replica, VK_DRIFT_ALERT, "role server-owned report replica");
	/* A tree with names: the port has to do. */
	expect("db2/main", names, &named, VK_DRIFT_REVERT, "");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_topology");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_replica_of_a_stranger_is_somebodys_doing);
	tcase_add_test(tc, another_role_than_in_a_new_group_is_the_topologys_own);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
