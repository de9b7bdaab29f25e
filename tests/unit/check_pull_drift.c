/* SPDX-License-Identifier: BSD-3-Clause */
/* Drift against real valkey-servers, and the first contact with them. */
#include "config.h"

#include "client/pull/drift.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/announced.h"
#include "client/pull/drift_calls.h"
#include "client/pull/install.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "tests/unit/pki.h"
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

static void install_ok(const struct pull_bundle *spec)
{
	struct generation_bundle bundle;
	struct outcome outcome;

	pull_host_bundle(spec, &bundle);
	outcome_init(&outcome, "main");
	install_run(&host.instance, host.scratch, 1, &bundle, &outcome);
	ck_assert_msg(outcome.state == OUTCOME_COMMITTED, "%s", outcome.failure.msg);
	outcome_release(&outcome);
	generation_bundle_release(&bundle);
}

static void check(enum drift_flags flags, struct outcome *outcome)
{
	outcome_init(outcome, "main");
	drift_check(&host.instance, host.scratch, flags, outcome);
}

static void assert_one(const struct outcome *outcome, enum outcome_drift_kind kind,
	const char *name, bool is_reverted)
{
	ck_assert_msg(outcome->failure.rc == VK_OK, "%s", outcome->failure.msg);
	ck_assert_uint_eq(outcome->drift_count, 1);
	ck_assert_int_eq(outcome->drift[0].kind, kind);
	ck_assert_str_eq(outcome->drift[0].name, name);
	ck_assert_int_eq(outcome->drift[0].is_reverted, is_reverted);
}

static void assert_none(void)
{
	struct outcome outcome;

	check(DRIFT_DEFAULT, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "%s", outcome.failure.msg);
	ck_assert_msg(outcome.drift_count == 0, "%s: %s instead of %s", outcome.drift[0].name,
		outcome.drift[0].actual, outcome.drift[0].expected);
	outcome_release(&outcome);
}

static const struct pull_bundle reporting = {.conf = "maxmemory 64mb\n", .extra = "note\n"};
static const struct pull_bundle reverting = {
	.conf = "maxmemory 64mb\n", .extra = "note\n", .drift = VK_DRIFT_REVERT};

START_TEST(reports_a_value_and_leaves_it)
{
	struct outcome outcome;
	char *value;

	install_ok(&reporting);
	assert_none();
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "maxmemory", "1mb"));
	check(DRIFT_DEFAULT, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_VALUE, "maxmemory", false);
	ck_assert_str_eq(outcome.drift[0].expected, "67108864");
	ck_assert_str_eq(outcome.drift[0].actual, "1048576");
	value = pull_host_config(&host, "maxmemory");
	ck_assert_str_eq(value, "1048576");
	free(value);
	outcome_release(&outcome);
}
END_TEST

START_TEST(reverts_a_value_where_the_bundle_says_so)
{
	struct outcome outcome;

	install_ok(&reverting);
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "maxmemory", "1mb"));
	check(DRIFT_LOOK_ONLY, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_VALUE, "maxmemory", false);
	outcome_release(&outcome);
	check(DRIFT_DEFAULT, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_VALUE, "maxmemory", true);
	outcome_release(&outcome);
	assert_none();
}
END_TEST

START_TEST(reverts_users_but_not_those_of_others)
{
	struct outcome outcome;

	install_ok(&reverting);
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "default", "on", "nopass"));
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "vault", "on", "nopass"));
	check(DRIFT_DEFAULT, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_ACL, "default", true);
	outcome_release(&outcome);
	assert_none();
}
END_TEST

START_TEST(never_shows_a_secret)
{
	struct outcome outcome;

	install_ok(&reporting);
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "primaryauth", "hunter2"));
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "default", ">hunter2"));
	check(DRIFT_DEFAULT, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 2);
	ck_assert_str_eq(outcome.drift[0].name, "primaryauth");
	ck_assert_str_eq(outcome.drift[0].actual, "(secret)");
	ck_assert_ptr_nonnull(strstr(outcome.drift[1].actual, "#(hash)"));
	outcome_release(&outcome);
}
END_TEST

