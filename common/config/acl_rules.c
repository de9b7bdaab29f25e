/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of one ACL user: read in Valkey's order of effect, written in ACL LIST's order. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/config/acl.h"
#include "common/mem.h"
#include "common/nearest.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum { HASH_DIGITS = 64, WORDS_MAX = 2000 };

#define AGENT_HASH "@{agent-password}"

/* In the order of ACL CAT on Valkey 8.0. */
#define CATEGORIES                                                                                 \
	"all|keyspace|read|write|set|sortedset|list|hash|string|bitmap|hyperloglog|geo|stream|"    \
	"pubsub|admin|fast|slow|blocking|dangerous|connection|transaction|scripting"

struct words {
	const char **items;
	size_t count, cap;
};

/* What a user, or one selector of it, may do. */
struct permissions {
	struct words keys, channels, commands;
};

struct cfg_acl_rules {
	struct arena *arena;
	bool is_on, is_nopass, is_unsanitized;
	struct words hashes;
	struct permissions root;
	struct permissions *selectors;
	size_t selector_count;
};

static void words_add(struct words *words, const char *word)
{
	if (words->count == words->cap) {
		words->cap = words->cap == 0 ? 8 : words->cap * 2;
		words->items = xreallocarray(words->items, words->cap, sizeof(*words->items));
	}
	words->items[words->count++] = word;
}

static void words_remove(struct words *words, size_t i)
{
	words->count--;
	memmove(words->items + i, words->items + i + 1, (words->count - i) * sizeof(*words->items));
}

static void permissions_release(struct permissions *p)
{
	free(p->keys.items);
	free(p->channels.items);
	free(p->commands.items);
}

static void drop_selectors(struct cfg_acl_rules *rules)
{
	for (size_t i = 0; i < rules->selector_count; i++)
		permissions_release(&rules->selectors[i]);
	free(rules->selectors);
	rules->selectors = NULL;
	rules->selector_count = 0;
}

void cfg_acl_rules_free(struct cfg_acl_rules *rules)
{
	if (rules == NULL)
		return;
	drop_selectors(rules);
	permissions_release(&rules->root);
	free(rules->hashes.items);
	arena_free(rules->arena);
	free(rules);
}

/* ---- keys, channels, commands ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* command or command|subcommand, in lower case */
static bool is_command(const char *text)
{
	for (int part = 0; part < 2; part++) {
		size_t len = 0;

		while (is_name_char(text[len]))
			len++;
		if (len == 0)
			return false;
		if (text[len] == '\0')
			return true;
		if (text[len] != '|')
			return false;
		text += len + 1;
	}
	return false;
}

static bool is_category(const char *name)
{
	const char *category = CATEGORIES;
	size_t len = strlen(name);

	while (*category != '\0') {
		size_t category_len = strcspn(category, "|");

		if (category_len == len && memcmp(category, name, len) == 0)
			return true;
		category += category_len + (category[category_len] == '|');
	}
	return false;
}

static enum vk_rc unknown_category(const char *rule, struct vk_err *err)
{
	char near[32];

	vk_err_set(err, VK_EINPUT, "rule '%.100s': no such category of commands", rule);
	if (vk_nearest_choice(rule + 2, CATEGORIES, near, sizeof(near)))
		vk_err_hint(err, "did you mean '%c@%s'?", rule[0], near);
	return VK_EINPUT;
}

/* True if the new rule (without its sign) makes the old one void: the same command or category,
 * or a subcommand of the command. */
static bool is_overridden(const char *old, const char *new)
{
	size_t len = strlen(new);

	return strncmp(old, new, len) == 0 && (old[len] == '\0' || old[len] == '|');
}

/* rule: "+get", "-@all", in lower case. */
static enum vk_rc add_command(struct permissions *p, const char *rule, struct vk_err *err)
{
	const char *name = rule + 1;

	if (name[0] == '@' && !is_category(name + 1))
		return unknown_category(rule, err);
	if (name[0] != '@' && !is_command(name))
		return vk_err_set(err, VK_EINPUT, "rule '%.100s': no command", rule);
	if (strcmp(name, "@all") == 0)
		p->commands.count = 0;
	for (size_t i = p->commands.count; i-- > 0;) {
		if (is_overridden(p->commands.items[i] + 1, name))
			words_remove(&p->commands, i);
	}
	words_add(&p->commands, rule);
	return VK_OK;
}

