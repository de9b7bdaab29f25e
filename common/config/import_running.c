/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/import_running.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum { LINES_MAX_BYTES = 1024 * 1024, RULES_MAX_BYTES = 4 * CFG_ACL_RULES_MAX_BYTES };

#define RUNNING_SOURCE "what runs"
#define OPEN_RULES "on nopass ~* &* +@all"

static const char *find(const struct cfg_conf_value *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(items[i].name, name) == 0)
			return items[i].value;
	}
	return NULL;
}

static void add(struct cfg_import *import, const struct cfg_import_difference *difference)
{
	if (import->difference_count == CFG_IMPORT_MAX_DIFFERENCES)
		return;
	if (import->difference_count % 64 == 0)
		import->differences = xreallocarray(import->differences,
			import->difference_count + 64, sizeof(*import->differences));
	import->differences[import->difference_count++] = *difference;
}

/* ---- values ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* What the files add up to, as CONFIG GET prints it; NULL where nobody can say. */
static const char *file_value(
	struct cfg_import *import, const struct import_entry *entry, const struct cfg_directive *d)
{
	struct vk_buf text;
	const char *out = NULL;

	if (entry == NULL || entry->count == 0)
		return d->fallback;
	if (entry->origin != NULL)
		return entry->origin;
	vk_buf_init(&text, 4 * CFG_CONF_MAX_BYTES);
	if (cfg_value_normalise_list(d, entry->items, entry->count, &text, NULL) == VK_OK)
		out = arena_dup(import->arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

static bool is_lowered(const struct cfg_directive *d, const char *want, const char *actual)
{
	uint64_t asked, number;

	return strcmp(d->name, "maxclients") == 0 && vk_parse_uint(want, 0, INT64_MAX, &asked) &&
	       vk_parse_uint(actual, 0, asked, &number);
}

static bool is_same_value(const struct cfg_directive *d, const char *want, const char *actual)
{
	if (d->type == CFG_TYPE_FILENAME && strcmp(base_name(want), base_name(actual)) == 0)
		return true; /* Valkey took a path */
	return cfg_value_is_same(d, want, actual) || is_lowered(d, want, actual);
}

static const char *secret_value(const struct cfg_import *import, const char *name)
{
	for (size_t i = 0; name != NULL && i < import->secret_count; i++) {
		if (strcmp(import->secrets[i].name, name) == 0)
			return import->secrets[i].value;
	}
	return "";
}

static void compare_secret(struct cfg_import *import, const struct cfg_import_running *running,
	const struct cfg_directive *d, const char *actual)
{
	const struct import_entry *entry = import_find(import, d->name);
	const char *want = secret_value(import, entry != NULL ? entry->secret : NULL);
	bool is_same = *want == '\0' || *actual == '\0'
			       ? *want == *actual
			       : running->has_secret(running->context, d->name, want);

	if (!is_same)
		add(import, &(struct cfg_import_difference){.subject = d->name,
				    .in_file = *want != '\0' ? "(secret)" : "",
				    .running = *actual != '\0' ? "(secret)" : "",
				    .file = entry != NULL ? entry->place.file : "",
				    .line = entry != NULL ? entry->place.line : 0,
				    .is_secret = true});
}

/* Whoever starts the process decides, or the running topology does; a cluster node reports one
 * database whatever its file says. */
static bool is_no_matter_of_files(const struct cfg_import_running *running, const char *name)
{
	const char *cluster = find(running->values, running->value_count, "cluster-enabled");

	return strcmp(name, "databases") == 0 && cluster != NULL && strcmp(cluster, "yes") == 0;
}

static void compare_value(struct cfg_import *import, const struct cfg_import_running *running,
	const struct cfg_directive *d, const char *actual)
{
	const struct import_entry *entry = import_find(import, d->name);
	const char *want = file_value(import, entry, d);

	if (want == NULL || is_same_value(d, want, actual) ||
		is_no_matter_of_files(running, d->name))
		return;
	add(import, &(struct cfg_import_difference){.subject = d->name,
			    .in_file = want,
			    .running = arena_strdup(import->arena, actual),
			    .file = entry != NULL ? entry->place.file : "",
			    .line = entry != NULL ? entry->place.line : 0});
}

static void compare_values(struct cfg_import *import, const struct cfg_import_running *running)
{
	for (size_t i = 0; i < cfg_directive_count(import->version); i++) {
		const struct cfg_directive *d = cfg_directive_at(import->version, i);
		const char *actual = find(running->values, running->value_count, d->name);

		if (actual == NULL || (d->flags & (CFG_FILE_ONLY | CFG_IGNORED)) != 0)
			continue;
		if ((d->flags & CFG_SEALED) != 0)
			compare_secret(import, running, d, actual);
		else if (d->type != CFG_TYPE_REFUSED)
			compare_value(import, running, d, actual);
	}
}

/* ---- users ---- */

/* As ACL LIST prints them, or the text itself where it cannot be read. */
static const char *normal_rules(struct cfg_import *import, const char *rules)
{
	struct cfg_acl_rules *parsed = NULL;
	const char *out = rules;
	struct vk_buf text;

	if (cfg_acl_rules_parse(rules, NULL, NULL, 0, &parsed, NULL) != VK_OK)
		return out;
	vk_buf_init(&text, RULES_MAX_BYTES);
	cfg_acl_rules_format(parsed, &text);
	if (!text.is_overflowed)
		out = arena_dup(import->arena, text.data, text.len);
	vk_buf_release(&text);
	cfg_acl_rules_free(parsed);
	return out;
}

/* For people: rules without what somebody could try guesses on. */
static const char *shown_rules(struct cfg_import *import, const char *rules)
{
	struct vk_buf text;
	const char *out;

	vk_buf_init(&text, RULES_MAX_BYTES);
	for (rules += strspn(rules, " "); *rules != '\0'; rules += strspn(rules, " ")) {
		size_t len = strcspn(rules, " ");

		vk_buf_adds(&text, text.len > 0 ? " " : "");
		if (rules[0] == '#')
			vk_buf_adds(&text, "#(secret)");
		else
			vk_buf_add(&text, rules, len);
		rules += len;
	}
	out = arena_dup(import->arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

static struct import_user *user_of(const struct cfg_import *import, const char *name)
{
	for (size_t i = 0; i < import->user_count; i++) {
		if (strcmp(import->users[i].name, name) == 0)
			return &import->users[i];
	}
	return NULL;
}

/* What default may do where no line says it: all, with the password of requirepass or without. */
static const char *implied_default(struct cfg_import *import)
{
	const struct import_entry *pass = import_find(import, "requirepass");
	const char *text = secret_value(import, pass != NULL ? pass->secret : NULL);
	char hash[VK_SHA256_HEX_BYTES];

	if (*text == '\0')
		return OPEN_RULES;
	vk_sha256_hex(text, strlen(text), hash);
	return arena_printf(import->arena, "on #%s ~* &* +@all", hash);
}

static void add_user(struct cfg_import *import, const char *name, const struct import_user *user,
	const char *want, const char *actual)
{
	add(import, &(struct cfg_import_difference){
			    .subject = arena_printf(import->arena, "user %s", name),
			    .in_file = want != NULL ? shown_rules(import, want) : NULL,
			    .running = actual != NULL ? shown_rules(import, actual) : NULL,
			    .file = user != NULL ? user->place.file : "",
			    .line = user != NULL ? user->place.line : 0});
}

static void compare_users(struct cfg_import *import, const struct cfg_import_running *running)
{
	for (size_t i = 0; i < running->user_count; i++) {
		const char *name = running->users[i].name;
		const char *actual = normal_rules(import, running->users[i].value);
		const struct import_user *user = user_of(import, name);
		const char *want = user != NULL ? user->rules : NULL;

		if (strcmp(name, CFG_AGENT_USER) == 0)
			continue;
		if (want == NULL && strcmp(name, "default") == 0)
			want = implied_default(import);
		if (want != NULL)
			want = normal_rules(import, want);
		if (want == NULL || strcmp(want, actual) != 0)
			add_user(import, name, user, want, actual);
	}
	for (size_t i = 0; i < import->user_count; i++) {
		const struct import_user *user = &import->users[i];

		if (strcmp(user->name, CFG_AGENT_USER) != 0 &&
			find(running->users, running->user_count, user->name) == NULL)
			add_user(import, user->name, user, user->rules, NULL);
	}
}

void cfg_import_compare(struct cfg_import *import, const struct cfg_import_running *running)
{
	import->is_adopted = true;
	compare_values(import, running);
	compare_users(import, running);
	for (size_t i = 0; i < running->user_count; i++) {
		struct import_running_user *user;

		if (import->running_user_count % 16 == 0)
			import->running_users = xreallocarray(import->running_users,
				import->running_user_count + 16, sizeof(*import->running_users));
		user = &import->running_users[import->running_user_count++];
		user->name = arena_strdup(import->arena, running->users[i].name);
		user->rules = arena_strdup(import->arena, running->users[i].value);
	}
}

size_t cfg_import_difference_count(const struct cfg_import *import)
{
	return import->difference_count;
}

const struct cfg_import_difference *cfg_import_difference_at(
	const struct cfg_import *import, size_t i)
{
	return &import->differences[i];
}

/* ---- decisions ---- */

bool cfg_import_decide(struct cfg_import *import, const char *subject, enum cfg_import_keep keep)
{
	for (size_t i = 0; i < import->difference_count; i++) {
		struct cfg_import_difference *d = &import->differences[i];

		if (strcmp(d->subject, subject) != 0)
			continue;
		d->keep = d->is_secret && keep == CFG_IMPORT_KEEP_RUNNING ? CFG_IMPORT_KEEP_NONE
									  : keep;
		return true;
	}
	return false;
}

size_t cfg_import_undecided_count(const struct cfg_import *import)
{
	size_t count = 0;

	for (size_t i = 0; i < import->difference_count; i++)
		count += import->differences[i].keep == CFG_IMPORT_KEEP_NONE;
	return count;
}

/* Words up to the next one of client-output-buffer-limit's classes. */
static void add_limits(const char *name, const char *text, struct vk_buf *out)
{
	size_t word = 0;

	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " "), word++) {
		size_t len = strcspn(text, " ");

		if (word % 4 == 0)
			vk_buf_addf(out, "%s%s", word > 0 ? "\n" : "", name);
		vk_buf_addc(out, ' ');
		vk_buf_add(out, text, len);
		text += len;
	}
	vk_buf_addc(out, '\n');
}

/* The line that would have made the server answer this. */
static void add_line(const struct cfg_directive *d, const char *text, struct vk_buf *out)
{
	if (d->type == CFG_TYPE_OUTPUT_LIMIT) {
		add_limits(d->name, text, out);
		return;
	}
	vk_buf_addf(out, "%s ", d->name);
	if ((d->flags & CFG_MULTI) != 0 && *text != '\0')
		vk_buf_adds(out, text);
	else
		cfg_conf_quote(text, out);
	vk_buf_addc(out, '\n');
}

static void keep_user(struct cfg_import *import, const char *name)
{
	const struct import_place place = {RUNNING_SOURCE, 0};
	struct import_user *user = user_of(import, name);
	const char *rules = NULL;

	for (size_t i = 0; i < import->running_user_count; i++) {
		if (strcmp(import->running_users[i].name, name) == 0)
			rules = import->running_users[i].rules;
	}
	if (rules == NULL) {
		user->is_left_out = true;
	} else if (user != NULL) {
		user->rules = rules;
		user->is_unknown = false;
		user->place = place;
	} else {
		import_add_user(import, &place, name, &rules, 1, "");
	}
}

enum vk_rc cfg_import_keep_running(struct cfg_import *import, struct vk_err *err)
{
	struct vk_buf lines;
	enum vk_rc rc;

	vk_buf_init(&lines, LINES_MAX_BYTES);
	for (size_t i = 0; i < import->difference_count; i++) {
		const struct cfg_import_difference *difference = &import->differences[i];
		const struct cfg_directive *d;

		if (difference->keep != CFG_IMPORT_KEEP_RUNNING)
			continue;
		if (strncmp(difference->subject, "user ", strlen("user ")) == 0) {
			keep_user(import, difference->subject + strlen("user "));
			continue;
		}
		d = cfg_directive_find(difference->subject, import->version);
		import_drop(import, d->name);
		add_line(d, difference->running, &lines);
	}
	rc = vk_buf_check(&lines, RUNNING_SOURCE, err);
	if (rc == VK_OK && lines.len > 0)
		rc = cfg_import_conf(import, RUNNING_SOURCE, lines.data, lines.len, err);
	vk_buf_release(&lines);
	return rc;
}
