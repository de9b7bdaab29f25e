/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/value.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct cfg_directive *find(const char *name)
{
	const struct cfg_directive *d = cfg_directive_find(name, "8.0");

	ck_assert_msg(d != NULL, "%s", name);
	return d;
}

static void refuse(const char *name, const char *text, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	ck_assert_msg(cfg_value_normalise(find(name), text, &out, &err) == VK_EINPUT,
		"%s took '%s' as '%s'", name, text, out.data);
	ck_assert_uint_eq(out.len, 0);
	if (msg != NULL)
		ck_assert_str_eq(err.msg, msg);
	vk_buf_release(&out);
}

static void accept(const char *name, const char *text, const char *expected)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out, again;

	vk_buf_init(&out, 100000);
	vk_buf_init(&again, 100000);
	assert_ok(cfg_value_normalise(find(name), text, &out, &err), err);
	ck_assert_str_eq(out.data, expected);
	/* The normal form is its own normal form. */
	assert_ok(cfg_value_normalise(find(name), out.data, &again, &err), err);
	ck_assert_str_eq(again.data, expected);
	ck_assert(cfg_value_is_same(find(name), text, expected));
	vk_buf_release(&out);
	vk_buf_release(&again);
}

static void accept_list(
	const char *name, const char *const *items, size_t count, const char *expected)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	assert_ok(cfg_value_normalise_list(find(name), items, count, &out, &err), err);
	ck_assert_str_eq(out.data, expected);
	vk_buf_release(&out);
}

START_TEST(refuses_control_characters_in_every_directive)
{
	for (size_t i = 0; i < cfg_directive_count("8.0"); i++) {
		const char *name = cfg_directive_at("8.0", i)->name;

		refuse(name, "a\nport 1", NULL);
		refuse(name, "a\rport 1", NULL);
		refuse(name, "\x01", NULL);
		refuse(name, "a\x7f", NULL);
	}
}
END_TEST

START_TEST(refuses_values_longer_than_a_value_may_be)
{
	char text[CFG_VALUE_MAX_BYTES + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refuse("proc-title-template", text, "a value of more than 4096 bytes");
	text[sizeof(text) - 2] = '\0';
	accept("proc-title-template", text, text);
}
END_TEST

START_TEST(refuses_numbers_that_valkey_refuses)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "01", "0x1", "1.0", "-0", "-",
		"65536", "-1", "1e3", "one", "18446744073709551617"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse("port", bad[i], NULL);
	refuse("port", "65536", "expected a whole number from 0 to 65535, found '65536'");
	refuse("maxclients", "0", "expected a whole number from 1 to 4294967295, found '0'");
	refuse("slowlog-log-slower-than", "-2", NULL);
	refuse("list-max-listpack-size", "-2147483649", NULL);
}
END_TEST

