/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The installer killed at every fault point, and with every write, fsync and
 * rename failing in turn: what runs afterwards is the old or the new
 * configuration, in files, values and users alike, and nothing between.
 * Built with VK_FAULT_POINTS.
 */
#include "config.h"

#include "client/pull/install.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pull/child.h"
#include "client/pull/drift.h"
#include "client/pull/journal.h"
#include "common/clock.h"
#include "common/mem.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

static struct pull_host host;

/* The n-th call from now on fails; 0: none does. */
static int fail_at;
static int fail_errno;
static int calls;

static bool is_failing(void)
{
	return fail_at > 0 && ++calls == fail_at;
}

/* These take the place of libc's in this program. */
int fsync(int fd)
{
	if (is_failing()) {
		errno = fail_errno;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
	if (is_failing()) {
		errno = fail_errno;
		return -1;
	}
	return (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, 0);
}

int rename(const char *old_name, const char *new_name)
{
	return renameat(-100 /* AT_FDCWD */, old_name, -100, new_name);
}

ssize_t write(int fd, const void *data, size_t len)
{
	struct stat st;

	if (fail_at > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_failing()) {
		errno = fail_errno;
		return -1;
	}
	return syscall(SYS_write, fd, data, len);
}

static void set_up(void)
{
	pull_host_make(&host);
}

static void tear_down(void)
{
	fail_at = 0;
	pull_host_remove(&host);
}

static const char users_text[] =
	"user app on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ~app:* "
	"resetchannels -@all +get\n";

static const struct pull_bundle first = {.conf = "maxmemory 64mb\ndatabases 16\n"};
static const struct pull_bundle live = {
	.conf = "maxmemory 128mb\ndatabases 16\nhz 20\n", .users = users_text};
static const struct pull_bundle restart = {
	.conf = "maxmemory 128mb\ndatabases 3\n", .users = users_text};
static const struct pull_bundle refused = {
	.conf = "maxmemory 128mb\ndatabases 3\nlocale-collate xx_YY\n"};

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

/* No journal, and no difference between what `current` names and what runs. */
static void assert_whole(const char *after)
{
	struct outcome outcome;
	struct journal journal;
	struct vk_err err = VK_ERR_INIT;

	ck_assert_msg(journal_read(&host.instance, &journal, &err) == VK_ENOTFOUND,
		"after %s: a journal is left", after);
	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_DEFAULT, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "after %s: %s", after, outcome.failure.msg);
	ck_assert_msg(outcome.drift_count == 0, "after %s: %s is %s instead of %s", after,
		outcome.drift[0].name, outcome.drift[0].actual, outcome.drift[0].expected);
	outcome_release(&outcome);
}

static bool is_on_disk(const char *text)
{
	const char *const argv[] = {"/bin/grep", "-rqF", text, host.root, NULL};
	struct vk_err err = VK_ERR_INIT;
	struct child *child;
	int status = -1;

	assert_ok(child_start(argv, NULL, CHILD_DEFAULT, &child, &err), err);
	assert_ok(child_wait(child, vk_clock_monotonic_ms() + 10000, &status, &err), err);
	child_free(child);
	return status == 0;
}

/* Values of secrets stand in generations, and nowhere else. */
static void assert_no_plaintext_outside(const char *after)
{
	const char *const argv[] = {"/bin/grep", "-rlF", "canary-", host.root, NULL};
	char *generations = generation_path(&host.instance, "");
	struct vk_err err = VK_ERR_INIT;
	struct child *child;
	struct vk_buf out;
	int status;

	vk_buf_init(&out, 65536);
	assert_ok(child_start(argv, NULL, CHILD_DEFAULT, &child, &err), err);
	assert_ok(child_wait(child, vk_clock_monotonic_ms() + 10000, &status, &err), err);
	child_output(child, &out);
	ck_assert_msg(out.len > 0, "after %s: nothing found at all", after);
	for (const char *line = out.data; *line != '\0'; line = strchr(line, '\n') + 1)
		ck_assert_msg(strncmp(line, generations, strlen(generations)) == 0,
			"after %s: plaintext in %s", after, line);
	child_free(child);
	vk_buf_release(&out);
	free(generations);
}

