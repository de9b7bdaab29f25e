/* SPDX-License-Identifier: BSD-3-Clause */
/* groups/: who is whose replica, and who is a node of which shard of which cluster. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/num.h"

#include "common/banned.h"

static struct cfg_place place_of(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	return cfg_place_of(r->file, vkyaml_mark(node));
}

const char *cfg_member_id(const struct cfg_member *member)
{
	return member->instance->id;
}

/* ---- members ---- */

static void report_unknown_host(const struct cfg_group_reading *r, const struct cfg_place *place,
	const char *id, const char *host)
{
	struct vk_nearest nearest = vk_nearest_init(host);
	char hint[128] = "";

	for (size_t i = 0; i < r->fleet->host_count; i++)
		vk_nearest_offer(&nearest, r->fleet->hosts[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(r->fleet, place, id, hint, "there is no host '%s'", host);
}

static struct cfg_instance *find_instance(const struct cfg_group_reading *r,
	const struct cfg_place *place, const char *id, struct cfg_host *host, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "";

	for (size_t i = 0; i < host->instance_count; i++) {
		if (strcmp(host->instances[i].name, name) == 0)
			return &host->instances[i];
		vk_nearest_offer(&nearest, host->instances[i].name);
	}
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s/%s'?", host->name, nearest.word);
	cfg_report(r->fleet, place, id, hint, "host '%s' has no instance '%s'", host->name, name);
	return NULL;
}

static bool check_kind(const struct cfg_group_reading *r, const struct cfg_member *member,
	enum vk_bundle_kind kind)
{
	const struct cfg_role *role = member->instance->role;

	if (role == NULL || role->kind == kind)
		return true;
	if (kind == VK_KIND_VALKEY)
		cfg_report(r->fleet, &member->place, cfg_member_id(member),
			"list it under 'sentinels'", "'%s' is a Sentinel: it cannot be a member",
			cfg_member_id(member));
	else
		cfg_report(r->fleet, &member->place, cfg_member_id(member),
			"an instance of a role with kind: sentinel", "'%s' is no Sentinel",
			cfg_member_id(member));
	return false;
}

bool cfg_group_find_member(const struct cfg_group_reading *r, const struct vkyaml_node *node,
	enum vk_bundle_kind kind, struct cfg_member *out)
{
	const char *id = cfg_expect_text(r->fleet, r->file, node, "a member");
	char host[VK_NAME_BYTES], instance[VK_NAME_BYTES];

	*out = (struct cfg_member){.place = place_of(r, node)};
	if (id == NULL)
		return false;
	if (!vk_instance_id_parse(id, host, instance)) {
		cfg_report(r->fleet, &out->place, id, "HOST/INSTANCE: db1/main",
			"'%.150s' does not name an instance", id);
		return false;
	}
	out->host = cfg_fleet_find_host(r->fleet, host);
	if (out->host == NULL) {
		report_unknown_host(r, &out->place, id, host);
		return false;
	}
	out->instance = find_instance(r, &out->place, id, out->host, instance);
	return out->instance != NULL && check_kind(r, out, kind);
}

bool cfg_group_check_host(const struct cfg_group_reading *r, const struct cfg_member *member)
{
	const struct cfg_environment *theirs = member->host->environment;
	const struct cfg_environment *ours = r->group->environment;
	bool is_good = true;

	if (theirs != NULL && ours != NULL && theirs != ours) {
		cfg_report(r->fleet, &member->place, cfg_member_id(member),
			"a group is of one environment, like its members",
			"'%s' is in environment '%s', group '%s' in '%s'", cfg_member_id(member),
			theirs->name, r->group->name, ours->name);
		is_good = false;
	}
	if (member->host->address == NULL) {
		cfg_report(r->fleet, &member->place, cfg_member_id(member),
			"write where the others reach it: address: 10.0.0.1",
			"host '%s' (%s:%u) has no address", member->host->name,
			member->host->place.file, member->host->place.line);
		is_good = false;
	}
	return is_good;
}

static bool check_is_free(const struct cfg_group_reading *r, const struct cfg_member *member)
{
	const struct cfg_group *other = member->instance->group;

	if (other == NULL)
		return true;
	if (other == r->group)
		cfg_report(r->fleet, &member->place, cfg_member_id(member), NULL,
			"'%s' is in this group twice", cfg_member_id(member));
	else
		cfg_report(r->fleet, &member->place, cfg_member_id(member),
			"an instance is in one group", "'%s' is already in group '%s' (%s)",
			cfg_member_id(member), other->name, other->place.file);
	return false;
}

/* Members that fall together leave nothing to fail over to. */
static void warn_same_host(const struct cfg_group_reading *r, const struct cfg_shard *shard,
	const struct cfg_member *member)
{
	for (size_t i = 0; i < shard->count; i++) {
		if (shard->members[i].host != member->host)
			continue;
		cfg_report_warning(r->fleet, &member->place, cfg_member_id(member),
			"put the members of a shard on different hosts",
			"'%s' is on the host of '%s': both fail together", cfg_member_id(member),
			cfg_member_id(&shard->members[i]));
		return;
	}
}

static void add_member(
	const struct cfg_group_reading *r, const struct vkyaml_node *node, struct cfg_shard *shard)
{
	struct cfg_member member;

	if (!cfg_group_find_member(r, node, VK_KIND_VALKEY, &member) || !check_is_free(r, &member))
		return;
	if (!cfg_group_check_host(r, &member))
		r->group->is_good = false;
	warn_same_host(r, shard, &member);
	member.instance->group = r->group;
	member.instance->shard = (size_t)(shard - r->group->shards);
	shard->members[shard->count++] = member;
}

/* ---- lists ---- */

const struct vkyaml_node *cfg_group_expect_list(const struct cfg_group_reading *r,
	const struct vkyaml_node *node, size_t max, const char *what, const char *example)
{
	struct cfg_place place = r->group->place;

	if (node != NULL)
		place = place_of(r, node);
	if (node == NULL)
		cfg_report(r->fleet, &place, NULL, example, "group '%s': '%s' is missing",
			r->group->name, what);
	else if (vkyaml_kind(node) != VKYAML_LIST)
		cfg_report(r->fleet, &place, NULL, example, "%s: expected a list, found %s", what,
			vkyaml_kind_name(node));
	else if (vkyaml_count(node) == 0)
		cfg_report(r->fleet, &place, NULL, example, "%s: the list is empty", what);
	else if (vkyaml_count(node) > max)
		cfg_report(r->fleet, &place, NULL, NULL, "%s: more than %zu", what, max);
	else
		return node;
	return NULL;
}

static void read_shard(const struct cfg_group_reading *r, const struct vkyaml_node *node,
	const char *what, struct cfg_shard *shard)
{
	const struct vkyaml_node *list =
		cfg_group_expect_list(r, node, VK_BUNDLE_MAX_MEMBERS, what, "[db1/main, db2/main]");

	if (list == NULL)
		return;
	shard->members = arena_calloc(r->fleet->arena, vkyaml_count(list), sizeof(*shard->members));
	for (size_t i = 0; i < vkyaml_count(list); i++)
		add_member(r, vkyaml_at(list, i), shard);
}

static void read_members(const struct cfg_group_reading *r, const struct vkyaml_node *root)
{
	r->group->shards = arena_calloc(r->fleet->arena, 1, sizeof(*r->group->shards));
	r->group->shard_count = 1;
	read_shard(r, vkyaml_get(root, "members"), "members", &r->group->shards[0]);
}

static void read_shards(const struct cfg_group_reading *r, const struct vkyaml_node *root)
{
	static const char example[] = "shards: [[db1/a, db2/b], [db2/a, db3/b], [db3/a, db1/b]]";
	const struct vkyaml_node *list = cfg_group_expect_list(
		r, vkyaml_get(root, "shards"), VK_BUNDLE_MAX_SHARDS, "shards", example);
	struct cfg_place place;

	if (list == NULL)
		return;
	r->group->shards =
		arena_calloc(r->fleet->arena, vkyaml_count(list), sizeof(*r->group->shards));
	for (size_t i = 0; i < vkyaml_count(list); i++)
		read_shard(r, vkyaml_at(list, i), "a shard",
			&r->group->shards[r->group->shard_count++]);
	if (vkyaml_count(list) >= 3)
		return;
	place = place_of(r, list);
	cfg_report_warning(r->fleet, &place, NULL, "three shards or more",
		"a cluster of %zu shards has no majority when one primary is gone",
		vkyaml_count(list));
}

/* ---- the file ---- */

/* False after a finding. */
static bool read_kind(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	const char *text;
	struct cfg_place place = r->group->place;

	if (node == NULL) {
		cfg_report(r->fleet, &place, NULL, "kind: replicated, or kind: cluster",
			"group '%s': its kind is missing", r->group->name);
		return false;
	}
	text = cfg_expect_text(r->fleet, r->file, node, "kind");
	if (text == NULL)
		return false;
	if (vk_bundle_group_kind_parse(text, &r->group->kind))
		return true;
	place = place_of(r, node);
	cfg_report(r->fleet, &place, text, NULL,
		"kind: expected replicated or cluster, found '%.100s'", text);
	return false;
}

static void read_environment(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	struct cfg_place place = r->group->place;
	const char *name;

	if (node == NULL) {
		cfg_report(r->fleet, &place, NULL, "environment: prod",
			"group '%s': its environment is missing", r->group->name);
		return;
	}
	name = cfg_expect_text(r->fleet, r->file, node, "environment");
	if (name == NULL)
		return;
	place = place_of(r, node);
	r->group->environment = cfg_fleet_find_environment(r->fleet, name);
	if (r->group->environment == NULL)
		cfg_report_unknown_environment(r->fleet, &place, name);
}

/* How many of its instances restart at once. */
static void read_max_unavailable(const struct cfg_group_reading *r, const struct vkyaml_node *node)
{
	struct cfg_place place;
	uint64_t count = 0;
	const char *text;

	if (node == NULL || vkyaml_is_null(node))
		return;
	text = cfg_expect_text(r->fleet, r->file, node, "max-unavailable");
	if (text == NULL)
		return;
	if (vk_parse_uint(text, 1, VK_BUNDLE_MAX_UNAVAILABLE, &count)) {
		r->group->max_unavailable = (unsigned)count;
		return;
	}
	place = place_of(r, node);
	cfg_report(r->fleet, &place, text, NULL,
		"max-unavailable: expected a number from 1 to %d, found '%.50s'",
		VK_BUNDLE_MAX_UNAVAILABLE, text);
}

static void read_group(const struct cfg_group_reading *r, const struct vkyaml_node *root)
{
	bool is_cluster;

	read_environment(r, vkyaml_get(root, "environment"));
	if (!read_kind(r, vkyaml_get(root, "kind"))) {
		r->group->is_good = false;
		return;
	}
	is_cluster = r->group->kind == VK_GROUP_CLUSTER;
	cfg_expect_keys(r->fleet, r->file, root,
		is_cluster ? CFG_KEYS_CLUSTER : CFG_KEYS_REPLICATED, "group");
	read_max_unavailable(r, vkyaml_get(root, "max-unavailable"));
	if (is_cluster) {
		read_shards(r, root);
		return;
	}
	read_members(r, root);
	cfg_group_read_sentinels(r->fleet, r->group, root);
}

static int compare_groups(const void *a, const void *b)
{
	const struct cfg_group *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Members point to their group: they do so once the order is settled. */
static void sort_names(struct cfg_fleet *fleet, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(fleet->tree, i);
		const char *name = cfg_fleet_name_of_file(fleet, file->path);

		if (name != NULL)
			fleet->groups[fleet->group_count++] = (struct cfg_group){
				.name = name, .place = {file->path, 1, 1}, .is_good = true};
	}
	qsort(fleet->groups, fleet->group_count, sizeof(*fleet->groups), compare_groups);
}

void cfg_groups_read(struct cfg_fleet *fleet)
{
	size_t end, first = cfg_fleet_first_file(fleet->tree, "groups/", &end);

	if (first == end)
		return;
	fleet->groups = arena_calloc(fleet->arena, end - first, sizeof(*fleet->groups));
	sort_names(fleet, first, end);
	for (size_t i = 0; i < fleet->group_count; i++) {
		struct cfg_group *group = &fleet->groups[i];
		const struct cfg_group_reading r = {fleet, group->place.file, group};
		const struct cfg_tree_file *file = cfg_tree_file_find(fleet->tree, r.file);

		read_group(&r, cfg_fleet_open_file(fleet, file, "group"));
	}
}
