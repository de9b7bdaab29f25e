/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vkcfg says of generated values, rules and files, beside what every valkey-server that is
 * here says (valkey-server of PATH, and the programs in VKCFG_TEST_VALKEYS): accepted or refused,
 * line, reason, and the form in which the server answers. Differences that are meant are named here
 * and in docs/import.md; any other fails.
 *
 * VKCFG_TEST_SEED=N chooses other cases; VKCFG_TEST_ROUNDS=N takes N times as many.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/conf.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/num.h"
#include "tests/unit/differential/differ.h"

enum { VALUES = 4000, CONFS = 40 };

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

/* ---- values ---- */

/* Those of which the server's own life depends, and those that need what is not here. */
static bool is_set(const struct cfg_directive *d)
{
	static const char *const names[] = {"tls-port", "port", "bind", "maxclients",
		"activedefrag", "watchdog-period", "oom-score-adj", "rdma-port", "rdma-bind",
		"io-threads", "tls-cluster", "tls-replication", "maxmemory-clients", "appendonly",
		"proc-title-template", "timeout", "locale-collate", NULL};

	return (d->flags & (CFG_LIVE | CFG_FILE_ONLY)) == CFG_LIVE && d->type != CFG_TYPE_REFUSED &&
	       !is_one_of(d->name, names);
}

/* Of a set with A, CONFIG GET leaves out n. */
static bool is_answer(const struct cfg_directive *d, const char *normal, const char *actual)
{
	return d->type == CFG_TYPE_EVENTS ? cfg_value_is_same(d, normal, actual)
					  : strcmp(normal, actual) == 0;
}

static void compare_value(
	const struct server *server, size_t number, const struct cfg_directive *d, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf normal;
	bool is_good;
	char *error, *actual, *reason;

	vk_buf_init(&normal, TEXT_MAX_BYTES);
	if (d->type == CFG_TYPE_OUTPUT_LIMIT) /* CONFIG SET keeps what it does not name */
		free(server_config_set(server, d->name, d->fallback));
	is_good = cfg_value_normalise(d, text, &normal, &err) == VK_OK;
	error = server_config_set(server, d->name, text);
	if (is_good != (error == NULL)) {
		differ("case %zu: %s '%s': vkcfg says '%s', the server '%s'", number, d->name, text,
			is_good ? normal.data : err.msg, error != NULL ? error : "OK");
	} else if (is_good) {
		actual = server_config_get(server, d->name);
		if (!is_answer(d, normal.data, actual))
			differ("case %zu: %s '%s': vkcfg says '%s', the server '%s'", number,
				d->name, text, normal.data, actual);
		free(actual);
	} else {
		vk_buf_reset(&normal);
		import_cause(d, text, &normal);
		reason = strstr(error, " - ");
		if (reason == NULL || normal.len == 0 ||
			strncmp(reason + 3, normal.data, normal.len) != 0)
			differ("case %zu: %s '%s': vkcfg's cause is '%s', the server's '%s'",
				number, d->name, text, normal.data, error);
	}
	free(error);
	vk_buf_release(&normal);
}

START_TEST(values_are_judged_and_written_as_config_set_does)
{
	const char *version = programs[_i].version;
	struct server server;
	struct vk_buf text;

	start_plain(&server, _i);
	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < VALUES * rounds; i++) {
		struct dice dice = dice_of(i);
		const struct cfg_directive *d;

		do
			d = cfg_directive_at(
				version, dice_roll(&dice, cfg_directive_count(version)));
		while (!is_set(d));
		vk_buf_reset(&text);
		generate_value(&dice, d, &text);
		compare_value(&server, i, d, text.len > 0 ? text.data : "");
	}
	vk_buf_release(&text);
	server_stop(&server);
	judge(version, VALUES * rounds);
}
END_TEST

/* ---- configuration files ---- */

/* So that any file can be tried here; what these set is not compared. */
static const char *const overrides[] = {"--port", "0", "--tls-port", "0", "--bind", "127.0.0.1",
	"--unixsocketperm", "700", "--logfile", "", "--pidfile", "", "--daemonize", "no",
	"--supervised", "no", "--syslog-enabled", "no", "--appendonly", "no", "--save", "",
	"--cluster-enabled", "no", "--replicaof", "no", "one", "--dbfilename", "dump.rdb", NULL};

static bool is_overridden(const char *name)
{
	for (size_t i = 0; overrides[i] != NULL; i++) {
		if (overrides[i][0] == '-' && strcmp(overrides[i] + 2, name) == 0)
			return true;
	}
	return strcmp(name, "unixsocket") == 0;
}

static void compare_values(
	const struct server *server, const char *version, size_t number, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf_values *values;
	struct cfg_conf *conf;

	if (cfg_conf_parse("valkey.conf", text, strlen(text), &conf, &err) != VK_OK) {
		differ("case %zu: only vkcfg refuses the file: %s\n%s", number, err.msg, text);
		return;
	}
	assert_ok(cfg_conf_effective(conf, version, &values, &err), err);
	for (size_t i = 0; i < cfg_conf_values_count(values); i++) {
		const struct cfg_conf_value *value = cfg_conf_values_at(values, i);
		const struct cfg_directive *d = cfg_directive_find(value->name, version);
		char *actual;

		/* repl-backlog-size is raised when it is set, not when it is read */
		if (d == NULL || (d->flags & CFG_FILE_ONLY) != 0 || is_overridden(d->name) ||
			strcmp(d->name, "repl-backlog-size") == 0)
			continue;
		actual = server_config_get(server, d->name);
		if (actual == NULL || !is_answer(d, value->value, actual))
			differ("case %zu: %s: vkcfg says '%s', the server '%s'\n%s", number,
				d->name, value->value, actual != NULL ? actual : "(none)", text);
		free(actual);
	}
	cfg_conf_values_free(values);
	cfg_conf_free(conf);
}

