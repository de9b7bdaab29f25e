/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import adds to a tree: fleet.yaml where there is none, a role, and the instance. */
#ifndef ADMIN_IMPORT_TREE_H
#define ADMIN_IMPORT_TREE_H

#include <stdbool.h>

#include "common/config/findings.h"
#include "common/config/import.h"
#include "common/config/template_nearest.h"
#include "common/config/tree.h"
#include "common/err.h"

struct cfg_lint;

enum { IMPORT_TREE_FILES = 3 };

struct import_file {
	char *path; /* "roles/db1-main.yaml" */
	char *text;
	bool is_new; /* false: the file of a host, with one more instance */
};

struct import_tree {
	char *environment;
	struct cfg_tree *whole; /* the tree with the new files */
	struct import_file files[IMPORT_TREE_FILES];
	size_t count;
	struct cfg_lint *
		lint; /* what the baseline says of the instance; NULL where it cannot be rendered */
	struct cfg_template_match nearest; /* template NULL where it cannot be rendered */
};

struct import_target {
	const char *directory, *host, *instance;
	const char *environment; /* NULL: the fleet's only one, or prod in a new fleet */
	const char *fleet;	 /* the name of a new fleet */
};

/* Makes the files, in memory, and validates the tree with them as if all secrets were sealed. *out
 * is released with import_tree_release(). VK_ECONFLICT: the tree has that role or instance. */
VK_CHECKED enum vk_rc import_tree_make(const struct cfg_import *import,
	const struct import_target *target, struct cfg_findings *findings, struct import_tree *out,
	struct vk_err *err);
void import_tree_release(struct import_tree *tree);

/* Writes them below the directory of the target. */
VK_CHECKED enum vk_rc import_tree_write(
	const struct import_tree *tree, const char *directory, struct vk_err *err);

#endif
