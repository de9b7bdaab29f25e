/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/acl_permissions.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl_command.h"
#include "common/config/value_words.h"
#include "common/mem.h"
#include "common/nearest.h"
#include "common/num.h"

#include "common/banned.h"

enum { DATABASES_MAX = 1000, DATABASES_MAX_BYTES = 16 * 1024 };

/* In the order of ACL CAT. */
#define CATEGORIES                                                                                 \
	"all|keyspace|read|write|set|sortedset|list|hash|string|bitmap|hyperloglog|geo|stream|"    \
	"pubsub|admin|fast|slow|blocking|dangerous|connection|transaction|scripting"

void acl_words_add(struct acl_words *words, const char *word)
{
	if (words->count == words->cap) {
		words->cap = words->cap == 0 ? 8 : words->cap * 2;
		words->items = xreallocarray(words->items, words->cap, sizeof(*words->items));
	}
	words->items[words->count++] = word;
}

void acl_words_remove(struct acl_words *words, size_t i)
{
	words->count--;
	memmove(words->items + i, words->items + i + 1, (words->count - i) * sizeof(*words->items));
}

bool acl_is_word(const char *rule, const char *word)
{
	for (; *word != '\0'; word++, rule++) {
		char c = *rule >= 'A' && *rule <= 'Z' ? (char)(*rule - 'A' + 'a') : *rule;

		if (c != *word)
			return false;
	}
	return *rule == '\0';
}

void acl_permissions_reset(struct acl_permissions *p)
{
	free(p->keys.items);
	free(p->channels.items);
	free(p->commands.items);
	memset(p, 0, sizeof(*p));
}

/* ---- keys and channels ---- */

static enum vk_rc refuse_after_all(const char *rule, const char *all, struct vk_err *err)
{
	vk_err_set(err, VK_EINPUT, "rule '%.100s': %s before it allows everything", rule, all);
	vk_err_hint(err, "leave one of the two out");
	return VK_EINPUT;
}

static void set_all(struct acl_words *patterns, bool *has_all, bool value)
{
	patterns->count = 0;
	*has_all = value;
}

enum { ACL_READ = 1, ACL_WRITE = 2 };

/* ~x, %R~x, %W~x, %RW~x: the pattern, and what may be done with its keys. NULL: no such thing. */
static const char *read_key_access(const char *rule, unsigned *access)
{
	*access = ACL_READ | ACL_WRITE;
	if (rule[0] == '~')
		return rule + 1;
	*access = 0;
	for (rule++; *rule != '~'; rule++) {
		unsigned bit = *rule == 'R' || *rule == 'r'   ? ACL_READ
			       : *rule == 'W' || *rule == 'w' ? ACL_WRITE
							      : 0;

		if (bit == 0 || (*access & bit) != 0)
			return NULL;
		*access |= bit;
	}
	return *access != 0 ? rule + 1 : NULL;
}

/* A pattern that is there already gets what the new rule allows as well. All access to all keys is
 * ~*, however it is written: Valkey writes it so, too, but takes it for less until it reads it
 * again. */
static enum vk_rc add_key(
	struct acl_permissions *p, struct arena *arena, const char *rule, struct vk_err *err)
{
	static const char *const prefixes[] = {
		[ACL_READ] = "%R", [ACL_WRITE] = "%W", [ACL_READ | ACL_WRITE] = ""};
	unsigned access, old_access;
	const char *pattern;
	size_t i;

	if (p->has_all_keys)
		return refuse_after_all(rule, "~*", err);
	pattern = read_key_access(rule, &access);
	if (pattern == NULL)
		return vk_err_set(
			err, VK_EINPUT, "rule '%.100s': expected %%R~, %%W~ or %%RW~", rule);
	for (i = 0; i < p->keys.count; i++) {
		if (strcmp(read_key_access(p->keys.items[i], &old_access), pattern) != 0)
			continue;
		access |= old_access;
		break;
	}
	if (strcmp(pattern, "*") == 0 && access == (ACL_READ | ACL_WRITE)) {
		set_all(&p->keys, &p->has_all_keys, true);
		return VK_OK;
	}
	if (i == p->keys.count)
		acl_words_add(&p->keys, NULL);
	p->keys.items[i] = arena_printf(arena, "%s~%s", prefixes[access], pattern);
	return VK_OK;
}

static enum vk_rc add_channel(struct acl_permissions *p, const char *rule, struct vk_err *err)
{
	if (p->has_all_channels)
		return refuse_after_all(rule, "&*", err);
	for (size_t i = 0; i < p->channels.count; i++) {
		if (strcmp(p->channels.items[i], rule) == 0)
			return VK_OK;
	}
	acl_words_add(&p->channels, rule);
	return VK_OK;
}

