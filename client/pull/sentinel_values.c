/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/sentinel_values.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/sentinel_merge.h"
#include "common/config/directive.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"

#include "common/banned.h"

enum { FIELD_MAX_BYTES = 1024, HEX_LENGTH = 64 };

static const char none[] = "(none)";

/* Fields of SENTINEL MASTERS that are directives by the same name. */
static const char *const told[] = {
	"quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs", "config-epoch"};

struct reading {
	const struct cfg_conf *conf;
	const char *schema;
	const char *mask_key;
	struct values *known; /* what is there already */
	struct values *fresh;
};

const char *sentinel_schema(const struct vk_bundle *bundle, char out[SENTINEL_SCHEMA_BYTES])
{
	snprintf(out, SENTINEL_SCHEMA_BYTES, "%s%s",
		bundle->kind == VK_KIND_SENTINEL ? CFG_SENTINEL_PREFIX : "", bundle->valkey);
	return out;
}

/* The directive of "sentinel WHAT [GROUP ...]"; else that of the name itself; or NULL. */
static const struct cfg_directive *directive_of(const char *name, const char *schema)
{
	size_t len = strlen(CFG_SENTINEL_PREFIX);
	char *copy;
	const struct cfg_directive *found;

	if (strncmp(name, CFG_SENTINEL_PREFIX, len) != 0)
		return cfg_directive_find(name, schema);
	if (strncmp(name + len, "quorum ", 7) == 0)
		return cfg_directive_find("sentinel monitor", schema);
	copy = xstrdup(name);
	copy[len + strcspn(copy + len, " ")] = '\0';
	found = cfg_directive_find(copy, schema);
	free(copy);
	return found;
}

static bool is_sensitive(const struct cfg_directive *directive)
{
	return directive != NULL && (directive->flags & CFG_SENSITIVE) != 0;
}

static void add(const struct reading *reading, const struct cfg_directive *directive,
	const char *name, const char *text)
{
	if (values_get(reading->known, name) != NULL)
		return;
	values_drop(reading->fresh, name); /* the last line counts */
	if (reading->mask_key != NULL && is_sensitive(directive))
		values_add_masked(reading->fresh, reading->mask_key, reading->schema, name, text);
	else
		values_add(reading->fresh, name, text);
}

static char *join(const struct cfg_conf_line *line, size_t from)
{
	struct vk_buf text;
	char *joined;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	for (size_t i = from; i < line->word_count; i++)
		vk_buf_addf(&text, "%s%s", i > from ? " " : "", line->words[i]);
	joined = vk_buf_detach(&text, NULL);
	vk_buf_release(&text);
	return joined;
}

/* "sentinel monitor GROUP ADDRESS PORT QUORUM" are two values, one of which a failover changes. */
static void read_monitor(const struct reading *reading, const struct cfg_conf_line *line)
{
	char *name = xasprintf("sentinel monitor %s", line->words[1]);
	char *place = xasprintf("%s %s", line->words[2], line->words[3]);

	add(reading, NULL, name, place);
	free(name);
	name = xasprintf("sentinel quorum %s", line->words[1]);
	add(reading, NULL, name, line->words[4]);
	free(name);
	free(place);
}

/* What stands behind "sentinel": the name of the value has the group in it, and of a command that
 * is renamed the old name. */
static void read_sentinel(const struct reading *reading, const struct cfg_conf_line *line)
{
	char *full = xasprintf("sentinel %s", line->word_count > 0 ? line->words[0] : "");
	const struct cfg_directive *directive = cfg_directive_find(full, reading->schema);
	const char *what = directive != NULL ? directive->name : full;
	size_t names = 1;
	char *name;
	char *text;

	if (directive != NULL && (directive->flags & CFG_PER_GROUP) != 0)
		names = directive->type == CFG_TYPE_RENAME ? 3 : 2;
	if (sentinel_line_is(line, "monitor", 4)) {
		read_monitor(reading, line);
	} else if (line->word_count > 0 && line->word_count >= names &&
		   !(directive != NULL && directive->type == CFG_TYPE_REFUSED &&
			   directive->owner == CFG_OWNER_SERVER)) {
		name = xasprintf("%s%s%s%s%s", what, names > 1 ? " " : "",
			names > 1 ? line->words[1] : "", names > 2 ? " " : "",
			names > 2 ? line->words[2] : "");
		text = join(line, names);
		add(reading, directive, name, text);
		free(text);
		free(name);
	}
	free(full);
}

static void read_line(const struct reading *reading, const struct cfg_conf_line *line)
{
	const struct cfg_directive *directive = cfg_directive_find(line->name, reading->schema);
	char *text;

	if (strcmp(line->name, "sentinel") == 0) {
		read_sentinel(reading, line);
		return;
	}
	if (strcmp(line->name, "include") == 0)
		return;
	text = join(line, 0);
	add(reading, directive, directive != NULL ? directive->name : line->name, text);
	free(text);
}

