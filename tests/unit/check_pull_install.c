/* SPDX-License-Identifier: BSD-3-Clause */
/* The installer against real valkey-servers: each test has a host of its own. */
#include "config.h"

#include "client/pull/install.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/journal.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

static struct pull_host host;

static void set_up(void)
{
	pull_host_make(&host);
}

static void tear_down(void)
{
	pull_host_remove(&host);
}

static void install(int64_t release, const struct pull_bundle *spec, struct outcome *outcome)
{
	struct generation_bundle bundle;

	pull_host_bundle(spec, &bundle);
	outcome_init(outcome, "main");
	install_run(&host.instance, host.scratch, release, &bundle, outcome);
	generation_bundle_release(&bundle);
}

static void assert_state(struct outcome *outcome, enum outcome_state state)
{
	ck_assert_msg(outcome->state == state, "%s instead of %s: %s",
		outcome_state_name(outcome->state), outcome_state_name(state),
		outcome->failure.msg);
}

static void assert_text(const struct outcome *outcome, const char *part)
{
	ck_assert_msg(strstr(outcome->text, part) != NULL, "%s", outcome->text);
}

static void install_ok(int64_t release, const struct pull_bundle *spec)
{
	struct outcome outcome;

	install(release, spec, &outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	outcome_release(&outcome);
}

static void assert_config(const char *name, const char *expected)
{
	char *value = pull_host_config(&host, name);

	ck_assert_str_eq(value, expected);
	free(value);
}

static void assert_current(const char *prefix)
{
	char current[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;

	assert_ok(generation_current(&host.instance, current, &err), err);
	ck_assert_msg(strncmp(current, prefix, strlen(prefix)) == 0, "current is %s", current);
}

static void assert_nothing_current(void)
{
	char current[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;

	assert_ok(generation_current(&host.instance, current, &err), err);
	ck_assert_str_eq(current, "");
}

static void assert_no_journal(void)
{
	struct journal journal;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(journal_read(&host.instance, &journal, &err), VK_ENOTFOUND);
}

START_TEST(starts_a_valkey_that_is_down)
{
	struct outcome outcome;

	install(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"}, &outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	ck_assert_str_eq(outcome.text, "started");
	ck_assert_str_eq(outcome.health, "ok");
	assert_config("maxmemory", "67108864");
	assert_current("000001-");
	assert_no_journal();
	outcome_release(&outcome);
}
END_TEST

START_TEST(changes_values_and_users_live)
{
	struct outcome outcome;
	char *before;
	char *after;

	install_ok(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"});
	before = pull_host_run_id(&host);
	install(2,
		&(struct pull_bundle){.conf = "maxmemory 128mb\nsave 60 1\n",
			.users =
				"user app on #" /* SHA-256 of nothing in particular */
				"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
				" ~app:* resetchannels -@all +get (~x resetchannels -@all +set)\n"},
		&outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	ck_assert_str_eq(outcome.text, "changed 2 values and 1 user live");
	assert_config("maxmemory", "134217728");
	assert_config("save", "60 1");
	after = pull_host_run_id(&host);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	outcome_release(&outcome);
}
END_TEST

START_TEST(restarts_for_what_cannot_change_live)
{
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.conf = "databases 16\n"});
	install(2, &(struct pull_bundle){.conf = "databases 3\nmaxmemory 64mb\n"}, &outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	ck_assert_str_eq(outcome.text, "restarted");
	assert_config("databases", "3");
	assert_config("maxmemory", "67108864");
	outcome_release(&outcome);
}
END_TEST

START_TEST(leaves_a_restart_pending_where_it_is_not_allowed)
{
	const struct pull_bundle second = {
		.conf = "databases 3\nmaxmemory 64mb\n", .restart = VK_RESTART_NEVER};
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.conf = "databases 16\n"});
	install(2, &second, &outcome);
	assert_state(&outcome, OUTCOME_PENDING_RESTART);
	assert_config("databases", "16");
	assert_config("maxmemory", "67108864");
	assert_current("000002-");
	outcome_release(&outcome);
}
END_TEST

START_TEST(a_restart_waits_for_its_window)
{
	const struct pull_bundle second = {
		.conf = "databases 3\nmaxmemory 64mb\n", .window = "Sat 02:00-04:00 UTC"};
	struct outcome outcome;
	int64_t open_time;

	ck_assert(vk_time_parse("2026-12-05T02:00:00Z", &open_time));
	install_ok(1, &(struct pull_bundle){.conf = "databases 16\n"});
	vk_clock_set_for_test(open_time - 1);
	install(2, &second, &outcome);
	assert_state(&outcome, OUTCOME_PENDING_RESTART);
	assert_text(&outcome, "changed 1 value and 0 users live; pending restart since "
			      "2026-12-05T01:59:59Z: the next window opens 2026-12-05T02:00:00Z "
			      "(Sat 02:00-04:00 UTC)");
	assert_config("databases", "16");
	assert_config("maxmemory", "67108864");
	outcome.state = OUTCOME_UNCHANGED;
	ck_assert(!install_retry_restart(&host.instance, 2, &outcome));
	vk_clock_set_for_test(open_time + 2 * 3600); /* it was missed */
	ck_assert(!install_retry_restart(&host.instance, 2, &outcome));
	vk_clock_set_for_test(open_time + 7 * 86400);
	ck_assert(install_retry_restart(&host.instance, 2, &outcome));
	vk_clock_set_for_test(0);
	assert_state(&outcome, OUTCOME_COMMITTED);
	assert_config("databases", "3");
	outcome_release(&outcome);
}
END_TEST

START_TEST(refuses_what_valkey_refuses_and_remembers_it)
{
	struct outcome outcome;
	struct failed failed;
	struct vk_err err = VK_ERR_INIT;

	install_ok(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"});
	/* Our schema cannot know that this build has no modified jemalloc, or no such locale. */
	install(2, &(struct pull_bundle){.conf = "maxmemory 1mb\nlocale-collate xx_YY\n"},
		&outcome);
	assert_state(&outcome, OUTCOME_REFUSED);
	ck_assert(outcome.is_settled);
	ck_assert_msg(strstr(outcome.failure.msg, "refuses the configuration") != NULL, "%s",
		outcome.failure.msg);
	assert_config("maxmemory", "67108864");
	assert_current("000001-");
	assert_no_journal();
	assert_ok(failed_read(&host.instance, &failed, &err), err);
	ck_assert_int_eq(failed.release, 2);
	ck_assert(!failed.is_rolled_back);
	outcome_release(&outcome);
}
END_TEST

START_TEST(shows_valkey_no_file_of_the_host)
{
	char *path = xasprintf("%s/private", host.root);
	char *conf = xasprintf("include %s\n", path);
	struct vk_err err = VK_ERR_INIT;
	struct outcome outcome;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, "password hunter2\n", 17, &err), err);
	install(1, &(struct pull_bundle){.conf = conf}, &outcome);
	assert_state(&outcome, OUTCOME_REFUSED);
	ck_assert_ptr_null(strstr(outcome.failure.msg, "password"));
	ck_assert_msg(strstr(outcome.failure.msg, "this host does not accept 'include'") != NULL,
		"%s", outcome.failure.msg);
	outcome_release(&outcome);
	free(conf);
	free(path);
}
END_TEST

START_TEST(refuses_an_acl_that_locks_the_agent_out)
{
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.conf = NULL});
	install(2, &(struct pull_bundle){.users = "user vkcfg-agent on nopass ~* &* +@all\n"},
		&outcome);
	assert_state(&outcome, OUTCOME_REFUSED);
	assert_current("000001-");
	outcome_release(&outcome);
}
END_TEST

