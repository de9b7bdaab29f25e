/* SPDX-License-Identifier: BSD-3-Clause */
/* ACL users: their passwords become hashes, their rules are checked as Valkey does. */
#include "config.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/acl.h"
#include "common/config/acl_command.h"
#include "common/config/import_internal.h"
#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

enum { ACL_LINE_MAX_WORDS = 2000 };

#define OPEN_RULES "on nopass ~* &* +@all"

static const char *subject_of(struct cfg_import *import, const char *name)
{
	return arena_printf(import->arena, "user %.100s", name);
}

static struct import_user *find_user(const struct cfg_import *import, const char *name)
{
	for (size_t i = 0; i < import->user_count; i++) {
		if (!import->users[i].is_unknown && strcmp(import->users[i].name, name) == 0)
			return &import->users[i];
	}
	return NULL;
}

static struct import_user *new_user(
	struct cfg_import *import, const struct import_place *place, const char *name)
{
	struct import_user *user;

	if (import->user_count % 16 == 0)
		import->users = xreallocarray(
			import->users, import->user_count + 16, sizeof(*import->users));
	user = &import->users[import->user_count++];
	*user = (struct import_user){.name = arena_strdup(import->arena, name),
		.rules = "",
		.place = *place,
		.comment = ""};
	return user;
}

/* ">password" as "#hash", "<password" as "!hash", all else as it is. */
static void add_word(const char *word, struct vk_buf *rules, bool *had_clear)
{
	char hash[VK_SHA256_HEX_BYTES];

	vk_buf_adds(rules, rules->len > 0 ? " " : "");
	if (word[0] != '>' && word[0] != '<') {
		vk_buf_adds(rules, word);
		return;
	}
	vk_sha256_hex(word + 1, strlen(word + 1), hash);
	vk_buf_addf(rules, "%c%s", word[0] == '>' ? '#' : '!', hash);
	*had_clear = *had_clear || word[0] == '>';
}

/* Valkey forgets a user line that it refuses at once, so that a second one is no duplicate. */
static bool are_rules(const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *rules = NULL;
	bool is_good = cfg_acl_rules_parse(text, NULL, NULL, 0, &rules, &err) == VK_OK;

	cfg_acl_rules_free(rules);
	return is_good || strncmp(import_acl_reason(err.msg), "Unknown command", 15) == 0;
}

void import_add_user(struct cfg_import *import, const struct import_place *place, const char *name,
	const char *const *words, size_t count, const char *comment)
{
	const char *subject = subject_of(import, name);
	bool had_clear = false;
	struct import_user *user;
	struct vk_buf rules;

	if (find_user(import, name) != NULL) {
		import_note(import, CFG_IMPORT_REFUSED, place, subject, "keep one of the two lines",
			import->has_user_lines
				? "Error in user declaration '%.100s': Duplicate user found. A "
				  "user can only be defined once in config files"
				: "Duplicate user '%.100s' found",
			name);
		return;
	}
	if (import->user_count == CFG_ACL_MAX_USERS) {
		import_note(import, CFG_IMPORT_LEFT_OUT, place, subject, "", "more than %d users",
			CFG_ACL_MAX_USERS);
		return;
	}
	if (name[strcspn(name, " \t\n\r\v\f")] != '\0') {
		import_note(import, CFG_IMPORT_REFUSED, place, subject,
			"a user's name has no blanks", "%s",
			import->has_user_lines
				? "Spaces not allowed in ACL usernames"
				: arena_printf(import->arena,
					  "username '%.100s' contains invalid characters", name));
		return;
	}
	vk_buf_init(&rules, CFG_ACL_RULES_MAX_BYTES);
	for (size_t i = 0; i < count; i++)
		add_word(words[i], &rules, &had_clear);
	user = new_user(import, place, name);
	user->rules = arena_dup(import->arena, rules.data, rules.len);
	user->comment = comment;
	user->is_unknown = import->has_user_lines && !are_rules(user->rules);
	if (rules.is_overflowed) {
		user->is_left_out = true;
		import_note(import, CFG_IMPORT_LEFT_OUT, place, subject, "shorten them",
			"rules of more than %d bytes", CFG_ACL_RULES_MAX_BYTES);
	}
	vk_buf_release(&rules);
	if (had_clear)
		import_note(import, CFG_IMPORT_SECRET, place, subject, "",
			"its password in clear text became a hash");
}

