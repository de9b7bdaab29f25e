/* SPDX-License-Identifier: BSD-3-Clause */
/* Succinct roles (TAP 15): one delegation for many roles, among which a digest chooses. */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tuf_simulator.h"
#include "tests/unit/unit.h"

static struct tuf_sim *sim;
static struct vk_err err;

static void setup(void)
{
	sim = tuf_sim_new();
}

static void teardown(void)
{
	tuf_sim_free(sim);
}

/* The digest of "f" begins with 252f10c8: with 3 bits its bin is 1, with 6 bits 09. */
enum { BITS = 3 };

static struct vkjson *get(struct vkjson *json, const char *name)
{
	return (struct vkjson *)(uintptr_t)vkjson_get(json, name);
}

static struct vkjson *bins(void)
{
	return get(get(tuf_sim_part(sim, "targets"), "delegations"), "succinct_roles");
}

static void publish(void)
{
	tuf_sim_publish(sim, "targets");
	tuf_sim_publish_online(sim);
}

static void publish_bins(void)
{
	char name[16];

	tuf_sim_delegate_bins(sim, "targets", "bin", BITS);
	tuf_sim_add_target(sim, "bin-1", "f", "content");
	for (int i = 0; i < 1 << BITS; i++) {
		snprintf(name, sizeof(name), "bin-%d", i);
		tuf_sim_publish(sim, name);
	}
	publish();
}

static const char *role_requests(void)
{
	const char *at = strstr(tuf_sim_requests(sim), "targets.json ");

	return at != NULL ? at + strlen("targets.json ") : "";
}

START_TEST(refuses_malformed_bins)
{
	publish_bins();
	assert_ok(tuf_sim_refresh(sim, &err), err);
	switch (_i) {
	case 0:
		tuf_sim_set_int(bins(), "bit_length", 0);
		break;
	case 1:
		tuf_sim_set_int(bins(), "bit_length", TUF_MAX_BIN_BITS + 1);
		break;
	case 2:
		vkjson_unset(bins(), "bit_length");
		break;
	case 3:
		vkjson_set(bins(), "name_prefix", vkjson_string(""));
		break;
	case 4:
		vkjson_unset(bins(), "name_prefix");
		break;
	case 5:
		tuf_sim_set_int(bins(), "threshold", 0);
		break;
	case 6: /* clients would disagree on the order */
		vkjson_set(
			get(tuf_sim_part(sim, "targets"), "delegations"), "roles", vkjson_array());
		break;
	case 7:
		vkjson_set(get(tuf_sim_part(sim, "targets"), "delegations"), "succinct_roles",
			vkjson_array());
		break;
	case 8:
		vkjson_unset(get(tuf_sim_part(sim, "targets"), "delegations"), "succinct_roles");
		break;
	}
	publish();
	assert_fails(tuf_sim_refresh(sim, &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "targets"), 2);
}
END_TEST

START_TEST(a_bin_with_a_wrong_key_is_refused)
{
	publish_bins();
	tuf_sim_sign_as(sim, "bin-1", "timestamp");
	tuf_sim_publish(sim, "bin-1");
	publish();
	assert_fails(tuf_sim_find(sim, "f", &err), VK_EUNTRUSTED);
	ck_assert_int_eq(tuf_sim_stored(sim, "bin-1"), 0);
}
END_TEST

START_TEST(a_bin_cannot_list_the_targets_of_another)
{
	publish_bins();
	tuf_sim_add_target(sim, "bin-2", "g", "forged"); /* cd0aa985: bin 6 */
	tuf_sim_publish(sim, "bin-2");
	publish();
	assert_fails(tuf_sim_find(sim, "g", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.bin-6.json ");
}
END_TEST

START_TEST(a_bin_that_the_snapshot_lacks_makes_no_request)
{
	tuf_sim_delegate_bins(sim, "targets", "bin", BITS);
	publish();
	ck_assert_int_ne(tuf_sim_find(sim, "f", &err), VK_OK);
	ck_assert_str_eq(role_requests(), "");
}
END_TEST

START_TEST(the_digest_chooses_the_bin)
{
	publish_bins();
	assert_ok(tuf_sim_find(sim, "f", &err), err);
	ck_assert_str_eq(role_requests(), "1.bin-1.json ");
}
END_TEST

START_TEST(bins_end_what_was_waiting)
{
	tuf_sim_delegate(sim, "targets", "a", "*", false);
	tuf_sim_delegate(sim, "targets", "late", "*", false);
	tuf_sim_delegate_bins(sim, "a", "bin", BITS);
	tuf_sim_add_target(sim, "late", "f", "never reached");
	tuf_sim_publish(sim, "a");
	tuf_sim_publish(sim, "late");
	tuf_sim_publish(sim, "bin-1");
	publish();
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "1.a.json 1.bin-1.json ");
}
END_TEST

START_TEST(a_bin_may_delegate_further_and_back)
{
	publish_bins();
	tuf_sim_delegate_bins(sim, "bin-1", "sub", 2); /* 00: sub-0 */
	vkjson_set(tuf_sim_part(sim, "sub-0"), "delegations",
		vkjson_copy(vkjson_get(tuf_sim_part(sim, "targets"), "delegations")));
	tuf_sim_publish(sim, "sub-0");
	vkjson_set(tuf_sim_part(sim, "bin-1"), "targets", vkjson_object());
	tuf_sim_publish(sim, "bin-1");
	publish();
	assert_fails(tuf_sim_find(sim, "f", &err), VK_ENOTFOUND);
	ck_assert_str_eq(role_requests(), "2.bin-1.json 1.sub-0.json ");
}
END_TEST

/* Names as python-tuf makes them: as many hexadecimal digits as the last bin needs. */
START_TEST(names_have_the_digits_of_the_last_bin)
{
	static const struct {
		unsigned bits;
		const char *name;
	} rows[] = {
		{1, "p-0"},
		{3, "p-1"},
		{4, "p-2"},
		{5, "p-04"},
		{6, "p-09"},
		{8, "p-25"},
		{9, "p-04a"},
		{16, "p-252f"},
		{31, "p-12978864"},
		{32, "p-252f10c8"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tuf_bins set = {.name_prefix = "p", .bit_length = rows[i].bits};
		struct vk_buf name;

		vk_buf_init(&name, 100);
		tuf_bins_role_name(&set, "f", &name);
		ck_assert_str_eq(name.data, rows[i].name);
		vk_buf_release(&name);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tuf_bins");
	TCase *tcase = tcase_create("tuf_bins");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, refuses_malformed_bins, 0, 9);
	tcase_add_test(tcase, a_bin_with_a_wrong_key_is_refused);
	tcase_add_test(tcase, a_bin_cannot_list_the_targets_of_another);
	tcase_add_test(tcase, a_bin_that_the_snapshot_lacks_makes_no_request);
	tcase_add_test(tcase, the_digest_chooses_the_bin);
	tcase_add_test(tcase, bins_end_what_was_waiting);
	tcase_add_test(tcase, a_bin_may_delegate_further_and_back);
	tcase_add_test(tcase, names_have_the_digits_of_the_last_bin);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
