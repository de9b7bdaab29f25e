/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets against real valkey-servers: installed, changed live, repaired, rolled back, wiped. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/child.h"
#include "client/pull/drift.h"
#include "client/pull/fill.h"
#include "client/pull/install.h"
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

static void install_ok(int64_t release, const struct pull_bundle *spec)
{
	struct outcome outcome;

	install(release, spec, &outcome);
	ck_assert_msg(outcome.state == OUTCOME_COMMITTED, "%s", outcome.failure.msg);
	outcome_release(&outcome);
}

static bool can_log_in(const char *user, const char *password)
{
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	enum vk_rc rc;

	assert_ok(valkey_open(&host.instance.address, NULL, 5000, &valkey, &err), err);
	rc = valkey_auth(valkey, user, password, &err);
	valkey_free(valkey);
	return rc == VK_OK;
}

static void assert_config(const char *name, const char *expected)
{
	char *value = pull_host_config(&host, name);

	ck_assert_msg(strcmp(value, expected) == 0, "%s differs", name);
	free(value);
}

static void assert_no_drift(void)
{
	struct outcome outcome;

	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_LOOK_ONLY, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "%s", outcome.failure.msg);
	ck_assert_msg(outcome.drift_count == 0, "%s: %s instead of %s", outcome.drift[0].name,
		outcome.drift[0].actual, outcome.drift[0].expected);
	outcome_release(&outcome);
}

static char *current_file(const char *name)
{
	return xasprintf("%s/current/%s", host.directory, name);
}

#define APP_USER "user app on #@{sha256:app@1} ~app:* resetchannels -@all +get\n"
#define PRIMARYAUTH(version) "primaryauth \"@{secret:replication@" version "}\"\n"

START_TEST(passwords_reach_valkey_and_only_digests_the_acl)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "app", 1, "open sesame"),
		pull_host_secret(&host, "replication", 1, "say \"friend\" \\")};
	const struct pull_bundle spec = {.users = APP_USER,
		.secrets_conf = PRIMARYAUTH("1"),
		.secrets = pins,
		.secret_count = 2};
	char *acl = current_file(FILL_ACL);
	char *conf = current_file(FILL_SECRETS);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	struct stat st;

	install_ok(1, &spec);
	ck_assert(can_log_in("app", "open sesame"));
	ck_assert(!can_log_in("app", "open says me"));
	assert_config("primaryauth", "say \"friend\" \\");
	assert_no_drift();
	ck_assert_int_eq(stat(conf, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	vk_buf_init(&text, 65536);
	assert_ok(vk_file_read(AT_FDCWD, acl, VK_FILE_DEFAULT, &text, &err), err);
	ck_assert_ptr_null(strstr(text.data, "sesame"));
	vk_buf_release(&text);
	ck_assert_int_ne(access(host.scratch, F_OK), 0);
	free(acl);
	free(conf);
}
END_TEST

START_TEST(a_secret_changes_live_and_goes_live)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "replication", 1, "first"),
		pull_host_secret(&host, "replication", 2, "second")};
	const struct pull_bundle first = {
		.secrets_conf = PRIMARYAUTH("1"), .secrets = &pins[0], .secret_count = 1};
	const struct pull_bundle second = {
		.secrets_conf = PRIMARYAUTH("2"), .secrets = &pins[1], .secret_count = 1};
	struct outcome outcome;

	install_ok(1, &first);
	install(2, &second, &outcome);
	ck_assert_str_eq(outcome.text, "changed 1 value and 0 users live");
	outcome_release(&outcome);
	assert_config("primaryauth", "second");
	assert_no_drift();
	install(3, &(struct pull_bundle){.conf = NULL}, &outcome);
	ck_assert_str_eq(outcome.text, "changed 1 value and 0 users live");
	outcome_release(&outcome);
	assert_config("primaryauth", "");
	assert_no_drift();
}
END_TEST

#define DEFAULT_ON "user default on sanitize-payload #@{sha256:app@1} ~* &* +@all\n"

