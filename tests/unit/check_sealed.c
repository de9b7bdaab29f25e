/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/sealed.h"

#include <stdio.h>
#include <string.h>

#include "server/store/store_secret.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"

static struct store_fixture fix;
static int64_t change;

static void setup(void)
{
	store_fixture_init(&fix);
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
	change = store_fixture_add_change(&fix, "prod", 1, '1');
}

static void teardown(void)
{
	store_rollback(fix.store);
	store_fixture_release(&fix);
}

static void hold(const char *environment, const char *name, int64_t version, const char *digest)
{
	const struct store_secret secret = {.digest = digest,
		.environment = environment,
		.name = name,
		.version = version,
		.body = "{}",
		.body_len = 2,
		.author = "carol"};
	bool is_new;

	assert_ok(store_add_secret(fix.store, &secret, &is_new, &fix.err), fix.err);
}

/* A bundle as far as its secrets go. */
static struct store_bundle bundle_of(const char *instance, const char *secrets)
{
	char text[1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"secrets\":[%s]}", secrets);

	return (struct store_bundle){
		.instance = instance, .text = arena_dup(fix.arena, text, len), .len = len};
}

static enum vk_rc submit(const char *secrets)
{
	const struct store_bundle bundle = bundle_of("db1/main", secrets);
	struct sealed_pins pins;

	assert_ok(sealed_collect(&bundle, 1, fix.arena, &pins, &fix.err), fix.err);
	return sealed_add_pins(fix.store, "prod", change, &pins, fix.arena, &fix.err);
}

#define APP_1 "{\"name\":\"app\",\"sha256\":\"" ONE "\",\"version\":1}"
#define APP_2 "{\"name\":\"app\",\"sha256\":\"" TWO "\",\"version\":2}"

START_TEST(refuses_a_secret_that_is_not_held_and_says_which)
{
	hold("prod", "app", 1, ONE);
	assert_fails(submit(APP_1 "," APP_2), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "db1/main uses secret prod/app version 2"));
	ck_assert_ptr_nonnull(strstr(fix.err.hint, "vkcfg secret set prod app"));
}
END_TEST

START_TEST(refuses_a_secret_of_another_environment_name_or_version)
{
	hold("dev", "app", 1, ONE);
	assert_fails(submit(APP_1), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "dev/app"));
	hold("prod", "other", 2, TWO);
	assert_fails(submit(APP_2), VK_EUNTRUSTED);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "prod/other"));
}
END_TEST

START_TEST(refuses_bundles_that_are_none)
{
	const struct store_bundle bundle = bundle_of("db1/main", "{\"name\":7}");
	struct sealed_pins pins;

	assert_fails(sealed_collect(&bundle, 1, fix.arena, &pins, &fix.err), VK_EINPUT);
}
END_TEST

START_TEST(pins_are_collected_once_and_keep_the_secret)
{
	const struct store_bundle bundles[] = {bundle_of("db1/main", APP_1),
		bundle_of("db2/main", ""), bundle_of("db3/main", APP_1 "," APP_2)};
	struct sealed_pins pins;

	assert_ok(sealed_collect(bundles, 3, fix.arena, &pins, &fix.err), fix.err);
	ck_assert_uint_eq(pins.count, 2);
	ck_assert_str_eq(pins.items[0].digest, ONE);
	ck_assert_str_eq(pins.items[0].instance, "db1/main");
	ck_assert_int_eq(pins.items[1].version, 2);
	hold("prod", "app", 1, ONE);
	hold("prod", "app", 2, TWO);
	assert_ok(sealed_add_pins(fix.store, "prod", change, &pins, fix.arena, &fix.err), fix.err);
	assert_fails(store_remove_secret(fix.store, ONE, &fix.err), VK_ECONFLICT);
}
END_TEST

START_TEST(the_word_secrets_in_a_file_is_no_secret)
{
	struct store_bundle bundle = bundle_of("db1/main", APP_1);
	struct sealed_pins pins;

	bundle.text = "{\"files\":\"\\\"secrets\\\":[]\",\"secrets\":[" APP_1 "]}";
	bundle.len = strlen(bundle.text);
	assert_ok(sealed_collect(&bundle, 1, fix.arena, &pins, &fix.err), fix.err);
	ck_assert_uint_eq(pins.count, 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sealed");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_secret_that_is_not_held_and_says_which);
	tcase_add_test(tc, refuses_a_secret_of_another_environment_name_or_version);
	tcase_add_test(tc, refuses_bundles_that_are_none);
	tcase_add_test(tc, pins_are_collected_once_and_keep_the_secret);
	tcase_add_test(tc, the_word_secrets_in_a_file_is_no_secret);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