START_TEST(does_not_look_at_what_the_topology_owns)
{
	install_ok(&reporting);
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "repl-diskless-sync-delay", "5"));
	/* The agent may not do this; whoever runs the topology may. */
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "vkcfg-agent", "+replicaof"));
	pull_host_command(&host, VALKEY_ARGV("REPLICAOF", "127.0.0.1", "1"));
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "vkcfg-agent", "-replicaof"));
	{
		struct outcome outcome;

		check(DRIFT_DEFAULT, &outcome);
		for (size_t i = 0; i < outcome.drift_count; i++)
			ck_assert_int_eq(outcome.drift[i].kind, OUTCOME_DRIFT_ACL);
		ck_assert_str_eq(outcome.health, "degraded");
		outcome_release(&outcome);
	}
}
END_TEST

static void set_by_hand(const char *name, const char *value)
{
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", name, value));
}

/* "value maxmemory reverted, acl default alert" */
static void assert_drift(const char *expected)
{
	struct outcome outcome;
	struct vk_buf found;

	check(DRIFT_DEFAULT, &outcome);
	ck_assert_msg(outcome.failure.rc == VK_OK, "%s", outcome.failure.msg);
	vk_buf_init(&found, 4096);
	for (size_t i = 0; i < outcome.drift_count; i++)
		vk_buf_addf(&found, "%s%s %s", i > 0 ? ", " : "", outcome.drift[i].name,
			outcome_action_name(&outcome.drift[i]));
	ck_assert_str_eq(found.len > 0 ? found.data : "", expected);
	vk_buf_release(&found);
	outcome_release(&outcome);
}

START_TEST(does_with_each_name_what_the_bundle_says_of_it)
{
	static const struct vk_bundle_drift_rule rules[] = {{"files.*", VK_DRIFT_ALERT},
		{"max*", VK_DRIFT_ALERT}, {"maxmemory", VK_DRIFT_REVERT},
		{"slowlog-max-len", VK_DRIFT_REVERT}, {"users.*", VK_DRIFT_REVERT}};
	const struct pull_bundle spec = {.conf = "maxmemory 64mb\n",
		.extra = "note\n",
		.drift_rules = rules,
		.drift_rule_count = 5};
	char *path = xasprintf("%s/current/extra/note.txt", host.directory);
	struct outcome outcome;

	install_ok(&spec);
	set_by_hand("maxmemory", "1mb");
	set_by_hand("maxmemory-samples", "7");
	set_by_hand("slowlog-max-len", "77");
	set_by_hand("hz", "33");
	pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "default", "on", "nopass"));
	ck_assert_int_eq(chmod(path, 0600), 0);
	check(DRIFT_DEFAULT, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct outcome_drift *drift = &outcome.drift[i];
		bool is_reverted = strcmp(drift->name, "maxmemory") == 0 ||
				   strcmp(drift->name, "default") == 0 ||
				   strstr(drift->name, "log-") != NULL;
		bool is_alert = strcmp(drift->name, "maxmemory-samples") == 0 ||
				drift->kind == OUTCOME_DRIFT_FILE;

		ck_assert_msg(drift->is_reverted == is_reverted, "%s", drift->name);
		ck_assert_msg(drift->is_alert == is_alert, "%s", drift->name);
	}
	outcome_release(&outcome);
	free(path);
}
END_TEST

START_TEST(does_not_fight_over_a_value_for_ever)
{
	int64_t now = 1800000000;

	vk_clock_set_for_test(now);
	install_ok(&reverting);
	for (int i = 0; i < DRIFT_MAX_REVERTS; i++) {
		set_by_hand("maxmemory", "1mb");
		assert_drift("maxmemory reverted");
		assert_none();
	}
	set_by_hand("maxmemory", "1mb");
	set_by_hand("hz", "33");
	assert_drift("hz reverted, maxmemory too-often");
	assert_drift("maxmemory too-often");
	vk_clock_set_for_test(now + DRIFT_REVERTS_S);
	assert_drift("maxmemory reverted");
	assert_none();
	vk_clock_set_for_test(now - 1); /* a clock that goes back counts for nobody */
	set_by_hand("maxmemory", "1mb");
	assert_drift("maxmemory reverted");
	vk_clock_set_for_test(0);
}
END_TEST

