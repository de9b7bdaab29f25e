/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that an import reads: those of the command line, what they include, the ACL file. */
#ifndef ADMIN_IMPORT_FILES_H
#define ADMIN_IMPORT_FILES_H

#include "common/config/import.h"
#include "common/err.h"

struct args;

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