/* ---- databases ---- */

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* "0,1" -> sorted numbers. */
static enum vk_rc read_databases(
	const char *rule, uint64_t numbers[DATABASES_MAX], size_t *count, struct vk_err *err)
{
	const char *text = strchr(rule, '=') + 1;

	for (*count = 0;; text++) {
		size_t sign = *text == '+' || *text == '-', len = strspn(text + sign, "0123456789");
		char digits[24] = "";

		if (len == 0 || (text[sign + len] != ',' && text[sign + len] != '\0'))
			return vk_err_set(err, VK_EINPUT,
				"rule '%.100s': expected numbers with commas between them", rule);
		if (*count == DATABASES_MAX)
			return vk_err_set(err, VK_EINPUT, "rule '%.100s': more than %d databases",
				rule, DATABASES_MAX);
		memcpy(digits, text + sign, len < sizeof(digits) ? len : 0);
		if (!vk_parse_uint(digits, 0, INT_MAX, &numbers[*count]) ||
			(*text == '-' && numbers[*count] > 0))
			return vk_err_set(err, VK_EINPUT,
				"rule '%.100s': no such number of a database", rule);
		(*count)++;
		text += sign + len;
		if (*text == '\0')
			break;
	}
	qsort(numbers, *count, sizeof(*numbers), compare_numbers);
	return VK_OK;
}

static enum vk_rc set_databases(
	struct acl_permissions *p, struct arena *arena, const char *rule, struct vk_err *err)
{
	uint64_t numbers[DATABASES_MAX];
	struct vk_buf text;
	size_t count;
	enum vk_rc rc = read_databases(rule, numbers, &count, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&text, DATABASES_MAX_BYTES);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || numbers[i] != numbers[i - 1])
			vk_buf_addf(&text, "%s%" PRIu64, i == 0 ? "db=" : ",", numbers[i]);
	}
	p->databases = arena_dup(arena, text.data, text.len);
	vk_buf_release(&text);
	return VK_OK;
}

/* ---- commands ---- */

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
static enum vk_rc add_command(
	struct acl_permissions *p, const char *version, const char *rule, struct vk_err *err)
{
	const char *name = rule + 1;
	enum vk_rc rc;

	if (name[0] == '@' && !cfg_value_is_choice(CATEGORIES, name + 1))
		return unknown_category(rule, err);
	if (name[0] != '@' && (rc = cfg_acl_check_command(rule, version, err)) != VK_OK)
		return rc;
	if (strcmp(name, "@all") == 0)
		p->commands.count = 0;
	for (size_t i = p->commands.count; i-- > 0;) {
		if (is_overridden(p->commands.items[i] + 1, name))
			acl_words_remove(&p->commands, i);
	}
	acl_words_add(&p->commands, rule);
	return VK_OK;
}

static const char *to_lower(struct arena *arena, const char *rule)
{
	char *lower = arena_strdup(arena, rule);

	for (char *c = lower; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return lower;
}

/* ---- one rule ---- */

/* The rules that take nothing. */
static bool apply_word(
	struct acl_permissions *p, const char *version, const char *rule, struct vk_err *err)
{
	if (acl_is_word(rule, "allkeys") || strcmp(rule, "~*") == 0)
		set_all(&p->keys, &p->has_all_keys, true);
	else if (acl_is_word(rule, "resetkeys"))
		set_all(&p->keys, &p->has_all_keys, false);
	else if (acl_is_word(rule, "allchannels") || strcmp(rule, "&*") == 0)
		set_all(&p->channels, &p->has_all_channels, true);
	else if (acl_is_word(rule, "resetchannels"))
		set_all(&p->channels, &p->has_all_channels, false);
	else if (acl_is_word(rule, "allcommands"))
		return add_command(p, version, "+@all", err) == VK_OK;
	else if (acl_is_word(rule, "nocommands"))
		return add_command(p, version, "-@all", err) == VK_OK;
	else
		return false;
	return true;
}

static bool is_about_databases(const char *rule)
{
	return acl_is_word(rule, "alldbs") || acl_is_word(rule, "resetdbs") ||
	       ((rule[0] == 'd' || rule[0] == 'D') && (rule[1] == 'b' || rule[1] == 'B') &&
		       rule[2] == '=');
}

enum vk_rc acl_permissions_apply(struct acl_permissions *p, struct arena *arena,
	const char *version, const char *rule, bool *is_known, struct vk_err *err)
{
	*is_known = true;
	if (apply_word(p, version, rule, err))
		return VK_OK;
	if (rule[0] == '~' || rule[0] == '%')
		return add_key(p, arena, rule, err);
	if (rule[0] == '&')
		return add_channel(p, rule, err);
	if (rule[0] == '+' || rule[0] == '-')
		return add_command(p, version, to_lower(arena, rule), err);
	*is_known = is_about_databases(rule) && cfg_acl_has_databases(version);
	if (!*is_known)
		return VK_OK;
	if (strchr(rule, '=') != NULL)
		return set_databases(p, arena, rule, err);
	p->databases = acl_is_word(rule, "alldbs") ? NULL : "resetdbs";
	return VK_OK;
}

/* ---- writing ---- */

static void format_words(const struct acl_words *words, struct vk_buf *out)
{
	for (size_t i = 0; i < words->count; i++)
		vk_buf_addf(out, " %s", words->items[i]);
}

void acl_permissions_format(const struct acl_permissions *p, struct vk_buf *out)
{
	vk_buf_adds(out, p->has_all_keys ? " ~*" : "");
	format_words(&p->keys, out);
	vk_buf_adds(out, p->has_all_channels ? " &*" : " resetchannels");
	format_words(&p->channels, out);
	if (p->databases != NULL)
		vk_buf_addf(out, " %s", p->databases);
	if (p->commands.count == 0 || strcmp(p->commands.items[0] + 1, "@all") != 0)
		vk_buf_adds(out, " -@all");
	format_words(&p->commands, out);
}