static bool is_second_current(void)
{
	char current[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;

	assert_ok(generation_current(&host.instance, current, &err), err);
	return generation_release(current) == 2;
}

/* True if the child was killed by the fault point. */
static bool install_and_die(const struct pull_bundle *spec, const char *point)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct outcome outcome;

		setenv("VKCFG_FAULT", point, 1);
		install(2, spec, &outcome);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

struct crash {
	const char *point;
	bool is_new; /* where the next run has to end */
};

static void crash_at(const struct pull_bundle *spec, const struct crash *crash)
{
	struct outcome outcome;

	install_ok(1, &first);
	if (!install_and_die(spec, crash->point))
		return; /* this kind of change does not pass there */
	outcome_init(&outcome, "main");
	/* Before the first journal entry there is nothing to recover from. */
	if (install_recover(&host.instance, host.scratch, &outcome))
		ck_assert_msg(outcome.failure.rc == VK_OK || spec == &refused, "%s: %s",
			crash->point, outcome.failure.msg);
	outcome_release(&outcome);
	assert_whole(crash->point);
	ck_assert_msg(is_second_current() == crash->is_new, "after %s: %s", crash->point,
		crash->is_new ? "old" : "new");
	/* And the same release can be installed afterwards. */
	if (!crash->is_new && spec != &refused)
		install_ok(2, spec);
	assert_whole(crash->point);
}

static const struct crash crashes[] = {
	{"pull.stage-file", false},
	{"pull.stage-file:2", false},
	{"pull.staged-unrecorded", false},
	{"pull.staged", false},
	{"pull.preflighted-unrecorded", false},
	{"pull.preflighted", false},
	{"pull.set", false},
	{"pull.set:2", true}, /* requirepass, which comes after the switch */
	{"pull.accepted-unrecorded", false},
	{"pull.accepted", false},
	{"pull.linked", true},
	{"pull.switched-unrecorded", true},
	{"pull.switched", true},
	{"pull.user", true},
	{"pull.door", true},
	{"pull.loaded-unrecorded", true},
	{"pull.loaded", true},
	{"pull.verified-unrecorded", true},
	{"pull.verified", true},
	{"pull.wiped", false},
	{"pull.committed", true},
};

START_TEST(survives_a_kill_during_a_live_change)
{
	crash_at(&live, &crashes[_i]);
}
END_TEST

START_TEST(survives_a_kill_during_a_change_with_a_restart)
{
	crash_at(&restart, &crashes[_i]);
}
END_TEST

/* A secret in each of its places; versions 1 and 2, and one before them that nobody needs any more
 * once version 2 is installed. */
static void crash_with_secrets_at(const struct crash *crash)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "app", 1, "canary-1"),
		pull_host_secret(&host, "app", 2, "canary-2"),
		pull_host_secret(&host, "app", 3, "canary-oldest")};
	const struct pull_bundle oldest = {.secrets_conf = "primaryauth \"@{secret:app@3}\"\n",
		.secrets = &pins[2],
		.secret_count = 1};
	const struct pull_bundle old = {.users = "user default on #@{sha256:app@1} ~* &* +@all\n",
		.secrets_conf = "primaryauth \"@{secret:app@1}\"\n",
		.secrets = &pins[0],
		.secret_count = 1};
	const struct pull_bundle new = {.users = "user default on #@{sha256:app@2} ~* &* +@all\n",
		.secrets_conf = "primaryauth \"@{secret:app@2}\"\n"
				"requirepass \"@{secret:app@2}\"\n",
		.secrets = &pins[1],
		.secret_count = 1};
	struct outcome outcome;
	char *value;

	install_ok(1, &oldest);
	install_ok(1, &old);
	ck_assert(is_on_disk("canary-oldest"));
	if (!install_and_die(&new, crash->point))
		return;
	outcome_init(&outcome, "main");
	if (install_recover(&host.instance, host.scratch, &outcome))
		ck_assert_msg(
			outcome.failure.rc == VK_OK, "%s: %s", crash->point, outcome.failure.msg);
	outcome_release(&outcome);
	assert_whole(crash->point);
	assert_no_plaintext_outside(crash->point);
	ck_assert_msg(!crash->is_new || !is_on_disk("canary-oldest"), "after %s: not wiped",
		crash->point);
	ck_assert(is_second_current() == crash->is_new);
	value = pull_host_config(&host, "primaryauth");
	ck_assert_str_eq(value, crash->is_new ? "canary-2" : "canary-1");
	free(value);
}

