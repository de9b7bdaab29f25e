/* SPDX-License-Identifier: BSD-3-Clause */
/* What a fleet answers about its groups, and what a bundle says of one. */
#include "config.h"

#include <assert.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/name.h"

#include "common/banned.h"

enum vk_rc cfg_fleet_resolve_groups(
	struct cfg_fleet *fleet, struct cfg_findings *findings, struct vk_err *err)
{
	struct cfg_findings *own = findings == NULL ? cfg_findings_new() : NULL;
	enum vk_rc rc;

	fleet->findings = findings != NULL ? findings : own;
	for (size_t i = 0; i < fleet->group_count; i++)
		(void)cfg_group_resolve(fleet, &fleet->groups[i]); /* findings are the result */
	rc = cfg_findings_check(fleet->findings, err);
	fleet->findings = NULL;
	cfg_findings_free(own);
	return rc;
}

size_t cfg_fleet_group_count(const struct cfg_fleet *fleet)
{
	return fleet->group_count;
}

struct cfg_group_info cfg_fleet_group_at(const struct cfg_fleet *fleet, size_t i)
{
	const struct cfg_group *group = &fleet->groups[i];

	assert(i < fleet->group_count);
	return (struct cfg_group_info){
		.name = group->name,
		.environment = group->environment->name,
		.kind = group->kind,
		.file = group->place.file,
		.shard_count = group->shard_count,
		.sentinel_count = group->sentinel_count,
		.quorum = group->quorum,
	};
}

size_t cfg_fleet_shard_size(const struct cfg_fleet *fleet, size_t group, size_t shard)
{
	assert(group < fleet->group_count && shard < fleet->groups[group].shard_count);
	return fleet->groups[group].shards[shard].count;
}

static struct cfg_member_info info_of(const struct cfg_member *member)
{
	return (struct cfg_member_info){
		.id = cfg_member_id(member),
		.host = member->host->name,
		.address = member->host->address != NULL ? member->host->address : "",
		.port = member->port,
		.tls_port = member->tls_port,
	};
}

struct cfg_member_info cfg_fleet_member_at(
	const struct cfg_fleet *fleet, size_t group, size_t shard, size_t i)
{
	assert(i < cfg_fleet_shard_size(fleet, group, shard));
	return info_of(&fleet->groups[group].shards[shard].members[i]);
}

struct cfg_member_info cfg_fleet_sentinel_at(const struct cfg_fleet *fleet, size_t group, size_t i)
{
	assert(group < fleet->group_count && i < fleet->groups[group].sentinel_count);
	return info_of(&fleet->groups[group].sentinels[i]);
}

bool cfg_fleet_group_of(const struct cfg_fleet *fleet, const char *id, struct cfg_membership *out)
{
	char host_name[VK_NAME_BYTES], name[VK_NAME_BYTES];
	const struct cfg_host *host;

	if (!vk_instance_id_parse(id, host_name, name))
		return false;
	host = cfg_fleet_find_host(fleet, host_name);
	for (size_t i = 0; host != NULL && i < host->instance_count; i++) {
		const struct cfg_instance *instance = &host->instances[i];

		if (strcmp(instance->name, name) != 0 || instance->group == NULL)
			continue;
		*out = (struct cfg_membership){
			(size_t)(instance->group - fleet->groups), instance->shard};
		return true;
	}
	return false;
}

/* ---- for a bundle ---- */

static struct vk_bundle_member bundle_member(const struct cfg_member *member)
{
	return (struct vk_bundle_member){
		.instance = cfg_member_id(member),
		.address = member->host->address,
		.port = member->port,
		.tls_port = member->tls_port,
	};
}

static const struct vk_bundle_member *bundle_members(
	const struct cfg_member *members, size_t count, struct arena *arena)
{
	struct vk_bundle_member *out = arena_calloc(arena, count, sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = bundle_member(&members[i]);
	return out;
}

/* The first members of the first other shards: who knows one node of a cluster finds them all. */
static void add_seeds(const struct cfg_group *group, size_t shard, struct arena *arena,
	struct vk_bundle_group *out)
{
	struct vk_bundle_member *seeds = arena_calloc(arena, VK_BUNDLE_MAX_SEEDS, sizeof(*seeds));

	out->seeds = seeds;
	for (size_t i = 0; i < group->shard_count && out->seed_count < VK_BUNDLE_MAX_SEEDS; i++) {
		if (i != shard && group->shards[i].count > 0)
			seeds[out->seed_count++] = bundle_member(&group->shards[i].members[0]);
	}
}

const struct vk_bundle_group *cfg_group_for_bundle(
	const struct cfg_instance *instance, struct arena *arena)
{
	const struct cfg_group *group = instance->group;
	const struct cfg_shard *shard = &group->shards[instance->shard];
	struct vk_bundle_group *out = arena_calloc(arena, 1, sizeof(*out));

	*out = (struct vk_bundle_group){
		.name = group->name,
		.kind = group->kind,
		.shard = (int64_t)instance->shard,
		.max_unavailable = group->max_unavailable,
		.member_count = shard->count,
		.members = bundle_members(shard->members, shard->count, arena),
	};
	if (group->kind == VK_GROUP_CLUSTER)
		add_seeds(group, instance->shard, arena, out);
	out->sentinel_count = group->sentinel_count;
	out->sentinels = bundle_members(group->sentinels, group->sentinel_count, arena);
	return out;
}
