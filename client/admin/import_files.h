/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that an import reads: those of the command line, what they include, the ACL file. */
#ifndef ADMIN_IMPORT_FILES_H
#define ADMIN_IMPORT_FILES_H

#include "common/config/import.h"
#include "common/err.h"

struct args;

/* Rows for the option table of a command that imports files. */
#define IMPORT_OPTIONS                                                                             \
	TREE_OPTION,                                                                               \
		{"as", 0, "HOST/INSTANCE", "what the instance is called in the tree", false},      \
		{"env", 0, "ENV", "its environment (default: the only one; prod in a new fleet)",  \
			false},                                                                    \
		{"fleet", 0, "NAME", "the name of a new fleet (default: fleet)", false},           \
		{"acl", 0, "FILE", "the ACL file (default: what aclfile names)", false},           \
		{"secrets", 0, "FILE", "where passwords go; a new file, mode 0600", false},        \
		{"valkey", 0, "VERSION", "the version of Valkey (default: 8.0, or what runs)",     \
			false},                                                                    \
		{"skip-refused", 0, NULL, "import the rest where Valkey refuses lines", false},    \
	{                                                                                          \
		"dry-run", 0, NULL, "report, and write nothing", false                             \
	}

/* Reads all files that args name into import, or where they name none, the main file. */
VK_CHECKED enum vk_rc import_files_read(struct cfg_import *import, const struct args *args,
	const char *main_file, struct vk_err *err);

/* A cfg_import_include: patterns as Valkey takes them, below the directory of the file that
 * includes. */
enum vk_rc import_files_include(void *context, struct cfg_import *import, const char *from,
	const char *pattern, struct vk_err *err);

/* A path relative to the directory of the file that names it; to be freed. */
char *import_files_resolve(const char *from, const char *path);

#endif
