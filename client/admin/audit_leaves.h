/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The leaf hashes of a whole audit log, and what follows from them: that a
 * checkpoint is the log's root, and that an older checkpoint is the root of its
 * beginning. With all leaves at hand no consistency proof of the server's is
 * needed: both roots are computed.
 */
#ifndef ADMIN_AUDIT_LEAVES_H
#define ADMIN_AUDIT_LEAVES_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/note.h"

enum { AUDIT_LEAVES_MAX = 100 * 1000 * 1000 };

struct audit_leaves;

struct audit_leaves *audit_leaves_new(void);
void audit_leaves_free(struct audit_leaves *leaves);

/* Adds the next entry (canonical JSON), which must be one. */
VK_CHECKED enum vk_rc audit_leaves_add(
	struct audit_leaves *leaves, const char *entry, size_t len, struct vk_err *err);

/* before may be NULL. VK_EUNTRUSTED if the entries make another root, or the log has shrunk or was
 * rewritten since before. */
VK_CHECKED enum vk_rc audit_leaves_check(const struct audit_leaves *leaves,
	const struct note_checkpoint *now, const struct note_checkpoint *before,
	struct vk_err *err);

#endif
