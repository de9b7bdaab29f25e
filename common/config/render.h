/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tree + environment -> bundles. Pure: no clock, no randomness, no look-up, no
 * locale; author, approvers and server each render and must agree to the byte.
 */
#ifndef VK_CONFIG_RENDER_H
#define VK_CONFIG_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config/findings.h"
#include "common/config/tree.h"
#include "common/config/waiver.h"
#include "common/err.h"

/* Stands in release documents. A change of any rendered byte for an unchanged tree needs a new one.
 */
#define CFG_RENDERER_VERSION "7"

struct cfg_rendered_bundle {
	const char *id;	      /* "db1/main" */
	const char *host;     /* "db1" */
	const char *instance; /* "main" */
	const char *role;
	const char *text; /* canonical JSON, NUL-terminated */
	size_t len;
	/* Of the host, in bytes, and what all of its instances may take; 0: the tree does not say.
	 */
	uint64_t host_memory, host_memory_needed;
};

struct cfg_rendered;

/* Renders all instances of an environment. findings may be NULL; VK_EINPUT if one is an error,
 * with the first as message. VK_ENOTFOUND: the tree has no such environment. */
VK_CHECKED enum vk_rc cfg_render(const struct cfg_tree *tree, const char *environment,
	struct cfg_findings *findings, struct cfg_rendered **out, struct vk_err *err);
void cfg_rendered_free(struct cfg_rendered *rendered);

/* Bundles in byte order of their instance ids: the order of the Merkle tree's leaves. */
size_t cfg_rendered_count(const struct cfg_rendered *rendered);
const struct cfg_rendered_bundle *cfg_rendered_at(const struct cfg_rendered *rendered, size_t i);

/* NULL: no such instance. *index_out (may be NULL) is its leaf's index. */
const struct cfg_rendered_bundle *cfg_rendered_find(
	const struct cfg_rendered *rendered, const char *id, size_t *index_out);

/* count leaf hashes of 32 bytes, contiguous, for merkle_inclusion(); and the tree's root. */
const uint8_t (*cfg_rendered_leaves(const struct cfg_rendered *rendered))[32];
const uint8_t *cfg_rendered_root(const struct cfg_rendered *rendered);

/* VK_EINPUT: fleet.yaml names another fleet than this. */
VK_CHECKED enum vk_rc cfg_rendered_check_fleet(
	const struct cfg_rendered *rendered, const char *fleet, struct vk_err *err);

const char *cfg_rendered_environment(const struct cfg_rendered *rendered);

/* What the environment says about the baseline: stands in no bundle. Borrowed. */
const struct cfg_rules_policy *cfg_rendered_policy(const struct cfg_rendered *rendered);

#endif
