/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes for the instances of an environment from one rendering to the
 * next. Instances to which exactly the same happens are one group: a change to a
 * role of a thousand instances is one paragraph.
 *
 *   {"environment":"prod","from":"prod/41","to":"the tree in .","instances":2,"restarts":0,
 *    "restarts_preferred":0,"restarts_forbidden":0,"rewritten":0,"unchanged":41,"groups":[
 *     {"instances":["db1/main","db2/main"],"role":"cache","of":2,"presence":"changed",
 *      "way":"live","changes":[
 *       {"kind":"directive","name":"maxmemory","old":"1gb","new":"2gb","way":"live"}]}],
 *    "host_keys":[{"host":"db2","new":"<64 hex>"}],"keepers":[],"policy":[],"waivers":[]}
 *
 * presence is added, changed or removed; way as cfg_way_name() says. role and of,
 * the number of its instances, stand where a group is of one role. from and to say
 * which two sides these are, where a person chose them; in a group, where the sides
 * are not the same instances. rewritten counts instances whose files have another
 * text and the same meaning.
 */
#ifndef ADMIN_DIFFERENCE_H
#define ADMIN_DIFFERENCE_H

#include <stdbool.h>

#include "common/err.h"

struct cfg_diff;
struct cfg_rendered;
struct cfg_rendered_bundle;
struct cfg_tree;
struct cli;
struct vkjson;

/* before may be NULL: everything is new. *out is the caller's. */
VK_CHECKED enum vk_rc difference_of(const struct cfg_rendered *before,
	const struct cfg_rendered *after, struct vkjson **out, struct vk_err *err);

/* The same for one instance of both. Either may be NULL. */
VK_CHECKED enum vk_rc difference_of_instance(const char *environment,
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after,
	struct vkjson **out, struct vk_err *err);

/* Two environments, whose instances do not match by name: role by role, the configuration that most
 * of its instances have on one side with the one on the other. */
VK_CHECKED enum vk_rc difference_of_roles(const struct cfg_rendered *before,
	const struct cfg_rendered *after, struct vkjson **out, struct vk_err *err);

/* One diff as a difference of one group; from and to are what its sides are called. */
struct vkjson *difference_of_diff(
	const char *environment, const struct cfg_diff *diff, const char *from, const char *to);

/* Adds what no bundle shows, but a tree does (difference_part.h); before may be NULL. */
VK_CHECKED enum vk_rc difference_add_parts(struct vkjson *difference, const struct cfg_tree *before,
	const struct cfg_tree *after, struct vk_err *err);

bool difference_is_empty(const struct vkjson *difference);

/* Prints it for people; with -v all instances, else ranges of them. */
void difference_print(const struct cli *cli, const struct vkjson *difference);

#endif
