/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a restart may be done, by what INFO and CONFIG GET answer. */
#include "config.h"

#include "client/pull/restart_plan.h"
#include "client/pull/restart_window.h"
#include "client/pull/time_zone.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/failover_sentinel.h"
#include "client/pull/relief.h"
#include "client/pull/role_file.h"
#include "tests/unit/unit.h"

#define PRIMARY "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"
#define WITH_REPLICAS                                                                              \
	"# Replication\r\nrole:master\r\nconnected_slaves:2\r\n"                                   \
	"slave0:ip=10.0.0.2,port=6379,state=online,offset=41,lag=0\r\n"                            \
	"slave1:ip=10.0.0.3,port=6380,state=online,offset=42,lag=1,type=replica\r\n"
#define REPLICA                                                                                    \
	"# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n"              \
	"master_link_status:up\r\nslave_repl_offset:77\r\n"
#define KEYS "# Keyspace\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n"
#define CLUSTER "cluster_enabled:1\r\n"

static const struct vk_bundle_member members[] = {
	{"db1/main", "db1", 6379, 0}, {"db3/main", "db3", 0, 6380}};
static const struct vk_bundle_member sentinels[] = {{"s1/watch", "s1", 26379, 0}};
static const struct vk_bundle_group group = {
	.name = "orders", .member_count = 2, .members = members};
static const struct vk_bundle_group watched = {.name = "orders",
	.member_count = 2,
	.members = members,
	.sentinel_count = 1,
	.sentinels = sentinels};

static const struct vk_bundle alone = {.restart = VK_RESTART_ALLOWED};
static const struct vk_bundle cache = {.allows_data_loss = true};
static const struct vk_bundle grouped = {.group = &group};
static const struct vk_bundle with_sentinels = {.group = &watched};

static struct restart_state state;
static struct restart_plan plan;

static void make(const struct vk_bundle *bundle, const char *info, const char *save,
	const char *appendonly, const char *sigterm)
{
	memset(&state, 0, sizeof(state));
	restart_state_take_info(info, &state);
	restart_state_take_config(save, appendonly, sigterm, &state);
	restart_plan_make(&state, bundle, NULL, &plan);
}

static void held(const struct vk_bundle *bundle, const char *info, const char *save,
	const char *appendonly, const char *reason)
{
	make(bundle, info, save, appendonly, "default");
	ck_assert_msg(plan.way == RESTART_HOLD, "not held: %s", info);
	ck_assert_msg(strstr(plan.reason, reason) != NULL, "%s", plan.reason);
}

static void goes(
	const struct vk_bundle *bundle, const char *info, const char *save, const char *appendonly)
{
	make(bundle, info, save, appendonly, "default");
	ck_assert_msg(plan.way == RESTART_IN_PLACE, "held: %s", plan.reason);
}

START_TEST(holds_while_something_is_under_way)
{
	held(&alone, PRIMARY "loading:1\r\nloading_loaded_perc:41.50\r\n", "", "no",
		"is being loaded (41 %)");
	ck_assert(plan.is_passing);
	held(&alone, REPLICA "master_sync_in_progress:1\r\n", "", "no", "full sync from");
	held(&alone, PRIMARY "slave0:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0\r\n", "",
		"no", "full sync of replica 10.0.0.2:6379");
	held(&alone, PRIMARY "rdb_bgsave_in_progress:1\r\n", "", "no", "a BGSAVE");
	held(&alone, PRIMARY "aof_rewrite_in_progress:1\r\n", "", "yes", "AOF is being");
	held(&alone, PRIMARY "master_failover_state:waiting-for-sync\r\n", "", "no", "a failover");
	ck_assert(plan.is_passing);
}
END_TEST

START_TEST(holds_where_the_last_save_failed)
{
	held(&alone, PRIMARY "rdb_last_bgsave_status:err\r\n", "900 1", "no", "last save failed");
	ck_assert(!plan.is_passing);
	held(&cache, PRIMARY "rdb_last_bgsave_status:err\r\n", "900 1", "no", "last save failed");
	held(&alone, REPLICA "rdb_last_bgsave_status:err\r\n", "900 1", "no", "last save failed");
	held(&alone, PRIMARY "aof_last_write_status:err\r\n", "", "yes", "AOF failed");
	held(&alone, PRIMARY "aof_last_bgrewrite_status:err\r\n", "", "yes", "AOF failed");
	goes(&alone, PRIMARY "aof_last_write_status:err\r\n", "900 1", "no");
}
END_TEST

