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
struct vkjson;

/* The message of -m; VK_EINPUT if it is missing or blank. */
VK_CHECKED enum vk_rc submit_message(
	const struct args *args, const char **out, struct vk_err *err);

/* Renders the tree, sends it, and proposes it as the release after current. commit may be NULL.
 * VK_ECONFLICT: another release came in between; VK_EINPUT: the policy keeps it out (gate.h).
 * *out is the caller's: {"change","environment","base","number","difference","baseline","secrets"},
 * the last as in secret_advice.h. */
VK_CHECKED enum vk_rc submit_propose(const struct cli *cli, struct session *session,
	const struct current *current, const struct cfg_tree *tree, const char *message,
	const char *commit, struct vkjson **out, struct vk_err *err);

/* Prints what submit_propose() made, for people. */
void submit_print(const struct cli *cli, const struct vkjson *result);

/* Both: as JSON with --json. */
VK_CHECKED enum vk_rc submit_tree(const struct cli *cli, struct session *session,
	const struct current *current, const struct cfg_tree *tree, const char *message,
	const char *commit, struct vk_err *err);

/* The files of a tree as the API takes them: [{"path","text"}]; the caller's. */
struct vkjson *submit_tree_files(const struct cfg_tree *tree);

#endif
