/* SPDX-License-Identifier: BSD-3-Clause */
/* The author's tree: loading it, and the git commit that it stands at. */
#ifndef ADMIN_SOURCE_H
#define ADMIN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct args;
struct cfg_tree;

enum { SOURCE_COMMIT_BYTES = 65 }; /* a SHA-256 object name with its NUL */

/* The directory of --tree, or ".". */
const char *source_directory(const struct args *args);

/* Loads the tree of --tree. */
VK_CHECKED enum vk_rc source_load(
	const struct args *args, struct cfg_tree **out, struct vk_err *err);

/* The commit of the git work tree that directory is in. Writes "" where it is in none, git is
 * missing, nothing was committed, or files differ from the commit (is_dirty then): a commit that is
 * not the tree's would be a false witness. */
void source_git_commit(const char *directory, char out[SOURCE_COMMIT_BYTES], bool *is_dirty);

#endif
