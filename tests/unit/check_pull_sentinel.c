/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that a Sentinel runs from: what a release may say in it, and what it may not take away.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/sentinel_boundary.h"
#include "client/pull/sentinel_merge.h"
#include "client/pull/sentinel_values.h"
#include "tests/unit/unit.h"

#define ID "0123456789abcdef0123456789abcdef01234567"

static const char desired[] = "port 26379\n"
			      "sentinel monitor orders 10.0.0.1 6379 2\n"
			      "sentinel down-after-milliseconds orders 600\n"
			      "include \"/x/secrets.conf\"\n";

static char *merged(const char *learned)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *text;

	vk_buf_init(&out, 65536);
	assert_ok(sentinel_merge(desired, strlen(desired), learned, strlen(learned), &out, &err),
		err);
	text = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return text;
}

static void assert_merged(const char *learned, const char *expected)
{
	char *text = merged(learned);

	ck_assert_str_eq(text, expected);
	free(text);
}

#define PLAIN                                                                                      \
	"port 26379\nsentinel monitor orders 10.0.0.1 6379 2\n"                                    \
	"sentinel down-after-milliseconds orders 600\n"

START_TEST(what_a_sentinel_does_not_learn_is_not_kept)
{
	static const char *const bad[] = {"", "port 1", "maxclients 5", "loadmodule x.so",
		"sentinel", "sentinel notification-script orders /bin/sh",
		"sentinel auth-pass orders x", "sentinel known-replica",
		"sentinel known-replica orders 10.0.0.2", "sentinel known-replica other 10.0.0.2 1",
		"sentinel known-replica orders 10.0.0.2 0",
		"sentinel known-replica orders 10.0.0.2 70000",
		"sentinel known-replica orders \"a b\" 1",
		"sentinel known-replica orders 10.0.0.2 1 " ID,
		"sentinel known-sentinel orders 10.0.0.2 1 nobody", "sentinel myid x",
		"sentinel myid \"" ID "\\nloadmodule x\"", "sentinel current-epoch -1",
		"sentinel config-epoch other 3", "sentinel leader-epoch orders x",
		"sentinel quorum orders 1", "\"unbalanced", "sentinel monitor other 10.0.0.9 1 1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_merged(bad[i], PLAIN);
}
END_TEST

START_TEST(what_a_sentinel_has_learned_is_kept_once)
{
	assert_merged("sentinel myid " ID "\nsentinel known-replica orders 10.0.0.2 6379\n"
		      "sentinel known-sentinel orders 10.0.0.3 26379 " ID "\n"
		      "sentinel known-sentinel orders 10.0.0.4 26379\n"
		      "sentinel config-epoch orders 0\nsentinel leader-epoch orders 3\n"
		      "sentinel known-replica orders 10.0.0.2 6379\nsentinel current-epoch 7\n",
		PLAIN "sentinel config-epoch orders 0\nsentinel current-epoch 7\n"
		      "sentinel known-replica orders 10.0.0.2 6379\n"
		      "sentinel known-sentinel orders 10.0.0.3 26379 " ID "\n"
		      "sentinel known-sentinel orders 10.0.0.4 26379\n"
		      "sentinel leader-epoch orders 3\nsentinel myid " ID "\n");
}
END_TEST

START_TEST(a_failover_is_not_undone_and_the_quorum_is_the_release_s)
{
	assert_merged("sentinel monitor orders 10.0.0.2 6380 9\nsentinel config-epoch orders 1\n",
		"port 26379\nsentinel monitor orders 10.0.0.2 6380 2\n"
		"sentinel down-after-milliseconds orders 600\nsentinel config-epoch orders 1\n");
	assert_merged("sentinel monitor orders 10.0.0.2 6380 9\nsentinel config-epoch orders 0\n",
		PLAIN "sentinel config-epoch orders 0\n");
	assert_merged("sentinel monitor orders -x 6380 9\nsentinel config-epoch orders 1\n",
		PLAIN "sentinel config-epoch orders 1\n");
}
END_TEST

START_TEST(a_release_names_no_program_and_nothing_that_is_learned)
{
	static const char *const bad[] = {"sentinel", "sentinel notification-script orders /bin/sh",
		"sentinel client-reconfig-script orders /bin/sh", ("sentinel myid " ID),
		"sentinel known-replica orders 10.0.0.2 6379", "sentinel config-epoch orders 1",
		"sentinel auth-pass orders hunter2", "sentinel sentinel-pass hunter2",
		"sentinel deny-scripts-reconfig no", "sentinel deny-scripts-reconfig NO",
		"sentinel monitor orders 10.0.0.1 6379 2", "sentinel monitor a -x 6379 2",
		"sentinel monitor a 10.0.0.1 0 2", "sentinel monitor a 10.0.0.1 6379 0",
		"sentinel monitor a 10.0.0.1 6379", "sentinel monitor \"a b\" 10.0.0.1 6379 2",
		"sentinel auth-user orders \"a b\"", "sentinel auth-user orders \"a\\\"b\"",
		"sentinel auth-user orders \"a\\nb\"", "sentinel auth-user other x",
		"sentinel auth-user orders", "sentinel quorum orders 2", "sentinel unheard-of x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct cfg_conf *conf = NULL;
		struct vk_buf text;

		vk_buf_init(&text, 4096);
		vk_buf_addf(&text, "sentinel monitor orders 10.0.0.1 6379 2\n%s\n", bad[i]);
		assert_ok(cfg_conf_parse("x", text.data, text.len, &conf, &err), err);
		ck_assert_msg(
			sentinel_objection(conf, cfg_conf_at(conf, 1), "sentinel 8.0") != NULL,
			"%s", bad[i]);
		ck_assert_ptr_null(sentinel_objection(conf, cfg_conf_at(conf, 0), "sentinel 8.0"));
		cfg_conf_free(conf);
		vk_buf_release(&text);
	}
}
END_TEST

static void read_values(const char *text, const char *key, struct values *out)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(sentinel_values_read(text, strlen(text), "sentinel 8.0", key, out, &err), err);
}

