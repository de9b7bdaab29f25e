/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Releases older than the current one, verified: each release document names the
 * digest of the one before it, so that the verified current release vouches for
 * all of them.
 */
#ifndef ADMIN_RELEASED_H
#define ADMIN_RELEASED_H

#include <stdint.h>

#include "client/admin/current.h"
#include "client/admin/session.h"
#include "common/err.h"

struct args;
struct cfg_tree;
struct cli;
struct vk_release;

/* The document of release number, which must be older than the current one; freed by the caller
 * with vk_release_free(). VK_ENOTFOUND where the environment never had it. */
VK_CHECKED enum vk_rc released_document(struct session *session, const struct current *current,
	int64_t number, struct vk_release **out, struct vk_err *err);

/* The tree of a release, named as a person does: "ENV" (the current one) or "ENV/NUMBER". */
VK_CHECKED enum vk_rc released_tree(
	const struct cli *cli, const char *name, struct cfg_tree **out, struct vk_err *err);

/* The tree that options mean: of --release, verified, or of --tree. */
VK_CHECKED enum vk_rc released_or_source(
	const struct cli *cli, const struct args *args, struct cfg_tree **out, struct vk_err *err);

#endif