START_TEST(holds_where_data_stands_in_memory_only)
{
	held(&alone, PRIMARY KEYS, "", "no", "in memory only; to lose it");
	held(&alone, WITH_REPLICAS KEYS, "", "no", "its replicas would become as empty");
	held(&alone, "role:slave\r\nmaster_link_status:down\r\n" KEYS, "", "no", "the last copy");
	make(&alone, PRIMARY KEYS, "900 1", "no", "nosave");
	ck_assert_int_eq(plan.way, RESTART_HOLD);
	goes(&cache, PRIMARY KEYS, "", "no");
	goes(&alone, PRIMARY, "", "no");
	goes(&alone, PRIMARY KEYS, "", "yes");
	goes(&alone, REPLICA KEYS, "", "no");
	make(&alone, PRIMARY KEYS, "", "no", "save force");
	ck_assert_int_eq(plan.way, RESTART_IN_PLACE);
}
END_TEST

START_TEST(proves_that_a_save_works_where_one_is_due)
{
	goes(&alone, PRIMARY KEYS "rdb_changes_since_last_save:7\r\n", "900 1", "no");
	ck_assert(plan.needs_save);
	goes(&alone, PRIMARY KEYS "rdb_changes_since_last_save:0\r\n", "900 1", "no");
	ck_assert(!plan.needs_save);
	goes(&alone, PRIMARY KEYS "rdb_changes_since_last_save:7\r\n", "900 1", "yes");
	ck_assert(!plan.needs_save);
	goes(&alone, REPLICA KEYS "rdb_changes_since_last_save:7\r\n", "900 1", "no");
	ck_assert(!plan.needs_save);
}
END_TEST

START_TEST(holds_where_the_file_of_the_data_changes_its_name)
{
	struct difference_item item = {
		.kind = DIFFERENCE_VALUE, .cure = CURE_RESTART, .name = "dbfilename"};
	const struct difference difference = {.items = &item, .count = 1};

	make(&alone, PRIMARY KEYS, "900 1", "no", "default");
	restart_plan_make(&state, &alone, &difference, &plan);
	ck_assert_int_eq(plan.way, RESTART_HOLD);
	ck_assert_ptr_nonnull(strstr(plan.reason, "dbfilename changes"));
	restart_plan_make(&state, &cache, &difference, &plan);
	ck_assert_int_eq(plan.way, RESTART_IN_PLACE);
	item.name = "appendfilename";
	restart_plan_make(&state, &alone, &difference, &plan);
	ck_assert_int_eq(plan.way, RESTART_IN_PLACE);
	make(&alone, PRIMARY KEYS, "", "yes", "default");
	restart_plan_make(&state, &alone, &difference, &plan);
	ck_assert_int_eq(plan.way, RESTART_HOLD);
}
END_TEST

START_TEST(a_primary_of_a_group_hands_over_to_the_member_that_has_come_furthest)
{
	make(&grouped, WITH_REPLICAS KEYS, "", "no", "default");
	ck_assert_int_eq(plan.way, RESTART_AFTER_FAILOVER);
	ck_assert_str_eq(plan.target->address, "10.0.0.3");
	ck_assert_int_eq(plan.target->port, 6380);
	/* A replica that is none of its members is none to hand over to. */
	held(&grouped, PRIMARY "slave0:ip=10.0.0.9,port=7000,state=online,offset=9\r\n" KEYS, "",
		"no", "in memory only");
	goes(&grouped, PRIMARY KEYS, "900 1", "no");
}
END_TEST

START_TEST(waits_for_whoever_decides_about_failovers)
{
	make(&with_sentinels, WITH_REPLICAS KEYS, "900 1", "no", "default");
	ck_assert_int_eq(plan.way, RESTART_BY_SENTINEL);
	held(&alone, WITH_REPLICAS KEYS CLUSTER, "900 1", "no", "CLUSTER FAILOVER");
	make(&grouped, WITH_REPLICAS KEYS CLUSTER, "900 1", "no", "default");
	ck_assert_int_eq(plan.way, RESTART_BY_REPLICA);
	make(&grouped, WITH_REPLICAS KEYS CLUSTER, "900 1", "no", "save failover");
	ck_assert_int_eq(plan.way, RESTART_IN_PLACE);
	goes(&with_sentinels, REPLICA KEYS, "", "no");
}
END_TEST

static void sentinel_holds(const struct sentinel_group *seen, const char *reason)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = failover_check_group(seen, &members[0], &state, &err);

	if (reason == NULL) {
		assert_ok(rc, err);
		return;
	}
	ck_assert_int_eq(rc, VK_EUNAVAIL);
	ck_assert_msg(strstr(err.msg, reason) != NULL, "%s", err.msg);
}