/* A pattern behind "everything" is an error for Valkey, too. */
static enum vk_rc add_pattern(
	struct words *patterns, const char *all, const char *rule, struct vk_err *err)
{
	if (patterns->count == 1 && strcmp(patterns->items[0], all) == 0 &&
		strcmp(rule, all) != 0) {
		vk_err_set(
			err, VK_EINPUT, "rule '%.100s': %s before it allows everything", rule, all);
		vk_err_hint(err, "leave one of the two out");
		return VK_EINPUT;
	}
	if (strcmp(rule, all) == 0)
		patterns->count = 0;
	for (size_t i = 0; i < patterns->count; i++) {
		if (strcmp(patterns->items[i], rule) == 0)
			return VK_OK;
	}
	words_add(patterns, rule);
	return VK_OK;
}

/* %R~x, %W~x, %RW~x, which is ~x */
static enum vk_rc add_key_permission(
	struct cfg_acl_rules *rules, struct permissions *p, const char *rule, struct vk_err *err)
{
	size_t flags = strspn(rule + 1, "RWrw");
	const char *letters = rule + 1;
	bool may_read = false, may_write = false;

	for (size_t i = 0; i < flags; i++) {
		may_read = may_read || letters[i] == 'R' || letters[i] == 'r';
		may_write = may_write || letters[i] == 'W' || letters[i] == 'w';
	}
	if (flags == 0 || letters[flags] != '~')
		return vk_err_set(
			err, VK_EINPUT, "rule '%.100s': expected %%R~, %%W~ or %%RW~", rule);
	return add_pattern(&p->keys, "~*",
		may_read && may_write ? letters + flags
				      : arena_printf(rules->arena, "%%%s%s", may_read ? "R" : "W",
						letters + flags),
		err);
}

static bool is_word(const char *rule, const char *word)
{
	for (; *word != '\0'; word++, rule++) {
		char c = *rule >= 'A' && *rule <= 'Z' ? (char)(*rule - 'A' + 'a') : *rule;

		if (c != *word)
			return false;
	}
	return *rule == '\0';
}

/* One rule about keys, channels or commands. *is_known is false if it is none of them. */
static enum vk_rc apply_permission(struct cfg_acl_rules *rules, struct permissions *p,
	const char *rule, bool *is_known, struct vk_err *err)
{
	*is_known = true;
	if (rule[0] == '~')
		return add_pattern(&p->keys, "~*", rule, err);
	if (rule[0] == '%')
		return add_key_permission(rules, p, rule, err);
	if (rule[0] == '&')
		return add_pattern(&p->channels, "&*", rule, err);
	if (rule[0] == '+' || rule[0] == '-') {
		char *lower = arena_strdup(rules->arena, rule);

		for (char *c = lower; *c != '\0'; c++) {
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		}
		return add_command(p, lower, err);
	}
	if (is_word(rule, "allkeys"))
		return add_pattern(&p->keys, "~*", "~*", err);
	if (is_word(rule, "allchannels"))
		return add_pattern(&p->channels, "&*", "&*", err);
	if (is_word(rule, "allcommands"))
		return add_command(p, "+@all", err);
	if (is_word(rule, "nocommands"))
		return add_command(p, "-@all", err);
	if (is_word(rule, "resetkeys"))
		p->keys.count = 0;
	else if (is_word(rule, "resetchannels"))
		p->channels.count = 0;
	else
		*is_known = false;
	return VK_OK;
}

/* ---- what only the user as a whole has ---- */

static bool is_hash(const char *text)
{
	struct vk_placeholder found;

	if (strcmp(text, AGENT_HASH) == 0)
		return true;
	if (text[0] == '@')
		return vk_placeholder_find(text, &found) && found.is_valid &&
		       found.form == VK_PLACEHOLDER_SHA256 && found.start == text &&
		       text[found.len] == '\0';
	return strlen(text) == HASH_DIGITS && strspn(text, "0123456789abcdef") == HASH_DIGITS;
}

static void remove_hash(struct cfg_acl_rules *rules, const char *hash)
{
	for (size_t i = rules->hashes.count; i-- > 0;) {
		if (strcmp(rules->hashes.items[i], hash) == 0)
			words_remove(&rules->hashes, i);
	}
}

