/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tree says: the fleet with its environments, roles, hosts and
 * instances, read and checked. Borrows from the tree, which must outlive it.
 * Read-only after parsing.
 */
#ifndef VK_CONFIG_FLEET_H
#define VK_CONFIG_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bundle.h"
#include "common/config/findings.h"
#include "common/config/tree.h"
#include "common/config/waiver.h"
#include "common/err.h"

struct cfg_fleet;

struct cfg_host_info {
	const char *name;
	const char *environment;
	const char *public_key; /* 64 hexadecimal digits, or "" */
	const char *address;	/* of the host, or "" */
	uint64_t memory;	/* bytes of the host; 0: the tree does not say */
	const char *file;	/* where the host is described */
	unsigned line;
	size_t instance_count;
};

/* Reads a tree. Findings are added to findings (may be NULL); VK_EINPUT if one is an error, with
 * the first as message. Does not merge layers: cfg_validate() does. */
VK_CHECKED enum vk_rc cfg_fleet_parse(const struct cfg_tree *tree, struct cfg_findings *findings,
	struct cfg_fleet **out, struct vk_err *err);
void cfg_fleet_free(struct cfg_fleet *fleet);

/* Everything that can be wrong with a tree, every instance of every environment merged and
 * checked. VK_OK even if there are findings: finding them is this function's success. */
VK_CHECKED enum vk_rc cfg_validate(
	const struct cfg_tree *tree, struct cfg_findings *findings, struct vk_err *err);

const char *cfg_fleet_name(const struct cfg_fleet *fleet);

/* Environments in promotion order. */
size_t cfg_fleet_environment_count(const struct cfg_fleet *fleet);
const char *cfg_fleet_environment_at(const struct cfg_fleet *fleet, size_t i);
bool cfg_fleet_has_environment(const struct cfg_fleet *fleet, const char *name);

/* What `promotes-from` says, or NULL. */
const char *cfg_fleet_promotes_from(const struct cfg_fleet *fleet, const char *environment);

/* Who can open all secrets of an environment, in byte order of their names. */
struct cfg_keeper_info {
	const char *name;
	const char *public_key; /* 64 hexadecimal digits */
};
size_t cfg_fleet_keeper_count(const struct cfg_fleet *fleet, const char *environment);
struct cfg_keeper_info cfg_fleet_keeper_at(
	const struct cfg_fleet *fleet, const char *environment, size_t i);

/* What the environment says about the baseline; NULL: there is no such environment. */
const struct cfg_rules_policy *cfg_fleet_policy(
	const struct cfg_fleet *fleet, const char *environment);

/* Hosts in byte order of their names. */
size_t cfg_fleet_host_count(const struct cfg_fleet *fleet);
struct cfg_host_info cfg_fleet_host_at(const struct cfg_fleet *fleet, size_t i);
bool cfg_fleet_host_find(
	const struct cfg_fleet *fleet, const char *name, struct cfg_host_info *out);

/* The memory of the host of instance "HOST/INSTANCE" in bytes; 0 where the tree does not say. */
uint64_t cfg_fleet_memory_of(const struct cfg_fleet *fleet, const char *id);

/* Groups, in byte order of their names: who is whose replica, who is a node of which shard. A
 * replicated group is one shard. */
struct cfg_group_info {
	const char *name;
	const char *environment;
	enum vk_bundle_group_kind kind;
	const char *file;
	size_t shard_count;
	size_t sentinel_count; /* that watch it */
	unsigned quorum;       /* of them, who think that a primary is down, begin a failover */
};
size_t cfg_fleet_group_count(const struct cfg_fleet *fleet);
struct cfg_group_info cfg_fleet_group_at(const struct cfg_fleet *fleet, size_t i);

/* The members of a shard as the tree lists them: the first is the primary that a new group starts
 * with, not who is primary now. */
struct cfg_member_info {
	const char *id; /* HOST/INSTANCE */
	const char *host;
	const char *address;
	unsigned port, tls_port; /* 0: not open; both 0 before cfg_fleet_resolve_groups() */
};
size_t cfg_fleet_shard_size(const struct cfg_fleet *fleet, size_t group, size_t shard);
struct cfg_member_info cfg_fleet_member_at(
	const struct cfg_fleet *fleet, size_t group, size_t shard, size_t i);

struct cfg_member_info cfg_fleet_sentinel_at(const struct cfg_fleet *fleet, size_t group, size_t i);

/* Where an instance is a member; false: in no group. */
struct cfg_membership {
	size_t group;
	size_t shard;
};
bool cfg_fleet_group_of(const struct cfg_fleet *fleet, const char *id, struct cfg_membership *out);

/* Merges the members of all groups for their ports, and checks that the members of a shard fit
 * together. Findings as in cfg_fleet_parse(). */
VK_CHECKED enum vk_rc cfg_fleet_resolve_groups(
	struct cfg_fleet *fleet, struct cfg_findings *findings, struct vk_err *err);

/* Whether something that can drift has this name: a directive of any version, users.NAME,
 * files.PATH, commands.NAME or process. VK_EINPUT says what may have been meant. */
VK_CHECKED enum vk_rc cfg_drift_name_check(const char *name, struct vk_err *err);

/* Name and role of instance i (byte order) of host h. */
const char *cfg_fleet_instance_name(const struct cfg_fleet *fleet, size_t h, size_t i);
const char *cfg_fleet_instance_role(const struct cfg_fleet *fleet, size_t h, size_t i);

#endif
