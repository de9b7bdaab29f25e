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

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/config/acl.h"
#include "common/config/acl_command.h"
#include "common/config/conf.h"
#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/num.h"
#include "tests/unit/differential/generate.h"
#include "tests/unit/unit.h"
#include "tests/unit/valkey_server.h"

enum { TEXT_MAX_BYTES = 1000000, SHOWN = 20, VALUES = 4000, RULES = 4000, ACLS = 300, CONFS = 40 };

static struct server_program programs[SERVER_PROGRAMS_MAX];
static size_t program_count;
static uint64_t seed = 1, rounds = 1;

/* ---- what is found ---- */

static size_t differences;

static void VK_PRINTF(1, 2) differ(const char *fmt, ...)
{
	struct vk_buf text;
	va_list ap;

	if (differences++ >= SHOWN * rounds)
		return;
	vk_buf_init(&text, TEXT_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	fputs("# ", stdout);
	for (const char *c = text.data; *c != '\0'; c++) {
		if (*c == '\n')
			fputs("\n# ", stdout);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			printf("\\x%02x", (unsigned char)*c);
		else
			putchar(*c);
	}
	putchar('\n');
	vk_buf_release(&text);
}

static void judge(const char *version, size_t cases)
{
	printf("# %s: %zu cases of seed %llu, %zu differences\n", version, cases,
		(unsigned long long)seed, differences);
	fflush(stdout);
	ck_assert_uint_eq(differences, 0);
}

/* Each case by itself can be had again from its number. */
static struct dice dice_of(size_t number)
{
	return (struct dice){seed * 1000003 + number};
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

/* ---- rules of ACL users ---- */

/* Passwords as the importer and the renderer hand them on: as hashes. */
static void hash_passwords(const char *rules, struct vk_buf *out)
{
	while (*rules != '\0') {
		size_t len = strcspn(rules, " \r\n");
		char hash[VK_SHA256_HEX_BYTES];

		if (rules[0] == '>' || rules[0] == '<') {
			vk_sha256_hex(rules + 1, len - 1, hash);
			vk_buf_addf(out, "%c%s", rules[0] == '>' ? '#' : '!', hash);
		} else {
			vk_buf_add(out, rules, len);
		}
		rules += len;
		len = strspn(rules, " \r\n");
		vk_buf_add(out, rules, len);
		rules += len;
	}
}

/* The form that vkcfg gives these rules; false with a message if it refuses them. */
static bool form_of(const char *rules, const char *version, struct vk_buf *form, struct vk_err *err)
{
	struct cfg_acl_rules *parsed;
	struct vk_buf text;
	bool is_good;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	hash_passwords(rules, &text);
	is_good = cfg_acl_rules_parse(
			  text.len > 0 ? text.data : "", version, NULL, 0, &parsed, err) == VK_OK;
	if (is_good) {
		cfg_acl_rules_format(parsed, form);
		cfg_acl_rules_free(parsed);
		is_good = cfg_acl_check_commands(form->data, version, err) == VK_OK;
	}
	vk_buf_release(&text);
	return is_good;
}

/* 9.1 knows both words, and prints neither. */
static void drop_unprinted(const char *version, char *form)
{
	static const char *const words[] = {" skip-sanitize-payload", " sanitize-payload"};

	for (size_t i = 0; i < 2 && cfg_version_order(version) >= cfg_version_order("9.1"); i++) {
		char *found = strstr(form, words[i]);

		if (found != NULL)
			memmove(found, found + strlen(words[i]),
				strlen(found + strlen(words[i])) + 1);
	}
}

/* The line of ACL LIST without "user NAME ", or NULL. */
static char *listed_rules(const struct server *server, const char *name)
{
	redisReply *reply = redisCommand(server->redis, "ACL LIST");
	size_t len = strlen(name);
	char *out = NULL;

	ck_assert_ptr_nonnull(reply);
	for (size_t i = 0; i < reply->elements; i++) {
		const char *line = reply->element[i]->str;

		if (strncmp(line + 5, name, len) == 0 && line[5 + len] == ' ')
			out = xstrdup(line + 5 + len + 1);
	}
	freeReplyObject(reply);
	return out;
}

static redisReply *set_user(const struct server *server, const char *rules)
{
	const char *argv[256] = {"ACL", "SETUSER", "x"};
	char *copy = xstrdup(rules), *save = NULL;
	redisReply *reply;
	int argc = 3;

	freeReplyObject(redisCommand(server->redis, "ACL DELUSER x"));
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	reply = redisCommandArgv(server->redis, argc, argv, NULL);
	ck_assert_ptr_nonnull(reply);
	free(copy);
	return reply;
}

/* The server's reason, which follows "modifier '...': ". */
static bool is_reason(const char *error, const char *reason)
{
	if (strcmp(reason, "Wrong format") == 0) /* so in files only */
		reason = "Unmatched parenthesis";
	return strstr(error, reason) != NULL;
}

static void compare_rules(
	const struct server *server, const char *version, size_t number, const char *rules)
{
	redisReply *reply = set_user(server, rules);
	bool is_taken = reply->type == REDIS_REPLY_STATUS, is_good;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf form;
	char *listed = NULL;

	vk_buf_init(&form, TEXT_MAX_BYTES);
	is_good = form_of(rules, version, &form, &err);
	if (is_good)
		drop_unprinted(version, form.data);
	if (is_good != is_taken) {
		differ("case %zu: '%s': vkcfg says '%s', the server '%s'", number, rules,
			is_good ? form.data : err.msg, reply->str);
	} else if (is_good) {
		listed = listed_rules(server, "x");
		if (strcmp(form.data, listed) != 0)
			differ("case %zu: '%s':\n vkcfg  %s\n server %s", number, rules, form.data,
				listed);
		vk_buf_reset(&form);
		if (!form_of(listed, version, &form, &err))
			differ("case %zu: ACL LIST is refused: %s: %s", number, listed, err.msg);
		drop_unprinted(version, form.data);
		if (strcmp(form.data, listed) != 0)
			differ("case %zu: ACL LIST changes: %s: %s", number, listed, form.data);
	} else if (!is_reason(reply->str, import_acl_reason(err.msg))) {
		differ("case %zu: '%s': vkcfg's cause is '%s', the server's '%s'", number, rules,
			import_acl_reason(err.msg), reply->str);
	}
	free(listed);
	vk_buf_release(&form);
	freeReplyObject(reply);
}

START_TEST(rules_are_judged_and_written_as_acl_setuser_does)
{
	const char *version = programs[_i].version;
	struct server server;
	struct vk_buf rules;

	start_plain(&server, _i);
	vk_buf_init(&rules, TEXT_MAX_BYTES);
	for (size_t i = 0; i < RULES * rounds; i++) {
		struct dice dice = dice_of(i);

		vk_buf_reset(&rules);
		generate_rules(&dice, &rules);
		compare_rules(&server, version, i, rules.len > 0 ? rules.data : "");
	}
	vk_buf_release(&rules);
	server_stop(&server);
	judge(version, RULES * rounds);
}
END_TEST

/* ---- ACL files ---- */

static struct cfg_import *new_import(const char *version)
{
	struct cfg_import_options options = {.host = "db1", .instance = "main", .version = version};

	return cfg_import_new(&options);
}

/* What Valkey looks at when it has read all lines, which may be refused before. */
static bool is_late(const struct cfg_import_note *note)
{
	static const char *const beginnings[] = {"Configured to not listen", "Failed listening",
		"No tls-cert-file configured", "Spaces not allowed in ACL usernames",
		"Error loading ACL rule for the user named"};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (strncmp(note->message, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	}
	return false;
}

/* The refused line that comes first, or NULL. */
static const struct cfg_import_note *first_refused(const struct cfg_import *import)
{
	const struct cfg_import_note *first = NULL;

	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == CFG_IMPORT_REFUSED && !is_late(note) &&
			(first == NULL || note->line < first->line))
			first = note;
	}
	return first;
}

/* A word that begins with '(' and none behind it in its line that ends with ')': a selector that
 * makes Valkey 8.0.1, 8.1.1 and 9.1.2 read address 0, when they start and at ACL LOAD. */
static bool has_open_selector(const char *text)
{
	for (const char *at = text; (at = strstr(at, " (")) != NULL; at++) {
		size_t len = strcspn(at, "\r\n");
		bool is_closed = false;

		for (size_t i = 1; i < len; i++)
			is_closed =
				is_closed || (at[i] == ')' && (i + 1 == len || at[i + 1] == ' ' ||
								      at[i + 1] == '\t'));
		if (!is_closed)
			return true;
	}
	return false;
}

/* From 9.0 on a word goes on behind a quote that is closed, which vkcfg refuses for all versions.
 */
static bool is_not_comparable(const struct cfg_import *import, const char *text)
{
	bool is_new = cfg_version_order(cfg_import_version(import)) >= cfg_version_order("9.0");

	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const char *message = cfg_import_note_at(import, i)->message;

		if (strstr(message, "a NUL byte in a word") != NULL ||
			(is_new && strstr(message, "Unbalanced quotes") != NULL))
			return true;
	}
	return has_open_selector(text) || (is_new && strpbrk(text, "\v\f") != NULL);
}

