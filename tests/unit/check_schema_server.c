/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The schema, asked of every valkey-server that is here (valkey-server of PATH, and the programs in
 * VKCFG_TEST_VALKEYS): names, defaults, what CONFIG SET changes, takes and refuses, and what a
 * start takes and refuses. Skipped where there is none of a version that the schema covers.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/acl_command.h"
#include "common/config/directive.h"
#include "common/config/value.h"
#include "tests/unit/unit.h"
#include "tests/unit/valkey_server.h"

enum { TEXT_MAX_BYTES = 1000000 };

static struct server_program programs[SERVER_PROGRAMS_MAX];
static size_t program_count;

static const char *version_of(int program)
{
	return programs[program].version;
}

static void start_plain(struct server *server, int program)
{
	server_make_dir(server, programs[program].path);
	server_write_file(server, "valkey.conf", "");
	server_start(server);
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

/* Those that the command line of these tests sets. */
static bool is_ours(const struct cfg_directive *d)
{
	static const char *const names[] = {"port", "unixsocket", NULL};

	return is_one_of(d->name, names);
}

static bool is_asked(const struct cfg_directive *d)
{
	return (d->flags & CFG_FILE_ONLY) == 0 && !is_ours(d);
}

START_TEST(has_the_names_and_defaults_of_the_schema)
{
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char *actual;

		if (!is_asked(d))
			continue;
		actual = server_config_get(&server, d->name);
		ck_assert_msg(actual != NULL, "%s: %s is unknown", version, d->name);
		if (d->fallback != NULL)
			ck_assert_msg(strcmp(actual, d->fallback) == 0, "%s: %s: '%s' is '%s'",
				version, d->name, d->fallback, actual);
		free(actual);
	}
	server_stop(&server);
}
END_TEST

START_TEST(knows_aliases_and_not_the_names_of_other_versions)
{
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char *alias = d->alias != NULL ? server_config_get(&server, d->alias) : NULL;
		char *other = d->other != NULL ? server_config_get(&server, d->other) : NULL;

		ck_assert_msg(d->alias == NULL || alias != NULL, "%s: %s", version, d->name);
		ck_assert_msg(other == NULL, "%s: %s", version, d->name);
		free(alias);
		free(other);
	}
	server_stop(&server);
}
END_TEST

/* Each name that CONFIG GET lists must be in the schema, as a name or as an alias, and none that is
 * hidden. */
START_TEST(has_no_directive_that_the_schema_lacks)
{
	const char *version = version_of(_i);
	struct server server;
	redisReply *reply;

	start_plain(&server, _i);
	reply = redisCommand(server.redis, "CONFIG GET *");
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const char *name = reply->element[i]->str;
		const struct cfg_directive *d = cfg_directive_find(name, version);

		ck_assert_msg(d != NULL, "%s: %s", version, name);
		ck_assert_msg((d->flags & CFG_HIDDEN) == 0, "%s: %s", version, name);
	}
	freeReplyObject(reply);
	server_stop(&server);
}
END_TEST

/* A value set to itself: OK where CONFIG SET changes it, else the server says why not. */
START_TEST(changes_live_what_the_schema_calls_live)
{
	/* The build decides. */
	static const char *const exceptions[] = {"rdma-bind", "rdma-port", NULL};
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char *value, *error;

		if (!is_asked(d) || is_one_of(d->name, exceptions))
			continue;
		value = server_config_get(&server, d->name);
		error = server_config_set(&server, d->name, value);
		if ((d->flags & CFG_LIVE) != 0)
			ck_assert_msg(
				error == NULL, "%s: %s '%s': %s", version, d->name, value, error);
		else
			ck_assert_msg(error != NULL && (strstr(error, "immutable") != NULL ||
							       strstr(error, "protected") != NULL),
				"%s: %s is live: %s", version, d->name, error);
		free(error);
		free(value);
	}
	server_stop(&server);
}
END_TEST

/* A value outside the range or the set: one that this version refuses. False if the type has none.
 */