/* #hash, !hash; and >password, <password, which are refused without a trace of them. */
static enum vk_rc apply_password(struct cfg_acl_rules *rules, const char *rule, struct vk_err *err)
{
	if (rule[0] == '>' || rule[0] == '<') {
		vk_err_set(err, VK_EINPUT, "a password in clear text (%c...)", rule[0]);
		vk_err_hint(err, "write passwords: [\"sha256:...\"] with the password's SHA-256");
		return VK_EINPUT;
	}
	if (!is_hash(rule + 1)) {
		vk_err_set(err, VK_EINPUT, "a password hash (%c...) of the wrong form", rule[0]);
		vk_err_hint(err, "64 hexadecimal digits in lower case");
		return VK_EINPUT;
	}
	remove_hash(rules, rule + 1);
	if (rule[0] == '!')
		return VK_OK;
	words_add(&rules->hashes, rule + 1);
	rules->is_nopass = false;
	return VK_OK;
}

static bool apply_word(struct cfg_acl_rules *rules, const char *rule)
{
	if (is_word(rule, "on") || is_word(rule, "off")) {
		rules->is_on = is_word(rule, "on");
	} else if (is_word(rule, "nopass") || is_word(rule, "resetpass")) {
		rules->is_nopass = is_word(rule, "nopass");
		rules->hashes.count = 0;
	} else if (is_word(rule, "sanitize-payload") || is_word(rule, "skip-sanitize-payload")) {
		rules->is_unsanitized = is_word(rule, "skip-sanitize-payload");
	} else if (is_word(rule, "clearselectors")) {
		drop_selectors(rules);
	} else if (is_word(rule, "reset")) {
		rules->is_on = rules->is_nopass = rules->is_unsanitized = false;
		rules->hashes.count = rules->root.keys.count = 0;
		rules->root.channels.count = rules->root.commands.count = 0;
		drop_selectors(rules);
	} else {
		return false;
	}
	return true;
}

static enum vk_rc unknown_rule(const char *rule, struct vk_err *err)
{
	char near[32];

	vk_err_set(err, VK_EINPUT, "rule '%.100s' is not known", rule);
	if (vk_nearest_choice(rule,
		    "on|off|nopass|resetpass|reset|allkeys|resetkeys|allchannels|resetchannels|"
		    "allcommands|nocommands|clearselectors|sanitize-payload|skip-sanitize-payload",
		    near, sizeof(near)))
		vk_err_hint(err, "did you mean '%s'?", near);
	else
		vk_err_hint(
			err, "keys are ~pattern, channels &pattern, commands +name or +@category");
	return VK_EINPUT;
}

/* The rules of a selector, up to the word that ends with ')'. words[*i] begins with '('. */
static enum vk_rc apply_selector(struct cfg_acl_rules *rules, const char *const *words,
	size_t count, size_t *i, struct vk_err *err)
{
	struct permissions *p;
	bool is_last = false, is_known;
	enum vk_rc rc;

	rules->selectors = xreallocarray(
		rules->selectors, rules->selector_count + 1, sizeof(*rules->selectors));
	p = &rules->selectors[rules->selector_count++];
	memset(p, 0, sizeof(*p));
	for (size_t first = *i; *i < count && !is_last; (*i)++) {
		const char *begin = words[*i] + (*i == first);
		size_t len = strlen(begin);
		const char *rule;

		is_last = len > 0 && begin[len - 1] == ')';
		rule = arena_dup(rules->arena, begin, len - is_last);
		if (rule[0] == '\0')
			continue;
		if ((rc = apply_permission(rules, p, rule, &is_known, err)) != VK_OK)
			return rc;
		if (!is_known)
			return vk_err_set(err, VK_EINPUT,
				"rule '%.100s' is not known inside a selector", rule);
	}
	if (!is_last)
		return vk_err_set(err, VK_EINPUT, "a selector without its closing parenthesis");
	(*i)--;
	return VK_OK;
}

static enum vk_rc apply_rule(struct cfg_acl_rules *rules, const char *const *words, size_t count,
	size_t *i, struct vk_err *err)
{
	const char *rule = words[*i];
	bool is_known;
	enum vk_rc rc;

	if (rule[0] == '(')
		return apply_selector(rules, words, count, i, err);
	if (strchr("><#!", rule[0]) != NULL)
		return apply_password(rules, rule, err);
	if (apply_word(rules, rule))
		return VK_OK;
	rc = apply_permission(rules, &rules->root, rule, &is_known, err);
	if (rc == VK_OK && !is_known)
		rc = unknown_rule(rule, err);
	return rc;
}

