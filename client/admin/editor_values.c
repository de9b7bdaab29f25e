/* SPDX-License-Identifier: BSD-3-Clause */
/* The directives, for editors. */
#include "config.h"

#include "client/admin/editor_schema.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/directive.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { VERSION_BYTES = 64, HELP_MAX_BYTES = 4096 };

#define SIZE_PATTERN "^[0-9]+([kKmMgG][bB]?|[bB])?$"
#define SHARE_PATTERN "^[0-9]+%$"

struct vkjson *editor_object(const char *name, struct vkjson *value)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, name, value);
	return object;
}

struct vkjson *editor_scalar(void)
{
	struct vkjson *types = vkjson_array();

	vkjson_append(types, vkjson_string("string"));
	vkjson_append(types, vkjson_string("number"));
	vkjson_append(types, vkjson_string("boolean"));
	return editor_object("type", types);
}

static struct vkjson *pattern(const char *text)
{
	struct vkjson *object = editor_object("type", vkjson_string("string"));

	vkjson_set(object, "pattern", vkjson_string(text));
	return object;
}

static struct vkjson *any_of(struct vkjson *a, struct vkjson *b)
{
	struct vkjson *list = vkjson_array();

	vkjson_append(list, a);
	vkjson_append(list, b);
	return editor_object("anyOf", list);
}

/* "a|b|c" */
static struct vkjson *choices(const char *text)
{
	struct vkjson *list = vkjson_array();

	for (;;) {
		size_t len = strcspn(text, "|");

		vkjson_append(list, vkjson_stringn(text, len));
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	return editor_object("enum", list);
}

static struct vkjson *whole_number(const struct cfg_directive *d)
{
	struct vkjson *number = editor_object("type", vkjson_string("integer"));

	vkjson_set(number, "minimum", vkjson_int(d->min));
	if (d->max <= INT64_MAX)
		vkjson_set(number, "maximum", vkjson_int((int64_t)d->max));
	return any_of(number, pattern("^-?[0-9]+$"));
}

/* Bytes; a share of the host's memory is allowed where it is one of maxmemory. */
static struct vkjson *size(const struct cfg_directive *d)
{
	bool has_share = d->type == CFG_TYPE_PERCENT_OR_MEMORY || strcmp(d->name, "maxmemory") == 0;

	return any_of(editor_object("type", vkjson_string("integer")),
		pattern(has_share ? SIZE_PATTERN "|" SHARE_PATTERN : SIZE_PATTERN));
}

/* One value, or one element of a list. */
static struct vkjson *value(const struct cfg_directive *d)
{
	if ((d->flags & CFG_SEALED) != 0)
		return pattern("^secret:");
	switch (d->type) {
	case CFG_TYPE_BOOL:
		return choices("yes|no");
	case CFG_TYPE_INT:
	case CFG_TYPE_UINT:
		return whole_number(d);
	case CFG_TYPE_MEMORY:
	case CFG_TYPE_PERCENT_OR_MEMORY:
		return size(d);
	case CFG_TYPE_ENUM:
		return choices(d->values);
	case CFG_TYPE_PATH:
		return pattern("^$|^@\\{(instance|generation|data)\\}/");
	case CFG_TYPE_REFUSED:
		return editor_object("not", vkjson_object());
	default:
		return editor_scalar();
	}
}

static struct vkjson *value_or_list(const struct cfg_directive *d)
{
	struct vkjson *list;

	if (d->type == CFG_TYPE_REFUSED || (d->flags & (CFG_MULTI | CFG_REPEATED)) == 0)
		return value(d);
	list = editor_object("type", vkjson_string("array"));
	vkjson_set(list, "items", editor_scalar());
	return any_of(editor_scalar(), list);
}

static struct vkjson *help(const struct cfg_directive *d)
{
	struct vkjson *text;
	struct vk_buf out;