START_TEST(a_file_says_the_defaults_too_and_no_password)
{
	struct values values;

	values_init(&values);
	read_values("sentinel monitor orders 10.0.0.1 6379 2\nsentinel auth-pass orders hunter2\n"
		    "sentinel known-replica orders 10.0.0.2 6379\nmaxclients 1\nmaxclients 2\n",
		"key", &values);
	ck_assert_str_eq(values_get(&values, "sentinel quorum orders"), "2");
	ck_assert_str_eq(values_get(&values, "sentinel monitor orders"), "10.0.0.1 6379");
	ck_assert_str_eq(values_get(&values, "sentinel parallel-syncs orders"), "1");
	ck_assert_str_eq(values_get(&values, "sentinel sentinel-pass"), "");
	ck_assert_str_eq(values_get(&values, "maxclients"), "2");
	ck_assert_ptr_null(strstr(values_get(&values, "sentinel auth-pass orders"), "hunter2"));
	for (size_t i = 0; i < values.count; i++)
		ck_assert_ptr_null(strstr(values.items[i].name, "known-replica"));
	values_release(&values);
}
END_TEST

static size_t differences(const char *want, const char *have, enum difference_cure cure)
{
	struct difference difference;
	struct values expected, live;
	size_t count;

	values_init(&expected);
	values_init(&live);
	difference_init(&difference);
	read_values(want, "key", &expected);
	read_values(have, "key", &live);
	sentinel_values_compare(&difference, &expected, &live, "sentinel 8.0");
	count = difference_count(&difference, cure);
	ck_assert_uint_eq(count, difference.count);
	difference_release(&difference);
	values_release(&expected);
	values_release(&live);
	return count;
}

#define ORDERS "sentinel monitor orders 10.0.0.1 6379 2\n"

START_TEST(each_difference_has_the_least_cure)
{
	ck_assert_uint_eq(differences(ORDERS, ORDERS, CURE_LIVE), 0);
	ck_assert_uint_eq(differences(ORDERS, ORDERS "port 1\nprotected-mode no\n", CURE_LIVE), 0);
	ck_assert_uint_eq(differences("maxclients 100\n", "maxclients 90\n", CURE_RESTART), 0);
	ck_assert_uint_eq(
		differences(ORDERS, "sentinel monitor orders 10.0.0.1 6379 3\n", CURE_LIVE), 1);
	ck_assert_uint_eq(differences(ORDERS "sentinel auth-pass orders a\n",
				  ORDERS "sentinel auth-pass orders b\n", CURE_LIVE),
		1);
	ck_assert_uint_eq(differences("maxclients 100\n", "maxclients 101\n", CURE_RESTART), 1);
	ck_assert_uint_eq(
		differences(ORDERS, "sentinel monitor orders 10.0.0.2 6379 2\n", CURE_RESTART), 1);
	ck_assert_uint_eq(differences("port 1\n", ORDERS "port 1\n", CURE_RESTART), 1);
	ck_assert_uint_eq(differences(ORDERS, ORDERS "sentinel notification-script orders /x\n",
				  CURE_RESTART),
		1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_sentinel");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, what_a_sentinel_does_not_learn_is_not_kept);
	tcase_add_test(tc, what_a_sentinel_has_learned_is_kept_once);
	tcase_add_test(tc, a_failover_is_not_undone_and_the_quorum_is_the_release_s);
	tcase_add_test(tc, a_release_names_no_program_and_nothing_that_is_learned);
	tcase_add_test(tc, a_file_says_the_defaults_too_and_no_password);
	tcase_add_test(tc, each_difference_has_the_least_cure);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
