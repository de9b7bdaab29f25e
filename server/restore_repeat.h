/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was taken away after a backup is taken away again when it is restored:
 * forgetting it would let somebody in. Nothing is ever given: entries of an
 * export are not signed one by one.
 */
#ifndef VK_SERVER_RESTORE_REPEAT_H
#define VK_SERVER_RESTORE_REPEAT_H

#include <stdbool.h>

#include "common/audit.h"
#include "common/err.h"
#include "server/store/store.h"

/* Repeats host.revoke and user.revoke, and of user.roles what it took away. *is_whole: nothing of the
 * entry is left to be done. Whom the backup does not know cannot come in anyway. */
VK_CHECKED enum vk_rc restore_repeat(struct store *store, const struct vk_audit_entry *entry,
	int64_t now, bool *is_whole, struct vk_err *err);

#endif
