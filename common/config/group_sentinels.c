/* SPDX-License-Identifier: BSD-3-Clause */
/* The Sentinels of a group: who watches it, and what they are told about it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/num.h"

#include "common/banned.h"

/* Groups are read by name: the list stays sorted. */
static void add_watch(struct cfg_fleet *fleet, struct cfg_group *group, struct cfg_watch **list)
{
	while (*list != NULL)
		list = &(*list)->next;
	*list = arena_calloc(fleet->arena, 1, sizeof(**list));
	(*list)->group = group;
}

static bool is_there(const struct cfg_group *group, const struct cfg_member *member)
{
	for (size_t i = 0; i < group->sentinel_count; i++) {
		if (group->sentinels[i].instance == member->instance)
			return true;
	}
	return false;
}

static void add_sentinel(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	struct cfg_group *group = r->group;
	struct cfg_member member;

	if (!cfg_group_find_member(r, node, VK_KIND_SENTINEL, &member))
		return;
	if (is_there(group, &member)) {
		cfg_report(r->fleet, &member.place, cfg_member_id(&member), NULL,
			"'%s' is in this list twice", cfg_member_id(&member));
		return;
	}
	if (!cfg_group_check_host(r, &member))
		group->is_good = false;
	group->sentinels[group->sentinel_count++] = member;
	add_watch(r->fleet, group, &member.instance->watched);
}

static void warn_few(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	struct cfg_place place = cfg_place_of(r->file, vkyaml_mark(node));

	if (vkyaml_count(node) >= 3)
		return;
	cfg_report_warning(r->fleet, &place, NULL, "three Sentinels on three hosts",
		"when one of fewer than three Sentinels is gone, the others have no majority");
}

/* The majority where the tree does not say. */
static void read_quorum(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	size_t count = r->group->sentinel_count;
	struct cfg_place place;
	uint64_t quorum = 0;
	const char *text;

	r->group->quorum = (unsigned)(count / 2 + 1);
	if (node == NULL || vkyaml_is_null(node))
		return;
	text = cfg_expect_text(r->fleet, r->file, node, "quorum");
	if (text == NULL)
		return;
	if (vk_parse_uint(text, 1, count, &quorum)) {
		r->group->quorum = (unsigned)quorum;
		return;
	}
	place = cfg_place_of(r->file, vkyaml_mark(node));
	cfg_report(r->fleet, &place, text, NULL,
		"quorum: expected a number from 1 to %zu, as many as there are Sentinels, found "
		"'%.50s'",
		count, text);
}

static void read_watch(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	const struct cfg_reader reader = {r->fleet, r->file};

	r->group->watch = arena_calloc(r->fleet->arena, 1, sizeof(*r->group->watch));
	r->group->watch->kind = "group";
	r->group->watch->file = r->file;
	cfg_layer_read_config(&reader, node, r->group->watch);
}

/* Without Sentinels nobody would read it. */
static void refuse_lone(
	const struct cfg_group_reading *r, const struct vkyaml_node *root, const char *key)
{
	const struct vkyaml_node *node = vkyaml_get(root, key);
	struct cfg_place place;

	if (node == NULL)
		return;
	place = cfg_place_of(r->file, vkyaml_mark(node));
	cfg_report(r->fleet, &place, NULL, "sentinels: [s1/watch, s2/watch, s3/watch]",
		"'%s' without 'sentinels'", key);
}

void cfg_group_read_sentinels(
	struct cfg_fleet *fleet, struct cfg_group *group, const struct vkyaml_node *root)
{
	const struct cfg_group_reading r = {fleet, group->place.file, group};
	const struct vkyaml_node *list = vkyaml_get(root, "sentinels");

	if (list == NULL) {
		refuse_lone(&r, root, "quorum");
		refuse_lone(&r, root, "sentinel");
		return;
	}
	list = cfg_group_expect_list(
		&r, list, VK_BUNDLE_MAX_SENTINELS, "sentinels", "[s1/watch, s2/watch, s3/watch]");
	if (list == NULL)
		return;
	group->sentinels =
		arena_calloc(fleet->arena, vkyaml_count(list), sizeof(*group->sentinels));
	for (size_t i = 0; i < vkyaml_count(list); i++)
		add_sentinel(&r, vkyaml_at(list, i));
	warn_few(&r, list);
	read_quorum(&r, vkyaml_get(root, "quorum"));
	if (vkyaml_get(root, "sentinel") != NULL)
		read_watch(&r, vkyaml_get(root, "sentinel"));
}