START_TEST(names_commands_whose_effect_is_gone)
{
	int64_t now = 1800000000;

	vk_clock_set_for_test(now);
	install_ok(&reverting);
	assert_none();
	set_by_hand("maxmemory", "1mb");
	set_by_hand("maxmemory", "64mb");
	assert_drift("config|set report");
	assert_drift("config|set report");
	vk_clock_set_for_test(now + DRIFT_CALLS_SHOWN_S);
	assert_drift("config|set report");
	assert_none();
	set_by_hand("maxmemory", "1mb"); /* here the value says it all */
	assert_drift("maxmemory reverted");
	assert_none();
	install_ok(&reporting); /* what the agent itself does is nobody's */
	assert_none();
	vk_clock_set_for_test(0);
}
END_TEST

START_TEST(names_commands_beside_drift_that_stands)
{
	vk_clock_set_for_test(1800000000);
	install_ok(&reporting);
	assert_none();
	set_by_hand("maxmemory", "1mb");
	assert_drift("maxmemory report");
	assert_drift("maxmemory report");
	set_by_hand("hz", "33"); /* is back before the next run */
	set_by_hand("hz", "10");
	assert_drift("maxmemory report, config|set report");
	install_ok(&reverting);
	install_ok(&reporting);
	set_by_hand("maxmemory", "1mb");
	set_by_hand("hz", "33");
	assert_drift("hz report, maxmemory report");
	set_by_hand("maxmemory", "2mb"); /* the value has changed again: that explains one call */
	assert_drift("hz report, maxmemory report");
	set_by_hand("maxmemory", "3mb");
	set_by_hand("maxmemory", "4mb");
	assert_drift("hz report, maxmemory report, config|set report");
	vk_clock_set_for_test(0);
}
END_TEST

static void announce(const char *name, int64_t from, int64_t until)
{
	struct vk_announcement announcement = {.fleet = "demo",
		.environment = "prod",
		.host = "db1",
		.instance = "main",
		.ticket = "INC-7",
		.from = from,
		.until = until};
	char *path = xasprintf("%s/announced.json", host.state);
	struct vkjson *json = vkjson_object(), *items = vkjson_array();
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	snprintf(announcement.name, sizeof(announcement.name), "%s", name);
	vk_buf_init(&text, 8192);
	assert_ok(vk_announcement_format(&announcement, &text, &err), err);
	vkjson_append(items, vkjson_stringn(text.data, text.len));
	vkjson_set(json, "format", vkjson_int(1));
	vkjson_set(json, "items", items);
	vk_buf_reset(&text);
	vkjson_format(json, false, &text);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, &err), err);
	vk_buf_release(&text);
	vkjson_free(json);
	free(path);
}

