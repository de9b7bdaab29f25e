/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changing one value in the text of a person's tree, and nothing else there:
 * comments, order and quotes stay as they are. What cannot be changed for sure
 * is refused, with the words to write by hand.
 */
#ifndef ADMIN_TREE_EDIT_H
#define ADMIN_TREE_EDIT_H

#include <stddef.h>

#include "common/buf.h"
#include "common/config/tree.h"
#include "common/err.h"

/* One value of an instance; all borrowed. */
struct tree_edit {
	const char *host; /* as the file has it: a range of hosts is refused */
	const char *instance;
	const char *name; /* of a directive */
	const char *value;
};

/* Appends the file's text with the value in the instance's own config; *line says where.
 * VK_ECONFLICT where the text does not allow it. */
VK_CHECKED enum vk_rc tree_edit_config(const struct cfg_tree_file *file,
	const struct tree_edit *edit, struct vk_buf *out, unsigned *line, struct vk_err *err);

/* The tree with one file replaced or added. */
VK_CHECKED enum vk_rc tree_edit_replace(const struct cfg_tree *tree, const char *path,
	const struct vk_buf *text, struct cfg_tree **out, struct vk_err *err);

#endif
