/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The current release of an environment, verified: from the pinned root through
 * targets and the environment's role to the release document. What a change
 * builds on, what a diff compares with, what an approval continues.
 */
#ifndef ADMIN_CURRENT_H
#define ADMIN_CURRENT_H

#include "client/admin/candidate.h"
#include "client/admin/session.h"
#include "common/err.h"

struct cfg_rendered;
struct cfg_tree;
struct tuf_delegation;
struct vk_release;

/* Embedded: current_init() ... current_release(). */
struct current {
	char fleet[VK_NAME_BYTES];
	char environment[VK_NAME_BYTES];
	struct candidate_base base; /* its strings are the two above */
	struct vk_release *release; /* NULL: the environment has none yet */
	/* Who may approve; borrowed from the session's TUF client. */
	const struct tuf_delegation *delegation;
};

void current_init(struct current *current);
void current_release(struct current *current);

/* Fills *out in place (it must not be copied afterwards). VK_ENOTFOUND if the fleet has no such
 * environment. */
VK_CHECKED enum vk_rc current_load(struct session *session, const char *environment,
	struct current *out, struct vk_err *err);

/* Fetches and renders the current release's tree; the bundles must be those of the signed document.
 * Both outputs are NULL where there is no release. tree may be NULL. */
VK_CHECKED enum vk_rc current_render(struct session *session, const struct current *current,
	struct cfg_tree **tree, struct cfg_rendered **out, struct vk_err *err);

/* The same for any verified release document. */
VK_CHECKED enum vk_rc current_render_release(struct session *session,
	const struct vk_release *release, struct cfg_tree **tree, struct cfg_rendered **out,
	struct vk_err *err);

#endif
