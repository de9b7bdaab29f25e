/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes for the instances of an environment from one rendering to the
 * next. Instances whose changes are the same are one group: a change to a role
 * of a thousand instances is one paragraph.
 * presence is added, changed or removed.
 *
 *   {"environment":"prod","instances":1,"restarts":0,"unchanged":41,"groups":[
 *     {"instances":["db1/main"],"presence":"changed","restart":false,"changes":[
 *       {"kind":"directive","name":"maxmemory","old":"1gb","new":"2gb","live":true}]}],
 *    "host_keys":[{"host":"db2","new":"<64 hex>"}]}
 *
 * Host keys stand in no bundle, but an approver's signature vouches for them:
 * whoever signs a tree must have seen which keys it brings.
 */
#ifndef ADMIN_DIFFERENCE_H
#define ADMIN_DIFFERENCE_H

#include <stdbool.h>

#include "common/err.h"

struct cfg_rendered;
struct cfg_tree;
struct cli;
struct vkjson;

/* before may be NULL: everything is new. *out is the caller's. */
VK_CHECKED enum vk_rc difference_of(const struct cfg_rendered *before,
	const struct cfg_rendered *after, struct vkjson **out, struct vk_err *err);

/* Adds the public keys of the environment's hosts and keepers that differ between the trees; before
 * may be NULL. */
VK_CHECKED enum vk_rc difference_add_host_keys(struct vkjson *difference,
	const struct cfg_tree *before, const struct cfg_tree *after, struct vk_err *err);

bool difference_is_empty(const struct vkjson *difference);

/* Prints it for people. */
void difference_print(const struct cli *cli, const struct vkjson *difference);

#endif
