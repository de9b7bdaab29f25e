/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the merged members of a group can tell: ports, and whether they fit together. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/config/value.h"

#include "common/banned.h"

/* A member with all its layers merged. */
struct merged {
	struct cfg_member *member;
	struct cfg_effective effective;
};

struct checking {
	struct cfg_fleet *fleet;
	struct cfg_group *group;
	struct arena *arena;
};

static const char *value_of(
	const struct checking *c, const struct merged *merged, const char *directive)
{
	const struct cfg_directive *d =
		cfg_directive_find(directive, merged->effective.role->schema);

	if (d == NULL)
		return "";
	return cfg_value_of(c->fleet, &merged->effective, d, c->arena);
}

/* Where the member says it, else where the group names the member. */
static struct cfg_place place_of(const struct merged *merged, const char *directive)
{
	const struct cfg_item *item = cfg_list_find(&merged->effective.config, directive);
	const struct cfg_resolved *resolved = item != NULL ? item->what : NULL;

	return resolved != NULL ? resolved->entry->place : merged->member->place;
}

/* ---- one member ---- */

static bool check_ports(const struct checking *c, struct merged *merged)
{
	struct cfg_member *member = merged->member;

	member->port = (unsigned)strtoul(value_of(c, merged, "port"), NULL, 10);
	member->tls_port = (unsigned)strtoul(value_of(c, merged, "tls-port"), NULL, 10);
	if (member->port != 0 || member->tls_port != 0)
		return true;
	cfg_report(c->fleet, &member->place, cfg_member_id(member), "set port or tls-port",
		"'%s' opens no port: nobody could reach it", cfg_member_id(member));
	return false;
}

static bool check_kind(const struct checking *c, const struct merged *merged)
{
	bool is_node = strcmp(value_of(c, merged, "cluster-enabled"), "yes") == 0;
	struct cfg_place place = place_of(merged, "cluster-enabled");

	if (is_node == (c->group->kind == VK_GROUP_CLUSTER))
		return true;
	if (is_node)
		cfg_report(c->fleet, &place, "yes",
			"kind: cluster with shards, or cluster-enabled: \"no\"",
			"'%s' is a node of a cluster, group '%s' is replicated (%s)",
			cfg_member_id(merged->member), c->group->name, c->group->place.file);
	else
		cfg_report(c->fleet, &place, "no", "cluster-enabled: \"yes\" in its role",
			"'%s' is no node of a cluster, group '%s' is one (%s)",
			cfg_member_id(merged->member), c->group->name, c->group->place.file);
	return false;
}

/* ---- members among each other ---- */

static const struct cfg_secret_ref *secret_of(const struct cfg_resolved *resolved)
{
	return resolved != NULL ? resolved->entry->secret : NULL;
}

static bool is_same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* a and b: what the two members say, or NULL. */
static bool is_same(const struct checking *c, const struct merged *x, const struct merged *y,
	const struct cfg_directive *d, const struct cfg_resolved *a, const struct cfg_resolved *b)
{
	const struct cfg_secret_ref *sa = secret_of(a), *sb = secret_of(b);

	if (a == b && !a->entry->has_parameters)
		return true;
	if (sa != NULL || sb != NULL)
		return sa != NULL && sb != NULL && strcmp(sa->name, sb->name) == 0;
	return is_same_text(cfg_value_of(c->fleet, &x->effective, d, c->arena),
		cfg_value_of(c->fleet, &y->effective, d, c->arena));
}

/* " is 1gb for db1/main (hosts/a.yaml:3)" */
static void say_value(const struct checking *c, const struct merged *merged,
	const struct cfg_directive *d, struct vk_buf *out)
{
	struct cfg_place place = place_of(merged, d->name);
	const char *value = cfg_value_of(c->fleet, &merged->effective, d, c->arena);

	if ((d->flags & CFG_SENSITIVE) == 0 && value != NULL) {
		vk_buf_adds(out, value[0] != '\0' ? "" : "empty");
		cfg_value_format(d, value, out);
		vk_buf_adds(out, " for ");
	}
	vk_buf_addf(out, "%s (%s:%u)", cfg_member_id(merged->member), place.file, place.line);
}

