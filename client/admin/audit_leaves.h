/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Merkle tree of a whole audit log, and what follows from it: that a
 * checkpoint is the log's root, and that an older checkpoint, one's own or that
 * of a witness, is the root of its beginning. With all leaves at hand no
 * consistency proof of the server's is needed: all roots are computed.
 */
#ifndef ADMIN_AUDIT_LEAVES_H
#define ADMIN_AUDIT_LEAVES_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/merkle.h"
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

size_t audit_leaves_count(const struct audit_leaves *leaves);

/* When entry index (below the count) was made, by its own word. */
int64_t audit_leaves_time(const struct audit_leaves *leaves, size_t index);

/* The root of the first size entries (at most the count). O(log n). */
void audit_leaves_root(
	const struct audit_leaves *leaves, uint64_t size, uint8_t out[MERKLE_HASH_BYTES]);

#endif
