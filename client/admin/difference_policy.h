/* SPDX-License-Identifier: BSD-3-Clause */
/* What changes in the policy of an environment and in its waivers: parts of a difference. */
#ifndef ADMIN_DIFFERENCE_POLICY_H
#define ADMIN_DIFFERENCE_POLICY_H

struct cfg_fleet;
struct cli;
struct vkjson;

/* [{"policy":"block","old":"high"}]: a side that does not block is left out. */
void difference_policy(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment);
void difference_print_policy(const struct cli *cli, const struct vkjson *list);

/* [{"presence":"added"|"changed"|"removed","rule","where","reason","owner","expires"}] */
void difference_waivers(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment);
void difference_print_waivers(const struct cli *cli, const struct vkjson *list);

#endif