static bool wrong_value(const struct cfg_directive *d, char out[64], bool is_above)
{
	static const char *const clamped[] = {"hz", NULL};

	switch (d->type) {
	case CFG_TYPE_INT:
		if (is_one_of(d->name, clamped) && is_above)
			return false;
		if (is_above ? d->max >= INT64_MAX : d->min == INT64_MIN)
			return false;
		snprintf(out, 64, "%" PRId64, is_above ? (int64_t)d->max + 1 : d->min - 1);
		return true;
	case CFG_TYPE_UINT:
		if (is_above ? d->max == UINT64_MAX : d->min == 0)
			return false;
		snprintf(out, 64, "%" PRIu64, is_above ? d->max + 1 : (uint64_t)d->min - 1);
		return true;
	case CFG_TYPE_MEMORY:
		if (is_above ? d->max >= INT64_MAX : d->min <= 0)
			return false;
		snprintf(out, 64, "%" PRIu64, is_above ? d->max + 1 : (uint64_t)d->min - 1);
		return true;
	case CFG_TYPE_BOOL:
	case CFG_TYPE_ENUM:
	case CFG_TYPE_FLAGS:
	case CFG_TYPE_OCTAL:
	case CFG_TYPE_PERCENT_OR_MEMORY:
	case CFG_TYPE_SAVE:
	case CFG_TYPE_OUTPUT_LIMIT:
	case CFG_TYPE_EVENTS:
	case CFG_TYPE_PERCENTILES:
	case CFG_TYPE_OOM_VALUES:
		snprintf(out, 64, "maybe");
		return is_above;
	case CFG_TYPE_HOSTNAME:
	case CFG_TYPE_IPV4:
	case CFG_TYPE_IPV6:
	case CFG_TYPE_FILENAME:
		snprintf(out, 64, "a/b");
		return is_above;
	case CFG_TYPE_STRING:
	case CFG_TYPE_PATH:
	case CFG_TYPE_BIND:
	case CFG_TYPE_RENAME:
	case CFG_TYPE_REFUSED:
		break;
	}
	return false;
}

START_TEST(refuses_what_is_out_of_range_while_it_runs)
{
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char value[64];

		for (int above = 0; above < 2; above++) {
			char *error;

			if (!is_asked(d) || !wrong_value(d, value, above))
				continue;
			error = server_config_set(&server, d->name, value);
			ck_assert_msg(error != NULL, "%s takes %s '%s'", version, d->name, value);
			free(error);
		}
	}
	server_stop(&server);
}
END_TEST

START_TEST(refuses_what_is_out_of_range_at_its_start)
{
	/* Judged later than the others; a path that the schema narrows to a name. */
	static const char *const exceptions[] = {
		"latency-tracking-info-percentiles", "cluster-config-file", NULL};
	const char *version = version_of(_i);
	struct server server;
	char line[256], log[4096], value[64];

	server_make_dir(&server, programs[_i].path);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);

		if (!is_asked(d) || is_one_of(d->name, exceptions) || !wrong_value(d, value, true))
			continue;
		snprintf(line, sizeof(line), "%s \"%s\"\n", d->name, value);
		server_write_file(&server, "valkey.conf", line);
		ck_assert_msg(
			!server_try_start(&server, log, sizeof(log)), "%s takes %s", version, line);
		ck_assert_msg(strstr(log, d->name) != NULL, "%s: %s", line, log);
	}
	server_remove_dir(&server);
}
END_TEST

/* Every value of an enum, both of a bool, and the ends of small ranges. */
static void take(const struct server *server, const struct cfg_directive *d, const char *value)
{
	char *error = server_config_set(server, d->name, value);
	char *actual = server_config_get(server, d->name);

	ck_assert_msg(error == NULL, "%s: %s '%s': %s", server->program, d->name, value, error);
	ck_assert_msg(cfg_value_is_same(d, value, actual), "%s: %s '%s' is '%s'", server->program,
		d->name, value, actual);
	free(actual);
	free(error);
}

