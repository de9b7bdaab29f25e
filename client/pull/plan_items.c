/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/plan_items.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"
#include "common/config/diff.h"
#include "common/config/directive.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

static void set_text(struct vkjson *object, const char *member, const char *text)
{
	char *copy;

	if (text == NULL)
		return;
	copy = xstrdup(text);
	complaint_hide_hashes(copy);
	vkjson_set(object, member, vkjson_string(copy));
	free(copy);
}

static struct vkjson *make_item(
	const char *kind, const char *name, const char *before, const char *after, const char *way)
{
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "kind", vkjson_string(kind));
	vkjson_set(item, "name", vkjson_string(name));
	set_text(item, "old", before);
	set_text(item, "new", after);
	vkjson_set(item, "way", vkjson_string(way));
	return item;
}

/* What the agent will do, which is decided by the schema of the bundle's version. */
static const char *way_of(const struct difference_item *item, const char *schema, bool may_restart)
{
	const struct cfg_directive *directive;

	if (item->kind == DIFFERENCE_USER)
		return cfg_way_name(CFG_WAY_LIVE);
	if (item->cure == CURE_NONE)
		return cfg_way_name(CFG_WAY_NEVER);
	if (item->cure == CURE_RESTART)
		return cfg_way_name(may_restart ? CFG_WAY_RESTART : CFG_WAY_NEVER);
	directive = cfg_directive_find(item->name, schema);
	if (directive == NULL && !cfg_version_is_sentinel(schema))
		return "unknown";
	return cfg_way_name(
		directive != NULL && cfg_directive_way(directive) == CFG_WAY_RESTART_PREFERRED
			? CFG_WAY_RESTART_PREFERRED
			: CFG_WAY_LIVE);
}

struct vkjson *plan_items_of_values(
	const struct difference *difference, const char *schema, bool may_restart)
{
	struct vkjson *items = vkjson_array();

	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];
		const char *hidden = item->is_secret ? "(secret)" : NULL;

		if (item->cure == CURE_MOVE)
			continue;
		vkjson_append(items, make_item(item->kind == DIFFERENCE_USER ? "user" : "directive",
					     item->name, hidden != NULL ? hidden : item->actual,
					     hidden != NULL ? hidden : item->expected,
					     way_of(item, schema, may_restart)));
	}
	return items;
}

static const char *kind_name(enum cfg_change_kind kind)
{
	switch (kind) {
	case CFG_CHANGE_FILE:
		return "file";
	case CFG_CHANGE_APPLY:
		return "apply";
	case CFG_CHANGE_VERSION:
		return "valkey";
	case CFG_CHANGE_SECRET:
		return "secret";
	case CFG_CHANGE_GROUP:
		return "group";
	case CFG_CHANGE_DIRECTIVE:
	case CFG_CHANGE_USER:
		break; /* what runs says more */
	}
	return NULL;
}

enum vk_rc plan_items_add_bundles(struct vkjson *items, const struct generation_bundle *before,
	const struct generation_bundle *after, struct vk_err *err)
{
	struct cfg_diff *diff = NULL;
	enum vk_rc rc = cfg_diff_bundles(before != NULL ? before->bytes : NULL,
		before != NULL ? before->len : 0, after->bytes, after->len, 0, &diff, err);

	for (size_t i = 0; rc == VK_OK && i < cfg_diff_count(diff); i++) {
		const struct cfg_change *change = cfg_diff_at(diff, i);
		const char *kind = kind_name(change->kind);

		if (kind != NULL)
			vkjson_append(items, make_item(kind, change->name, change->old_text,
						     change->new_text, cfg_way_name(change->way)));
	}
	cfg_diff_free(diff);
	return rc;
}

static bool has_word(const char *rules, const char *word, size_t len)
{
	for (const char *at = rules; *at != '\0'; at += strspn(at, " ")) {
		size_t own = strcspn(at, " ");

		if (own == len && strncmp(at, word, len) == 0)
			return true;
		at += own;
	}
	return false;
}

/* A pattern of channels that the user had, and has no more. */
static bool loses_channels(const char *before, const char *after)
{
	if (has_word(after, "&*", 2))
		return false;
	for (const char *at = before; *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (*at == '&' && !has_word(after, at, len))
			return true;
		at += len;
	}
	return false;
}

static void add_sentence(struct vkjson *list, const char *format, const char *name)
{
	char *text = xasprintf(format, name);

	vkjson_append(list, vkjson_string(text));
	free(text);
}

struct vkjson *plan_items_closed(const struct difference *difference)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind != DIFFERENCE_USER || item->actual == NULL)
			continue;
		if (item->expected == NULL)
			add_sentence(list, "those of user %s, who is removed", item->name);
		else if (loses_channels(item->actual, item->expected))
			add_sentence(list,
				"those of user %s that listen to channels which it loses",
				item->name);
	}
	return list;
}
