/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a submitted change is what it says. Everything that approvers will
 * sign is made by the author; the server makes the same bytes again from the
 * tree and refuses when anything differs, so that a wrong or hostile client
 * wastes nobody's signature. Approvers and hosts do not rely on this check: they
 * make their own.
 *
 * Pure: no clock, no storage, no network.
 */
#ifndef VK_PROPOSAL_H
#define VK_PROPOSAL_H

#include <stddef.h>
#include <stdint.h>

#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/err.h"
#include "common/release.h"

enum {
	PROPOSAL_CLOCK_SKEW_S = 24 * 60 * 60,
	PROPOSAL_ROLE_LIFETIME_MAX_S = 2 * 366 * 24 * 60 * 60,
};

/* The state that a change must build on. */
struct proposal_base {
	const char *fleet;
	const char *environment;
	int64_t release;      /* the current one; 0: none */
	const char *document; /* its bytes; NULL where there is none */
	size_t document_len;
	int64_t role_version; /* of ENV's role now; 0: none */
	int64_t now;
};

/*
 * Checks what can be said without the tree: fleet, environment, author, numbers, fallback, times,
 * and that metadata is exactly the role that lists this document and its fallback.
 * VK_ECONFLICT: base or role version is not the current one (stale); VK_EUNTRUSTED: something
 * differs; VK_EINPUT: it is no release document or role. *out is freed by vk_release_free().
 */
VK_CHECKED enum vk_rc proposal_check(const struct proposal_base *base, const char *author,
	const char *document, size_t document_len, const char *metadata, size_t metadata_len,
	struct vk_release **out, struct vk_err *err);

/* Renders the tree and compares tree digest, number of bundles and root with the document.
 * VK_EUNTRUSTED where they differ, VK_EINPUT where the tree cannot be rendered. *out is freed by
 * cfg_rendered_free(). Takes seconds for large fleets. */
VK_CHECKED enum vk_rc proposal_check_tree(const struct vk_release *release,
	const struct cfg_tree *tree, struct cfg_rendered **out, struct vk_err *err);

#endif