static void take_all(const struct server *server, const struct cfg_directive *d)
{
	char *word, *rest, *words;
	char number[32];

	if (d->type == CFG_TYPE_BOOL) {
		take(server, d, "yes");
		take(server, d, "no");
	} else if (d->type == CFG_TYPE_ENUM) {
		words = strdup(d->values);
		for (word = strtok_r(words, "|", &rest); word != NULL;
			word = strtok_r(NULL, "|", &rest))
			take(server, d, word);
		free(words);
	} else if (d->type == CFG_TYPE_INT || d->type == CFG_TYPE_UINT ||
		   d->type == CFG_TYPE_MEMORY) {
		snprintf(number, sizeof(number), "%" PRId64, d->min);
		take(server, d, number);
		snprintf(number, sizeof(number), "%" PRIu64, d->max);
		take(server, d, number);
	}
}

START_TEST(takes_the_ends_of_each_range_while_it_runs)
{
	/* These would change the server under test (its listener, its log, its speed), or need
	 * what is not here: certificates, privileges, another build, the whole of the machine. */
	static const char *const exceptions[] = {"tls-port", "maxclients", "hz", "activedefrag",
		"key-load-delay", "rdb-key-save-delay", "watchdog-period", "oom-score-adj",
		"rdma-port", "io-threads", "rdma-bind", "tls-cluster", "tls-replication",
		"active-defrag-cycle-max", "active-defrag-cycle-min",
		"active-defrag-threshold-lower", "active-defrag-threshold-upper",
		"cluster-ping-interval", NULL};
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char *before, *error;

		if (!is_asked(d) || (d->flags & CFG_LIVE) == 0 || is_one_of(d->name, exceptions))
			continue;
		before = server_config_get(&server, d->name);
		take_all(&server, d);
		error = server_config_set(&server, d->name, before);
		ck_assert_msg(error == NULL, "%s: %s", d->name, error);
		free(before);
	}
	server_stop(&server);
}
END_TEST

/* Writes 20 keys of one kind, so that they are large by the limits of 10 that hold then. */
static void add_elements(const struct server *server, const char *command, const char *key)
{
	for (int i = 0; i < 20; i++) {
		redisReply *reply = redisCommand(server->redis,
			strcmp(command, "SADD") == 0 ? "%s %s %d" : "%s %s %d %d", command, key, i,
			i);

		ck_assert_int_eq(reply->type, REDIS_REPLY_INTEGER);
		freeReplyObject(reply);
	}
}

static void check_encoding(const struct server *server, const char *key, bool is_compact)
{
	redisReply *reply = redisCommand(server->redis, "OBJECT ENCODING %s", key);
	bool found;

	ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
	found = strcmp(reply->str, "listpack") == 0 || strcmp(reply->str, "intset") == 0;
	ck_assert_msg(found == is_compact, "%s is a %s", key, reply->str);
	freeReplyObject(reply);
}

static void check_reload(const struct server *server)
{
	redisReply *reply = redisCommand(server->redis, "DEBUG RELOAD");

	ck_assert_str_eq(reply->str, "OK");
	freeReplyObject(reply);
}

/* The reason for prefers-restart: a higher limit leaves the keys that are there as they are, and
 * loading them, as a restart does, makes them compact. */
START_TEST(applies_sizes_of_compact_forms_to_old_keys_when_they_are_loaded)
{
	static const struct {
		const char *directive, *command;
	} kinds[] = {{"hash-max-listpack-entries", "HSET"}, {"zset-max-listpack-entries", "ZADD"},
		{"set-max-intset-entries", "SADD"}};
	const char *version = version_of(_i);
	struct server server;

	server_make_dir(&server, programs[_i].path);
	server_write_file(&server, "valkey.conf",
		"enable-debug-command yes\nhash-max-listpack-entries 10\n"
		"zset-max-listpack-entries 10\nset-max-intset-entries 10\n"
		"set-max-listpack-entries 10\n");
	server_start(&server);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct cfg_directive *d = cfg_directive_find(kinds[i].directive, version);

		add_elements(&server, kinds[i].command, kinds[i].directive);
		ck_assert_int_eq(cfg_directive_way(d), CFG_WAY_RESTART_PREFERRED);
		ck_assert_ptr_null(server_config_set(&server, kinds[i].directive, "100"));
		check_encoding(&server, kinds[i].directive, false);
	}
	check_reload(&server);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check_encoding(&server, kinds[i].directive, true);
	server_stop(&server);
}
END_TEST