START_TEST(refuses_sizes_that_valkey_refuses)
{
	static const char *const bad[] = {"", "1t", "1.5gb", "1 gb", "gb", "-1", "1kib", "50%",
		"99999999999999999999", "99999999999gb", "1gbb"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse("maxmemory", bad[i], NULL);
	refuse("maxmemory-clients", "101%", NULL);
	refuse("maxmemory-clients", "%", NULL);
	refuse("client-query-buffer-limit", "1kb", NULL);
}
END_TEST

START_TEST(refuses_words_that_are_no_choice_and_suggests)
{
	struct vk_err err = VK_ERR_INIT;

	refuse("appendonly", "on", "expected one of yes, no, found 'on'");
	refuse("appendonly", "", NULL);
	assert_fails(cfg_value_normalise(find("maxmemory-policy"), "allkeys-lur", NULL, &err),
		VK_EINPUT);
	ck_assert_str_eq(err.hint, "did you mean 'allkeys-lru'?");
}
END_TEST

/* What valkey-server 8.0.1 says of the same. */
START_TEST(refuses_text_that_is_no_address_or_name)
{
	refuse("cluster-announce-hostname", "a_b", NULL);
	refuse("cluster-announce-hostname", "\xc3\xa9", NULL);
	refuse("cluster-announce-client-ipv4", "1.2.3", NULL);
	refuse("cluster-announce-client-ipv4", "::1", NULL);
	refuse("cluster-announce-client-ipv6", "1.2.3.4", NULL);
	refuse("cluster-announce-client-ipv6", "fe80::1%eth0", NULL);
	refuse("cluster-announce-human-nodename", "a;b", NULL);
	accept("cluster-announce-hostname", "a-b.Example", "a-b.Example");
	accept("cluster-announce-client-ipv4", "", "");
	accept("cluster-announce-client-ipv6", "::ffff:1.2.3.4", "::ffff:1.2.3.4");
	accept("cluster-announce-human-nodename", "node \xc3\xa9_1", "node \xc3\xa9_1");
}
END_TEST

START_TEST(reads_words_whatever_their_case_and_numbers_with_a_plus)
{
	accept("shutdown-on-sigterm", "Force NOW", "now force");
	refuse("shutdown-on-sigterm", "", NULL);
	accept("client-output-buffer-limit", "PubSub 1mb 1mb 1",
		"normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 1048576 1");
	accept("save", "+060 07", "60 7");
	accept("oom-score-adj-values", "+5 0 -5", "5 0 -5");
	accept("latency-tracking-info-percentiles", ".5 5. +050 33.33333349 99.9999999",
		"0.5 5 50 33.333333 100");
	refuse("latency-tracking-info-percentiles", ".", NULL);
	refuse("latency-tracking-info-percentiles", "100.0000001", NULL);
	refuse("latency-tracking-info-percentiles", "1e1", NULL);
}
END_TEST

START_TEST(refuses_broken_lists_of_words)
{
	static const char *const two[] = {"6379", "6380"};

	refuse("save", "3600", NULL);
	refuse("save", "0 1", "expected seconds, 1 or more, found '0'");
	refuse("save", "60 x", NULL);
	refuse("bind", "", NULL);
	refuse("bind", "127.0.0.1 a;b", NULL);
	refuse("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", NULL);
	refuse("client-output-buffer-limit", "master 1 1 1", NULL);
	refuse("client-output-buffer-limit", "normal 1 1", NULL);
	refuse("client-output-buffer-limit", "normal 1 1 x", NULL);
	refuse("client-output-buffer-limit", "normal -1 1 1", NULL);
	refuse("oom-score-adj-values", "1 2", NULL);
	refuse("oom-score-adj-values", "1 2 2001", NULL);
	refuse("notify-keyspace-events", "KEQ", NULL);
	refuse("latency-tracking-info-percentiles", "100.1", NULL);
	refuse("latency-tracking-info-percentiles", "nan", NULL);
	refuse("shutdown-on-sigterm", "save nosave", "save and nosave exclude each other");
	refuse("shutdown-on-sigterm", "safe", NULL);
	refuse("unixsocketperm", "0778", NULL);
	refuse("unixsocketperm", "1000", NULL);
	refuse("dbfilename", "../dump.rdb", NULL);
	refuse("dbfilename", "..", NULL);
	refuse("appendfilename", "", NULL);
	refuse("rename-command", "FLUSHALL", NULL);
	refuse("rename-command", "FLUSHALL \"a\\nb\"", NULL);
	refuse("rename-command", "FLUSHALL \"", "unbalanced quotes");
	ck_assert_int_eq(cfg_value_normalise_list(find("port"), two, 2, NULL, NULL), VK_EINPUT);
}
END_TEST

START_TEST(never_quotes_a_sensitive_value)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 1000);
	assert_fails(cfg_value_normalise(find("primaryauth"), "geh\neim", NULL, &err), VK_EINPUT);
	ck_assert_ptr_null(strstr(err.msg, "geh"));
	cfg_value_format(find("primaryauth"), "geheim", &out);
	ck_assert_str_eq(out.data, "(secret)");
	vk_buf_release(&out);
}
END_TEST

