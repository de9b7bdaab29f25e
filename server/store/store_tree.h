/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees as submitted: content-addressed, so that a file that did not change is stored once. */
#ifndef VK_STORE_TREE_H
#define VK_STORE_TREE_H

#include <stdbool.h>

#include "server/store/store.h"

struct store_tree_file {
	const char *path;
	const char *text; /* NUL-terminated */
	size_t len;
};

/* Idempotent: a tree that is there is the first author's, and its time is renewed. digest (64 hexadecimal digits) is the tree's, computed by the caller over these
 * files (common/config); files in any order, each path once. */
VK_CHECKED enum vk_rc store_add_tree(struct store *store, const char *digest,
	const struct store_tree_file *files, size_t count, const char *author, int64_t now,
	struct vk_err *err);

VK_CHECKED enum vk_rc store_has_tree(
	struct store *store, const char *digest, bool *out, struct vk_err *err);

/* The environments for which the tree was submitted, whatever became of it. VK_ENOTFOUND: there is
 * no such tree. */
VK_CHECKED enum vk_rc store_list_tree_environments(struct store *store, const char *digest,
	struct arena *arena, const char *const **items, size_t *count, struct vk_err *err);

/* Files by path, bytewise. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_tree(struct store *store, const char *digest, struct arena *arena,
	const struct store_tree_file **files, size_t *count, struct vk_err *err);

#endif
