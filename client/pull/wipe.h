/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Removing files that hold secrets: overwritten first, so that neither a
 * snapshot of the disk nor its free blocks show them. A file system that never
 * writes in place keeps the old blocks; there only encryption of the disk helps.
 */
#ifndef VK_PULL_WIPE_H
#define VK_PULL_WIPE_H

#include "common/err.h"

/* Overwrites every regular file below a directory, whatever its mode, then removes the directory.
 * Symlinks are not followed; a missing directory is no error. What cannot be overwritten is removed
 * all the same. */
VK_CHECKED enum vk_rc wipe_tree(const char *path, struct vk_err *err);

#endif