START_TEST(writes_what_config_get_prints)
{
	accept("maxmemory", "1gb", "1073741824");
	accept("maxmemory", "1g", "1000000000");
	accept("maxmemory", "064B", "64");
	accept("maxmemory", "100MB", "104857600");
	accept("maxmemory-clients", "10%", "10%");
	accept("maxmemory-clients", "1kb", "1024");
	accept("appendonly", "YES", "yes");
	accept("loglevel", "Notice", "notice");
	accept("oom-score-adj", "relative", "yes");
	accept("hz", "0", "1");
	accept("hz", "501", "500");
	accept("repl-backlog-size", "1", "16384");
	accept("unixsocketperm", "0700", "700");
	accept("unixsocketperm", "0", "0");
	accept("slowlog-log-slower-than", "-1", "-1");
	accept("list-max-listpack-size", "-2", "-2");
	accept("bind", "  127.0.0.1   -::1 ", "127.0.0.1 -::1");
	accept("bind", "* -::*", "* -::*");
	accept("save", "3600 1  300 100", "3600 1 300 100");
	accept("save", "", "");
	accept("notify-keyspace-events", "KEA", "AKE");
	accept("notify-keyspace-events", "gxE", "gxE");
	accept("notify-keyspace-events", "Elg", "glE");
	accept("notify-keyspace-events", "KEg$lshzxetd", "AKE");
	accept("notify-keyspace-events", "KEAn", "AnKE");
	accept("notify-keyspace-events", "", "");
	accept("latency-tracking-info-percentiles", "50.00 99.90 100", "50 99.9 100");
	accept("latency-tracking-info-percentiles", "", "");
	accept("oom-score-adj-values", "0 200 800", "0 200 800");
	accept("shutdown-on-sigterm", "force now", "now force");
	accept("shutdown-on-sigterm", "default", "default");
	accept("client-output-buffer-limit", "replica 1gb 64mb 60",
		"normal 0 0 0 slave 1073741824 67108864 60 pubsub 33554432 8388608 60");
	accept("tls-protocols", "TLSv1.2  TLSv1.3", "TLSv1.2  TLSv1.3");
	accept("rename-command", "FLUSHALL '' KEYS K1", "FLUSHALL \"\" KEYS K1");
}
END_TEST

START_TEST(a_list_of_words_is_judged_for_every_directive_that_takes_one)
{
	static const char *const items[] = {"10.0.0.1", "10.0.0.2"};

	for (size_t v = 0; v < cfg_version_count(); v++) {
		const char *version = cfg_version_at(v);

		for (size_t i = 0; i < cfg_directive_count(version); i++) {
			struct vk_buf out;
			struct vk_err err = VK_ERR_INIT;

			vk_buf_init(&out, 1024);
			if (cfg_value_normalise_list(
				    cfg_directive_at(version, i), items, 2, &out, &err) != VK_OK)
				ck_assert_str_ne(err.msg, "");
			else
				ck_assert_str_eq(out.data, "10.0.0.1 10.0.0.2");
			vk_buf_release(&out);
		}
	}
}
END_TEST

START_TEST(joins_the_items_of_a_list_as_lines_of_a_file)
{
	static const char *const save[] = {"3600 1", "300 100"};
	static const char *const cleared[] = {"3600 1", "", "300 100"};
	static const char *const limits[] = {"normal 1mb 1kb 10", "pubsub 64mb 16mb 60"};
	static const char *const bind[] = {"127.0.0.1", "-::1"};

	accept_list("save", save, 2, "3600 1 300 100");
	accept_list("save", cleared, 3, "300 100");
	accept_list("save", NULL, 0, "");
	accept_list("client-output-buffer-limit", limits, 2,
		"normal 1048576 1024 10 slave 268435456 67108864 60 pubsub 67108864 16777216 60");
	accept_list("bind", bind, 2, "127.0.0.1 -::1");
}
END_TEST