START_TEST(leaves_what_is_announced_until_it_is_over)
{
	int64_t now = 1800000000;
	struct outcome outcome;

	vk_clock_set_for_test(now);
	install_ok(&reverting);
	announce("maxmemory", now, now + 60);
	set_by_hand("maxmemory", "1mb");
	set_by_hand("hz", "33");
	check(DRIFT_DEFAULT, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 2);
	ck_assert_int_eq(outcome.drift[0].cause, OUTCOME_UNAUTHORISED);
	ck_assert(outcome.drift[0].is_reverted);
	ck_assert_int_eq(outcome.drift[1].cause, OUTCOME_EMERGENCY);
	ck_assert_str_eq(outcome.drift[1].ticket, "INC-7");
	ck_assert_int_eq(outcome.drift[1].until, now + 60);
	ck_assert_str_eq(outcome_action_name(&outcome.drift[1]), "report");
	outcome_release(&outcome);
	vk_clock_set_for_test(now + 60); /* by this host's clock, whatever anybody says */
	assert_drift("maxmemory reverted");
	assert_none();
	announce("slowlog-max-len", now, now + 600); /* by another name than this version's */
	set_by_hand("slowlog-max-len", "77");
	check(DRIFT_DEFAULT, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 1);
	ck_assert_int_eq(outcome.drift[0].cause, OUTCOME_EMERGENCY);
	outcome_release(&outcome);
	vk_clock_set_for_test(0);
}
END_TEST

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Pages; with AddressSanitizer, which keeps what was freed, nothing is known. */
static long resident_pages(void)
{
	long size = 0, resident = 0;
#ifndef __SANITIZE_ADDRESS__
	FILE *file = fopen("/proc/self/statm", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
#endif
	return size < resident ? -1 : resident;
}

/* What a process that watches for months does. */
START_TEST(many_looks_leave_no_memory_and_no_descriptor)
{
	static const int rounds = 120, warm_up = 20;
	size_t descriptors = 0;
	long pages = 0;

	install_ok(&reporting);
	if (_i == 1) { /* with drift, and without */
		set_by_hand("maxmemory", "1mb");
		pull_host_command(&host, VALKEY_ARGV("ACL", "SETUSER", "default", "on", "nopass"));
	}
	for (int i = 0; i < rounds; i++) {
		struct outcome outcome;

		check(DRIFT_DEFAULT, &outcome);
		ck_assert_uint_eq(outcome.drift_count, _i == 1 ? 2 : 0);
		outcome_release(&outcome);
		if (i == warm_up) {
			descriptors = open_descriptors();
			pages = resident_pages();
		}
	}
	ck_assert_uint_eq(open_descriptors(), descriptors);
	ck_assert_int_le(resident_pages(), pages + 64);
}
END_TEST

START_TEST(begins_a_damaged_record_anew)
{
	char *path = xasprintf("%s/drift-main.json", host.state);
	static const char *const texts[] = {"", "{", "{\"format\":2}",
		"{\"format\":1,\"reverts\":[1]}", "{\"format\":1,\"reverts\":[],\"standing\":[1]}",
		"{\"format\":1,\"reverts\":[],\"standing\":[\"0123456789abcdeF\"]}",
		"{\"format\":1,\"reverts\":[],\"run-id\":\"x\"}"};
	struct vk_err err = VK_ERR_INIT;

	install_ok(&reverting);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_ok(vk_file_replace(AT_FDCWD, path, 0600, texts[i], strlen(texts[i]), &err),
			err);
		set_by_hand("maxmemory", "1mb");
		assert_drift("maxmemory reverted");
		assert_ok(vk_file_remove(AT_FDCWD, path, &err), err);
	}
	free(path);
}
END_TEST

static char *current_file(const char *name)
{
	return xasprintf("%s/current/%s", host.directory, name);
}

static void damage_content(const char *path)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0640, "x\n", 2, &err), err);
}

static void damage_mode(const char *path)
{
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static void damage_symlink(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/hostname", path), 0);
}

static void damage_missing(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
}

static void (*const damages[])(const char *) = {
	damage_content, damage_mode, damage_symlink, damage_missing};

START_TEST(finds_and_reverts_every_damage_to_a_file)
{
	char *path = current_file("extra/note.txt");
	struct outcome outcome;
	struct stat st;

	install_ok(&reverting);
	damages[_i](path);
	check(DRIFT_LOOK_ONLY, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_FILE, "extra/note.txt", false);
	outcome_release(&outcome);
	check(DRIFT_DEFAULT, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_FILE, "extra/note.txt", true);
	outcome_release(&outcome);
	assert_none();
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	free(path);
}
END_TEST

START_TEST(starts_a_valkey_that_died_only_where_it_reverts)
{
	const struct pull_bundle *const specs[] = {&reporting, &reverting};
	struct outcome outcome;

	install_ok(specs[_i]);
	pull_host_kill(&host);
	check(DRIFT_DEFAULT, &outcome);
	ck_assert_str_eq(outcome.health, _i == 0 ? "down" : "ok");
	ck_assert_int_eq(outcome.failure.rc, _i == 0 ? VK_EUNAVAIL : VK_OK);
	outcome_release(&outcome);
}
END_TEST

START_TEST(learns_anew_when_runtime_conf_has_changed)
{
	char *runtime = xasprintf("%s/runtime.conf", host.directory);
	static const char text[] = "hz 20\n";
	struct vk_err err = VK_ERR_INIT;
	struct outcome outcome;

	install_ok(&reporting);
	assert_ok(vk_file_replace(AT_FDCWD, runtime, 0640, text, strlen(text), &err), err);
	check(DRIFT_DEFAULT, &outcome);
	assert_one(&outcome, OUTCOME_DRIFT_VALUE, "hz", false);
	ck_assert_str_eq(outcome.drift[0].expected, "20");
	outcome_release(&outcome);
	free(runtime);
}
END_TEST

START_TEST(writes_nothing_where_nothing_differs)
{
	struct stat before;
	struct stat after;
	char *path;

	install_ok(&reverting);
	path = current_file(GENERATION_EXPECTED);
	ck_assert_int_eq(stat(path, &before), 0);
	assert_none();
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_ne(access(host.scratch, F_OK), 0);
	free(path);
}
END_TEST

START_TEST(gets_in_with_the_password_of_the_first_contact)
{
	const char *const options[] = {"--requirepass", "first contact", NULL};
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	char *path = xasprintf("%s/password", host.root);

	pull_host_start_foreign(&host, options);
	assert_fails(instance_connect(&host.instance, &valkey, &err), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.hint, "password-file"));
	assert_ok(vk_file_replace(AT_FDCWD, path, 0644, "first contact\n", 14, &err), err);
	host.instance.user = "default";
	host.instance.password_file = path;
	assert_fails(instance_connect(&host.instance, &valkey, &err), VK_EDENIED);
	ck_assert_int_eq(chmod(path, 0600), 0);
	assert_ok(instance_connect(&host.instance, &valkey, &err), err);
	valkey_free(valkey);
	assert_fails(instance_connect_as_agent(&host.instance, &valkey, &err), VK_EDENIED);
	host.instance.password_file = NULL;
	free(path);
}
END_TEST

