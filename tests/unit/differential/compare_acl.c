/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of ACL users and ACL files, as vkcfg and as a server read them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/acl_command.h"
#include "common/digest.h"
#include "common/mem.h"
#include "tests/unit/differential/differ.h"

enum { RULES = 4000, ACLS = 300 };

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

void add_acl_tests(TCase *tc, int count)
{
	tcase_add_loop_test(tc, rules_are_judged_and_written_as_acl_setuser_does, 0, count);
	tcase_add_loop_test(tc, acl_files_are_judged_and_read_as_acl_load_does, 0, count);
}
