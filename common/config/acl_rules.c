/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of one ACL user: read in Valkey's order of effect, written in ACL LIST's order. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/config/acl.h"
#include "common/config/acl_permissions.h"
#include "common/mem.h"
#include "common/nearest.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum { HASH_DIGITS = 64, WORDS_MAX = 2000 };

#define AGENT_HASH "@{agent-password}"

struct cfg_acl_rules {
	struct arena *arena;
	const char *version; /* by which commands are looked up, or NULL */
	bool is_on, is_nopass, is_unsanitized;
	struct acl_words hashes;
	struct acl_permissions root;
	struct acl_permissions *selectors;
	size_t selector_count;
};

static void drop_selectors(struct cfg_acl_rules *rules)
{
	for (size_t i = 0; i < rules->selector_count; i++)
		acl_permissions_reset(&rules->selectors[i]);
	free(rules->selectors);
	rules->selectors = NULL;
	rules->selector_count = 0;
}

void cfg_acl_rules_free(struct cfg_acl_rules *rules)
{
	if (rules == NULL)
		return;
	drop_selectors(rules);
	acl_permissions_reset(&rules->root);
	free(rules->hashes.items);
	arena_free(rules->arena);
	free(rules);
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

static bool find_hash(const struct cfg_acl_rules *rules, const char *hash, size_t *at)
{
	for (*at = 0; *at < rules->hashes.count; (*at)++) {
		if (strcmp(rules->hashes.items[*at], hash) == 0)
			return true;
	}
	return false;
}

/* #hash, !hash; and >password, <password, which are refused without a trace of them. */
static enum vk_rc apply_password(struct cfg_acl_rules *rules, const char *rule, struct vk_err *err)
{
	size_t at;
	bool is_there;

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
	is_there = find_hash(rules, rule + 1, &at);
	if (rule[0] == '!' && !is_there) {
		vk_err_set(err, VK_EINPUT, "a password to be removed (!...) that is not there");
		vk_err_hint(err, "each user begins without passwords: leave the rule out");
		return VK_EINPUT;
	}
	if (rule[0] == '!') {
		acl_words_remove(&rules->hashes, at);
		return VK_OK;
	}
	if (!is_there)
		acl_words_add(&rules->hashes, rule + 1);
	rules->is_nopass = false;
	return VK_OK;
}

static bool apply_word(struct cfg_acl_rules *rules, const char *rule)
{
	if (acl_is_word(rule, "on") || acl_is_word(rule, "off")) {
		rules->is_on = acl_is_word(rule, "on");
	} else if (acl_is_word(rule, "nopass") || acl_is_word(rule, "resetpass")) {
		rules->is_nopass = acl_is_word(rule, "nopass");
		rules->hashes.count = 0;
	} else if (acl_is_word(rule, "sanitize-payload") ||
		   acl_is_word(rule, "skip-sanitize-payload")) {
		rules->is_unsanitized = acl_is_word(rule, "skip-sanitize-payload");
	} else if (acl_is_word(rule, "clearselectors")) {
		drop_selectors(rules);
	} else if (acl_is_word(rule, "reset")) {
		rules->is_on = rules->is_nopass = rules->is_unsanitized = false;
		rules->hashes.count = 0;
		acl_permissions_reset(&rules->root);
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

/* Valkey splits a selector once more, with quotes, and takes one whose quotes are not closed for
 * empty; and what it prints of one with parentheses inside it does not read again. */
static enum vk_rc refuse_marks(const char *rule, struct vk_err *err)
{
	vk_err_set(
		err, VK_EINPUT, "rule '%.100s': a quote or a parenthesis inside a selector", rule);
	vk_err_hint(err, "write ? for the character");
	return VK_EINPUT;
}

static enum vk_rc apply_in_selector(struct cfg_acl_rules *rules, struct acl_permissions *p,
	const char *rule, struct vk_err *err)
{
	bool is_known;
	enum vk_rc rc;

	if (rule[0] == '\0')
		return VK_OK;
	if (strpbrk(rule, "\"'()") != NULL)
		return refuse_marks(rule, err);
	rc = acl_permissions_apply(p, rules->arena, rules->version, rule, &is_known, err);
	if (rc == VK_OK && !is_known)
		rc = vk_err_set(
			err, VK_EINPUT, "rule '%.100s' is not known inside a selector", rule);
	return rc;
}

/* The word that ends with ')', or count. */
static size_t end_of_selector(const char *const *words, size_t count, size_t first)
{
	while (first < count && words[first][strlen(words[first]) - 1] != ')')
		first++;
	return first;
}

/* Valkey looks for it before it looks at any rule. */
static enum vk_rc check_selectors(const struct acl_words *words, struct vk_err *err)
{
	for (size_t i = 0; i < words->count; i++) {
		if (words->items[i][0] != '(')
			continue;
		i = end_of_selector(words->items, words->count, i);
		if (i == words->count)
			return vk_err_set(
				err, VK_EINPUT, "a selector without its closing parenthesis");
	}
	return VK_OK;
}

/* The rules of a selector, up to the word that ends with ')'. words[*i] begins with '('. */
static enum vk_rc apply_selector(struct cfg_acl_rules *rules, const char *const *words,
	size_t count, size_t *i, struct vk_err *err)
{
	size_t first = *i, last = end_of_selector(words, count, first);
	enum vk_rc rc = VK_OK;

	rules->selectors = xreallocarray(
		rules->selectors, rules->selector_count + 1, sizeof(*rules->selectors));
	memset(&rules->selectors[rules->selector_count++], 0, sizeof(*rules->selectors));
	for (*i = first; *i <= last && rc == VK_OK; (*i)++) {
		const char *begin = words[*i] + (*i == first);
		size_t len = strlen(begin);

		rc = apply_in_selector(rules, &rules->selectors[rules->selector_count - 1],
			arena_dup(rules->arena, begin, len - (*i == last)), err);
	}
	*i = last;
	return rc;
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
	rc = acl_permissions_apply(
		&rules->root, rules->arena, rules->version, rule, &is_known, err);
	if (rc == VK_OK && !is_known)
		rc = unknown_rule(rule, err);
	return rc;
}

static enum vk_rc split(
	struct cfg_acl_rules *rules, const char *text, struct acl_words *words, struct vk_err *err)
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
		acl_words_add(words, arena_dup(rules->arena, text, len));
		text += len;
	}
	return VK_OK;
}

enum vk_rc cfg_acl_rules_parse(const char *text, const char *version, const char *const *hashes,
	size_t hash_count, struct cfg_acl_rules **out, struct vk_err *err)
{
	struct cfg_acl_rules *rules = xcalloc(1, sizeof(*rules));
	struct acl_words words = {.items = NULL};
	enum vk_rc rc;

	rules->arena = arena_new();
	rules->version = version;
	rc = split(rules, text, &words, err);
	if (rc == VK_OK)
		rc = check_selectors(&words, err);
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

void cfg_acl_rules_format(const struct cfg_acl_rules *rules, struct vk_buf *out)
{
	vk_buf_adds(out, rules->is_on ? "on" : "off");
	vk_buf_adds(out, rules->is_nopass ? " nopass" : "");
	vk_buf_adds(out, rules->is_unsanitized ? " skip-sanitize-payload" : " sanitize-payload");
	for (size_t i = 0; i < rules->hashes.count; i++)
		vk_buf_addf(out, " #%s", rules->hashes.items[i]);
	acl_permissions_format(&rules->root, out);
	for (size_t i = 0; i < rules->selector_count; i++) {
		struct vk_buf selector;

		vk_buf_init(&selector, 2 * CFG_ACL_RULES_MAX_BYTES);
		acl_permissions_format(&rules->selectors[i], &selector);
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

static bool allows_commands(const struct acl_permissions *p)
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