static char *write_pem(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", host.root, name);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), &err), err);
	return path;
}

START_TEST(speaks_tls_and_refuses_another_ca)
{
	char *port = xasprintf("%u", pull_host_free_port());
	char *address = xasprintf("tls:127.0.0.1:%s", port);
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	struct pki other;
	struct pki pki;
	struct pki_leaf leaf;

	pki_init(&pki, "valkeys");
	pki_init(&other, "others");
	leaf = pki_issue(&pki, X509_KIND_SERVER, "v", 3600);
	{
		char *ca = write_pem("ca.crt", pki.ca_pem);
		char *other_ca = write_pem("other.crt", other.ca_pem);
		char *cert = write_pem("v.crt", leaf.cert_pem);
		char *key = write_pem("v.key", leaf.key_pem);
		const char *const options[] = {"--tls-port", port, "--tls-cert-file", cert,
			"--tls-key-file", key, "--tls-ca-cert-file", ca, "--tls-auth-clients", "no",
			NULL};

		pull_host_start_foreign(&host, options);
		assert_ok(address_parse(address, &host.instance.address, &err), err);
		host.instance.tls.ca = other_ca;
		assert_fails(instance_connect(&host.instance, &valkey, &err), VK_EUNTRUSTED);
		host.instance.tls.ca = ca;
		assert_ok(instance_connect(&host.instance, &valkey, &err), err);
		assert_ok(valkey_demand(valkey, VALKEY_ARGV("PING"), NULL, &err), err);
		valkey_free(valkey);
		free(ca);
		free(other_ca);
		free(cert);
		free(key);
	}
	pki_leaf_release(&leaf);
	pki_release(&other);
	pki_release(&pki);
	free(address);
	free(port);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_drift");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, never_shows_a_secret);
		tcase_add_test(tc, reports_a_value_and_leaves_it);
		tcase_add_test(tc, reverts_a_value_where_the_bundle_says_so);
		tcase_add_test(tc, reverts_users_but_not_those_of_others);
		tcase_add_test(tc, does_not_look_at_what_the_topology_owns);
		tcase_add_test(tc, does_with_each_name_what_the_bundle_says_of_it);
		tcase_add_test(tc, does_not_fight_over_a_value_for_ever);
		tcase_add_test(tc, names_commands_whose_effect_is_gone);
		tcase_add_test(tc, names_commands_beside_drift_that_stands);
		tcase_add_test(tc, leaves_what_is_announced_until_it_is_over);
		tcase_add_loop_test(tc, many_looks_leave_no_memory_and_no_descriptor, 0, 2);
		tcase_add_test(tc, begins_a_damaged_record_anew);
		tcase_add_loop_test(tc, finds_and_reverts_every_damage_to_a_file, 0, 4);
		tcase_add_loop_test(tc, starts_a_valkey_that_died_only_where_it_reverts, 0, 2);
		tcase_add_test(tc, learns_anew_when_runtime_conf_has_changed);
		tcase_add_test(tc, writes_nothing_where_nothing_differs);
		tcase_add_test(tc, gets_in_with_the_password_of_the_first_contact);
		tcase_add_test(tc, speaks_tls_and_refuses_another_ca);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