/* An empty text, where Sentinel has no default and takes an empty one as none. */
static const char *fallback_of(const struct cfg_directive *directive)
{
	if (directive->type == CFG_TYPE_RENAME ||
		(directive->type == CFG_TYPE_REFUSED && (directive->flags & CFG_SEALED) == 0))
		return NULL;
	return directive->fallback != NULL ? directive->fallback : "";
}

static bool has(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->fresh->count; i++) {
		if (strcmp(reading->fresh->items[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_fallback(
	const struct reading *reading, const struct cfg_directive *directive, const char *name)
{
	const char *text = fallback_of(directive);

	if (text != NULL && !has(reading, name))
		add(reading, directive, name, text);
}

static void add_fallbacks(const struct reading *reading)
{
	for (size_t i = 0; i < cfg_directive_count(reading->schema); i++) {
		const struct cfg_directive *directive = cfg_directive_at(reading->schema, i);

		if (strncmp(directive->name, CFG_SENTINEL_PREFIX, strlen(CFG_SENTINEL_PREFIX)) != 0)
			continue;
		if ((directive->flags & CFG_PER_GROUP) == 0) {
			add_fallback(reading, directive, directive->name);
			continue;
		}
		for (size_t j = 0; j < cfg_conf_count(reading->conf); j++) {
			const struct cfg_conf_line *line = cfg_conf_at(reading->conf, j);
			char *name;

			if (!sentinel_line_is(line, "monitor", 4))
				continue;
			name = xasprintf("%s %s", directive->name, line->words[1]);
			add_fallback(reading, directive, name);
			free(name);
		}
	}
}

/* Which files of the generation it was started with. */
static void read_comment(const struct reading *reading, const char *text, size_t len)
{
	size_t prefix = strlen(SENTINEL_FILES_COMMENT);
	const char *end = text + len;

	while (text != NULL && (size_t)(end - text) > prefix) {
		const char *line = text;

		text = memchr(line, '\n', (size_t)(end - line));
		if (strncmp(line, SENTINEL_FILES_COMMENT, prefix) == 0 && text != NULL &&
			(size_t)(text - line) == prefix + HEX_LENGTH) {
			char *digest = xasprintf("%.*s", HEX_LENGTH, line + prefix);

			add(reading, NULL, SENTINEL_FILES, digest);
			free(digest);
			return;
		}
		text = text != NULL ? text + 1 : NULL;
	}
}

enum vk_rc sentinel_values_read(const char *text, size_t len, const char *schema,
	const char *mask_key, struct values *values, struct vk_err *err)
{
	struct cfg_conf *conf = NULL;
	struct values fresh;
	struct reading reading = {
		.schema = schema, .mask_key = mask_key, .known = values, .fresh = &fresh};
	enum vk_rc rc = cfg_conf_parse(VK_BUNDLE_SENTINEL, text, len, &conf, err);

	if (rc != VK_OK)
		return rc;
	values_init(&fresh);
	reading.conf = conf;
	for (size_t i = 0; i < cfg_conf_count(conf) && fresh.count < VALUES_MAX; i++)
		read_line(&reading, cfg_conf_at(conf, i));
	if (fresh.count < VALUES_MAX)
		add_fallbacks(&reading);
	else
		rc = vk_err_set(
			err, VK_ELIMIT, VK_BUNDLE_SENTINEL ": more than %d values", VALUES_MAX);
	read_comment(&reading, text, len);
	for (size_t i = 0; i < fresh.count; i++)
		values_add(values, fresh.items[i].name, fresh.items[i].text);
	values_sort(values);
	values_release(&fresh);
	cfg_conf_free(conf);
	return rc;
}

const char *sentinel_values_field(const struct reply *group, const char *name)
{
	for (size_t i = 0; group->kind == REPLY_ARRAY && i + 1 < group->count; i += 2) {
		const struct reply *key = group->items[i];
		const struct reply *text = group->items[i + 1];

		if (key->kind == REPLY_STRING && strcmp(key->text, name) == 0)
			return text->kind == REPLY_STRING && text->len < FIELD_MAX_BYTES &&
					       sentinel_word_is_plain(text->text)
				       ? text->text
				       : NULL;
	}
	return NULL;
}

static void add_group(struct values *values, const struct reply *group)
{
	const char *name = sentinel_values_field(group, "name");
	const char *address = sentinel_values_field(group, "ip");
	const char *port = sentinel_values_field(group, "port");
	char *what;
	char *place;

	if (name == NULL)
		return;
	what = xasprintf("sentinel monitor %s", name);
	place = xasprintf("%s %s", address != NULL ? address : "", port != NULL ? port : "");
	values_add(values, what, place);
	free(place);
	free(what);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		const char *text = sentinel_values_field(group, told[i]);

		if (text == NULL)
			continue;
		what = xasprintf("sentinel %s %s", told[i], name);
		values_add(values, what, text);
		free(what);
	}
}

enum vk_rc sentinel_values_add_masters(
	struct values *values, const struct reply *reply, struct vk_err *err)
{
	if (reply->kind != REPLY_ARRAY)
		return vk_err_set(err, VK_EUNAVAIL, "SENTINEL MASTERS answers no list");
	for (size_t i = 0; i < reply->count && values->count < VALUES_MAX; i++) {
		if (reply->items[i]->kind == REPLY_ARRAY)
			add_group(values, reply->items[i]);
	}
	values_sort(values);
	return VK_OK;
}

/* ---- comparison ---- */

static bool begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* A host with few descriptors lowers it. */
static bool is_lowered(const char *name, const char *want, const char *actual)
{
	uint64_t asked, got;

	return strcmp(name, "maxclients") == 0 && vk_parse_uint(want, 0, INT64_MAX, &asked) &&
	       vk_parse_uint(actual, 1, asked, &got);
}

/* After a failover the Sentinels know better than the release where the primary is, and of a name
 * they show the address. */
static bool is_place_theirs(const struct value *want, const struct values *live)
{
	static const char prefix[] = "sentinel monitor ";
	char *name;
	char *address;
	const char *epoch;
	bool is_theirs;

	if (!begins(want->name, prefix))
		return false;
	name = xasprintf("sentinel config-epoch %s", want->name + strlen(prefix));
	address = xasprintf("%.*s", (int)strcspn(want->text, " "), want->text);
	epoch = values_get(live, name);
	is_theirs = (epoch != NULL && strcmp(epoch, "0") != 0) || !vk_address_is_numeric(address);
	free(address);
	free(name);
	return is_theirs;
}

static enum difference_cure cure_of(const char *name, const struct cfg_directive *directive)
{
	if (begins(name, "sentinel quorum "))
		return CURE_LIVE;
	if (directive == NULL || (directive->flags & CFG_LIVE) == 0)
		return CURE_RESTART;
	/* Programs: Sentinel is told not to take them. */
	if (directive->type == CFG_TYPE_REFUSED && (directive->flags & CFG_SEALED) == 0)
		return CURE_RESTART;
	return begins(name, CFG_SENTINEL_PREFIX) || strcmp(name, "loglevel") == 0 ? CURE_LIVE
										  : CURE_RESTART;
}

static void add_item(struct difference *difference, const char *name, const char *want,
	const char *actual, const char *schema)
{
	const struct cfg_directive *directive = directive_of(name, schema);

	difference_add(difference, &(struct difference_item){.kind = DIFFERENCE_VALUE,
					   .cure = cure_of(name, directive),
					   .name = name,
					   .expected = want,
					   .actual = actual,
					   .is_secret = is_sensitive(directive)});
}

static void compare_wanted(struct difference *difference, const struct value *want,
	const struct values *live, const char *schema)
{
	const struct cfg_directive *directive = directive_of(want->name, schema);
	const char *actual = values_get(live, want->name);

	if (actual == NULL) {
		if (!difference->is_foreign || begins(want->name, "sentinel monitor "))
			add_item(difference, want->name, want->text, none, schema);
		return;
	}
	if (strcmp(want->text, actual) == 0 || is_lowered(want->name, want->text, actual) ||
		is_place_theirs(want, live))
		return;
	if (directive != NULL && !is_sensitive(directive) &&
		cfg_value_is_same(directive, want->text, actual))
		return;
	add_item(difference, want->name, want->text, actual, schema);
}

/* Is it about a group that is to be watched, or about none? */
static bool is_of_wanted_group(const char *name, const struct values *expected)
{
	const char *group = name + strlen(CFG_SENTINEL_PREFIX);
	char *monitor;
	bool is_wanted;

	group += strcspn(group, " ");
	if (*group == '\0')
		return true;
	group++;
	monitor = xasprintf("sentinel monitor %.*s", (int)strcspn(group, " "), group);
	is_wanted = values_get(expected, monitor) != NULL;
	free(monitor);
	return is_wanted;
}

/* Of a group too many one line is said. What is not about Sentinel, Sentinel adds when it writes
 * its file. */
static void compare_unwanted(struct difference *difference, const struct value *actual,
	const struct values *expected, const char *schema)
{
	if (!begins(actual->name, CFG_SENTINEL_PREFIX) ||
		begins(actual->name, "sentinel config-epoch ") ||
		values_get(expected, actual->name) != NULL)
		return;
	if (begins(actual->name, "sentinel monitor ") || is_of_wanted_group(actual->name, expected))
		add_item(difference, actual->name, none, actual->text, schema);
}

void sentinel_values_compare(struct difference *difference, const struct values *expected,
	const struct values *live, const char *schema)
{
	const char *process = values_get(live, SENTINEL_PROCESS);

	for (size_t i = 0; i < expected->count; i++)
		compare_wanted(difference, &expected->items[i], live, schema);
	for (size_t i = 0; i < live->count; i++)
		compare_unwanted(difference, &live->items[i], expected, schema);
	if (process != NULL)
		add_item(difference, SENTINEL_PROCESS, "restarted", process, schema);
	if (difference->is_foreign)
		difference_add(difference, &(struct difference_item){.kind = DIFFERENCE_VALUE,
						   .cure = CURE_MOVE,
						   .name = SENTINEL_FOREIGN,
						   .expected = "the agent's",
						   .actual = values_get(live, SENTINEL_FOREIGN)});
}