static enum vk_rc split(
	struct cfg_acl_rules *rules, const char *text, struct words *words, struct vk_err *err)
{
	if (strlen(text) > CFG_ACL_RULES_MAX_BYTES)
		return vk_err_set(
			err, VK_EINPUT, "rules of more than %d bytes", CFG_ACL_RULES_MAX_BYTES);
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		for (size_t i = 0; i < len; i++) {
			if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
				return vk_err_set(err, VK_EINPUT,
					"a control character (byte 0x%02x) in the rules",
					(unsigned char)text[i]);
		}
		if (words->count == WORDS_MAX)
			return vk_err_set(err, VK_EINPUT, "more than %d rules", WORDS_MAX);
		words_add(words, arena_dup(rules->arena, text, len));
		text += len;
	}
	return VK_OK;
}

enum vk_rc cfg_acl_rules_parse(const char *text, const char *const *hashes, size_t hash_count,
	struct cfg_acl_rules **out, struct vk_err *err)
{
	struct cfg_acl_rules *rules = xcalloc(1, sizeof(*rules));
	struct words words = {.items = NULL};
	enum vk_rc rc;

	rules->arena = arena_new();
	rc = split(rules, text, &words, err);
	for (size_t i = 0; i < words.count && rc == VK_OK; i++)
		rc = apply_rule(rules, words.items, words.count, &i, err);
	if (rc == VK_OK && rules->is_nopass && hash_count > 0) {
		rc = vk_err_set(err, VK_EINPUT, "nopass and passwords exclude each other");
		vk_err_hint(err, "nopass lets everybody in with any password");
	}
	for (size_t i = 0; i < hash_count && rc == VK_OK; i++)
		rc = apply_password(rules, arena_printf(rules->arena, "#%s", hashes[i]), err);
	free(words.items);
	if (rc == VK_OK)
		*out = rules;
	else
		cfg_acl_rules_free(rules);
	return rc;
}

/* ---- writing ---- */

static void format_words(const struct words *words, const char *prefix, struct vk_buf *out)
{
	for (size_t i = 0; i < words->count; i++)
		vk_buf_addf(out, " %s%s", prefix, words->items[i]);
}

static void format_permissions(const struct permissions *p, struct vk_buf *out)
{
	bool has_all_channels = p->channels.count > 0 && strcmp(p->channels.items[0], "&*") == 0;

	format_words(&p->keys, "", out);
	vk_buf_adds(out, has_all_channels ? "" : " resetchannels");
	format_words(&p->channels, "", out);
	if (p->commands.count == 0 || strcmp(p->commands.items[0] + 1, "@all") != 0)
		vk_buf_adds(out, " -@all");
	format_words(&p->commands, "", out);
}

void cfg_acl_rules_format(const struct cfg_acl_rules *rules, struct vk_buf *out)
{
	vk_buf_adds(out, rules->is_on ? "on" : "off");
	vk_buf_adds(out, rules->is_nopass ? " nopass" : "");
	vk_buf_adds(out, rules->is_unsanitized ? " skip-sanitize-payload" : " sanitize-payload");
	format_words(&rules->hashes, "#", out);
	format_permissions(&rules->root, out);
	for (size_t i = 0; i < rules->selector_count; i++) {
		struct vk_buf selector;

		vk_buf_init(&selector, 2 * CFG_ACL_RULES_MAX_BYTES);
		format_permissions(&rules->selectors[i], &selector);
		vk_buf_addf(out, " (%s)", selector.data + 1);
		vk_buf_release(&selector);
	}
}

bool cfg_acl_is_on(const struct cfg_acl_rules *rules)
{
	return rules->is_on;
}

bool cfg_acl_is_nopass(const struct cfg_acl_rules *rules)
{
	return rules->is_nopass;
}

static bool allows_commands(const struct permissions *p)
{
	for (size_t i = 0; i < p->commands.count; i++) {
		if (p->commands.items[i][0] == '+')
			return true;
	}
	return false;
}

bool cfg_acl_has_commands(const struct cfg_acl_rules *rules)
{
	if (allows_commands(&rules->root))
		return true;
	for (size_t i = 0; i < rules->selector_count; i++) {
		if (allows_commands(&rules->selectors[i]))
			return true;
	}
	return false;
}
