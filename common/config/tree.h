/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tree: the YAML source of a fleet as a set of files, known by its digest.
 * This module holds bytes and paths only; fleet.h reads what they say.
 *
 * Read-only after loading; any thread may read it.
 */
#ifndef VK_CONFIG_TREE_H
#define VK_CONFIG_TREE_H

#include <stddef.h>

#include "common/err.h"

enum {
	CFG_TREE_MAX_FILES = 10 * 1000,
	CFG_TREE_MAX_FILE_BYTES = 1024 * 1024,
	CFG_TREE_MAX_BYTES = 64 * 1024 * 1024,
};

struct cfg_tree_file {
	const char *path; /* "roles/cache.yaml" */
	const char *text; /* UTF-8 without NUL; NUL-terminated for convenience */
	size_t len;
};

struct cfg_tree;

/* Reads the files of a tree below directory path; everything else there is ignored. Symlinks
 * under the names of a tree are refused (they could carry any file into a signed tree). */
VK_CHECKED enum vk_rc cfg_tree_load_dir(
	const char *path, struct cfg_tree **out, struct vk_err *err);

/* Makes a tree of files that came over the wire, in any order; texts are copied. A path that is
 * not a tree's, twice the same, or a passed limit is refused. */
VK_CHECKED enum vk_rc cfg_tree_from_files(
	const struct cfg_tree_file *files, size_t count, struct cfg_tree **out, struct vk_err *err);

void cfg_tree_free(struct cfg_tree *tree);

/* 64 hexadecimal digits and a NUL; borrowed. */
const char *cfg_tree_digest(const struct cfg_tree *tree);

/* Files in the order of their paths' bytes. */
size_t cfg_tree_file_count(const struct cfg_tree *tree);
const struct cfg_tree_file *cfg_tree_file_at(const struct cfg_tree *tree, size_t i);
const struct cfg_tree_file *cfg_tree_file_find(const struct cfg_tree *tree, const char *path);

#endif