START_TEST(every_default_is_its_own_normal_form)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 1000);
	for (size_t i = 0; i < cfg_directive_count("8.0"); i++) {
		const struct cfg_directive *d = cfg_directive_at("8.0", i);

		if (d->fallback == NULL)
			continue;
		vk_buf_reset(&out);
		assert_ok(cfg_value_normalise(d, d->fallback, &out, &err), err);
		ck_assert_str_eq(out.data, d->fallback);
	}
	vk_buf_release(&out);
}
END_TEST

START_TEST(compares_by_meaning)
{
	ck_assert(cfg_value_is_same(find("maxmemory"), "1gb", "1073741824"));
	ck_assert(!cfg_value_is_same(find("maxmemory"), "1g", "1gb"));
	ck_assert(cfg_value_is_same(find("notify-keyspace-events"), "KEAn", "AKE"));
	ck_assert(!cfg_value_is_same(find("notify-keyspace-events"), "Kn", "K"));
	ck_assert(cfg_value_is_same(find("port"), "nonsense", "nonsense"));
	ck_assert(cfg_value_is_same(find("save"), "3600 1 300 100", "300 100 3600 1"));
	ck_assert(cfg_value_is_same(find("save"), "300 100 3600 1 300 100", "300 100 3600 1"));
	ck_assert(!cfg_value_is_same(find("save"), "3600 1 300 100", "3600 100 300 1"));
	ck_assert(!cfg_value_is_same(find("save"), "3600 1", "3600 1 300 100"));
	ck_assert(!cfg_value_is_same(find("save"), "", "3600 1"));
	ck_assert(cfg_value_is_same(find("client-output-buffer-limit"),
		"pubsub 32mb 8mb 60 normal 0 0 0", "normal 0 0 0 replica 256mb 64mb 60"));
	ck_assert(!cfg_value_is_same(
		find("client-output-buffer-limit"), "pubsub 32mb 8mb 60", "pubsub 64mb 8mb 60"));
	ck_assert(cfg_value_is_same(find("tls-protocols"), "TLSv1.3 TLSv1.2", "TLSv1.2 TLSv1.3"));
	ck_assert(!cfg_value_is_same(find("tls-protocols"), "TLSv1.3", "TLSv1.2 TLSv1.3"));
	ck_assert(!cfg_value_is_same(find("bind"), "10.0.0.1 10.0.0.2", "10.0.0.2 10.0.0.1"));
	ck_assert(!cfg_value_is_same(find("port"), "nonsense", "1"));
}
END_TEST

START_TEST(formats_for_people)
{
	struct vk_buf out;

	vk_buf_init(&out, 1000);
	cfg_value_format(find("maxmemory"), "1073741824", &out);
	vk_buf_addc(&out, ',');
	cfg_value_format(find("maxmemory"), "1500", &out);
	vk_buf_addc(&out, ',');
	cfg_value_format(
		find("client-output-buffer-limit"), "normal 0 0 0 slave 268435456 65536 60", &out);
	ck_assert_str_eq(out.data, "1gb,1500,normal 0 0 0 slave 256mb 64kb 60");
	vk_buf_release(&out);
}
END_TEST

