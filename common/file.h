/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that must survive a crash. A file is replaced by one function:
 * a temporary file in the same directory, written, fsynced, renamed over the
 * old one, then the directory is fsynced. A reader sees the old or the new
 * content, never a part.
 *
 * dirfd: an open directory, or AT_FDCWD. Names relative to dirfd are resolved
 * without following a symlink in the last component when opening for reading
 * state files (VK_FILE_NOFOLLOW).
 */
#ifndef VK_FILE_H
#define VK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"

enum vk_file_flags {
	VK_FILE_DEFAULT = 0,
	VK_FILE_NOFOLLOW = 1, /* refuse a symlink */
	VK_FILE_PRIVATE = 2,  /* refuse a file that group or others may read, or that is
			       * owned by someone else: for keys */
};

/* Appends the whole file to out; its size is bounded by out's maximum (VK_ELIMIT).
 * A missing file is VK_ENOTFOUND. Only regular files are read. */
VK_CHECKED enum vk_rc vk_file_read(
	int dirfd, const char *path, enum vk_file_flags flags, struct vk_buf *out, struct vk_err *err);

/* Replaces or creates path atomically and durably with the given mode, whatever the umask. */
VK_CHECKED enum vk_rc vk_file_replace(int dirfd, const char *path, mode_t mode, const void *data,
	size_t len, struct vk_err *err);

/* Creates path, durably; VK_ECONFLICT if it exists. */
VK_CHECKED enum vk_rc vk_file_create(int dirfd, const char *path, mode_t mode, const void *data,
	size_t len, struct vk_err *err);

/* Removes a file; one that is not there is no error. */
VK_CHECKED enum vk_rc vk_file_remove(int dirfd, const char *path, struct vk_err *err);

/* Makes the directory path and its missing parents; existing ones are left as they are. */
VK_CHECKED enum vk_rc vk_file_mkdirs(int dirfd, const char *path, mode_t mode, struct vk_err *err);

/* Flushes the directory's own entries to disk. */
VK_CHECKED enum vk_rc vk_file_sync_dir(int dirfd, const char *path, struct vk_err *err);

/* Removes a directory with all that is in it, without following symlinks; missing is no error. */
VK_CHECKED enum vk_rc vk_file_remove_tree(int dirfd, const char *path, struct vk_err *err);

/* Takes an exclusive lock on path (created if missing). The lock lasts until *lock_fd is closed
 * or the process dies. VK_EUNAVAIL if another process holds it. */
VK_CHECKED enum vk_rc vk_file_lock(
	int dirfd, const char *path, int *lock_fd, struct vk_err *err);

#endif