START_TEST(refuses_a_maxclients_that_would_stall_the_server)
{
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.conf = NULL});
	install(2, &(struct pull_bundle){.conf = "maxclients 4000000000\n"}, &outcome);
	assert_state(&outcome, OUTCOME_REFUSED);
	outcome_release(&outcome);
}
END_TEST

START_TEST(the_preflight_of_a_replica_connects_to_nobody)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char *runtime;
	struct vk_err err = VK_ERR_INIT;
	char *text;

	if (fd < 0)
		return; /* a machine without IPv6 */
	runtime = xasprintf("%s/runtime.conf", host.directory);
	/* IPv4 arrives there too. */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	text = xasprintf("replicaof 192.0.2.1 %u\nprimaryauth hunter2\n", ntohs(address.sin6_port));
	assert_ok(vk_file_replace(AT_FDCWD, runtime, 0640, text, strlen(text), &err), err);
	install_ok(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"});
	ck_assert_int_lt(accept(fd, NULL, NULL), 0);
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
	free(text);
	free(runtime);
}
END_TEST

START_TEST(takes_over_a_valkey_with_another_configuration)
{
	const char *const options[] = {"--maxmemory", "1mb", NULL};
	struct outcome outcome;
	char *before, *after;

	pull_host_start_foreign(&host, options);
	before = pull_host_run_id(&host);
	install(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"}, &outcome);
	assert_state(&outcome, OUTCOME_PENDING_RESTART);
	assert_text(&outcome, "changed 1 value and 2 users live; the next restart must start ");
	assert_text(&outcome, "/current/valkey.conf instead of no file");
	ck_assert_uint_eq(outcome.wait_count, 1);
	ck_assert_str_eq(outcome.waits[0].name, "aclfile");
	assert_config("maxmemory", "67108864");
	after = pull_host_run_id(&host);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	outcome_release(&outcome);
}
END_TEST

START_TEST(restarts_in_a_takeover_only_for_what_valkey_reads_when_it_starts)
{
	const char *const options[] = {"--databases", "3", NULL};
	struct outcome outcome;

	pull_host_start_foreign(&host, options);
	install(1, &(struct pull_bundle){.restart = VK_RESTART_NEVER, .conf = "databases 4\n"},
		&outcome);
	assert_state(&outcome, OUTCOME_PENDING_RESTART);
	assert_config("databases", "3");
	outcome_release(&outcome);
	install(2, &(struct pull_bundle){.conf = "databases 4\n"}, &outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	ck_assert_str_eq(outcome.text, "restarted");
	ck_assert_uint_eq(outcome.wait_count, 0);
	assert_config("databases", "4");
	outcome_release(&outcome);
}
END_TEST

START_TEST(does_not_take_over_a_valkey_whose_data_is_elsewhere)
{
	const char *const options[] = {"--dir", host.root, "--maxmemory", "1mb", NULL};
	struct outcome outcome;
	char *data;

	pull_host_start_foreign(&host, options);
	install(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"}, &outcome);
	assert_state(&outcome, OUTCOME_FAILED);
	ck_assert(!outcome.is_settled);
	data = xasprintf("keeps its data in %s, but pull.yaml says %s", host.root, host.data);
	ck_assert_msg(strstr(outcome.failure.msg, data) != NULL, "%s", outcome.failure.msg);
	assert_config("maxmemory", "1048576");
	assert_nothing_current();
	free(data);
	outcome_release(&outcome);
}
END_TEST

START_TEST(a_takeover_that_fails_leaves_what_it_has_found)
{
	const char *const options[] = {"--maxmemory", "1mb", NULL};
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct outcome outcome;
	char *conf;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	pull_host_start_foreign(&host, options);
	/* Only the running server notices that the port is taken. */
	conf = xasprintf("maxmemory 64mb\nbind 127.0.0.1\nport %u\n", ntohs(address.sin_port));
	install(1, &(struct pull_bundle){.conf = conf}, &outcome);
	assert_state(&outcome, OUTCOME_ROLLED_BACK);
	ck_assert_str_eq(outcome.health, "ok");
	assert_config("maxmemory", "1048576");
	pull_host_command(&host, VALKEY_ARGV("AUTH", "default", "any"));
	assert_nothing_current();
	close(fd);
	free(conf);
	outcome_release(&outcome);
}
END_TEST

START_TEST(rolls_back_when_valkey_does_not_come_up)
{
	struct outcome outcome;
	char *door = xasprintf("%s/real-door", host.root);
	char *text;
	struct vk_err err = VK_ERR_INIT;

	install_ok(1, &(struct pull_bundle){.conf = "databases 16\n"});
	/* A door that fails for the new generation only. */
	ck_assert_int_eq(rename(host.door, door), 0);
	text = xasprintf(
		"#!/bin/sh\ncd \"${0%%/*}\"\ncase $(readlink instance/current) in "
		"*000002-*) echo no luck; kill $(cat pid); exit 3;; esac\nexec ./real-door\n");
	assert_ok(vk_file_replace(AT_FDCWD, host.door, 0700, text, strlen(text), &err), err);
	free(text);
	free(door);
	install(2, &(struct pull_bundle){.conf = "databases 3\n"}, &outcome);
	assert_state(&outcome, OUTCOME_ROLLED_BACK);
	ck_assert_msg(strstr(outcome.failure.msg, "no luck") != NULL, "%s", outcome.failure.msg);
	ck_assert_str_eq(outcome.health, "ok");
	assert_config("databases", "16");
	assert_current("000001-");
	assert_no_journal();
	outcome_release(&outcome);
}
END_TEST

static void damage(const char *path, const char *text)
{
	char *full = xasprintf("%s/%s", host.directory, path);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, full, 0640, text, strlen(text), &err), err);
	free(full);
}

/* Recovers, in whatever way, and asks for what must be there afterwards. */
static void assert_keeps_what_is_installed(void)
{
	char *conf = xasprintf("%s/current/valkey.conf", host.directory);
	struct vk_err err = VK_ERR_INIT;
	struct outcome outcome;
	struct failed failed;

	outcome_init(&outcome, "main");
	ck_assert(install_recover(&host.instance, host.scratch, &outcome));
	outcome_release(&outcome);
	assert_current("000001-");
	assert_fails(failed_read(&host.instance, &failed, &err), VK_ENOTFOUND);
	ck_assert_int_eq(access(conf, R_OK), 0);
	free(conf);
}

START_TEST(a_damaged_journal_costs_no_installed_generation)
{
	static const char *const bad[] = {"", "{", "{}", "[1]",
		"{\"format\":1,\"step\":\"accepted\"}",
		"{\"format\":1,\"step\":\"staged\",\"release\":1,\"generation\":\"../../x\"}"};

	install_ok(1, &(struct pull_bundle){.conf = "maxmemory 64mb\n"});
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		damage("journal.json", bad[i]);
		assert_keeps_what_is_installed();
		assert_no_journal();
	}
	assert_config("maxmemory", "67108864");
	/* Neither where Valkey is down and cannot be started... */
	pull_host_kill(&host);
	host.door_argv[0] = "/bin/false";
	damage("journal.json", "");
	assert_keeps_what_is_installed();
	/* ...nor where more is damaged than the journal. */
	damage("journal.json", "");
	damage("current/.expected.json", "");
	assert_keeps_what_is_installed();
	assert_no_journal();
}
END_TEST

