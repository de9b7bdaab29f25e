/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backup of a fleet's server: a directory (0700) with a consistent copy of the
 * database, made while vkcfgd may be serving, and of all other files of the state
 * directory, private keys included unless they are to be left out. backup.json,
 * written last, says what is in it.
 */
#ifndef VK_SERVER_BACKUP_H
#define VK_SERVER_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/name.h"

enum { BACKUP_MAX_FILES = 64, BACKUP_FILE_MAX_BYTES = 1 << 20 };

#define BACKUP_MANIFEST "backup.json"
#define BACKUP_SETTINGS "vkcfgd.yaml"

/* One file of the state directory, by its path in it: "online/log.key". */
struct backup_file {
	const char *path; /* in the arena */
	bool is_private;  /* a private key */
};

struct backup_files {
	struct backup_file items[BACKUP_MAX_FILES];
	size_t count;
};

/* The files of a state directory or of a backup that are copied as they are, sorted: all regular
 * files in it and in online/ but the database, the lock, and what a backup adds. */
VK_CHECKED enum vk_rc backup_list_files(
	int dir, struct arena *arena, struct backup_files *out, struct vk_err *err);

/* Copies one of them, readable by its owner only if it is private. VK_ECONFLICT if it exists. */
VK_CHECKED enum vk_rc backup_copy_file(
	int from, int to, const struct backup_file *file, struct vk_err *err);

/* What backup.json says. */
struct backup_manifest {
	char fleet[VK_NAME_BYTES];
	int64_t created;
	int64_t log_size;
	bool has_keys;
};

VK_CHECKED enum vk_rc backup_read_manifest(
	int dir, struct backup_manifest *out, struct vk_err *err);

struct backup_options {
	const char *state;    /* directory */
	const char *settings; /* file */
	const char *to;	      /* directory, made; VK_ECONFLICT if it exists */
	bool is_without_keys;
};

/* *manifest and *files (in the arena) tell what was made. A failed backup is removed. */
VK_CHECKED enum vk_rc backup_make(const struct backup_options *options, struct arena *arena,
	struct backup_manifest *manifest, struct backup_files *files, struct vk_err *err);

#endif
