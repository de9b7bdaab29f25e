/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules about users and what they may do. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl_command.h"
#include "common/config/baseline_internal.h"
#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

enum { ACL_TEXT_MAX_BYTES = 2 * CFG_ACL_MAX_BYTES, HASH_DIGITS = 64 };

/* ---- reading ---- */

/* One word of a rule list; a password in clear text as the hash that Valkey would make of it. */
static void add_word(struct baseline_look *look, const char *word, size_t len, struct vk_buf *out)
{
	char hash[VK_SHA256_HEX_BYTES];

	if (len > 0 && (word[0] == '>' || word[0] == '<')) {
		vk_sha256_hex(word + 1, len - 1, hash);
		vk_buf_addf(out, "%c%s", word[0] == '>' ? '#' : '!', hash);
		look->has_clear_text = true;
	} else {
		vk_buf_add(out, word, len);
	}
}

static void add_text(struct baseline_look *look, const char *text, size_t len, struct vk_buf *out)
{
	const char *end = text + len;

	while (text < end) {
		size_t word = strcspn(text, " \t\n");

		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		add_word(look, text, word, out);
		text += word;
		if (text < end)
			vk_buf_addc(out, *text++);
	}
}

static void add_user_lines(struct baseline_look *look, struct vk_buf *out)
{
	for (size_t i = 0; i < cfg_conf_count(look->conf); i++) {
		const struct cfg_conf_line *line = cfg_conf_at(look->conf, i);

		if (strcmp(line->name, "user") != 0)
			continue;
		look->has_user_lines = true;
		vk_buf_adds(out, "user");
		for (size_t k = 0; k < line->word_count; k++) {
			vk_buf_addc(out, ' ');
			add_word(look, line->words[k], strlen(line->words[k]), out);
		}
		vk_buf_addc(out, '\n');
	}
}

enum vk_rc baseline_read_users(struct baseline_look *look, struct vk_err *err)
{
	const struct cfg_subject *subject = look->subject;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, ACL_TEXT_MAX_BYTES);
	add_user_lines(look, &text);
	if (subject->acl != NULL) {
		vk_buf_reset(&text);
		add_text(look, subject->acl, subject->acl_len, &text);
	}
	rc = text.is_overflowed ? vk_err_set(err, VK_ELIMIT, "the users take more than %d bytes",
					  ACL_TEXT_MAX_BYTES)
				: cfg_acl_parse(subject->acl != NULL ? "users.acl" : "valkey.conf",
					  text.data, text.len, &look->acl, err);
	vk_buf_release_wiped(&text);
	return rc;
}

/* ---- what a user may do ---- */

/* Words stand between blanks and the parentheses of selectors. */
static const char *next_word(const char **rules, size_t *len)
{
	const char *word;

	*rules += strspn(*rules, " ()");
	if (**rules == '\0')
		return NULL;
	word = *rules;
	*len = strcspn(word, " ()");
	*rules += *len;
	return word;
}

static bool has_word(const char *rules, const char *wanted)
{
	const char *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		if (len == strlen(wanted) && strncmp(word, wanted, len) == 0)
			return true;
	}
	return false;
}

/* Whether the commands of a category are allowed when all rules have had their effect, by the
 * rules about categories alone. */
static bool may_use(const char *rules, const char *category)
{
	size_t category_len = strlen(category);
	bool out = false;
	const char *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		if (len < 3 || (word[0] != '+' && word[0] != '-') || word[1] != '@')
			continue;
		if ((len == 5 && strncmp(word + 2, "all", 3) == 0) ||
			(len == category_len + 2 && strncmp(word + 2, category, category_len) == 0))
			out = word[0] == '+';
	}
	return out;
}

/* The first rule that allows a command by which a user governs, stops or empties the server; NULL
 * if there is none. */
static const char *governing_command(const char *rules)
{
	static const char *const commands[] = {"+config", "+config|set", "+config|rewrite", "+acl",
		"+acl|setuser", "+acl|load", "+acl|deluser", "+module", "+module|load",
		"+module|loadex", "+debug", "+replicaof", "+slaveof", "+failover", "+shutdown",
		"+migrate", "+restore", "+monitor", "+keys", "+flushall", "+client|kill"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (has_word(rules, commands[i]))
			return commands[i];
	}
	return NULL;
}

