/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/waiting.h"

#include <stdio.h>
#include <string.h>

#include "server/throttle.h"
#include "tests/unit/unit.h"

static struct waiting *waiting;

static void setup(void)
{
	waiting = waiting_new();
}

static void teardown(void)
{
	waiting_free(waiting);
	waiting_free(NULL);
}

/* Host number i, of network number n. */
static struct waiting_host host_of(unsigned i, unsigned n)
{
	struct waiting_host host;

	memset(&host, 0, sizeof(host));
	snprintf(host.name, sizeof(host.name), "db%u", i);
	snprintf(host.environment, sizeof(host.environment), "prod");
	snprintf(host.fingerprint, sizeof(host.fingerprint), "SHA256:%u", i);
	memcpy(host.network, &n, sizeof(n));
	return host;
}

static enum waiting_state ask(unsigned i, unsigned n, int64_t now)
{
	const struct waiting_host host = host_of(i, n);

	return waiting_ask(waiting, &host, now);
}

static size_t count(int64_t now)
{
	struct waiting_host host;
	size_t i = 0;

	while (waiting_get(waiting, i, now, &host))
		i++;
	return i;
}

START_TEST(a_network_that_has_its_share_is_refused_and_others_are_not)
{
	for (unsigned i = 0; i < WAITING_MAX_PER_NETWORK; i++)
		ck_assert_int_eq(ask(i, 1, 100), WAITING_LISTED);
	ck_assert_int_eq(ask(1000, 1, 100), WAITING_FULL);
	ck_assert_int_eq(ask(0, 1, 101), WAITING_LISTED); /* who waits goes on waiting */
	ck_assert_int_eq(ask(1000, 2, 100), WAITING_LISTED);
}
END_TEST

START_TEST(a_full_list_refuses_newcomers_and_pushes_nobody_out)
{
	struct waiting_host first;

	for (unsigned i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(ask(i, i / WAITING_MAX_PER_NETWORK, 100), WAITING_LISTED);
	ck_assert_uint_eq(count(100), WAITING_MAX);
	ck_assert_int_eq(ask(WAITING_MAX, 9999, 100), WAITING_FULL);
	ck_assert(waiting_find(waiting, "db0", "prod", "SHA256:0", 100, &first));
	ck_assert_int_eq(ask(0, 0, 100 + WAITING_SECONDS), WAITING_LISTED);
	/* All others have gone: there is room again. */
	ck_assert_int_eq(ask(WAITING_MAX, 9999, 101 + WAITING_SECONDS), WAITING_LISTED);
	ck_assert_uint_eq(count(101 + WAITING_SECONDS), 2);
}
END_TEST

START_TEST(an_entry_is_found_by_all_that_it_says_only)
{
	struct waiting_host host;

	ck_assert_int_eq(ask(1, 1, 100), WAITING_LISTED);
	ck_assert(!waiting_find(waiting, "db2", "prod", "SHA256:1", 100, &host));
	ck_assert(!waiting_find(waiting, "db1", "dev", "SHA256:1", 100, &host));
	ck_assert(!waiting_find(waiting, "db1", "prod", "SHA256:2", 100, &host));
	ck_assert(!waiting_find(waiting, "db1", "prod", "", 100, &host));
	ck_assert(!waiting_find(waiting, "db1", "prod", "SHA256:1", 101 + WAITING_SECONDS, &host));
	ck_assert_int_eq(ask(1, 1, 200), WAITING_LISTED);
	ck_assert(waiting_find(waiting, "db1", "prod", "SHA256:1", 200, &host));
	ck_assert_int_eq(host.since, 200);
	waiting_remove(waiting, "SHA256:1");
	waiting_remove(waiting, "SHA256:1");
	ck_assert(!waiting_find(waiting, "db1", "prod", "SHA256:1", 200, &host));
}
END_TEST

START_TEST(a_rejected_host_is_told_for_a_time_however_often_it_asks)
{
	ck_assert_int_eq(ask(1, 1, 100), WAITING_LISTED);
	waiting_reject(waiting, "SHA256:2", 100);
	waiting_reject(waiting, "SHA256:1", 100);
	for (int64_t now = 100; now <= 100 + WAITING_REJECTED_SECONDS; now += 50)
		ck_assert_int_eq(ask(1, 1, now), WAITING_REJECTED);
	ck_assert_int_eq(ask(1, 1, 101 + WAITING_REJECTED_SECONDS), WAITING_LISTED);
}
END_TEST

START_TEST(strangers_of_a_network_are_slowed_down_and_others_are_not)
{
	struct throttle *throttle = throttle_new();
	const uint8_t a[QUOTA_KEY_BYTES] = {1}, b[QUOTA_KEY_BYTES] = {2};
	int64_t now = 1000000;

	for (int i = 0; i < THROTTLE_BURST; i++)
		ck_assert(throttle_take(throttle, a, now));
	ck_assert(!throttle_take(throttle, a, now));
	ck_assert(throttle_take(throttle, b, now));
	now += 1000;
	for (int i = 0; i < THROTTLE_PER_SECOND; i++)
		ck_assert(throttle_take(throttle, a, now));
	ck_assert(!throttle_take(throttle, a, now));
	now += 3600 * 1000;
	for (int i = 0; i < THROTTLE_BURST; i++)
		ck_assert(throttle_take(throttle, a, now));
	ck_assert(!throttle_take(throttle, a, now));
	throttle_free(throttle);
	throttle_free(NULL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("waiting");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_network_that_has_its_share_is_refused_and_others_are_not);
	tcase_add_test(tc, a_full_list_refuses_newcomers_and_pushes_nobody_out);
	tcase_add_test(tc, an_entry_is_found_by_all_that_it_says_only);
	tcase_add_test(tc, a_rejected_host_is_told_for_a_time_however_often_it_asks);
	tcase_add_test(tc, strangers_of_a_network_are_slowed_down_and_others_are_not);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
