/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making a change out of a tree: what `vkcfg submit` and `vkcfg rollback` share.
 */
#ifndef ADMIN_SUBMIT_H
#define ADMIN_SUBMIT_H

#include "client/admin/cli.h"
#include "client/admin/session.h"
#include "common/err.h"

struct args;
struct cfg_tree;
struct current;

/* The message of -m; VK_EINPUT if it is missing or blank. */
VK_CHECKED enum vk_rc submit_message(
	const struct args *args, const char **out, struct vk_err *err);

/* Renders the tree, sends it, and proposes it as the release after current; prints the change.
 * commit may be NULL. VK_ECONFLICT: another release came in between. */
VK_CHECKED enum vk_rc submit_tree(const struct cli *cli, struct session *session,
	const struct current *current, const struct cfg_tree *tree, const char *message,
	const char *commit, struct vk_err *err);

#endif