START_TEST(requirepass_never_changes_who_may_log_in_as_default)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "app", 1, "of the acl"),
		pull_host_secret(&host, "required", 1, "of requirepass")};
	const struct pull_bundle without = {
		.users = DEFAULT_ON, .secrets = pins, .secret_count = 1};
	const struct pull_bundle with = {.users = DEFAULT_ON,
		.secrets_conf = "requirepass \"@{secret:required@1}\"\n",
		.secrets = pins,
		.secret_count = 2};

	install_ok(1, &without);
	for (int64_t release = 2; release < 6; release++) {
		install_ok(release, release % 2 == 0 ? &with : &without);
		assert_config("requirepass", release % 2 == 0 ? "of requirepass" : "");
		ck_assert(can_log_in("default", "of the acl"));
		ck_assert(!can_log_in("default", "of requirepass"));
		ck_assert(!can_log_in("default", ""));
		assert_no_drift();
	}
}
END_TEST

START_TEST(a_password_of_somebody_else_is_left_alone)
{
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.drift = VK_DRIFT_REVERT});
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "primaryauth", "sentinels own"));
	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_DEFAULT, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 1);
	ck_assert_str_eq(outcome.drift[0].actual, "(secret)");
	ck_assert(!outcome.drift[0].is_reverted);
	outcome_release(&outcome);
	assert_config("primaryauth", "sentinels own");
}
END_TEST

static void damage(const char *name, const char *text)
{
	char *path = current_file(name);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0640, text, strlen(text), &err), err);
	free(path);
}

START_TEST(drift_of_a_secret_is_put_right_and_never_shown)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "app", 1, "open sesame"),
		pull_host_secret(&host, "replication", 1, "friend")};
	const struct pull_bundle spec = {.users = APP_USER,
		.secrets_conf = PRIMARYAUTH("1"),
		.secrets = pins,
		.secret_count = 2,
		.drift = VK_DRIFT_REVERT};
	struct outcome outcome;

	install_ok(1, &spec);
	damage(FILL_ACL, "user default on nopass ~* &* +@all\n");
	damage(FILL_SECRETS, "primaryauth foe\n");
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "primaryauth", "foe"));
	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_DEFAULT, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "%s", outcome.failure.msg);
	ck_assert_uint_eq(outcome.drift_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(outcome.drift[i].expected, "(secret)");
		ck_assert_str_eq(outcome.drift[i].actual, "(secret)");
		ck_assert(outcome.drift[i].is_reverted);
	}
	outcome_release(&outcome);
	assert_config("primaryauth", "friend");
	assert_no_drift();
}
END_TEST

START_TEST(a_secret_that_is_no_password_is_refused_and_remembered)
{
	const struct vk_bundle_secret pin = pull_host_secret(&host, "app", 1, "two\nlines");
	const struct pull_bundle spec = {.users = APP_USER, .secrets = &pin, .secret_count = 1};
	struct outcome outcome;

	install_ok(1, &(struct pull_bundle){.conf = NULL});
	install(2, &spec, &outcome);
	ck_assert_int_eq(outcome.state, OUTCOME_REFUSED);
	ck_assert(outcome.is_settled);
	ck_assert_ptr_nonnull(strstr(outcome.failure.msg, "secret app version 1"));
	outcome_release(&outcome);
	assert_no_drift();
}
END_TEST

START_TEST(a_runtime_conf_that_says_the_same_directive_is_refused)
{
	const struct vk_bundle_secret pin = pull_host_secret(&host, "replication", 1, "friend");
	const struct pull_bundle spec = {
		.secrets_conf = PRIMARYAUTH("1"), .secrets = &pin, .secret_count = 1};
	char *runtime = xasprintf("%s/runtime.conf", host.directory);
	struct vk_err err = VK_ERR_INIT;
	struct outcome outcome;

	assert_ok(vk_file_replace(AT_FDCWD, runtime, 0640, "masterauth foe\n", 15, &err), err);
	install(1, &spec, &outcome);
	ck_assert_int_eq(outcome.failure.rc, VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(outcome.failure.msg, "take the line out"));
	outcome_release(&outcome);
	free(runtime);
}
END_TEST

/* A door that cannot start the second generation. */
static void break_door(void)
{
	static const char text[] = "#!/bin/sh\ncd \"${0%/*}\"\n"
				   "case $(readlink instance/current) in *000002-*)\n"
				   "	kill $(cat pid); exit 3;;\nesac\nexec ./real-door\n";
	char *real = xasprintf("%s/real-door", host.root);
	struct vk_err err = VK_ERR_INIT;

	ck_assert_int_eq(rename(host.door, real), 0);
	assert_ok(vk_file_replace(AT_FDCWD, host.door, 0700, text, strlen(text), &err), err);
	free(real);
}