static const struct cfg_import_note *refusal_of(const struct cfg_import *import, unsigned line)
{
	for (size_t i = 0; i < cfg_import_note_count(import); i++) {
		const struct cfg_import_note *note = cfg_import_note_at(import, i);

		if (note->kind == CFG_IMPORT_REFUSED && note->line == line)
			return note;
	}
	return NULL;
}

/* What the server says of a line: "users.acl:3: REASON. ", "users.acl:3 should ...", "... on line
 * 3". Once for each bad rule. */
static bool says(const char *error, unsigned line, const char *reason)
{
	static const char *const forms[] = {"users.acl:", "on line "};

	for (size_t i = 0; i < 2; i++) {
		for (const char *at = error; (at = strstr(at, forms[i])) != NULL;) {
			char *end;

			if (strtoul(at += strlen(forms[i]), &end, 10) != line)
				continue;
			at = i == 0 ? end : strstr(error, reason);
			if (at != NULL && strstr(at, reason) != NULL)
				return true;
			at = end;
		}
	}
	return false;
}

/* Every line that one of the two names must be named by the other, and for a reason that the server
 * has. */
static void compare_refusals(
	size_t number, const struct cfg_import *import, const char *text, const char *error)
{
	unsigned count = 1;

	for (const char *c = text; *c != '\0'; c++)
		count += *c == '\n';
	for (unsigned line = 1; line <= count; line++) {
		const struct cfg_import_note *note = refusal_of(import, line);

		if (says(error, line, "") != (note != NULL))
			differ("case %zu: line %u is refused only by %s\n%s\nserver: %s", number,
				line, note != NULL ? "vkcfg" : "the server", text, error);
		else if (note != NULL && !says(error, line, note->message))
			differ("case %zu: line %u: %s\n%s\nserver: %s", number, line, note->message,
				text, error);
	}
}