void import_acl_line(struct cfg_import *import, const struct import_place *place, char *line)
{
	const char *words[ACL_LINE_MAX_WORDS] = {NULL};
	size_t count = 0, len = strlen(line);
	char *at = line, *save = NULL;
	bool has_name, is_empty;

	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		line[--len] = '\0';
	at += strspn(at, " \t\r");
	if (*at == '\0')
		return;
	has_name = strncmp(at, "user ", 5) == 0;
	is_empty = has_name && at[5] == ' ';
	for (char *w = strtok_r(at, " ", &save); w != NULL && count < ACL_LINE_MAX_WORDS;
		w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	if (is_empty) {
		import_note(import, CFG_IMPORT_REFUSED, place, "line",
			"one blank between user and the name: Valkey takes the second for the end "
			"of an empty name",
			"Syntax error");
		return;
	}
	if (has_name && count >= 2) {
		import_add_user(import, place, words[1], words + 2, count - 2, "");
		return;
	}
	import_note(import, CFG_IMPORT_REFUSED, place, words[0][0] == '#' ? "#" : "line",
		words[0][0] == '#' ? "an ACL file knows no comments: delete the line"
				   : "user NAME RULES",
		"should start with user keyword followed by the username");
}

/* ---- when all is read ---- */

/* New users may use all channels where acl-pubsub-default says so: then the rules must say it. */
static const char *with_channels(struct cfg_import *import, const char *rules)
{
	const struct import_entry *entry = import_find(import, "acl-pubsub-default");
	struct vk_buf text;
	const char *out;

	if (entry == NULL || strcasecmp(entry->items[0], "allchannels") != 0)
		return rules;
	vk_buf_init(&text, 4 * CFG_ACL_RULES_MAX_BYTES);
	vk_buf_adds(&text, "allchannels");
	while (*(rules += strspn(rules, " ")) != '\0') {
		size_t len = strcspn(rules, " ");

		vk_buf_addc(&text, ' ');
		if (rules[0] == '(') {
			vk_buf_adds(&text, "(allchannels ");
			rules++;
			len--;
		}
		vk_buf_add(&text, rules, len);
		if (len == 5 && strncasecmp(rules, "reset", 5) == 0)
			vk_buf_adds(&text, " allchannels");
		rules += len;
	}
	out = arena_dup(import->arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

/* For a command, which a module may still bring, Valkey waits until all lines are read. */
static void refuse_user(
	struct cfg_import *import, struct import_user *user, const struct vk_err *err)
{
	const char *hint = arena_printf(
		import->arena, "%s%s%s", err->msg, err->hint[0] != '\0' ? ": " : "", err->hint);
	const char *reason = import_acl_reason(err->msg);
	const char *before = "";

	if (import->has_user_lines && strncmp(reason, "Unknown command", 15) == 0)
		before = arena_printf(import->arena,
			"Error loading ACL rule for the user named '%.100s': ", user->name);
	else if (import->has_user_lines)
		before = arena_printf(
			import->arena, "Error in user declaration '%.100s': ", user->name);
	if (!cfg_acl_has_databases(import->version) && strstr(reason, "database") != NULL)
		reason = "Syntax error";
	user->is_left_out = true;
	import_note(import, CFG_IMPORT_REFUSED, &user->place, subject_of(import, user->name), hint,
		"%s%s", before, reason);
}

/* An open door stays open, since nothing is to change, and is said: in the tree and here. */
static void keep_open(struct cfg_import *import, struct import_user *user)
{
	user->is_open = true;
	import_note(import, CFG_IMPORT_CHANGED, &user->place, "user default",
		"give it a password (passwords: [\"secret:NAME\"]), or a user to each application "
		"and switch it off",
		"everybody may log in without a password; the tree says so with 'open: yes'");
}

static void check_user(struct cfg_import *import, struct import_user *user)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *rules = NULL;
	bool is_bad;

	user->rules = with_channels(import, user->rules);
	/* In a valkey.conf commands last: Valkey looks for them when modules are loaded. */
	is_bad = import->has_user_lines &&
		 cfg_acl_rules_parse(user->rules, NULL, NULL, 0, &rules, &err) != VK_OK;
	cfg_acl_rules_free(rules);
	rules = NULL;
	if (is_bad ||
		cfg_acl_rules_parse(user->rules, import->version, NULL, 0, &rules, &err) != VK_OK) {
		refuse_user(import, user, &err);
		return;
	}
	if (!cfg_acl_name_is_valid(user->name) || strcmp(user->name, CFG_AGENT_USER) == 0 ||
		!import_is_text(user->name) || !import_is_text(user->rules) ||
		strstr(user->rules, "@{") != NULL) {
		user->is_left_out = true;
		import_note(import, CFG_IMPORT_LEFT_OUT, &user->place,
			subject_of(import, user->name), "give the application another user",
			"its name or its rules cannot stand in a tree");
	} else if (strcmp(user->name, "default") == 0 && cfg_acl_is_on(rules) &&
		   cfg_acl_is_nopass(rules) && cfg_acl_has_commands(rules))
		keep_open(import, user);
	cfg_acl_rules_free(rules);
}

/* Without a line for it Valkey opens default, or gives it the password of requirepass. */
static void add_default(struct cfg_import *import)
{
	const struct import_entry *pass = import_find(import, "requirepass");
	const struct import_place nowhere = {
		import->sources.len > 0 ? import->sources.data : "", 0};
	struct import_user *user;
	bool counts = pass != NULL && pass->secret != NULL && !import->has_acl &&
		      import->acl_path == NULL;

	user = new_user(import, counts ? &pass->place : &nowhere, "default");
	user->rules = counts ? "on ~* &* +@all" : OPEN_RULES;
	user->secret = counts ? pass->secret : NULL;
}

void import_finish_users(struct cfg_import *import)
{
	bool has_known = false;

	for (size_t i = 0; i < import->user_count; i++)
		has_known = has_known || !import->users[i].is_unknown;
	if (!import->is_sentinel && find_user(import, "default") == NULL)
		add_default(import);
	for (size_t i = 0; i < import->user_count; i++) {
		if (!import->users[i].is_left_out)
			check_user(import, &import->users[i]);
	}
	if (import->has_user_lines && has_known && (import->has_acl || import->acl_path != NULL))
		import_note(import, CFG_IMPORT_REFUSED, &import->acl_place, "aclfile",
			"keep the users in one of the two places",
			"Configuring Valkey with users defined in valkey.conf and at the same "
			"setting an ACL file path is invalid");
	if (import->acl_path != NULL && !import->has_acl)
		import_note(import, CFG_IMPORT_NEEDS, &import->acl_place, "aclfile",
			"import it as well: --acl FILE",
			"the ACL file is not here, its users are missing; Valkey says: Error "
			"loading ACLs, opening file '%.300s': No such file or directory",
			import->acl_path);
}
