/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/grouping.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/diff.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { FIRST_PLACES = 64 };

struct group {
	uint8_t digest[VK_SHA256_BYTES];
	struct vkjson *object;
	struct vkjson *instances;
	const char *role; /* borrowed from a rendering */
	bool is_of_roles; /* of more than one */
	bool is_removed;
};

/* The roles of a rendering's instances, sorted, so that one of them can be counted. */
struct roles {
	const char **names;
	size_t count;
};

struct grouping {
	struct group *groups;
	size_t count;
	size_t capacity;
	uint32_t *places;   /* a hash table: index of a group + 1, or 0 */
	size_t place_count; /* a power of two, more than twice the groups */
	struct roles before, after;
	int64_t changed;
	int64_t ways[CFG_WAY_NEVER + 1];
	int64_t rewritten;
	int64_t unchanged;
};

/* ---- roles ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct roles roles_of(const struct cfg_rendered *rendered)
{
	struct roles roles = {.count = rendered != NULL ? cfg_rendered_count(rendered) : 0};

	roles.names = xcalloc(roles.count + 1, sizeof(*roles.names));
	for (size_t i = 0; i < roles.count; i++)
		roles.names[i] = cfg_rendered_at(rendered, i)->role;
	qsort(roles.names, roles.count, sizeof(*roles.names), compare_names);
	return roles;
}

/* How many names are less than the given one, or with or_same not greater. */
static size_t names_below(const struct roles *roles, const char *name, bool or_same)
{
	size_t low = 0, high = roles->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(roles->names[mid], name);

		if (order < 0 || (or_same && order == 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t instances_of_role(const struct roles *roles, const char *name)
{
	return names_below(roles, name, true) - names_below(roles, name, false);
}

/* ---- one diff as JSON ---- */

static const char *kind_name(enum cfg_change_kind kind)
{
	switch (kind) {
	case CFG_CHANGE_DIRECTIVE:
		return "directive";
	case CFG_CHANGE_USER:
		return "user";
	case CFG_CHANGE_FILE:
		return "file";
	case CFG_CHANGE_APPLY:
		return "apply";
	case CFG_CHANGE_VERSION:
		return "valkey";
	case CFG_CHANGE_GROUP:
		return "group";
	case CFG_CHANGE_SECRET:
		return "secret";
	}
	return "";
}

static void set_text(struct vkjson *object, const char *member, const char *text)
{
	if (text != NULL)
		vkjson_set(object, member, vkjson_string(text));
}

static struct vkjson *change_json(const struct cfg_change *change)
{
	struct vkjson *object = vkjson_object();

	set_text(object, "kind", kind_name(change->kind));
	set_text(object, "name", change->name);
	set_text(object, "old", change->old_text);
	set_text(object, "new", change->new_text);
	set_text(object, "old_default", change->old_default);
	set_text(object, "new_default", change->new_default);
	set_text(object, "old_file", change->old_file);
	set_text(object, "new_file", change->new_file);
	set_text(object, "way", cfg_way_name(change->way));
	return object;
}

struct vkjson *grouping_diff_json(const struct cfg_diff *diff, const char *presence)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *changes = vkjson_array();

	for (size_t i = 0; i < cfg_diff_count(diff); i++)
		vkjson_append(changes, change_json(cfg_diff_at(diff, i)));
	set_text(object, "presence", presence);
	set_text(object, "way", cfg_way_name(cfg_diff_way(diff)));
	vkjson_set(object, "changes", changes);
	return object;
}

/* ---- groups ---- */

struct grouping *grouping_new(const struct cfg_rendered *before, const struct cfg_rendered *after)
{
	struct grouping *grouping = xcalloc(1, sizeof(*grouping));

	grouping->place_count = FIRST_PLACES;
	grouping->places = xcalloc(grouping->place_count, sizeof(*grouping->places));
	grouping->before = roles_of(before);
	grouping->after = roles_of(after);
	return grouping;
}

void grouping_free(struct grouping *grouping)
{
	if (grouping == NULL)
		return;
	for (size_t i = 0; i < grouping->count; i++) {
		vkjson_free(grouping->groups[i].object);
		vkjson_free(grouping->groups[i].instances);
	}
	free(grouping->before.names);
	free(grouping->after.names);
	free(grouping->groups);
	free(grouping->places);
	free(grouping);
}

/* The place of that digest, or the empty one where it would be. */
static uint32_t *find_place(const struct grouping *grouping, const uint8_t digest[VK_SHA256_BYTES])
{
	size_t mask = grouping->place_count - 1;
	uint64_t start;

	/* A digest is as good as random. */
	memcpy(&start, digest, sizeof(start));
	for (size_t i = (size_t)start & mask;; i = (i + 1) & mask) {
		uint32_t *place = &grouping->places[i];

		if (*place == 0 ||
			memcmp(grouping->groups[*place - 1].digest, digest, VK_SHA256_BYTES) == 0)
			return place;
	}
}

static void double_places(struct grouping *grouping)
{
	free(grouping->places);
	grouping->place_count *= 2;
	grouping->places = xcalloc(grouping->place_count, sizeof(*grouping->places));
	for (size_t i = 0; i < grouping->count; i++)
		*find_place(grouping, grouping->groups[i].digest) = (uint32_t)(i + 1);
}

static struct group *new_group(
	struct grouping *grouping, const struct cfg_diff *diff, const char *presence)
{
	struct group *group;

	if (grouping->count == grouping->capacity) {
		grouping->capacity = grouping->capacity * 2 + 8;
		grouping->groups = xreallocarray(
			grouping->groups, grouping->capacity, sizeof(*grouping->groups));
	}
	group = &grouping->groups[grouping->count++];
	*group = (struct group){.object = grouping_diff_json(diff, presence),
		.instances = vkjson_array(),
		.is_removed = strcmp(presence, "removed") == 0};
	memcpy(group->digest, cfg_diff_digest(diff), VK_SHA256_BYTES);
	return group;
}

static struct group *group_of(
	struct grouping *grouping, const struct cfg_diff *diff, const char *presence)
{
	uint32_t *place;

	if (grouping->place_count <= 2 * (grouping->count + 1))
		double_places(grouping);
	place = find_place(grouping, cfg_diff_digest(diff));
	if (*place == 0) {
		*place = (uint32_t)(grouping->count + 1);
		return new_group(grouping, diff, presence);
	}
	return &grouping->groups[*place - 1];
}

void grouping_add_unchanged(struct grouping *grouping)
{
	grouping->unchanged++;
}

void grouping_add(struct grouping *grouping, const struct cfg_diff *diff,
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after)
{
	const char *presence = before == NULL ? "added" : after == NULL ? "removed" : "changed";
	const struct cfg_rendered_bundle *any = after != NULL ? after : before;
	struct group *group;

	if (before != NULL && after != NULL && cfg_diff_count(diff) == 0) {
		grouping->rewritten++;
		return;
	}
	grouping->changed++;
	grouping->ways[cfg_diff_way(diff)]++;
	group = group_of(grouping, diff, presence);
	if (group->role == NULL)
		group->role = any->role;
	else if (strcmp(group->role, any->role) != 0)
		group->is_of_roles = true;
	vkjson_append(group->instances, vkjson_string(any->id));
}

/* ---- the result ---- */

static struct vkjson *group_json(const struct grouping *grouping, const struct group *group)
{
	const struct roles *roles = group->is_removed ? &grouping->before : &grouping->after;
	struct vkjson *object = vkjson_ref(group->object);

	vkjson_set(object, "instances", vkjson_ref(group->instances));
	if (roles->count > 0 && group->role != NULL && !group->is_of_roles) {
		set_text(object, "role", group->role);
		vkjson_set(
			object, "of", vkjson_int((int64_t)instances_of_role(roles, group->role)));
	}
	return object;
}

struct vkjson *grouping_json(const struct grouping *grouping, const char *environment)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *groups = vkjson_array();

	for (size_t i = 0; i < grouping->count; i++)
		vkjson_append(groups, group_json(grouping, &grouping->groups[i]));
	set_text(object, "environment", environment);
	vkjson_set(object, "instances", vkjson_int(grouping->changed));
	vkjson_set(object, "restarts", vkjson_int(grouping->ways[CFG_WAY_RESTART]));
	vkjson_set(object, "restarts_preferred",
		vkjson_int(grouping->ways[CFG_WAY_RESTART_PREFERRED]));
	vkjson_set(object, "restarts_forbidden", vkjson_int(grouping->ways[CFG_WAY_NEVER]));
	vkjson_set(object, "rewritten", vkjson_int(grouping->rewritten));
	vkjson_set(object, "unchanged", vkjson_int(grouping->unchanged));
	vkjson_set(object, "groups", groups);
	return object;
}