START_TEST(survives_a_kill_while_secrets_change)
{
	crash_with_secrets_at(&crashes[_i]);
}
END_TEST

static const struct crash rollbacks[] = {
	{"pull.rolling-back-unrecorded", false},
	{"pull.rolling-back", false},
	{"pull.linked:2", false},
	{"pull.unlinked", false},
	{"pull.restored", false},
};

/* A door that cannot start the second generation. */
static void break_door(void)
{
	char *real = xasprintf("%s/real-door", host.root);
	FILE *file;

	ck_assert_int_eq(syscall(SYS_renameat2, -100, host.door, -100, real, 0), 0);
	file = fopen(host.door, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "#!/bin/sh\ncd \"${0%%/*}\"\ncase $(readlink instance/current) in "
		      "*000002-*) exit 3;; esac\nexec ./real-door\n");
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(host.door, 0700), 0);
	free(real);
}

START_TEST(survives_a_kill_while_rolling_back)
{
	struct outcome outcome;

	install_ok(1, &first);
	break_door();
	/* Not recorded yet, it goes forward once more, and that is rolled back in the same run. */
	ck_assert(install_and_die(&restart, rollbacks[_i].point));
	outcome_init(&outcome, "main");
	ck_assert(install_recover(&host.instance, host.scratch, &outcome));
	ck_assert_str_eq(outcome_state_name(outcome.state), "rolled-back");
	outcome_release(&outcome);
	assert_whole(rollbacks[_i].point);
	ck_assert(!is_second_current());
}
END_TEST

START_TEST(survives_a_kill_while_refusing)
{
	struct outcome outcome;

	install_ok(1, &first);
	ck_assert(!install_and_die(&refused, "pull.preflighted"));
	outcome_init(&outcome, "main");
	ck_assert(!install_recover(&host.instance, host.scratch, &outcome));
	outcome_release(&outcome);
	assert_whole("a refusal");
	ck_assert(!is_second_current());
}
END_TEST

static const int disk_errors[] = {ENOSPC, EIO};

/* Fails the first call, then the second... of one install after another, until none failed. */
START_TEST(survives_every_failing_write_fsync_and_rename)
{
	int64_t release = 1;
	bool has_failed = true;

	install_ok(release, &first);
	for (int n = 1; has_failed; n++) {
		const struct pull_bundle *spec = n % 2 == 1 ? &live : &first;
		struct outcome outcome;
		char what[32];

		snprintf(what, sizeof(what), "failing call %d", n);
		fail_errno = disk_errors[_i];
		calls = 0;
		fail_at = n;
		install(++release, spec, &outcome);
		has_failed = calls >= n;
		fail_at = 0;
		if (has_failed && outcome.state != OUTCOME_COMMITTED)
			ck_assert_msg(
				outcome.failure.rc == VK_EIO, "%s: %s", what, outcome.failure.msg);
		outcome_release(&outcome);
		outcome_init(&outcome, "main");
		if (install_recover(&host.instance, host.scratch, &outcome))
			ck_assert_msg(
				outcome.failure.rc == VK_OK || outcome.failure.rc == VK_EINPUT,
				"%s: %s", what, outcome.failure.msg);
		outcome_release(&outcome);
		assert_whole(what);
		install_ok(++release, spec);
	}
	ck_assert_int_gt(release, 40);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_crash");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	if (pull_host_valkey() != NULL) {
		int count = sizeof(crashes) / sizeof(crashes[0]);

		tcase_add_loop_test(tc, survives_a_kill_during_a_live_change, 0, count);
		tcase_add_loop_test(tc, survives_a_kill_during_a_change_with_a_restart, 0, count);
		tcase_add_loop_test(tc, survives_a_kill_while_secrets_change, 0, count);
		tcase_add_loop_test(tc, survives_a_kill_while_rolling_back, 0,
			sizeof(rollbacks) / sizeof(rollbacks[0]));
		tcase_add_test(tc, survives_a_kill_while_refusing);
		tcase_add_loop_test(tc, survives_every_failing_write_fsync_and_rename, 0, 2);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