START_TEST(removes_users_that_were_managed_and_keeps_others)
{
	static const char hash[] =
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
	char *users = xasprintf("user app on #%s ~app:* resetchannels -@all +get\n", hash);
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.users = users});
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "vault", "on", "nopass", "+get"));
	install(2, &(struct pull_bundle){.conf = NULL}, &outcome);
	assert_state(&outcome, OUTCOME_COMMITTED);
	/* DELUSER says how many there were. */
	{
		struct valkey *valkey = NULL;
		struct vk_err err = VK_ERR_INIT;
		struct reply *reply = NULL;

		assert_ok(instance_connect(&host.instance, &valkey, &err), err);
		assert_ok(valkey_demand(valkey, VALKEY_ARGV("ACL", "DELUSER", "app"), &reply, &err),
			err);
		ck_assert_int_eq(reply->number, 0);
		reply_free(reply);
		assert_ok(
			valkey_demand(valkey, VALKEY_ARGV("ACL", "DELUSER", "vault"), &reply, &err),
			err);
		ck_assert_int_eq(reply->number, 1);
		reply_free(reply);
		valkey_free(valkey);
	}
	outcome_release(&outcome);
	free(users);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_install");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, refuses_what_valkey_refuses_and_remembers_it);
		tcase_add_test(tc, shows_valkey_no_file_of_the_host);
		tcase_add_test(tc, refuses_an_acl_that_locks_the_agent_out);
		tcase_add_test(tc, refuses_a_maxclients_that_would_stall_the_server);
		tcase_add_test(tc, a_damaged_journal_costs_no_installed_generation);
		tcase_add_test(tc, the_preflight_of_a_replica_connects_to_nobody);
		tcase_add_test(tc, starts_a_valkey_that_is_down);
		tcase_add_test(tc, changes_values_and_users_live);
		tcase_add_test(tc, restarts_for_what_cannot_change_live);
		tcase_add_test(tc, leaves_a_restart_pending_where_it_is_not_allowed);
		tcase_add_test(tc, a_restart_waits_for_its_window);
		tcase_add_test(tc, takes_over_a_valkey_with_another_configuration);
		tcase_add_test(
			tc, restarts_in_a_takeover_only_for_what_valkey_reads_when_it_starts);
		tcase_add_test(tc, does_not_take_over_a_valkey_whose_data_is_elsewhere);
		tcase_add_test(tc, a_takeover_that_fails_leaves_what_it_has_found);
		tcase_add_test(tc, rolls_back_when_valkey_does_not_come_up);
		tcase_add_test(tc, removes_users_that_were_managed_and_keeps_others);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
