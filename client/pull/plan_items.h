/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The changes of a plan, one by one: of values and users what differs from what
 * runs; of files, policies, secrets and groups what differs from the bundle that
 * is installed.
 */
#ifndef VK_PULL_PLAN_ITEMS_H
#define VK_PULL_PLAN_ITEMS_H

#include "client/pull/difference.h"
#include "client/pull/generation.h"

struct vkjson;

/* An array of {"kind","name","old","new","way"}; way as cfg_way_name() says, or "unknown" of a
 * directive that this vkcfg does not know: it is tried live. The caller's. */
struct vkjson *plan_items_of_values(
	const struct difference *difference, const char *schema, bool may_restart);

/* Adds those of the bundles; before may be NULL. */
VK_CHECKED enum vk_rc plan_items_add_bundles(struct vkjson *items,
	const struct generation_bundle *before, const struct generation_bundle *after,
	struct vk_err *err);

/* An array of sentences: whose connections are closed, without a restart. The caller's. */
struct vkjson *plan_items_closed(const struct difference *difference);

#endif
