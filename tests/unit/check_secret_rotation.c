/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_rotation.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct vk_err err;

/* A pin whose digest goes with its version. */
static struct cfg_pin pin(int64_t version)
{
	struct cfg_pin out = {.version = version};

	if (version != 0)
		snprintf(out.sha256, sizeof(out.sha256), "%064lld", (long long)version);
	return out;
}

static struct cfg_pins pins(int64_t current, int64_t next, int64_t previous)
{
	return (struct cfg_pins){
		.current = pin(current), .next = pin(next), .previous = pin(previous)};
}

static enum vk_rc next(struct cfg_pins own, struct cfg_pins released, bool is_additive,
	size_t waiting, enum rotation_step *out)
{
	const struct rotation rotation = {.own = &own,
		.released = &released,
		.is_additive = is_additive,
		.waiting_count = waiting};

	return rotation_next(&rotation, out, &err);
}

static enum rotation_step step(
	struct cfg_pins own, struct cfg_pins released, bool is_additive, size_t waiting)
{
	enum rotation_step out = ROTATION_ADD;

	assert_ok(next(own, released, is_additive, waiting, &out), err);
	return out;
}

START_TEST(refuses_a_tree_that_is_older_than_the_release)
{
	enum rotation_step out;

	assert_fails(next(pins(1, 0, 0), pins(1, 2, 0), true, 0, &out), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "older"));
	assert_fails(next(pins(1, 2, 0), pins(2, 0, 1), true, 0, &out), VK_ECONFLICT);
	assert_fails(next(pins(2, 0, 1), pins(2, 0, 0), true, 0, &out), VK_ECONFLICT);
	assert_fails(next(pins(2, 0, 0), pins(3, 0, 0), true, 0, &out), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.hint, "up to date"));
}
END_TEST

START_TEST(refuses_a_tree_that_pins_another_envelope)
{
	struct cfg_pins own = pins(1, 2, 0);
	enum rotation_step out;

	own.next.sha256[0] = 'f';
	assert_fails(next(own, pins(1, 2, 0), true, 0, &out), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "other versions"));
}
END_TEST

START_TEST(waits_for_the_release_of_each_step)
{
	ck_assert_int_eq(step(pins(1, 0, 0), pins(0, 0, 0), true, 0), ROTATION_WAIT_RELEASE);
	ck_assert_int_eq(step(pins(1, 2, 0), pins(1, 0, 0), true, 0), ROTATION_WAIT_RELEASE);
	ck_assert_int_eq(step(pins(2, 0, 1), pins(1, 2, 0), true, 0), ROTATION_WAIT_RELEASE);
	ck_assert_int_eq(step(pins(2, 0, 0), pins(2, 0, 1), true, 0), ROTATION_WAIT_RELEASE);
	ck_assert(rotation_is_waiting(ROTATION_WAIT_RELEASE));
}
END_TEST

START_TEST(waits_for_hosts_between_the_steps_only)
{
	ck_assert_int_eq(step(pins(1, 2, 0), pins(1, 2, 0), true, 1), ROTATION_WAIT_HOSTS);
	ck_assert_int_eq(step(pins(2, 0, 1), pins(2, 0, 1), true, 3), ROTATION_WAIT_HOSTS);
	ck_assert_int_eq(step(pins(1, 0, 0), pins(1, 0, 0), true, 3), ROTATION_ADD);
	ck_assert(rotation_is_waiting(ROTATION_WAIT_HOSTS));
}
END_TEST

START_TEST(a_password_takes_three_steps)
{
	const struct cfg_pin fresh = pin(7);
	struct cfg_pins at = pins(4, 0, 0);

	ck_assert_int_eq(step(at, at, true, 0), ROTATION_ADD);
	ck_assert(rotation_is_fresh(ROTATION_ADD));
	at = rotation_pins(ROTATION_ADD, &at, &fresh);
	ck_assert_int_eq(at.current.version, 4);
	ck_assert_int_eq(at.next.version, 7);
	ck_assert_int_eq(step(at, at, true, 0), ROTATION_SWITCH);
	ck_assert(!rotation_is_fresh(ROTATION_SWITCH));
	at = rotation_pins(ROTATION_SWITCH, &at, NULL);
	ck_assert_int_eq(at.current.version, 7);
	ck_assert_int_eq(at.next.version, 0);
	ck_assert_int_eq(at.previous.version, 4);
	ck_assert_int_eq(step(at, at, true, 0), ROTATION_DROP);
	at = rotation_pins(ROTATION_DROP, &at, NULL);
	ck_assert_int_eq(at.current.version, 7);
	ck_assert_int_eq(at.previous.version, 0);
	ck_assert_int_eq(step(at, at, true, 0), ROTATION_ADD);
}
END_TEST

START_TEST(what_is_no_password_is_replaced_in_one_step)
{
	const struct cfg_pin fresh = pin(5);
	struct cfg_pins at = pins(4, 0, 0);

	ck_assert_int_eq(step(at, at, false, 2), ROTATION_REPLACE);
	ck_assert(rotation_is_fresh(ROTATION_REPLACE));
	at = rotation_pins(ROTATION_REPLACE, &at, &fresh);
	ck_assert_int_eq(at.current.version, 5);
	ck_assert_int_eq(at.next.version + at.previous.version, 0);
}
END_TEST

START_TEST(a_step_that_waits_changes_nothing)
{
	const struct cfg_pins at = pins(1, 2, 0);
	struct cfg_pins after = rotation_pins(ROTATION_WAIT_HOSTS, &at, NULL);

	ck_assert_int_eq(after.current.version, 1);
	ck_assert_int_eq(after.next.version, 2);
	ck_assert_str_eq(rotation_step_name(ROTATION_WAIT_HOSTS), "wait-hosts");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("secret_rotation");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_a_tree_that_is_older_than_the_release);
	tcase_add_test(tc, refuses_a_tree_that_pins_another_envelope);
	tcase_add_test(tc, waits_for_the_release_of_each_step);
	tcase_add_test(tc, waits_for_hosts_between_the_steps_only);
	tcase_add_test(tc, a_password_takes_three_steps);
	tcase_add_test(tc, what_is_no_password_is_replaced_in_one_step);
	tcase_add_test(tc, a_step_that_waits_changes_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
