/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a release may be blamed for how a Valkey does, by what INFO, CLUSTER NODES and ACL LOG
 * answer. */
#include "config.h"

#include "client/pull/health_checks.h"

#include <stdio.h>
#include <string.h>

#include "common/vkjson.h"
#include "tests/unit/unit.h"

#define SERVER(id, uptime) "# Server\r\nrun_id:" id "\r\nuptime_in_seconds:" uptime "\r\n"
#define PRIMARY "role:master\r\nconnected_slaves:0\r\n"
#define REPLICA(link, ago)                                                                         \
	"role:slave\r\nmaster_link_status:" link "\r\nmaster_last_io_seconds_ago:" ago "\r\n"
#define MEMORY(used, max, policy)                                                                  \
	"used_memory:" used "\r\nused_memory_human:1M\r\nmaxmemory:" max                           \
	"\r\nmaxmemory_human:1M\r\nmaxmemory_policy:" policy "\r\n"

static struct health_state before, now;
static struct denials old_denials, denials;
static struct users old_users, new_users;
static struct vk_bundle bundle;
static struct health_verdict verdict;

static void setup(void)
{
	memset(&bundle, 0, sizeof(bundle));
	memset(&old_denials, 0, sizeof(old_denials));
	memset(&denials, 0, sizeof(denials));
	users_init(&old_users);
	users_init(&new_users);
	users_add(&old_users, "app", "on +get +set");
	users_add(&old_users, "gone", "on +get");
	users_add(&old_users, "same", "on +get");
	users_add(&new_users, "app", "on +get");
	users_add(&new_users, "same", "on +get");
	users_sort(&old_users);
	users_sort(&new_users);
}

static void teardown(void)
{
	users_release(&old_users);
	users_release(&new_users);
}

static void set_limit(enum vk_health_limit limit, int64_t value)
{
	bundle.health.is_set[limit] = true;
	bundle.health.values[limit] = value;
}

static void judge(bool has_before, bool was_restarted)
{
	const struct health_subject subject = {.bundle = &bundle,
		.before = has_before ? &before : NULL,
		.now = &now,
		.denials = &denials,
		.scope = {.before = &old_denials,
			.since_ms = 5000,
			.old_users = &old_users,
			.new_users = &new_users},
		.elapsed_s = 10,
		.was_restarted = was_restarted};

	health_judge(&subject, &verdict);
}

/* The bad checks, in words. */
static void expect(const char *old_info, const char *new_info, const char *expected)
{
	struct vk_buf text;

	if (old_info != NULL)
		health_state_take_info(old_info, &before);
	health_state_take_info(new_info, &now);
	judge(old_info != NULL, false);
	vk_buf_init(&text, 4096);
	vk_buf_adds(&text, "");
	health_describe(&verdict, &text);
	ck_assert_str_eq(text.len > 0 ? text.data : "", expected);
	ck_assert((health_worst(&verdict) == HEALTH_GOOD) == (*expected == '\0'));
	vk_buf_release(&text);
}

START_TEST(counts_what_is_more_than_allowed_and_more_than_usual)
{
	expect(SERVER("a", "100") PRIMARY "rejected_connections:4\r\n",
		SERVER("a", "110") PRIMARY "rejected_connections:9\r\n",
		"rejected-connections: 4 -> 9 (at most 8)");
	/* 0.04 a second are usual, ten times as many in 10 s are 4 more. */
	expect(SERVER("a", "100") PRIMARY "rejected_connections:4\r\n",
		SERVER("a", "110") PRIMARY "rejected_connections:8\r\n", "");
	expect(SERVER("a", "9") PRIMARY, SERVER("a", "19") PRIMARY "evicted_keys:1000\r\n", "");
	expect(SERVER("a", "9") PRIMARY, SERVER("a", "19") PRIMARY "evicted_keys:1001\r\n",
		"evictions: 0 -> 1001 (at most 1000)");
	set_limit(VK_HEALTH_EVICTIONS, 5000);
	expect(SERVER("a", "9") PRIMARY, SERVER("a", "19") PRIMARY "evicted_keys:1001\r\n", "");
}
END_TEST

START_TEST(only_errors_of_a_configuration_count)
{
	expect(SERVER("a", "9") PRIMARY,
		SERVER("a", "19") PRIMARY "errorstat_ERR:count=9\r\nerrorstat_READONLY:count=1\r\n",
		"");
	expect(SERVER("a", "9") PRIMARY "errorstat_OOM:count=0\r\n",
		SERVER("a", "19") PRIMARY
		"errorstat_OOM:count=2\r\nerrorstat_NOREPLICAS:count=1\r\n",
		"errors: 0 -> 3 (at most 0)");
}
END_TEST