/* No more than what Sentinel needs of its instances; it has to change who is primary. */
static bool has_only_what_sentinel_needs(const char *rules)
{
	static const char allowed[] = "|on|off|sanitize-payload|resetchannels|resetkeys|resetpass|"
				      "clearselectors|reset|-@all|"
				      "&*|allchannels|&__sentinel__:hello|+multi|+exec|+ping|+info|"
				      "+role|+subscribe|+publish|"
				      "+slaveof|+replicaof|+failover|+config|rewrite|+client|kill|+"
				      "client|setname|+script|kill|";
	const char *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		char wanted[64];

		if (word[0] == '#')
			continue; /* a password */
		if (len + 3 > sizeof(wanted))
			return false;
		snprintf(wanted, sizeof(wanted), "|%.*s|", (int)len, word);
		if (strstr(allowed, wanted) == NULL)
			return false;
	}
	return true;
}

static bool is_on(const struct cfg_acl_user *user)
{
	return has_word(user->rules, "on");
}

static bool has_commands(const struct cfg_acl_user *user)
{
	const char *rules = user->rules, *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		if (word[0] == '+')
			return true;
	}
	return false;
}

bool baseline_is_open(const struct baseline_look *look)
{
	const struct cfg_acl_user *user = cfg_acl_find(look->acl, "default");

	if (user != NULL)
		return is_on(user) && has_word(user->rules, "nopass") && has_commands(user);
	if (look->subject->acl != NULL)
		return true; /* whatever requirepass says */
	return baseline_is(look, "requirepass", "");
}

/* ---- rules ---- */

static void check_default(struct baseline_look *look)
{
	bool has_default = cfg_acl_find(look->acl, "default") != NULL;

	if (look->subject->acl != NULL && !has_default)
		baseline_add(look, "auth-default-defined", 0, "users.acl has no 'user default'");
	else if (baseline_is_open(look))
		baseline_add(look, "auth-default-user",
			has_default ? 0 : baseline_line(look, "port"), "default needs no password");
	if (!baseline_is(look, "requirepass", ""))
		baseline_add(look, "auth-acl-not-requirepass", baseline_line(look, "requirepass"),
			"requirepass is set");
	if (look->has_user_lines && look->subject->acl != NULL)
		baseline_add(look, "auth-mixed-users", baseline_line(look, "user"),
			"valkey.conf has user lines beside aclfile");
	if (look->has_clear_text)
		baseline_add(look, "auth-no-cleartext", 0, "a rule '>...'");
}

static void check_rights(struct baseline_look *look, const struct cfg_acl_user *user)
{
	const char *command = governing_command(user->rules);

	if (may_use(user->rules, "admin") || may_use(user->rules, "dangerous"))
		baseline_add(look, "auth-least-admin", 0, "user %.63s: +@%s", user->name,
			may_use(user->rules, "admin") ? "admin" : "dangerous");
	else if (command != NULL && !has_only_what_sentinel_needs(user->rules))
		baseline_add(
			look, "auth-app-no-dangerous", 0, "user %.63s: %s", user->name, command);
	if (strchr(user->rules, '(') != NULL)
		baseline_add(look, "auth-selectors-review", 0, "user %.63s", user->name);
	if (may_use(user->rules, "scripting") || has_word(user->rules, "+eval") ||
		has_word(user->rules, "+evalsha") || has_word(user->rules, "+fcall"))
		baseline_add(look, "auth-app-no-script", 0, "user %.63s", user->name);
	if (has_commands(user) && (has_word(user->rules, "~*") || has_word(user->rules, "&*")))
		baseline_add(look, "auth-key-scope", 0, "user %.63s: %s", user->name,
			has_word(user->rules, "~*") ? "~*" : "&*");
}

static void check_first_arguments(struct baseline_look *look, const struct cfg_acl_user *user)
{
	const char *rules = user->rules, *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		char name[128];
		size_t bar = strcspn(word, "|");

		if (word[0] != '+' || bar >= len || len - 1 >= sizeof(name))
			continue;
		memcpy(name, word + 1, len - 1);
		name[len - 1] = '\0';
		/* A name with a bar that is no subcommand limits an argument. */
		if (cfg_command_find(name) == NULL && memchr(name, '.', len - 1) == NULL)
			baseline_add(look, "auth-firstarg-rules", 0, "user %.63s: +%.60s",
				user->name, name);
	}
}

/* ---- passwords ---- */