/* What an agent reads of the file must be what the server made of it. */
static void compare_users(
	const struct server *server, const char *version, size_t number, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl *acl;
	struct vk_buf hashed;

	vk_buf_init(&hashed, TEXT_MAX_BYTES);
	hash_passwords(text, &hashed);
	if (cfg_acl_parse("users.acl", hashed.data, hashed.len, &acl, &err) != VK_OK) {
		differ("case %zu: only vkcfg refuses the file: %s\n%s", number, err.msg, text);
		vk_buf_release(&hashed);
		return;
	}
	for (size_t i = 0; i < cfg_acl_count(acl); i++) {
		const struct cfg_acl_user *user = cfg_acl_at(acl, i);
		char *listed = listed_rules(server, user->name), *form = xstrdup(user->rules);

		drop_unprinted(version, form);
		if (listed == NULL || strcmp(listed, form) != 0)
			differ("case %zu: user %s:\n vkcfg  %s\n server %s\n%s", number, user->name,
				form, listed != NULL ? listed : "(none)", text);
		free(listed);
		free(form);
	}
	cfg_acl_free(acl);
	vk_buf_release(&hashed);
}

static void compare_acl(
	const struct server *server, const char *version, size_t number, const char *text)
{
	struct cfg_import *import = new_import(version);
	struct vk_err err = VK_ERR_INIT;
	redisReply *reply;
	bool is_read, is_taken;

	is_read = cfg_import_acl(import, "users.acl", text, strlen(text), &err) == VK_OK;
	cfg_import_finish(import);
	if (is_not_comparable(import, text)) {
		cfg_import_free(import);
		return;
	}
	server_write_file(server, "users.acl", text);
	reply = redisCommand(server->redis, "ACL LOAD");
	ck_assert_msg(reply != NULL, "case %zu ends the connection: %s", number, text);
	is_taken = reply->type == REDIS_REPLY_STATUS;
	if (!is_read)
		ck_assert(!is_taken);
	else if (is_taken != (first_refused(import) == NULL))
		differ("case %zu: vkcfg says '%s', the server '%s'\n%s", number,
			first_refused(import) != NULL ? first_refused(import)->message : "OK",
			reply->str, text);
	else if (is_taken)
		compare_users(server, version, number, text);
	else
		compare_refusals(number, import, text, reply->str);
	cfg_import_free(import);
	freeReplyObject(reply);
}

START_TEST(acl_files_are_judged_and_read_as_acl_load_does)
{
	const char *version = programs[_i].version;
	struct server server;
	struct vk_buf text;

	server_make_dir(&server, programs[_i].path);
	server_write_file(&server, "valkey.conf", "aclfile users.acl\n");
	server_write_file(&server, "users.acl", "user probe " PROBE_RULES "\n");
	server_start(&server);
	freeReplyObject(redisCommand(server.redis, "AUTH probe x"));
	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < ACLS * rounds; i++) {
		struct dice dice = dice_of(i);

		vk_buf_reset(&text);
		generate_acl(&dice, &text);
		compare_acl(&server, version, i, text.data);
	}
	vk_buf_release(&text);
	server_stop(&server);
	judge(version, ACLS * rounds);
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
	tcase_add_loop_test(tc, rules_are_judged_and_written_as_acl_setuser_does, 0, count);
	tcase_add_loop_test(tc, acl_files_are_judged_and_read_as_acl_load_does, 0, count);
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