START_TEST(a_count_that_began_anew_is_counted_from_there)
{
	/* CONFIG RESETSTAT */
	expect(SERVER("a", "1000000") PRIMARY "rejected_connections:9\r\n",
		SERVER("a", "1000010") PRIMARY "rejected_connections:2\r\n",
		"rejected-connections: 9 -> 11 (at most 9)");
	/* a start of the process */
	health_state_take_info(
		SERVER("a", "1000000") PRIMARY "rejected_connections:9\r\n", &before);
	health_state_take_info(SERVER("b", "1") PRIMARY "rejected_connections:9\r\n", &now);
	judge(true, true);
	ck_assert_int_eq(health_worst(&verdict), HEALTH_BAD);
	/* Without a before, what a process that was there has counted says nothing. */
	expect(NULL, SERVER("a", "19") PRIMARY "rejected_connections:2\r\n", "");
}
END_TEST

START_TEST(a_full_memory_is_bad_where_nothing_is_evicted)
{
	expect(PRIMARY MEMORY("50", "100", "noeviction"), PRIMARY MEMORY("97", "100", "noeviction"),
		"memory: 50 -> 97 (at most 95)");
	expect(PRIMARY MEMORY("50", "0", "noeviction"), PRIMARY MEMORY("50", "10", "noeviction"),
		"memory: 0 -> 500 (at most 95)");
	expect(PRIMARY MEMORY("50", "100", "noeviction"),
		PRIMARY MEMORY("97", "100", "allkeys-lru"), "");
	/* It was full before: no release is to blame, unless it made the limit smaller. */
	expect(PRIMARY MEMORY("97", "100", "noeviction"), PRIMARY MEMORY("98", "100", "noeviction"),
		"");
	expect(PRIMARY MEMORY("97", "100", "noeviction"), PRIMARY MEMORY("97", "98", "noeviction"),
		"memory: 97 -> 98 (at most 95)");
}
END_TEST

START_TEST(a_role_changes_only_where_the_agent_restarts)
{
	static const struct vk_bundle_group group = {.name = "g"};

	expect(PRIMARY, REPLICA("up", "1"), "role: master -> slave");
	bundle.group = &group; /* another member hands over */
	expect(REPLICA("up", "1"), PRIMARY, "");
	expect(PRIMARY, REPLICA("down", "1"), "link: ok -> failed");
	ck_assert_int_eq(health_worst(&verdict), HEALTH_BAD_NOW);
	bundle.group = NULL;
	health_state_take_info(
		PRIMARY "slave0:ip=1,port=1,state=online,offset=1,lag=0\r\n", &before);
	health_state_take_info(REPLICA("up", "1"), &now);
	judge(true, true);
	ck_assert_int_eq(health_worst(&verdict), HEALTH_GOOD);
	expect(NULL, REPLICA("down", "1"), "");
}
END_TEST

START_TEST(links_lag_and_replicas_have_to_come_back)
{
	expect(REPLICA("up", "1"), REPLICA("down", "1"), "link: ok -> failed");
	ck_assert_int_eq(health_worst(&verdict), HEALTH_BAD_NOW);
	expect(REPLICA("down", "1"), REPLICA("down", "1"), "");
	expect(REPLICA("up", "1"), REPLICA("up", "31"), "lag: 1 -> 31 (at most 30)");
	expect(REPLICA("up", "40"), REPLICA("up", "41"), "");
	expect("role:master\r\nconnected_slaves:2\r\n"
	       "slave0:ip=1,port=1,state=online,offset=1,lag=0\r\n"
	       "slave1:ip=2,port=1,state=online,offset=1,lag=40\r\n",
		"role:master\r\nconnected_slaves:2\r\n"
		"slave0:ip=1,port=1,state=online,offset=1,lag=0\r\n"
		"slave1:ip=2,port=1,state=wait_bgsave,offset=1,lag=0\r\n",
		"replicas: 2 -> 1");
}
END_TEST

START_TEST(saving_and_loading_have_to_be_as_good_as_before)
{
	expect(PRIMARY "rdb_last_bgsave_status:ok\r\naof_last_write_status:ok\r\n",
		PRIMARY "rdb_last_bgsave_status:err\r\naof_last_write_status:err\r\n",
		"saving: ok -> failed; append-only-file: ok -> failed");
	expect(PRIMARY "rdb_last_bgsave_status:err\r\n", PRIMARY "rdb_last_bgsave_status:err\r\n",
		"");
	expect(PRIMARY, PRIMARY "loading:1\r\n", "loading: ok -> failed");
	judge(true, true);
	ck_assert_int_eq(health_worst(&verdict), HEALTH_GOOD);
}
END_TEST

