/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/descriptors.h"

#include <sys/resource.h>

#include "server/conn.h"
#include "tests/unit/unit.h"

enum { FOR_THE_REST = 512 }; /* database, readers, signer, listeners */

static void limit_to(rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {soft, hard};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t soft_limit(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_cur;
}

/* What connections take at most: those over the limit that are told so, too. */
static unsigned at_most(unsigned connections)
{
	return connections + connections / CONN_SURPLUS_PART;
}

START_TEST(as_many_connections_as_the_hard_limit_leaves_room_for)
{
	unsigned granted;

	limit_to(1000, 1500);
	granted = descriptors_for_connections(16000);
	ck_assert_uint_eq(soft_limit(), 1500);
	ck_assert_uint_gt(granted, 500);
	ck_assert_uint_le(at_most(granted) + FOR_THE_REST, 1500);
}
END_TEST

START_TEST(surplus_connections_leave_descriptors_for_the_rest)
{
	limit_to(256, 1024);
	ck_assert_uint_eq(descriptors_for_connections(400), 400);
	ck_assert_uint_ge(soft_limit(), at_most(400) + FOR_THE_REST);
}
END_TEST

START_TEST(a_tiny_limit_is_shared)
{
	limit_to(200, 200);
	ck_assert_uint_eq(descriptors_for_connections(16000), 100);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("descriptors");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, as_many_connections_as_the_hard_limit_leaves_room_for);
	tcase_add_test(tc, surplus_connections_leave_descriptors_for_the_rest);
	tcase_add_test(tc, a_tiny_limit_is_shared);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
