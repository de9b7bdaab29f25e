/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs in ACL users: rules in their normal form, where the order of patterns and passwords
 * does not count, and that of commands does. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/diff_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum {
	RULES_MAX_BYTES = 8 * CFG_ACL_RULES_MAX_BYTES,
	PASSWORDS_MAX = 1000, /* those behind it share a number */
};

static const char *take(struct cfg_diff *diff, struct vk_buf *text)
{
	const char *out = arena_dup(diff->arena, text->data, text->len);

	vk_buf_release(text);
	return out;
}

/* Rules with "#secret:NAME" for the placeholders of all of its versions, which stand side by side.
 */
static const char *hide_versions(struct cfg_diff *diff, const char *rules)
{
	char last[VK_NAME_BYTES] = "";
	struct vk_placeholder found;
	struct vk_buf out;

	if (!vk_placeholder_find(rules, &found))
		return rules;
	vk_buf_init(&out, RULES_MAX_BYTES);
	while (vk_placeholder_find(rules, &found) && found.is_valid) {
		size_t before = (size_t)(found.start - rules);

		/* " #" between two versions of the same secret */
		if (strcmp(last, found.name) != 0 || before != 2) {
			vk_buf_add(&out, rules, before);
			vk_buf_addf(&out, "secret:%s", found.name);
		}
		memcpy(last, found.name, sizeof(last));
		rules = found.start + found.len;
	}
	vk_buf_adds(&out, rules);
	return take(diff, &out);
}

/* ---- order ---- */

/* Words of one class may change places: passwords, patterns of keys, patterns of channels. */
static char class_of(const char *word)
{
	switch (word[0]) {
	case '#':
		return '#';
	case '~':
	case '%':
		return '~';
	case '&':
		return '&';
	default:
		return '\0';
	}
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts each run of words of one class; selectors stay as they are. */
static void sort_runs(char **words, size_t count)
{
	size_t same;

	for (size_t i = 0; i < count && words[i][0] != '('; i += same) {
		for (same = 1; i + same < count && class_of(words[i]) != '\0'; same++) {
			if (class_of(words[i + same]) != class_of(words[i]))
				break;
		}
		qsort(words + i, same, sizeof(*words), compare_words);
	}
}

static const char *sort_rules(struct cfg_diff *diff, const char *rules)
{
	char *copy = arena_strdup(diff->arena, rules), *word;
	char **words = xcalloc(strlen(rules) / 2 + 1, sizeof(*words));
	struct vk_buf out;
	size_t count = 0;

	while ((word = strsep(&copy, " ")) != NULL) {
		if (word[0] != '\0')
			words[count++] = word;
	}
	sort_runs(words, count);
	vk_buf_init(&out, RULES_MAX_BYTES);
	for (size_t i = 0; i < count; i++)
		vk_buf_addf(&out, "%s%s", i > 0 ? " " : "", words[i]);
	free(words);
	return take(diff, &out);
}

/* ---- showing ---- */

/* The passwords of both sides, numbered as they come. */
struct passwords {
	const char *words[PASSWORDS_MAX];
	size_t count;
};

static bool is_hash(const char *word, size_t len)
{
	return len > 1 && word[0] == '#' && word[1] != '@' &&
	       strncmp(word, "#secret:", strlen("#secret:")) != 0;
}

static size_t number_of(
	struct cfg_diff *diff, struct passwords *passwords, const char *word, size_t len)
{
	for (size_t i = 0; i < passwords->count; i++) {
		if (strlen(passwords->words[i]) == len &&
			memcmp(passwords->words[i], word, len) == 0)
			return i + 1;
	}
	if (passwords->count < PASSWORDS_MAX)
		passwords->words[passwords->count++] = arena_dup(diff->arena, word, len);
	return passwords->count;
}

/* Rules with "#password-1" for a hash: enough to see that a password changes, and nothing that a
 * guess could be tried on. */
static const char *shown_rules(
	struct cfg_diff *diff, struct passwords *passwords, const char *rules)
{
	struct vk_buf shown;

	if (rules == NULL)
		return NULL;
	vk_buf_init(&shown, RULES_MAX_BYTES);
	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");

		if (is_hash(rules, len))
			vk_buf_addf(
				&shown, "#password-%zu", number_of(diff, passwords, rules, len));
		else
			vk_buf_add(&shown, rules, len);
		rules += len;
		vk_buf_adds(&shown, *rules != '\0' ? " " : "");
		rules += *rules != '\0';
	}
	return take(diff, &shown);
}

static void add_user(
	struct cfg_diff *diff, const char *name, const char *old_rules, const char *new_rules)
{
	struct passwords passwords = {.count = 0};
	const char *before = shown_rules(diff, &passwords, old_rules);
	const char *after = shown_rules(diff, &passwords, new_rules);

	cfg_diff_add(diff, CFG_CHANGE_USER, name, before, after);
	cfg_diff_add_raw(diff, old_rules, new_rules);
}

/* ---- comparing ---- */

/* A password that only the host knows, or a sealed one. */
static bool has_unknown_password(const char *rules)
{
	return strstr(rules, "#@{") != NULL || strstr(rules, "#secret:") != NULL;
}

static const char *without_passwords(struct cfg_diff *diff, const char *rules)
{
	struct vk_buf out;

	vk_buf_init(&out, RULES_MAX_BYTES);
	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");

		if (rules[0] != '#')
			vk_buf_addf(&out, "%s%.*s", out.len > 0 ? " " : "", (int)len, rules);
		rules += len + (rules[len] == ' ');
	}
	return take(diff, &out);
}

static bool is_same_user(
	struct cfg_diff *diff, bool is_running, const char *before, const char *after)
{
	if (strcmp(before, after) == 0)
		return true;
	if (!is_running || !has_unknown_password(after) || strchr(before, '#') == NULL)
		return false;
	return strcmp(without_passwords(diff, before), without_passwords(diff, after)) == 0;
}

static const char *normal_rules(struct cfg_diff *diff, const struct cfg_acl_user *user)
{
	return user != NULL ? sort_rules(diff, hide_versions(diff, user->rules)) : NULL;
}

static void compare_user(struct cfg_diff *diff, bool is_running, const struct cfg_acl_user *x,
	const struct cfg_acl_user *y)
{
	const char *before, *after;

	if (x != NULL && y != NULL && strcmp(x->rules, y->rules) == 0)
		return;
	before = normal_rules(diff, x);
	after = normal_rules(diff, y);
	if (x == NULL || y == NULL || !is_same_user(diff, is_running, before, after))
		add_user(diff, x != NULL ? x->name : y->name, before, after);
}

void cfg_diff_users(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	size_t a_count = a->acl != NULL ? cfg_acl_count(a->acl) : 0;
	size_t b_count = b->acl != NULL ? cfg_acl_count(b->acl) : 0;
	bool is_running = a->running != NULL;

	for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
		const struct cfg_acl_user *x = i < a_count ? cfg_acl_at(a->acl, i) : NULL;
		const struct cfg_acl_user *y = k < b_count ? cfg_acl_at(b->acl, k) : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);

		if (order >= 0 || !is_running || !vk_bundle_keeps_user(b->bundle, x->name))
			compare_user(
				diff, is_running, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}
