/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_secret.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "server/store/store_change.h"
#include "server/store/store_release.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;

static void setup(void)
{
	store_fixture_init(&fix);
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
}

static void teardown(void)
{
	store_rollback(fix.store);
	store_fixture_release(&fix);
}

/* 64 digits, all of them the same. */
static const char *digest_of(char digit)
{
	static char text[16][VK_SHA256_HEX_BYTES];
	char *out = text[digit - '0'];

	memset(out, digit, VK_SHA256_HEX_BYTES - 1);
	return out;
}

static struct store_secret secret_of(
	const char *environment, const char *name, int64_t version, char digit)
{
	return (struct store_secret){.digest = digest_of(digit),
		.environment = environment,
		.name = name,
		.version = version,
		.body = "{\"a\":\"b\nc\"}",
		.body_len = 11,
		.author = "carol",
		.created = FIXTURE_NOW};
}

static void add(const char *environment, const char *name, int64_t version, char digit)
{
	const struct store_secret secret = secret_of(environment, name, version, digit);
	bool is_new = false;

	assert_ok(store_add_secret(fix.store, &secret, &is_new, &fix.err), fix.err);
	ck_assert(is_new);
}

static enum vk_rc seal(char digit, const char *recipient, uint8_t first)
{
	struct store_seal one = {.recipient = recipient, .by = "carol", .at = FIXTURE_NOW};

	one.public_key[0] = first;
	one.sealed[0] = (uint8_t)(first + 1);
	return store_save_seals(fix.store, digest_of(digit), &one, 1, &fix.err);
}

START_TEST(refuses_another_envelope_of_a_version)
{
	struct store_secret other = secret_of("prod", "app", 1, '2');
	bool is_new = true;

	add("prod", "app", 1, '1');
	assert_fails(store_add_secret(fix.store, &other, &is_new, &fix.err), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.hint, "next number"));
	other = secret_of("prod", "app", 1, '1');
	assert_ok(store_add_secret(fix.store, &other, &is_new, &fix.err), fix.err);
	ck_assert_msg(!is_new, "the same again is no new version");
}
END_TEST

START_TEST(refuses_seals_of_what_is_not_there)
{
	struct store_seal out;
	const uint8_t nobody[STORE_SEAL_PUBLIC_BYTES] = {9};

	assert_fails(seal('1', "host/db1", 1), VK_ECONFLICT);
	add("prod", "app", 1, '1');
	assert_fails(store_get_seal(fix.store, digest_of('1'), nobody, fix.arena, &out, &fix.err),
		VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_more_seals_than_the_limit)
{
	static struct store_seal seals[STORE_SEALS_MAX];

	add("prod", "app", 1, '1');
	for (unsigned i = 0; i < STORE_SEALS_MAX; i++) {
		seals[i] = (struct store_seal){.recipient = "host/x", .by = "carol"};
		memcpy(seals[i].public_key, &i, sizeof(i));
	}
	for (int i = 0; i < 2; i++)
		assert_ok(store_save_seals(
				  fix.store, digest_of('1'), seals, STORE_SEALS_MAX, &fix.err),
			fix.err);
	seals[0].public_key[31] = 1;
	assert_fails(store_save_seals(fix.store, digest_of('1'), seals, 1, &fix.err), VK_ELIMIT);
}
END_TEST

START_TEST(refuses_cursors_that_it_did_not_make)
{
	static const char *const wrong[] = {"", "x", "prod/app", "prod/app/", "prod/app/x", "//1",
		"prod/app/1/2", "prod/app/-1"};
	const struct store_secret_filter filter = {.name = NULL};
	struct store_secret_list list;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct store_page page = {.after = wrong[i]};

		ck_assert_msg(store_list_secrets(fix.store, &filter, &page, fix.arena, &list,
				      &fix.err) == VK_EINPUT,
			"taken: %s", wrong[i]);
	}
}
END_TEST

START_TEST(an_envelope_comes_back_as_it_went_in)
{
	struct store_secret out;

	add("prod", "app", 3, '1');
	assert_ok(store_get_secret(fix.store, digest_of('1'), fix.arena, &out, &fix.err), fix.err);
	ck_assert_str_eq(out.environment, "prod");
	ck_assert_str_eq(out.name, "app");
	ck_assert_int_eq(out.version, 3);
	ck_assert_uint_eq(out.body_len, 11);
	ck_assert_str_eq(out.body, "{\"a\":\"b\nc\"}");
	ck_assert_str_eq(out.author, "carol");
	assert_fails(store_get_secret(fix.store, "00", fix.arena, &out, &fix.err), VK_ENOTFOUND);
}
END_TEST