START_TEST(slots_have_to_be_served)
{
	static const char good[] =
		"a1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-8191 [77->-b2]\n"
		"b2 10.0.0.2:6379@16379 master - 0 0 1 connected 8192-16382 16383\n"
		"c3 10.0.0.3:6379@16379 slave b2 0 0 1 connected\n";
	static const char suspected[] =
		"a1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-8191\n"
		"b2 10.0.0.2:6379@16379 master,fail? - 0 0 1 connected 8192-16383\n"
		"c3 10.0.0.3:6379@16379 slave,fail b2 0 0 1 connected\n";

	health_state_take_info(PRIMARY, &before);
	now = before;
	health_state_take_nodes(good, &before);
	ck_assert_int_eq(before.slots, 16384);
	health_state_take_nodes(suspected, &now);
	ck_assert_int_eq(now.slots, 16384);
	judge(true, false);
	ck_assert_int_eq(health_worst(&verdict), HEALTH_BAD_NOW);
	health_state_take_nodes("a1 x master,fail - 0 0 1 connected 0-8191\n", &now);
	ck_assert_int_eq(now.slots, 0);
	/* What is no line of it does no harm. */
	health_state_take_nodes("\n\n a b c d e f g h 5-4 99999 -1 [ - 0-16384\n x\n", &now);
	ck_assert_int_eq(now.slots, 0);
}
END_TEST

START_TEST(a_command_that_is_much_slower_is_bad)
{
	expect(SERVER("a", "9") PRIMARY "cmdstat_get:calls=1000,usec=2000,usec_per_call=2.00\r\n",
		SERVER("a", "19") PRIMARY
		"cmdstat_get:calls=1100,usec=302000,usec_per_call=2.00\r\n",
		"latency: get 2 us -> 3000 us (at most 10 times as much)");
	/* too few calls; fast all the same; slow before */
	expect(SERVER("a", "9") PRIMARY "cmdstat_get:calls=1000,usec=2000\r\n",
		SERVER("a", "19") PRIMARY "cmdstat_get:calls=1099,usec=302000\r\n", "");
	expect(SERVER("a", "9") PRIMARY "cmdstat_get:calls=1000,usec=2000\r\n",
		SERVER("a", "19") PRIMARY "cmdstat_get:calls=1100,usec=101900\r\n"
					  "cmdstat_set:calls=1100,usec=302000000\r\n"
					  "cmdstat_:calls=5\r\ncmdstat_x\r\n",
		"");
	expect(SERVER("a", "9") PRIMARY "cmdstat_get:calls=1000,usec=500000\r\n",
		SERVER("a", "19") PRIMARY "cmdstat_get:calls=1100,usec=800000\r\n", "");
}
END_TEST

static void add_denial(struct denials *out, const char *user, const char *reason,
	const char *command, int64_t created_ms, int64_t updated_ms)
{
	struct denial *denial = &out->items[out->count++];

	out->is_known = true;
	*denial = (struct denial){.count = 3, .created_ms = created_ms, .updated_ms = updated_ms};
	snprintf(denial->user, sizeof(denial->user), "%s", user);
	snprintf(denial->reason, sizeof(denial->reason), "%s", reason);
	snprintf(denial->command, sizeof(denial->command), "%s", command);
}

static int64_t count_new(void)
{
	const struct denials_scope scope = {.before = &old_denials,
		.since_ms = 5000,
		.old_users = &old_users,
		.new_users = &new_users};
	const struct denial *example;
	int64_t count = denials_count_new(&denials, &scope, &example);

	ck_assert((example != NULL) == (count > 0));
	return count;
}

START_TEST(denials_of_users_that_the_release_does_not_know_are_none_of_its)
{
	add_denial(&denials, "vkcfg-agent", "command", "keys", 6000, 6000);
	add_denial(&denials, "stranger", "command", "keys", 6000, 6000);
	add_denial(&denials, "same", "auth", "auth", 6000, 6000);
	ck_assert_int_eq(count_new(), 0);
	add_denial(&denials, "app", "auth", "auth", 6000, 6000);
	ck_assert_int_eq(count_new(), 3);
	add_denial(&denials, "gone", "auth", "auth", 6000, 6000);
	ck_assert_int_eq(count_new(), 6);
}
END_TEST

START_TEST(denials_that_were_there_before_are_not_new)
{
	add_denial(&denials, "app", "command", "keys", 4000, 6000);
	add_denial(&denials, "app", "command", "keys", 6000, 6000);
	ck_assert_int_eq(count_new(), 0); /* without a log from before: by its age */
	add_denial(&old_denials, "app", "command", "set", 0, 0);
	ck_assert_int_eq(count_new(), 6);
	add_denial(&denials, "app", "command", "set", 6000, 6000);
	ck_assert_int_eq(count_new(), 6);
	add_denial(&denials, "app", "key", "set", 4000, 4000);
	ck_assert_int_eq(count_new(), 6); /* nothing since */
}
END_TEST

