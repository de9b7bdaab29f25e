/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_host.h"

#include <stdio.h>

#include "server/store/store_announcement.h"
#include "server/store/store_environment.h"
#include "server/store/store_lease.h"
#include "server/store/store_release.h"
#include "server/store/store_report.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/unit.h"

static struct store_fixture fix;

static void setup(void)
{
	store_fixture_init(&fix);
}

static void teardown(void)
{
	store_fixture_release(&fix);
}

static void begin(void)
{
	assert_ok(store_begin(fix.store, &fix.err), fix.err);
}

static void commit(void)
{
	assert_ok(store_commit(fix.store, &fix.err), fix.err);
}

static enum vk_rc report(const char *id, const struct store_instance *instances, size_t count,
	int64_t now, struct store_report_outcome *out)
{
	const struct store_report report = {.id = id,
		.host = "db1",
		.agent = "0.1.0",
		.log_size = 3,
		.instances = instances,
		.instance_count = count};

	return store_save_report(fix.store, &report, now, out, &fix.err);
}

START_TEST(reports_are_idempotent_and_keep_the_beginning_of_a_drift)
{
	struct store_drift drift = {.kind = "value",
		.name = "maxmemory",
		.expected = "1",
		.actual = "2",
		.action = "report",
		.cause = "unauthorised",
		.ticket = ""};
	struct store_instance instance = {.name = "main",
		.release = 1,
		.generation = "000001-aaaaaa",
		.state = "committed",
		.health = "ok",
		.valkey = "8.0.1",
		.outcome = "",
		.error = "",
		.detail = "",
		.drift = &drift,
		.drift_count = 1};
	struct store_report_outcome outcome;
	struct store_drift_list list;
	struct store_host host;
	const struct store_page page = {0};

	begin();
	assert_fails(report("r0", &instance, 1, 10, &outcome), VK_ENOTFOUND);
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	assert_ok(report("r1", &instance, 1, 10, &outcome), fix.err);
	ck_assert(outcome.is_changed && !outcome.is_repeated);
	assert_ok(report("r1", &instance, 1, 11, &outcome), fix.err);
	ck_assert(outcome.is_repeated);
	drift.actual = "3";
	assert_ok(report("r2", &instance, 1, 20, &outcome), fix.err);
	ck_assert(outcome.is_changed);
	assert_ok(report("r3", &instance, 1, 30, &outcome), fix.err);
	ck_assert(!outcome.is_changed);
	drift.cause = "emergency";
	drift.ticket = "INC-1";
	drift.until = 99;
	assert_ok(report("r3e", &instance, 1, 30, &outcome), fix.err);
	ck_assert(outcome.is_changed);
	assert_ok(store_list_drift(fix.store, &(struct store_filter){.environment = "prod"}, &page,
			  fix.arena, &list, &fix.err),
		fix.err);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.items[0].since, 10);
	ck_assert_str_eq(list.items[0].actual, "3");
	ck_assert_str_eq(list.items[0].cause, "emergency");
	ck_assert_str_eq(list.items[0].ticket, "INC-1");
	ck_assert_int_eq(list.items[0].until, 99);
	assert_ok(report("r4", NULL, 0, 40, &outcome), fix.err);
	ck_assert(outcome.is_changed);
	assert_ok(store_get_host(fix.store, "db1", fix.arena, &host, &fix.err), fix.err);
	ck_assert_uint_eq(host.instance_count, 0);
	ck_assert_int_eq(host.last_seen, 40);
	commit();
}
END_TEST

static enum vk_rc announce(const char *name, int64_t until, int64_t now)
{
	const struct store_announcement announcement = {.instance = "db1/main",
		.name = name,
		.host = "db1",
		.environment = "prod",
		.ticket = "INC-1",
		.announcer = "alice",
		.begins = 1,
		.until = until,
		.statement = "{}",
		.keyid = "00",
		.sig = "00"};

	return store_put_announcement(fix.store, &announcement, 2, now, &fix.err);
}

static size_t announced(int64_t now, const char *after)
{
	const struct store_page page = {.limit = 1, .after = after};
	struct store_announcement_list list;

	assert_ok(store_list_announcements(fix.store, &(struct store_filter){.environment = "prod"},
			  &page, now, fix.arena, &list, &fix.err),
		fix.err);
	return list.count + (list.next != NULL ? 10 : 0);
}