START_TEST(a_seal_of_the_same_key_is_replaced)
{
	const uint8_t key[STORE_SEAL_PUBLIC_BYTES] = {5};
	const struct store_seal *items;
	struct store_seal out;
	size_t count;

	add("prod", "app", 1, '1');
	assert_ok(seal('1', "keeper/alice", 4), fix.err);
	assert_ok(seal('1', "host/db1", 5), fix.err);
	assert_ok(seal('1', "host/db2", 5), fix.err);
	assert_ok(store_list_seals(fix.store, digest_of('1'), fix.arena, &items, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(items[0].recipient, "host/db2");
	ck_assert_str_eq(items[1].recipient, "keeper/alice");
	assert_ok(
		store_get_seal(fix.store, digest_of('1'), key, fix.arena, &out, &fix.err), fix.err);
	ck_assert_uint_eq(out.sealed[0], 6);
	ck_assert_str_eq(out.by, "carol");
}
END_TEST

START_TEST(lists_are_filtered_and_paged)
{
	struct store_secret_filter filter = {.where = {.environment = "prod"}};
	struct store_page page = {.limit = 2};
	struct store_secret_list list;

	add("prod", "app", 10, '1');
	add("prod", "app", 9, '2');
	add("prod", "tls", 1, '3');
	add("dev", "app", 1, '4');
	assert_ok(seal('2', "host/db1", 1), fix.err);
	assert_ok(
		store_list_secrets(fix.store, &filter, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_int_eq(list.items[0].version, 9);
	ck_assert_uint_eq(list.items[0].seal_count, 1);
	ck_assert_int_eq(list.items[1].version, 10);
	page.after = list.next;
	assert_ok(
		store_list_secrets(fix.store, &filter, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.items[0].name, "tls");
	ck_assert_ptr_null(list.next);
	filter = (struct store_secret_filter){.name = "app"};
	page = (struct store_page){.limit = 0};
	assert_ok(
		store_list_secrets(fix.store, &filter, &page, fix.arena, &list, &fix.err), fix.err);
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.items[0].environment, "dev");
}
END_TEST

/* Makes prod/NUMBER out of a new change that pins the secret with this digit, if any. */
static void release_with(int64_t number, char digit)
{
	int64_t id = store_fixture_add_change(&fix, "prod", number, (char)('0' + number));

	if (digit != '\0')
		assert_ok(store_add_pin(fix.store, id, digest_of(digit), &fix.err), fix.err);
	assert_ok(store_close_change(fix.store, id, CHANGE_RELEASED, &fix.err), fix.err);
	assert_ok(store_add_release(fix.store, id, FIXTURE_NOW, &fix.err), fix.err);
}

START_TEST(refuses_to_remove_what_a_host_may_need)
{
	int64_t open;

	add("prod", "app", 1, '1');
	assert_ok(seal('1', "host/db1", 1), fix.err);
	open = store_fixture_add_change(&fix, "prod", 1, '9');
	assert_ok(store_add_pin(fix.store, open, digest_of('1'), &fix.err), fix.err);
	assert_ok(store_add_pin(fix.store, open, digest_of('1'), &fix.err), fix.err);
	assert_fails(store_remove_secret(fix.store, digest_of('1'), &fix.err), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "open"));
	assert_ok(store_close_change(fix.store, open, CHANGE_STALE, &fix.err), fix.err);
	release_with(1, '1');
	assert_fails(store_remove_secret(fix.store, digest_of('1'), &fix.err), VK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "prod/1"));
	release_with(2, '\0');
	assert_fails(store_remove_secret(fix.store, digest_of('1'), &fix.err), VK_ECONFLICT);
	release_with(3, '\0');
	assert_ok(store_remove_secret(fix.store, digest_of('1'), &fix.err), fix.err);
	assert_fails(store_remove_secret(fix.store, digest_of('1'), &fix.err), VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_to_rewrite_an_envelope)
{
	add("prod", "app", 1, '1');
	assert_ok(store_commit(fix.store, &fix.err), fix.err);
	ck_assert_int_eq(
		store_fixture_tamper(&fix, "UPDATE secrets SET body = 'x'"), SQLITE_CONSTRAINT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store_secret");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_another_envelope_of_a_version);
	tcase_add_test(tc, refuses_seals_of_what_is_not_there);
	tcase_add_test(tc, refuses_more_seals_than_the_limit);
	tcase_add_test(tc, refuses_cursors_that_it_did_not_make);
	tcase_add_test(tc, refuses_to_remove_what_a_host_may_need);
	tcase_add_test(tc, refuses_to_rewrite_an_envelope);
	tcase_add_test(tc, an_envelope_comes_back_as_it_went_in);
	tcase_add_test(tc, a_seal_of_the_same_key_is_replaced);
	tcase_add_test(tc, lists_are_filtered_and_paged);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