START_TEST(knows_which_version_has_a_directive)
{
	const struct cfg_directive *d = cfg_directive_find("primaryauth", "7.2");
	struct vk_buf list;

	ck_assert_str_eq(d->name, "masterauth");
	ck_assert_ptr_null(d->alias); /* 7.2 does not know it; a tree may write it */
	ck_assert_str_eq(d->other, "primaryauth");
	ck_assert_ptr_null(cfg_directive_find("commandlog-reply-larger-than", "8.0"));
	ck_assert_ptr_nonnull(cfg_directive_find("commandlog-reply-larger-than", "8.1"));
	d = cfg_directive_find("slowlog-max-len", "8.1.3");
	ck_assert_str_eq(d->name, "commandlog-slow-execution-max-len");
	ck_assert((cfg_directive_find("io-threads", "9.0")->flags & CFG_LIVE) != 0);
	ck_assert_uint_eq(cfg_directive_find("io-threads", "8.1")->max, 256);
	ck_assert((cfg_directive_find("dynamic-hz", "8.1")->flags & CFG_IGNORED) != 0);
	ck_assert_str_eq(cfg_directive_find("lazyfree-lazy-expire", "7.2")->fallback, "no");
	vk_buf_init(&list, 100);
	cfg_version_list(&list);
	ck_assert_str_eq(list.data, "7.2, 8.0, 8.1, 9.0, 9.1");
	vk_buf_release(&list);
}
END_TEST

START_TEST(knows_directives_by_every_name)
{
	ck_assert_str_eq(find("SLAVE-read-only")->name, "replica-read-only");
	ck_assert_str_eq(find("masterauth")->name, "primaryauth");
	ck_assert((find("port")->flags & CFG_LIVE) != 0);
	ck_assert((find("io-threads")->flags & CFG_LIVE) == 0);
	ck_assert_str_eq(cfg_way_name(cfg_directive_way(find("port"))), "live");
	ck_assert_str_eq(
		cfg_way_name(cfg_directive_way(find("tls-auth-clients"))), "restart-preferred");
	ck_assert_str_eq(cfg_way_words(cfg_directive_way(find("tls-auth-clients"))),
		"live, restart preferred");
	ck_assert_str_eq(cfg_way_name(cfg_directive_way(find("databases"))), "restart");
	ck_assert_str_eq(cfg_way_name(cfg_directive_way(find("dir"))), "never");
	ck_assert_str_eq(cfg_way_name(cfg_directive_way(find("requirepass"))), "live");
	ck_assert_str_eq(cfg_way_name(cfg_directive_way(NULL)), "restart");
	ck_assert_ptr_null(cfg_directive_find("maxmemroy", "8.0"));
	ck_assert_ptr_null(cfg_directive_find("port", "3.2"));
	ck_assert_ptr_null(cfg_directive_find("port", "8.01"));
	ck_assert_ptr_nonnull(cfg_directive_find("port", "8.0.1"));
	ck_assert_str_eq(cfg_directive_nearest("maxmemroy", "8.0"), "maxmemory");
	ck_assert_ptr_null(cfg_directive_nearest("zzzzzz", "8.0"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("value");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_control_characters_in_every_directive);
	tcase_add_test(tc, refuses_values_longer_than_a_value_may_be);
	tcase_add_test(tc, refuses_numbers_that_valkey_refuses);
	tcase_add_test(tc, refuses_sizes_that_valkey_refuses);
	tcase_add_test(tc, refuses_words_that_are_no_choice_and_suggests);
	tcase_add_test(tc, refuses_text_that_is_no_address_or_name);
	tcase_add_test(tc, reads_words_whatever_their_case_and_numbers_with_a_plus);
	tcase_add_test(tc, refuses_broken_lists_of_words);
	tcase_add_test(tc, never_quotes_a_sensitive_value);
	tcase_add_test(tc, writes_what_config_get_prints);
	tcase_add_test(tc, a_list_of_words_is_judged_for_every_directive_that_takes_one);
	tcase_add_test(tc, joins_the_items_of_a_list_as_lines_of_a_file);
	tcase_add_test(tc, every_default_is_its_own_normal_form);
	tcase_add_test(tc, compares_by_meaning);
	tcase_add_test(tc, formats_for_people);
	tcase_add_test(tc, knows_which_version_has_a_directive);
	tcase_add_test(tc, knows_directives_by_every_name);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