static int compare_hash(const void *key, const void *element)
{
	return strncmp(key, *(const char *const *)element, HASH_DIGITS);
}

static bool is_hash_of(const char *hash, const char *word, size_t len)
{
	char guess[VK_SHA256_HEX_BYTES];

	vk_sha256_hex(word, len, guess);
	return strncmp(hash, guess, HASH_DIGITS) == 0;
}

/* One of the passwords that are tried first, or made of the name of its user. */
static bool is_guessable(const char *hash, const char *user)
{
	static const char *const tails[] = {"", "1", "12", "123", "1234", "!", "pass", "password"};
	struct vk_buf word;
	bool out = bsearch(hash, baseline_passwords, baseline_password_count,
			   sizeof(*baseline_passwords), compare_hash) != NULL;

	vk_buf_init(&word, CFG_ACL_RULES_MAX_BYTES);
	for (size_t i = 0; !out && i < sizeof(tails) / sizeof(tails[0]); i++) {
		vk_buf_reset(&word);
		vk_buf_addf(&word, "%s%s", user, tails[i]);
		out = is_hash_of(hash, word.data, word.len);
	}
	vk_buf_release(&word);
	return out;
}

/* Another user before this one who has the same hash; NULL if there is none. */
static const struct cfg_acl_user *find_sharer(
	const struct baseline_look *look, size_t before, const char *hash)
{
	char word[HASH_DIGITS + 2] = "#";

	memcpy(word + 1, hash, HASH_DIGITS);
	for (size_t i = 0; i < before; i++) {
		if (has_word(cfg_acl_at(look->acl, i)->rules, word))
			return cfg_acl_at(look->acl, i);
	}
	return NULL;
}

static void check_passwords(struct baseline_look *look, size_t i)
{
	const struct cfg_acl_user *user = cfg_acl_at(look->acl, i), *sharer;
	const char *rules = user->rules, *word;
	size_t len;

	while ((word = next_word(&rules, &len)) != NULL) {
		if (word[0] != '#' || len != HASH_DIGITS + 1)
			continue;
		if (is_guessable(word + 1, user->name))
			baseline_add(look, "auth-weak-hash", 0, "user %.63s", user->name);
		sharer = find_sharer(look, i, word + 1);
		if (sharer != NULL)
			baseline_add(look, "auth-shared-hash", 0, "users %.63s and %.63s",
				sharer->name, user->name);
	}
}

/* ---- replication ---- */

/* The first command of a user beyond those that a replica needs; NULL if there is none. */
static const char *beyond_replication(const char *rules, size_t *len)
{
	static const char *const needed[] = {"+psync", "+replconf", "+ping"};
	const char *word;

	while ((word = next_word(&rules, len)) != NULL) {
		bool is_needed = false;

		for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
			is_needed = is_needed || (*len == strlen(needed[i]) &&
							 strncmp(word, needed[i], *len) == 0);
		if (word[0] == '+' && !is_needed)
			return word;
	}
	return NULL;
}

static void check_replication(struct baseline_look *look)
{
	const char *name = baseline_value(look, "primaryuser"), *word;
	const struct cfg_acl_user *user;
	size_t len;

	if (name == NULL || baseline_is(look, "primaryauth", ""))
		return;
	if (name[0] == '\0') {
		baseline_add(look, "auth-repl-user", baseline_line(look, "primaryauth"),
			"primaryauth is set, primaryuser is not");
		return;
	}
	user = cfg_acl_find(look->acl, name);
	word = user != NULL ? beyond_replication(user->rules, &len) : NULL;
	if (word != NULL)
		baseline_add(look, "auth-repl-user", 0, "user %.63s: %.*s", name,
			(int)(len < 63 ? len : 63), word);
}

void baseline_check_users(struct baseline_look *look)
{
	check_default(look);
	check_replication(look);
	for (size_t i = 0; i < cfg_acl_count(look->acl); i++) {
		const struct cfg_acl_user *user = cfg_acl_at(look->acl, i);

		if (strcmp(user->name, CFG_AGENT_USER) == 0)
			continue;
		check_passwords(look, i);
		if (!is_on(user))
			continue;
		if (has_word(user->rules, "nopass") && strcmp(user->name, "default") != 0)
			baseline_add(look, "auth-nopass-users", 0, "user %.63s", user->name);
		check_rights(look, user);
		check_first_arguments(look, user);
	}
}