START_TEST(asks_no_sentinel_that_sees_something_else)
{
	struct sentinel_group seen = {.address = "10.0.0.1",
		.flags = "master",
		.port = 6379,
		.replica_count = 2,
		.down_after_ms = 5000};

	make(&with_sentinels, WITH_REPLICAS KEYS, "900 1", "no", "default");
	sentinel_holds(&seen, NULL);
	seen.replica_count = 3; /* one that is away might be chosen */
	sentinel_holds(&seen, "2 replicas are connected, and the Sentinel knows 3");
	seen.replica_count = 2;
	seen.down_after_ms = 3999;
	sentinel_holds(&seen, "down-after-milliseconds is less than 4000");
	seen.down_after_ms = 5000;
	seen.port = 6380;
	sentinel_holds(&seen, "takes 10.0.0.1:6380 for the primary");
	seen.port = 0;
	sentinel_holds(&seen, "for the primary");
	seen.port = 6379;
	snprintf(seen.flags, sizeof(seen.flags), "master,s_down");
	sentinel_holds(&seen, "is master,s_down");
}
END_TEST

/* What a server that lies could want of a replica. */
START_TEST(takes_over_only_where_it_is_safe)
{
	static const struct vk_bundle_member nodes[] = {{"db1/main", "10.0.0.1", 6379, 0},
		{"db2/main", "10.0.0.2", 6379, 0}, {"db3/main", "db3", 6379, 0}};
	static const struct vk_bundle_group shard = {
		.name = "orders", .kind = VK_GROUP_CLUSTER, .member_count = 3, .members = nodes};
	struct vk_bundle bundle = {.instance = "db2/main", .group = &shard};
	char reason[RESTART_REASON_BYTES];

	make(&bundle, REPLICA CLUSTER, "", "no", "default");
	ck_assert(relief_is_safe(&bundle, &state, "db1/main", reason));
	ck_assert(!relief_is_safe(&bundle, &state, "db9/main", reason)); /* of another shard */
	ck_assert(!relief_is_safe(&bundle, &state, "db2/main", reason));
	state.is_migrating = true;
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	state.is_migrating = false;
	state.primary_port = 6380;
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	state.primary_port = 6379;
	snprintf(state.primary, sizeof(state.primary), "10.0.0.3");
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	ck_assert(relief_is_safe(&bundle, &state, "db3/main", reason)); /* known by its port */
	bundle.restart = VK_RESTART_NEVER;
	ck_assert(!relief_is_safe(&bundle, &state, "db3/main", reason));
	bundle.restart = VK_RESTART_ALLOWED;
	make(&bundle,
		"role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n"
		"master_link_status:down\r\n" CLUSTER,
		"", "no", "default");
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	make(&bundle, REPLICA CLUSTER "loading:1\r\n", "", "no", "default");
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	make(&bundle, WITH_REPLICAS CLUSTER, "", "no", "default");
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	make(&bundle, REPLICA, "", "no", "default");
	ck_assert(!relief_is_safe(&bundle, &state, "db1/main", reason));
	ck_assert(!relief_is_safe(&grouped, &state, "db1/main", reason));
	ck_assert(!relief_is_safe(&alone, &state, "db1/main", reason));
}
END_TEST

START_TEST(asks_a_sentinel_of_its_own_host)
{
	static const struct vk_bundle_member watchers[] = {
		{"db2/watch", "db2", 26379, 0}, {"db1/watch", "db1", 26379, 0}};
	static const struct vk_bundle_group here = {.name = "orders",
		.member_count = 2,
		.members = members,
		.sentinel_count = 2,
		.sentinels = watchers};
	const struct vk_bundle bundle = {.instance = "db1/main", .group = &here};
	const struct vk_bundle elsewhere = {.instance = "db3/main", .group = &here};
	const struct instance peers[] = {{.name = "main"}, {.name = "watch"}};
	const struct instance self = {.name = "main", .peers = peers, .peer_count = 2};

	ck_assert_ptr_eq(failover_find_sentinel(&self, &bundle), &peers[1]);
	ck_assert_ptr_null(failover_find_sentinel(&self, &elsewhere));
	ck_assert_ptr_null(failover_find_sentinel(&peers[0], &bundle));
	ck_assert_ptr_null(failover_find_sentinel(&self, &alone));
}
END_TEST

START_TEST(sees_slots_that_migrate)
{
	static const char quiet[] =
		"aa 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-100\n"
		"bb 10.0.0.2:6379@16379 master - 0 0 2 connected 101-200 [101-<-aa]\n";
	static const char busy[] =
		"bb 10.0.0.2:6379@16379 master - 0 0 2 connected 101-200\n"
		"aa 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-100 [93->-bb]\n";

	ck_assert(!restart_state_is_migrating(quiet));
	ck_assert(restart_state_is_migrating(busy));
	ck_assert(restart_state_is_migrating(""));
	held(&alone, PRIMARY CLUSTER "mem_cluster_slot_export:1664\r\n", "900 1", "no",
		"migrating");
	held(&alone, PRIMARY CLUSTER "mem_cluster_slot_import:1\r\n", "900 1", "no", "migrating");
	goes(&alone, PRIMARY CLUSTER "mem_cluster_slot_import:0\r\n", "900 1", "no");
	make(&alone, PRIMARY CLUSTER, "900 1", "no", "default");
	state.is_migrating = true;
	restart_plan_make(&state, &alone, NULL, &plan);
	ck_assert_int_eq(plan.way, RESTART_HOLD);
}
END_TEST

