/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The power fails at every fault point of an install, and the disk forgets
 * whatever was not yet durable: after the host has started again, the old or the
 * new configuration runs, wholly, and what was committed stays. Built with
 * VK_FAULT_POINTS.
 */
#include "config.h"

#include "client/pull/install.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pull/child.h"
#include "client/pull/drift.h"
#include "client/pull/journal.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/power_cut.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

static struct pull_host host;
static char *store;

static void set_up(void)
{
	pull_host_make(&host);
	store = xasprintf("%s.kept", host.root);
}

static void tear_down(void)
{
	struct vk_err err = VK_ERR_INIT;

	pull_host_remove(&host);
	if (access(store, F_OK) == 0)
		assert_ok(vk_file_remove_tree(AT_FDCWD, store, &err), err);
	free(store);
}

static const struct pull_bundle first = {.conf = "maxmemory 64mb\ndatabases 16\n"};
static const struct pull_bundle live = {.conf = "maxmemory 128mb\ndatabases 16\nhz 20\n",
	.users = "user app on nopass ~app:* resetchannels -@all +get\n"};
static const struct pull_bundle restart = {.conf = "maxmemory 128mb\ndatabases 3\n"};

static void install(int64_t release, const struct pull_bundle *spec, struct outcome *outcome)
{
	struct generation_bundle bundle;

	pull_host_bundle(spec, &bundle);
	outcome_init(outcome, "main");
	install_run(&host.instance, host.scratch, release, &bundle, outcome);
	generation_bundle_release(&bundle);
}

static void install_ok(int64_t release, const struct pull_bundle *spec)
{
	struct outcome outcome;

	install(release, spec, &outcome);
	ck_assert_msg(outcome.state == OUTCOME_COMMITTED, "%s", outcome.failure.msg);
	outcome_release(&outcome);
}

/* Release 2, until the power fails at the point; false if the install does not pass there. An empty
 * point: when the install has ended. */
static bool install_until(const struct pull_bundle *spec, const char *point)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct outcome outcome;

		setenv("VKCFG_FAULT", point, 1);
		install(2, spec, &outcome);
		_exit(outcome.state == OUTCOME_COMMITTED ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "%s: not installed", point);
	return WIFSIGNALED(status) || point[0] == '\0';
}

static bool is_up(void)
{
	char *run_id = pull_host_run_id(&host);
	bool is_there = run_id[0] != '\0';

	free(run_id);
	return is_there;
}

/* As the host's init would; until it answers. */
static void start_valkey(void)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + 20000;
	const char *const argv[] = {host.door, NULL};
	struct vk_err err = VK_ERR_INIT;
	struct child *child;
	int status = -1;

	assert_ok(child_start(argv, NULL, CHILD_DEFAULT, &child, &err), err);
	assert_ok(child_wait(child, vk_clock_monotonic_ms() + 20000, &status, &err), err);
	child_free(child);
	ck_assert_int_eq(status, 0);
	while (!is_up() && vk_clock_monotonic_ms() < deadline_ms)
		poll(NULL, 0, 10);
}

static void run_again(const char *point)
{
	struct outcome outcome;

	outcome_init(&outcome, "main");
	if (install_recover(&host.instance, host.scratch, &outcome))
		ck_assert_msg(outcome.failure.rc == VK_OK, "%s: %s", point, outcome.failure.msg);
	outcome_release(&outcome);
}

/* No journal, and no difference between what `current` names and what runs. */
static void assert_whole(const char *point)
{
	struct outcome outcome;
	struct journal journal;
	struct vk_err err = VK_ERR_INIT;

	ck_assert_msg(journal_read(&host.instance, &journal, &err) == VK_ENOTFOUND,
		"after %s: a journal is left", point);
	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_DEFAULT, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "after %s: %s", point, outcome.failure.msg);
	ck_assert_msg(outcome.drift_count == 0, "after %s: %s is %s instead of %s", point,
		outcome.drift[0].name, outcome.drift[0].actual, outcome.drift[0].expected);
	outcome_release(&outcome);
}

static int64_t current_release(void)
{
	char current[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;

	assert_ok(generation_current(&host.instance, current, &err), err);
	return generation_release(current);
}

static const char *const points[] = {"pull.stage-file", "pull.stage-file:2",
	"pull.staged-unrecorded", "pull.staged", "pull.preflighted-unrecorded", "pull.preflighted",
	"pull.set", "pull.accepted-unrecorded", "pull.accepted", "pull.linked",
	"pull.switched-unrecorded", "pull.switched", "pull.user", "pull.door",
	"pull.loaded-unrecorded", "pull.loaded", "pull.verified-unrecorded", "pull.verified",
	"pull.committed", ""};

static void power_fails_at(const struct pull_bundle *spec, const char *point)
{
	bool is_committed = point[0] == '\0' || strcmp(point, "pull.committed") == 0;

	install_ok(1, &first);
	power_record(host.root, store);
	if (!install_until(spec, point)) {
		power_cut();
		return; /* this kind of change does not pass there */
	}
	/* Before the process: what we do to it is no part of the install. */
	power_cut();
	pull_host_kill(&host);
	start_valkey();
	run_again(point);
	assert_whole(point);
	if (is_committed)
		ck_assert_msg(current_release() == 2, "after '%s': forgotten", point);
	install_ok(3, spec);
	assert_whole(point);
}

START_TEST(survives_a_power_cut_during_a_live_change)
{
	power_fails_at(&live, points[_i]);
}
END_TEST

START_TEST(survives_a_power_cut_during_a_change_with_a_restart)
{
	power_fails_at(&restart, points[_i]);
}
END_TEST

/* The test itself: had nobody called fsync, the release would be gone. */
START_TEST(would_notice_a_missing_fsync)
{
	install_ok(1, &first);
	power_record(host.root, store);
	power_ignore_fsync(true);
	ck_assert(install_until(&live, ""));
	ck_assert_uint_gt(power_cut(), 10);
	pull_host_kill(&host);
	ck_assert_int_eq(current_release(), 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("power_cut");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	if (pull_host_valkey() != NULL) {
		int count = sizeof(points) / sizeof(points[0]);

		tcase_add_loop_test(tc, survives_a_power_cut_during_a_live_change, 0, count);
		tcase_add_loop_test(
			tc, survives_a_power_cut_during_a_change_with_a_restart, 0, count);
		tcase_add_test(tc, would_notice_a_missing_fsync);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
