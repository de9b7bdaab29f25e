/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose word counts for the audit log, and how many it takes. */
#include "config.h"

#include "client/admin/audit_witnesses.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/note.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

enum { HOSTS = 4, ENTRIES = 9, FIRST_AT = 1000, DAY = 86400 };

static const struct tuf_fleet fleet = {.fleet = "demo", .log_name = "demo/log"};

static struct vk_signkey *keys[HOSTS];
static struct audit_leaves *leaves;
static struct audit_witnesses *witnesses;
static struct vk_err err;

static void host_name(int i, char out[16])
{
	snprintf(out, 16, "db%d", i);
}

static void add_entries(struct audit_leaves *to, const char *actor)
{
	struct vk_buf text;

	for (uint64_t i = 0; i <= ENTRIES; i++)
		audit_leaves_mark(to, i);
	vk_buf_init(&text, VK_AUDIT_ENTRY_MAX_BYTES);
	for (int i = 0; i < ENTRIES; i++) {
		const struct vk_audit_entry entry = {.action = "host.report",
			.actor = actor,
			.at = FIRST_AT + i * DAY,
			.object = "host/db1",
			.result = "ok"};

		vk_buf_reset(&text);
		assert_ok(vk_audit_entry_format(&entry, &text, &err), err);
		assert_ok(audit_leaves_add(to, text.data, text.len, &err), err);
	}
	vk_buf_release(&text);
}

static void setup(void)
{
	leaves = audit_leaves_new();
	add_entries(leaves, "host/db1");
	witnesses = audit_witnesses_new();
	for (int i = 0; i < HOSTS; i++) {
		uint8_t key[VK_PUBLIC_KEY_BYTES];
		char name[16];

		keys[i] = vk_signkey_generate();
		vk_signkey_public(keys[i], key);
		host_name(i, name);
		audit_witnesses_add(witnesses, name, key);
		audit_witnesses_add(witnesses, "again", key);
	}
}

static void teardown(void)
{
	for (int i = 0; i < HOSTS; i++)
		vk_signkey_free(keys[i]);
	audit_witnesses_free(witnesses);
	audit_leaves_free(leaves);
}

/* Host i says with the key of host k that the log `of` begins with this many entries. */
static enum vk_rc say(int i, int k, const struct audit_leaves *of, uint64_t size)
{
	struct note_checkpoint checkpoint = {.size = size};
	char name[16], witness[NOTE_WITNESS_NAME_BYTES];
	struct vk_buf line;
	enum vk_rc rc;

	vk_buf_init(&line, 1000);
	ck_assert(audit_leaves_root(of, size, checkpoint.root));
	host_name(i, name);
	note_witness_name("demo", name, witness);
	note_cosign("demo/log", &checkpoint, 5, witness, keys[k], &line);
	rc = audit_witnesses_hear(witnesses, &fleet, name, size, line.data, leaves, &err);
	vk_buf_release(&line);
	return rc;
}

static struct audit_majority count(void)
{
	struct audit_majority majority;

	audit_witnesses_count(witnesses, &majority);
	return majority;
}

static enum vk_rc check(int64_t now)
{
	const struct audit_majority majority = count();

	return audit_witnesses_check(&majority, leaves, now, 3 * DAY, &err);
}

START_TEST(half_of_the_hosts_is_not_enough)
{
	assert_fails(check(FIRST_AT), VK_EUNTRUSTED);
	ck_assert_int_eq(say(0, 0, leaves, 9), VK_OK);
	ck_assert_int_eq(say(1, 1, leaves, 9), VK_OK);
	ck_assert_uint_eq(count().witnesses, 2);
	ck_assert_uint_eq(count().needed, 3);
	assert_fails(check(FIRST_AT), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.msg, "2 of 4 hosts"));
	ck_assert_int_eq(say(2, 2, leaves, 4), VK_OK);
	assert_ok(check(FIRST_AT), err);
	ck_assert_uint_eq(count().witnessed, 4);
}
END_TEST

START_TEST(another_history_is_told_and_another_key_has_no_vote)
{
	struct audit_leaves *forged = audit_leaves_new();

	add_entries(forged, "host/mallory");
	assert_fails(say(0, 0, forged, 9), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.msg, "db0"));
	ck_assert_int_eq(say(0, 1, leaves, 9), VK_OK); /* a key that is not this host's */
	ck_assert_uint_eq(count().witnesses, 0);
	audit_leaves_free(forged);
}
END_TEST

START_TEST(nobody_votes_twice_or_for_what_is_not_there)
{
	ck_assert_uint_eq(count().hosts, HOSTS);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(say(0, 0, leaves, (uint64_t)i), VK_OK);
	ck_assert_uint_eq(count().witnesses, 1);
	ck_assert_int_eq(
		audit_witnesses_hear(witnesses, &fleet, "db1", 10, "x", leaves, &err), VK_OK);
	ck_assert_int_eq(
		audit_witnesses_hear(witnesses, &fleet, "db1", 9, "x", leaves, &err), VK_OK);
	ck_assert_uint_eq(count().witnesses, 1);
}
END_TEST

START_TEST(what_most_hosts_have_not_seen_for_days_is_refused)
{
	const int64_t fifth = FIRST_AT + 5 * DAY;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(say(i, i, leaves, 5), VK_OK);
	assert_ok(check(fifth + 3 * DAY), err);
	assert_fails(check(fifth + 3 * DAY + 1), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.msg, "entry 5"));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(say(i, i, leaves, 9), VK_OK);
	assert_ok(check(fifth + 1000 * DAY), err);
}
END_TEST

/* The words of the first n hosts, host i about 10 - i entries, and those of a stranger. */
static uint64_t claimed(int n)
{
	struct vkjson *items = vkjson_array();
	uint64_t size;
	char name[16];

	for (int i = 0; i <= n; i++) {
		struct vkjson *item = vkjson_object();

		host_name(i, name);
		vkjson_set(item, "host", vkjson_string(i < n ? name : "stranger"));
		vkjson_set(item, "size", vkjson_int(i < n ? 10 - i : 1000));
		vkjson_append(items, item);
	}
	size = audit_witnesses_claimed(witnesses, items);
	vkjson_free(items);
	return size;
}

START_TEST(what_a_majority_claims_is_the_least_of_its_words)
{
	ck_assert_uint_eq(claimed(0), 0);
	ck_assert_uint_eq(claimed(2), 0);
	ck_assert_uint_eq(claimed(3), 8);
	ck_assert_uint_eq(claimed(4), 8);
	ck_assert_uint_eq(count().witnesses, 0); /* only claimed */
}
END_TEST

START_TEST(a_fleet_without_hosts_has_no_majority)
{
	const struct audit_majority none = {.needed = 1};

	assert_fails(audit_witnesses_check(&none, leaves, FIRST_AT, DAY, &err), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.hint, "--allow-unwitnessed"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("audit_witnesses");
	TCase *tc = tcase_create("audit_witnesses");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, half_of_the_hosts_is_not_enough);
	tcase_add_test(tc, another_history_is_told_and_another_key_has_no_vote);
	tcase_add_test(tc, nobody_votes_twice_or_for_what_is_not_there);
	tcase_add_test(tc, what_most_hosts_have_not_seen_for_days_is_refused);
	tcase_add_test(tc, what_a_majority_claims_is_the_least_of_its_words);
	tcase_add_test(tc, a_fleet_without_hosts_has_no_majority);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
