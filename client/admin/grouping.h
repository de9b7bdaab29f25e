/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instances to which exactly the same happens, taken together: found by the digest
 * of their diffs, in time that does not depend on how many groups there are.
 */
#ifndef ADMIN_GROUPING_H
#define ADMIN_GROUPING_H

#include <stddef.h>
#include <stdint.h>

struct cfg_diff;
struct cfg_rendered;
struct cfg_rendered_bundle;
struct vkjson;

struct grouping;

/* before and after are what instances are counted in, for "all of role cache"; either may be NULL,
 * and both must outlive the grouping. */
struct grouping *grouping_new(const struct cfg_rendered *before, const struct cfg_rendered *after);
void grouping_free(struct grouping *grouping);

/* Counts an instance whose bundle is the same to the byte. */
void grouping_add_unchanged(struct grouping *grouping);

/* Adds one that differs, or is on one side only (the other is NULL then). */
void grouping_add(struct grouping *grouping, const struct cfg_diff *diff,
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after);

/* A difference without its parts, which is the caller's. */
struct vkjson *grouping_json(const struct grouping *grouping, const char *environment);

/* One group's object, without instances. */
struct vkjson *grouping_diff_json(const struct cfg_diff *diff, const char *presence);

#endif