START_TEST(what_an_earlier_try_is_to_blame_for_stays_new)
{
	const struct denials_scope scope = {.before = &old_denials,
		.since_ms = 5000,
		.old_users = &old_users,
		.new_users = &new_users};
	struct denials blamed = {.is_known = true};
	struct denials copy;
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *json;

	add_denial(&old_denials, "app", "command", "keys", 0, 0);
	add_denial(&denials, "app", "command", "keys", 6000, 6000);
	add_denial(&denials, "app", "command", "set", 6000, 6000);
	add_denial(&denials, "app", "command", "set", 6000, 6000);
	denials_add_new(&blamed, &denials, &scope);
	ck_assert_int_eq(blamed.count, 1);
	ck_assert_str_eq(blamed.items[0].command, "set");
	json = denials_to_json(&blamed);
	assert_ok(denials_from_json(json, &copy, &err), err);
	vkjson_free(json);
	old_denials = denials;
	denials_remove(&old_denials, &copy);
	ck_assert_int_eq(old_denials.count, 1);
	ck_assert_int_eq(count_new(), 6);
}
END_TEST

static void feed(const char *text)
{
	struct reply_parser *parser = reply_parser_new();
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;

	assert_ok(reply_parser_feed(parser, text, strlen(text), &reply, &err), err);
	ck_assert_ptr_nonnull(reply);
	denials_take(reply, &denials);
	reply_free(reply);
	reply_parser_free(parser);
}

START_TEST(takes_of_acl_log_no_names_of_keys)
{
	feed("-NOPERM no\r\n");
	ck_assert(!denials.is_known);
	feed("*3\r\n*1\r\n$1\r\nx\r\n:7\r\n"
	     "*12\r\n$5\r\ncount\r\n:2\r\n$6\r\nreason\r\n$3\r\nkey\r\n$6\r\nobject\r\n$"
	     "6\r\nsecret\r\n"
	     "$8\r\nusername\r\n$3\r\na\nb\r\n$11\r\nclient-info\r\n$26\r\nid=1 name=x cmd=get "
	     "user=a\r\n"
	     "$17\r\ntimestamp-created\r\n:77\r\n");
	ck_assert(denials.is_known);
	ck_assert_int_eq(denials.count, 1);
	ck_assert_str_eq(denials.items[0].user, "a?b");
	ck_assert_str_eq(denials.items[0].command, "get");
	ck_assert_int_eq(denials.items[0].count, 2);
	ck_assert_int_eq(denials.items[0].created_ms, 77);
}
END_TEST

START_TEST(a_state_comes_back_from_its_file)
{
	struct health_state copy;
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *json;

	health_state_take_info(SERVER("a", "9") REPLICA("down", "3") MEMORY("50", "100",
				       "noeviction") "evicted_keys:5\r\nrejected_connections:"
						     "6\r\nerrorstat_OOM:count=7\r\n"
						     "rdb_last_bgsave_status:err\r\ncmdstat_get:"
						     "calls=1,usec=2\r\n",
		&before);
	json = health_state_to_json(&before);
	assert_ok(health_state_from_json(json, &copy, &err), err);
	ck_assert_mem_eq(&copy, &before, sizeof(copy));
	vkjson_unset(json, "evicted");
	ck_assert_int_eq(health_state_from_json(json, &copy, &err), VK_EINPUT);
	vkjson_free(json);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("health");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, counts_what_is_more_than_allowed_and_more_than_usual);
	tcase_add_test(tcase, only_errors_of_a_configuration_count);
	tcase_add_test(tcase, a_count_that_began_anew_is_counted_from_there);
	tcase_add_test(tcase, a_full_memory_is_bad_where_nothing_is_evicted);
	tcase_add_test(tcase, a_role_changes_only_where_the_agent_restarts);
	tcase_add_test(tcase, links_lag_and_replicas_have_to_come_back);
	tcase_add_test(tcase, saving_and_loading_have_to_be_as_good_as_before);
	tcase_add_test(tcase, slots_have_to_be_served);
	tcase_add_test(tcase, a_command_that_is_much_slower_is_bad);
	tcase_add_test(tcase, denials_of_users_that_the_release_does_not_know_are_none_of_its);
	tcase_add_test(tcase, denials_that_were_there_before_are_not_new);
	tcase_add_test(tcase, what_an_earlier_try_is_to_blame_for_stays_new);
	tcase_add_test(tcase, takes_of_acl_log_no_names_of_keys);
	tcase_add_test(tcase, a_state_comes_back_from_its_file);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