/* "Error in user declaration 'RULE': " quotes rules, which may be passwords; vkcfg does not. */
static const char *without_rule(const char *reason)
{
	static const char prefix[] = "Error in user declaration ";
	const char *end;

	if (strncmp(reason, prefix, strlen(prefix)) != 0)
		return reason;
	end = strstr(reason, "': ");
	return end != NULL ? end + 3 : reason;
}

static bool is_same_reason(const char *note, const char *server)
{
	static const char prefix[] = "Error in user declaration: ";

	if (strncmp(note, prefix, strlen(prefix)) == 0)
		note += strlen(prefix);
	note = without_rule(note);
	server = without_rule(server);
	return strncmp(note, server, strlen(note)) == 0;
}

static bool is_late_line(const struct cfg_import *import, unsigned line)
{
	const struct cfg_import_note *note = refusal_of(import, line);

	return note != NULL && is_late(note);
}

static bool has_late(const struct cfg_import *import)
{
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		if (is_late(cfg_import_note_at(import, i)))
			return true;
	}
	return false;
}

static void compare_refusal(
	size_t number, const struct cfg_import *import, const char *text, const char *log)
{
	const struct cfg_import_note *note = first_refused(import);
	const char *at = strstr(log, "at line "), *reason;
	unsigned line;

	if (at == NULL) {
		if (note != NULL || strstr(log, "Critical error while loading ACLs") == NULL ||
			!has_late(import))
			differ("case %zu: the server is refused late:\n%s\n%s", number, text, log);
		return;
	}
	line = (unsigned)strtoul(at + strlen("at line "), NULL, 10);
	reason = strstr(at, "'\n");
	if (is_late_line(import, line)) /* a user with two errors: one of them was named */
		return;
	if (note == NULL || reason == NULL || note->line != line ||
		!is_same_reason(note->message, reason + 2))
		differ("case %zu: vkcfg says line %u: %s\n%s\nserver: %s", number,
			note != NULL ? note->line : 0, note != NULL ? note->message : "OK", text,
			at);
}

static void compare_conf(
	struct server *server, const char *version, size_t number, const char *text)
{
	struct cfg_import *import = new_import(version);
	struct vk_err err = VK_ERR_INIT;
	bool is_read, is_taken;
	char log[4096];

	server_write_file(server, "valkey.conf", text);
	is_read = cfg_import_conf(import, "valkey.conf", text, strlen(text), &err) == VK_OK;
	cfg_import_finish(import);
	if (is_not_comparable(import, text)) {
		cfg_import_free(import);
		return;
	}
	is_taken = server_try_start_with(server, overrides, log, sizeof(log));
	if (is_taken) {
		freeReplyObject(redisCommand(server->redis, "AUTH probe x"));
		if (!is_read || first_refused(import) != NULL)
			differ("case %zu: only vkcfg refuses: %s\n%s", number,
				is_read ? first_refused(import)->message : err.msg, text);
		else
			compare_values(server, version, number, text);
		server_kill(server);
	} else if (is_read) {
		compare_refusal(number, import, text, log);
	}
	cfg_import_free(import);
}

START_TEST(configuration_files_are_judged_and_read_as_a_start_does)
{
	const char *version = programs[_i].version;
	struct server server;
	struct vk_buf text;

	server_make_dir(&server, programs[_i].path);
	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < CONFS * rounds; i++) {
		struct dice dice = dice_of(i);

		vk_buf_reset(&text);
		generate_conf(&dice, version, &text);
		compare_conf(&server, version, i, text.data);
	}
	vk_buf_release(&text);
	server_remove_dir(&server);
	judge(version, CONFS * rounds);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("differential");
	TCase *tc = tcase_create("core");
	int count = (int)program_count;

	tcase_set_timeout(tc, 60 * (double)rounds);
	tcase_add_loop_test(tc, values_are_judged_and_written_as_config_set_does, 0, count);
	add_acl_tests(tc, count);
	tcase_add_loop_test(tc, configuration_files_are_judged_and_read_as_a_start_does, 0, count);
	suite_add_tcase(suite, tc);
	return suite;
}

static void read_number(const char *name, uint64_t *out)
{
	const char *text = getenv(name);

	if (text != NULL && !vk_parse_uint(text, 1, UINT32_MAX, out)) {
		fprintf(stderr, "check_differential: %s is no number from 1\n", name);
		exit(EXIT_FAILURE);
	}
}

int main(void)
{
	SRunner *runner;
	int failed;

	read_number("VKCFG_TEST_SEED", &seed);
	read_number("VKCFG_TEST_ROUNDS", &rounds);
	program_count = server_known_programs(programs);
	if (program_count == 0) {
		puts("1..0 # SKIP no valkey-server of a known version is installed");
		return 0;
	}
	runner = srunner_create(make_suite());
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