	vk_buf_init(&out, HELP_MAX_BYTES);
	if (d->help != NULL)
		vk_buf_addf(&out, "%s. ", d->help);
	if (d->reason != NULL)
		vk_buf_addf(&out, "Not in a tree: %s. ", d->reason);
	if (d->fallback != NULL)
		vk_buf_addf(&out, "Default: %s. ", d->fallback[0] != '\0' ? d->fallback : "empty");
	if (d->unit != NULL)
		vk_buf_addf(&out, "Unit: %s. ", d->unit);
	vk_buf_addf(&out, "Change: %s.", cfg_way_words(cfg_directive_way(d)));
	text = vkjson_string(out.data);
	vk_buf_release(&out);
	return text;
}

/* Adds what this version takes to what the others take. Whatever stands in a tree may be null, or
 * hold a parameter. */
static void offer(struct vkjson *properties, const char *name, const struct cfg_directive *d)
{
	const struct vkjson *known = vkjson_get(properties, name);
	struct vkjson *mine = value_or_list(d), *property, *list;

	if (known != NULL) {
		property = vkjson_copy(known);
		list = vkjson_copy(vkjson_get(property, "anyOf"));
	} else {
		property = vkjson_object();
		list = vkjson_array();
		if (d->type != CFG_TYPE_REFUSED)
			vkjson_append(list, pattern("\\$\\{"));
		vkjson_append(list, editor_object("type", vkjson_string("null")));
	}
	for (size_t i = 0; i < vkjson_count(list) && mine != NULL; i++) {
		if (!vkjson_equal(vkjson_at(list, i), mine))
			continue;
		vkjson_free(mine);
		mine = NULL;
	}
	if (mine != NULL)
		vkjson_append(list, mine);
	vkjson_set(property, "description", help(d));
	vkjson_set(property, "anyOf", list);
	vkjson_set(properties, name, property);
}

static bool is_of_sentinel(const struct cfg_directive *d)
{
	return strncmp(d->name, CFG_SENTINEL_PREFIX, strlen(CFG_SENTINEL_PREFIX)) == 0;
}

/* All names that a tree may write: an alias, that of another version, and without "sentinel ". */
static void offer_names(struct vkjson *properties, const struct cfg_directive *d)
{
	offer(properties, d->name, d);
	if (d->alias != NULL)
		offer(properties, d->alias, d);
	if (d->other != NULL)
		offer(properties, d->other, d);
	if (is_of_sentinel(d))
		offer(properties, d->name + strlen(CFG_SENTINEL_PREFIX), d);
}

/* Of one schema ("8.0", "sentinel 8.0") those that stand once for each group, or the others. What a
 * Sentinel reads of Valkey's is told as Valkey's. */
static void offer_all(struct vkjson *properties, const char *version, bool is_per_group)
{
	bool is_sentinel = cfg_version_is_sentinel(version);

	for (size_t i = 0; i < cfg_directive_count(version); i++) {
		const struct cfg_directive *d = cfg_directive_at(version, i);

		if (((d->flags & CFG_PER_GROUP) != 0) == is_per_group &&
			(!is_sentinel || is_of_sentinel(d)))
			offer_names(properties, d);
	}
}

static struct vkjson *directives(const char *version, bool is_per_group)
{
	struct vkjson *object = vkjson_object(), *properties = vkjson_object(), *types;
	char sentinel[VERSION_BYTES];

	for (size_t i = 0; i < cfg_version_count(); i++) {
		if (version != NULL && strcmp(version, cfg_version_at(i)) != 0)
			continue;
		snprintf(sentinel, sizeof(sentinel), CFG_SENTINEL_PREFIX "%s", cfg_version_at(i));
		offer_all(properties, sentinel, is_per_group);
		offer_all(properties, cfg_version_at(i), is_per_group);
	}
	types = vkjson_array();
	vkjson_append(types, vkjson_string("object"));
	vkjson_append(types, vkjson_string("null"));
	vkjson_set(object, "type", types);
	vkjson_set(object, "properties", properties);
	vkjson_set(object, "additionalProperties", vkjson_bool(false));
	return object;
}

struct vkjson *editor_config(const char *version)
{
	return directives(version, false);
}

struct vkjson *editor_watch(const char *version)
{
	return directives(version, true);
}