static void report_difference(const struct checking *c, const struct merged *first,
	const struct merged *other, const struct cfg_directive *d)
{
	struct cfg_place place = place_of(other, d->name);
	struct vk_buf text;

	vk_buf_init(&text, 2 * CFG_VALUE_MAX_BYTES);
	vk_buf_addf(&text, "%s: ", d->name);
	say_value(c, first, d, &text);
	vk_buf_adds(&text, ", but ");
	say_value(c, other, d, &text);
	cfg_report(c->fleet, &place, NULL,
		"any member of a shard may become its primary: say it in their role", "%s",
		text.data);
	vk_buf_release(&text);
}

/* One directive that either says. False after a finding. */
static bool compare_one(const struct checking *c, const struct merged *first,
	const struct merged *other, const struct cfg_resolved *a, const struct cfg_resolved *b)
{
	const struct cfg_directive *d = (a != NULL ? a : b)->directive;

	if (d->owner != CFG_OWNER_EQUAL || is_same(c, first, other, d, a, b))
		return true;
	report_difference(c, first, other, d);
	return false;
}

/* Both lists are sorted by name. */
static bool compare(
	const struct checking *c, const struct merged *first, const struct merged *other)
{
	const struct cfg_list *x = &first->effective.config, *y = &other->effective.config;
	bool is_good = true;
	size_t i = 0, k = 0;

	while (i < x->count || k < y->count) {
		int order = i == x->count   ? 1
			    : k == y->count ? -1
					    : strcmp(x->items[i].name, y->items[k].name);
		const struct cfg_resolved *a = order <= 0 ? x->items[i].what : NULL;
		const struct cfg_resolved *b = order >= 0 ? y->items[k].what : NULL;

		is_good = compare_one(c, first, other, a, b) && is_good;
		i += order <= 0;
		k += order >= 0;
	}
	return is_good;
}

/* ---- shards ---- */

static bool resolve_shard(const struct checking *c, struct cfg_shard *shard)
{
	struct merged *all = arena_calloc(c->arena, shard->count, sizeof(*all));
	bool is_good = true;

	for (size_t i = 0; i < shard->count; i++) {
		struct cfg_member *member = &shard->members[i];

		if (member->instance->role == NULL || member->host->environment == NULL)
			return false; /* reported when it was read */
		all[i].member = member;
		cfg_merge(c->fleet, member->host, member->instance, c->arena, &all[i].effective);
		is_good = check_ports(c, &all[i]) && is_good;
		is_good = check_kind(c, &all[i]) && is_good;
		is_good = (i == 0 || compare(c, &all[0], &all[i])) && is_good;
	}
	return is_good;
}

/* Where others reach the group's Sentinels. */
static void resolve_sentinels(const struct checking *c)
{
	for (size_t i = 0; i < c->group->sentinel_count; i++) {
		struct cfg_member *member = &c->group->sentinels[i];
		struct merged merged = {.member = member};

		if (member->instance->role == NULL || member->host->environment == NULL)
			continue; /* reported when it was read */
		cfg_merge(c->fleet, member->host, member->instance, c->arena, &merged.effective);
		if (!check_ports(c, &merged))
			c->group->is_good = false;
	}
}

bool cfg_group_resolve(struct cfg_fleet *fleet, struct cfg_group *group)
{
	struct checking c = {fleet, group, NULL};

	if (group->is_resolved)
		return group->is_good;
	group->is_resolved = true;
	for (size_t i = 0; i < group->shard_count; i++) {
		c.arena = arena_new(); /* a cluster may be large, one shard is not */
		if (!resolve_shard(&c, &group->shards[i]))
			group->is_good = false;
		arena_free(c.arena);
	}
	c.arena = arena_new();
	resolve_sentinels(&c);
	arena_free(c.arena);
	return group->is_good;
}