static void edits(const char *text, const char *info, const char *expected)
{
	struct vk_buf out;
	bool is_changed;

	memset(&state, 0, sizeof(state));
	restart_state_take_info(info, &state);
	vk_buf_init(&out, 4096);
	is_changed = role_file_edit(text, &state, &out);
	ck_assert_msg(is_changed == (expected != NULL), "%s", text);
	if (expected != NULL)
		ck_assert_str_eq(out.len > 0 ? out.data : "", expected);
	vk_buf_release(&out);
}

START_TEST(the_role_of_the_running_server_is_what_the_next_start_reads)
{
	edits("", REPLICA, "replicaof 10.0.0.1 6379\n");
	edits("replicaof 10.0.0.1 6379\n", REPLICA, NULL);
	edits("# why\nbind 10.0.0.5\n", REPLICA, "# why\nbind 10.0.0.5\nreplicaof 10.0.0.1 6379\n");
	edits("SlaveOf 10.9.9.9 1\nport 1", REPLICA, "port 1\nreplicaof 10.0.0.1 6379\n");
	edits("replicaof 10.0.0.1 6379\nport 1\n", PRIMARY, "port 1\n");
	edits("replicaof 10.0.0.1 6379\nreplicaof 10.9.9.9 1\n", REPLICA,
		"replicaof 10.0.0.1 6379\n");
	edits("", PRIMARY, NULL);
	edits("replicaof no one\n", PRIMARY, NULL);
	edits("replicaofx 1\n", PRIMARY, NULL);
}
END_TEST

START_TEST(goes_by_the_zones_that_the_host_knows)
{
	static const char *const windows[] = {"03:00-04:00 UTC", "Sun 02:00-02:30 Europe/Berlin"};
	static const char *const unknown[] = {"03:00-04:00 Europe/Nowhere"};
	struct vk_bundle bundle = {.windows = windows, .window_count = 2};
	struct restart_window look;
	int64_t summer; /* 00:00 UTC of a Sunday: two o'clock in Berlin */

	ck_assert(vk_time_parse("2026-07-12T00:00:00Z", &summer));
	setenv("TZ", "Asia/Tokyo", 1);
	if (access(TIME_ZONE_DIRECTORY "/Europe/Berlin", R_OK) == 0) {
		restart_window_look(&bundle, summer - 1, &look);
		ck_assert(!look.is_open);
		ck_assert_int_eq(look.opens, summer);
		ck_assert_str_eq(look.reason, "the next window opens 2026-07-12T00:00:00Z (Sun "
					      "02:00-02:30 Europe/Berlin)");
		restart_window_look(&bundle, summer, &look);
		ck_assert(look.is_open);
		ck_assert_int_eq(look.until, summer + 1800);
	}
	bundle.window_count = 1;
	restart_window_look(&bundle, summer, &look);
	ck_assert_int_eq(look.opens, summer + 3 * 3600);
	ck_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
	bundle.windows = unknown;
	restart_window_look(&bundle, summer + 3 * 3600, &look);
	ck_assert(!look.is_open);
	ck_assert_int_eq(look.opens, 0);
	ck_assert_ptr_nonnull(strstr(look.reason, "does not know the time zone"));
	bundle.window_count = 0;
	restart_window_look(&bundle, summer, &look);
	ck_assert(look.is_open);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("restart");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, holds_while_something_is_under_way);
	tcase_add_test(tc, holds_where_the_last_save_failed);
	tcase_add_test(tc, holds_where_data_stands_in_memory_only);
	tcase_add_test(tc, proves_that_a_save_works_where_one_is_due);
	tcase_add_test(tc, holds_where_the_file_of_the_data_changes_its_name);
	tcase_add_test(tc, a_primary_of_a_group_hands_over_to_the_member_that_has_come_furthest);
	tcase_add_test(tc, waits_for_whoever_decides_about_failovers);
	tcase_add_test(tc, asks_no_sentinel_that_sees_something_else);
	tcase_add_test(tc, takes_over_only_where_it_is_safe);
	tcase_add_test(tc, asks_a_sentinel_of_its_own_host);
	tcase_add_test(tc, sees_slots_that_migrate);
	tcase_add_test(tc, the_role_of_the_running_server_is_what_the_next_start_reads);
	tcase_add_test(tc, goes_by_the_zones_that_the_host_knows);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