START_TEST(a_rollback_brings_the_fitting_version_back_without_a_server)
{
	const struct vk_bundle_secret pins[] = {pull_host_secret(&host, "app", 1, "old"),
		pull_host_secret(&host, "app", 2, "new"),
		pull_host_secret(&host, "replication", 1, "first"),
		pull_host_secret(&host, "replication", 2, "second")};
	const struct vk_bundle_secret first_pins[] = {pins[0], pins[2]};
	const struct vk_bundle_secret second_pins[] = {pins[1], pins[3]};
	const struct pull_bundle first = {.users = APP_USER,
		.secrets_conf = PRIMARYAUTH("1"),
		.secrets = first_pins,
		.secret_count = 2};
	const struct pull_bundle second = {.conf = "databases 3\n",
		.users = "user app on #@{sha256:app@2} ~app:* resetchannels -@all +get\n",
		.secrets_conf = PRIMARYAUTH("2"),
		.secrets = second_pins,
		.secret_count = 2};
	char current[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct outcome outcome;

	install_ok(1, &first);
	break_door();
	install(2, &second, &outcome);
	ck_assert_msg(outcome.state == OUTCOME_ROLLED_BACK, "%s", outcome.failure.msg);
	outcome_release(&outcome);
	assert_ok(generation_current(&host.instance, current, &err), err);
	ck_assert_int_eq(generation_release(current), 1);
	ck_assert(can_log_in("app", "old"));
	ck_assert(!can_log_in("app", "new"));
	assert_config("primaryauth", "first");
	assert_no_drift();
}
END_TEST

/* True if some file below the host's directory holds the text. */
static bool is_on_disk(const char *text)
{
	const char *const argv[] = {"/bin/grep", "-rqF", "--", text, host.root, NULL};
	struct vk_err err = VK_ERR_INIT;
	struct child *child;
	int status = -1;

	assert_ok(child_start(argv, NULL, CHILD_DEFAULT, &child, &err), err);
	assert_ok(child_wait(child, vk_clock_monotonic_ms() + 10000, &status, &err), err);
	child_free(child);
	return status == 0;
}

START_TEST(what_is_not_needed_any_more_is_overwritten)
{
	static const char *const values[] = {"canary-1", "canary-2", "canary-3"};
	char *first = NULL;
	char data[9] = "";
	int fd = -1;

	for (int64_t release = 1; release <= 3; release++) {
		const struct vk_bundle_secret pin =
			pull_host_secret(&host, "replication", release, values[release - 1]);
		char *text = xasprintf(
			"primaryauth \"@{secret:replication@%lld}\"\n", (long long)release);
		const struct pull_bundle spec = {
			.secrets_conf = text, .secrets = &pin, .secret_count = 1};

		install_ok(release, &spec);
		free(text);
		if (release == 1) {
			first = current_file(FILL_SECRETS);
			fd = open(first, O_RDONLY | O_CLOEXEC);
			free(first);
		}
	}
	ck_assert(!is_on_disk("canary-1"));
	ck_assert(is_on_disk("canary-2")); /* the one to roll back to */
	ck_assert(is_on_disk("canary-3"));
	ck_assert_int_eq(pread(fd, data, 8, 13), 8);
	ck_assert_mem_eq(data, "\0\0\0\0\0\0\0\0", 8);
	close(fd);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_secrets");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, a_secret_that_is_no_password_is_refused_and_remembered);
		tcase_add_test(tc, a_runtime_conf_that_says_the_same_directive_is_refused);
		tcase_add_test(tc, a_password_of_somebody_else_is_left_alone);
		tcase_add_test(tc, passwords_reach_valkey_and_only_digests_the_acl);
		tcase_add_test(tc, a_secret_changes_live_and_goes_live);
		tcase_add_test(tc, requirepass_never_changes_who_may_log_in_as_default);
		tcase_add_test(tc, drift_of_a_secret_is_put_right_and_never_shown);
		tcase_add_test(tc, a_rollback_brings_the_fitting_version_back_without_a_server);
		tcase_add_test(tc, what_is_not_needed_any_more_is_overwritten);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