/* All defaults written into a file say nothing: the server that reads them answers as one without a
 * file. */
START_TEST(starts_from_its_defaults_written_out)
{
	static const char *const exceptions[] = {
		"rdma-bind", "rdma-port", "replicaof", "dir", "aclfile", "logfile", NULL};
	const char *version = version_of(_i);
	struct server server;
	struct vk_buf text;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);

		if (is_asked(d) && d->fallback != NULL && !is_one_of(d->name, exceptions) &&
			(d->fallback[0] != '\0' || d->type == CFG_TYPE_STRING))
			vk_buf_addf(&text, "%s %s%s%s\n", d->name, d->flags & CFG_MULTI ? "" : "\"",
				d->fallback, d->flags & CFG_MULTI ? "" : "\"");
	}
	server_make_dir(&server, programs[_i].path);
	server_write_file(&server, "valkey.conf", text.data);
	server_start(&server);
	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);
		char *actual = is_asked(d) ? server_config_get(&server, d->name) : NULL;

		if (actual != NULL && d->fallback != NULL)
			ck_assert_msg(strcmp(actual, d->fallback) == 0, "%s: %s: '%s' is '%s'",
				version, d->name, d->fallback, actual);
		free(actual);
	}
	server_stop(&server);
	vk_buf_release(&text);
}
END_TEST

/* ACL SETUSER takes exactly the commands that the schema has for this version. */
START_TEST(allows_the_commands_of_the_schema)
{
	const char *version = version_of(_i);
	struct server server;

	start_plain(&server, _i);
	for (size_t i = 0; i < cfg_command_count; i++) {
		const char *name = cfg_commands[i].name;
		redisReply *reply = redisCommand(server.redis, "ACL SETUSER x +%s", name);

		ck_assert_msg(
			(reply->type == REDIS_REPLY_STATUS) == cfg_command_is_known(name, version),
			"%s: %s", version, name);
		freeReplyObject(reply);
	}
	server_stop(&server);
}
END_TEST

/* Subcommands are not in COMMAND LIST; those of each command are. */
START_TEST(has_no_command_that_the_schema_lacks)
{
	const char *version = version_of(_i);
	struct server server;
	redisReply *reply;

	start_plain(&server, _i);
	reply = redisCommand(server.redis, "COMMAND LIST");
	ck_assert_uint_gt(reply->elements, 200);
	for (size_t i = 0; i < reply->elements; i++)
		ck_assert_msg(cfg_command_is_known(reply->element[i]->str, version), "%s: %s",
			version, reply->element[i]->str);
	freeReplyObject(reply);
	server_stop(&server);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("schema_server");
	TCase *tc = tcase_create("core");
	int count = (int)program_count;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, has_the_names_and_defaults_of_the_schema, 0, count);
	tcase_add_loop_test(tc, knows_aliases_and_not_the_names_of_other_versions, 0, count);
	tcase_add_loop_test(tc, has_no_directive_that_the_schema_lacks, 0, count);
	tcase_add_loop_test(tc, changes_live_what_the_schema_calls_live, 0, count);
	tcase_add_loop_test(tc, refuses_what_is_out_of_range_while_it_runs, 0, count);
	tcase_add_loop_test(tc, refuses_what_is_out_of_range_at_its_start, 0, count);
	tcase_add_loop_test(tc, takes_the_ends_of_each_range_while_it_runs, 0, count);
	tcase_add_loop_test(tc, starts_from_its_defaults_written_out, 0, count);
	tcase_add_loop_test(
		tc, applies_sizes_of_compact_forms_to_old_keys_when_they_are_loaded, 0, count);
	tcase_add_loop_test(tc, allows_the_commands_of_the_schema, 0, count);
	tcase_add_loop_test(tc, has_no_command_that_the_schema_lacks, 0, count);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int failed;

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
