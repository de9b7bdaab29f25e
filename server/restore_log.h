/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The audit log of a server that is rebuilt: is it whole, what came after the
 * backup, and is that all that hosts and people have seen? All of it happens in
 * the transaction of the restore.
 */
#ifndef VK_SERVER_RESTORE_LOG_H
#define VK_SERVER_RESTORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "server/store/store.h"

enum {
	RESTORE_LOG_MAX_BYTES = 512 << 20, /* of an export */
	RESTORE_REPORT_MAX_BYTES = 64 << 20,
};

/* VK_EUNTRUSTED unless the entries make the tree that is stored, and that the last checkpoint was
 * signed over. */
VK_CHECKED enum vk_rc restore_log_check(struct store *store, struct vk_err *err);

/* Appends what an export (JSON Lines, `vkcfg audit export`) has beyond the log; what both have must
 * be the same (VK_ECONFLICT). What they took away from people and hosts is taken away again. *count: entries appended;
 * report: a line for each that tells of something that the database does not have. */
VK_CHECKED enum vk_rc restore_log_append(struct store *store, const char *path, int64_t now,
	uint64_t *count, struct vk_buf *report, struct vk_err *err);

/* Compares with a checkpoint that a host or a person has kept: signed by the key of the newest
 * root, and of the beginning of this log. VK_ECONFLICT if entries are missing or others;
 * VK_EUNTRUSTED if it is not signed so. */
VK_CHECKED enum vk_rc restore_log_compare(
	struct store *store, const char *path, struct vk_err *err);

#endif