START_TEST(announcements_are_few_and_end_by_themselves)
{
	const struct store_announcement *all = NULL;
	size_t count = 0;

	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	assert_ok(announce("hz", 100, 10), fix.err);
	assert_ok(announce("maxmemory", 200, 10), fix.err);
	assert_ok(announce("maxmemory", 300, 10), fix.err); /* in the place of the one before */
	assert_fails(announce("timeout", 100, 10), VK_ELIMIT);
	ck_assert_uint_eq(announced(10, NULL), 11);
	ck_assert_uint_eq(announced(10, "db1/main hz"), 1);
	ck_assert_uint_eq(announced(100, NULL), 1); /* one is over */
	assert_ok(announce("timeout", 300, 100), fix.err);
	assert_fails(store_end_announcement(fix.store, "dev", "db1/main", "timeout", &fix.err),
		VK_ENOTFOUND);
	assert_ok(store_end_announcement(fix.store, "prod", "db1/main", "timeout", &fix.err),
		fix.err);
	assert_ok(
		store_all_announcements(fix.store, "prod", 100, fix.arena, &all, &count, &fix.err),
		fix.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(all[0].name, "maxmemory");
	ck_assert_int_eq(all[0].until, 300);
	commit();
}
END_TEST

START_TEST(a_host_reports_only_so_often)
{
	struct store_report_outcome outcome;
	char id[8];

	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	for (int i = 0; i < STORE_REPORTS_KEPT - 1; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		assert_ok(report(id, NULL, 0, 100, &outcome), fix.err);
	}
	assert_fails(report("more", NULL, 0, 100, &outcome), VK_EUNAVAIL);
	assert_ok(report("r3", NULL, 0, 100, &outcome), fix.err);
	assert_ok(report("later", NULL, 0, 100 + STORE_REPORTS_SECONDS, &outcome), fix.err);
	assert_ok(report("earlier", NULL, 0, 50, &outcome), fix.err);
	commit();
}
END_TEST

/* Who is in the way of this instance's lease; "" if it was granted. */
static const char *take_lease(
	const char *instance, const char *shard, int64_t limit, int64_t now, int64_t seconds)
{
	const struct store_lease lease = {.instance = instance,
		.host = "db1",
		.environment = "prod",
		.shard = shard,
		.expires = now + seconds};
	struct store_lease_holder holder = {.instance = "?"};

	assert_ok(store_take_lease(fix.store, &lease, limit, now, fix.arena, &holder, &fix.err),
		fix.err);
	return holder.instance != NULL ? holder.instance : "";
}

START_TEST(of_a_shard_one_member_has_a_lease_until_it_gives_it_back_or_it_ends)
{
	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	ck_assert_str_eq(take_lease("db1/a", "g/0", 0, 100, 50), "");
	ck_assert_str_eq(take_lease("db2/a", "g/0", 0, 100, 50), "db1/a");
	ck_assert_str_eq(take_lease("db2/b", "g/1", 0, 100, 50), "");
	ck_assert_str_eq(take_lease("db2/c", "", 0, 100, 50), "");
	ck_assert_str_eq(take_lease("db2/d", "", 0, 100, 50), "");
	/* Once more, for longer: it is the same lease. */
	ck_assert_str_eq(take_lease("db1/a", "g/0", 0, 120, 50), "");
	ck_assert_str_eq(take_lease("db2/a", "g/0", 0, 169, 50), "db1/a");
	ck_assert_str_eq(take_lease("db2/a", "g/0", 0, 170, 50), "");
	ck_assert_str_eq(take_lease("db1/a", "g/0", 0, 180, 50), "db2/a");
	assert_ok(store_give_back_lease(fix.store, "db2/a", &fix.err), fix.err);
	assert_ok(store_give_back_lease(fix.store, "db2/a", &fix.err), fix.err);
	ck_assert_str_eq(take_lease("db1/a", "g/0", 0, 180, 50), "");
}
END_TEST

START_TEST(a_group_may_say_how_many_restart_at_once)
{
	struct store_lease lease = {
		.host = "db1", .environment = "prod", .shard = "g/1", .expires = 200};
	struct store_lease_holder holder = {.instance = NULL};

	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	ck_assert_str_eq(take_lease("db1/a", "g/12", 0, 100, 50), "");
	ck_assert_str_eq(take_lease("db1/b", "gg/1", 0, 100, 50), "");
	lease.instance = "db1/c";
	lease.group_limit = 1; /* of all shards */
	assert_ok(
		store_take_lease(fix.store, &lease, 0, 101, fix.arena, &holder, &fix.err), fix.err);
	ck_assert_str_eq(holder.instance, "db1/a");
	ck_assert_int_eq(holder.scope, STORE_LEASE_GROUP);
	lease.group_limit = 2;
	assert_ok(
		store_take_lease(fix.store, &lease, 0, 101, fix.arena, &holder, &fix.err), fix.err);
	ck_assert_ptr_null(holder.instance);
	lease.instance = "db1/d";
	lease.group_limit = 0;
	lease.shard_limit = 2; /* of this one */
	assert_ok(
		store_take_lease(fix.store, &lease, 0, 101, fix.arena, &holder, &fix.err), fix.err);
	ck_assert_ptr_null(holder.instance);
	lease.instance = "db1/e";
	assert_ok(
		store_take_lease(fix.store, &lease, 0, 101, fix.arena, &holder, &fix.err), fix.err);
	ck_assert_str_eq(holder.instance, "db1/c");
	ck_assert_int_eq(holder.scope, STORE_LEASE_SHARD);
}
END_TEST

START_TEST(an_environment_has_as_many_leases_as_its_limit_says)
{
	begin();
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	ck_assert_str_eq(take_lease("db1/a", "", 2, 100, 50), "");
	ck_assert_str_eq(take_lease("db1/b", "g/0", 2, 101, 50), "");
	ck_assert_str_eq(take_lease("db1/c", "", 2, 102, 50), "db1/a");
	ck_assert_str_eq(take_lease("db1/b", "g/0", 2, 102, 50), "");
	ck_assert_str_eq(take_lease("db1/c", "", 2, 150, 50), "");
}
END_TEST

START_TEST(environments_count_their_hosts)
{
	static const char *const names[] = {"dev", "prod"};
	struct store_instance instance = {.name = "main",
		.release = 1,
		.generation = "",
		.state = "committed",
		.health = "ok",
		.valkey = "",
		.outcome = "",
		.error = "",
		.detail = ""};
	const struct store_environment *items;
	struct store_report_outcome outcome;
	size_t count;

	begin();
	assert_ok(store_set_environments(fix.store, names, 2, &fix.err), fix.err);
	assert_ok(store_add_host(fix.store, "db1", "prod", 1, &fix.err), fix.err);
	assert_ok(store_add_host(fix.store, "db2", "prod", 1, &fix.err), fix.err);
	assert_ok(store_set_host_enrolled(fix.store, "db1", "ed25519:00", 1, &fix.err), fix.err);
	assert_ok(store_add_release(
			  fix.store, store_fixture_add_change(&fix, "prod", 1, '1'), 7, &fix.err),
		fix.err);
	store_fixture_add_change(&fix, "prod", 2, '2');
	assert_ok(report("r1", &instance, 1, 10, &outcome), fix.err);
	commit();
	assert_ok(store_list_environments(fix.store, fix.arena, &items, &count, &fix.err), fix.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(items[0].name, "dev");
	ck_assert_int_eq(items[0].hosts, 0);
	ck_assert_int_eq(items[1].release, 1);
	ck_assert_int_eq(items[1].hosts, 1);
	ck_assert_int_eq(items[1].converged, 1);
	ck_assert_int_eq(items[1].failed, 0);
	ck_assert_int_eq(items[1].open_changes, 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store_host");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reports_are_idempotent_and_keep_the_beginning_of_a_drift);
	tcase_add_test(tc, announcements_are_few_and_end_by_themselves);
	tcase_add_test(tc, a_host_reports_only_so_often);
	tcase_add_test(tc, of_a_shard_one_member_has_a_lease_until_it_gives_it_back_or_it_ends);
	tcase_add_test(tc, a_group_may_say_how_many_restart_at_once);
	tcase_add_test(tc, an_environment_has_as_many_leases_as_its_limit_says);
	tcase_add_test(tc, environments_count_their_hosts);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
