/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The entries of an audit log, gone over once, and what follows from their
 * Merkle tree: that a checkpoint is the log's root, and that an older
 * checkpoint, one's own or that of a witness, is the root of its beginning. All
 * roots are computed here; no proof of the server's is needed. Memory does not
 * grow with the log: which older sizes are of interest is said beforehand.
 *
 *   audit_leaves_new() -> _mark()... [-> _begin()] -> _add()... -> _check(), _root(), _time()
 */
#ifndef ADMIN_AUDIT_LEAVES_H
#define ADMIN_AUDIT_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/merkle.h"
#include "common/note.h"

struct audit_leaves;

struct audit_leaves *audit_leaves_new(void);
void audit_leaves_free(struct audit_leaves *leaves);

/* The root of the first size entries will be asked for, and when entry number size was made. */
void audit_leaves_mark(struct audit_leaves *leaves, uint64_t size);

/* Leaves the first size entries out: the subtrees over them are looked up. They are only believed
 * if an older root that is known, and that lies behind them, comes out (audit_leaves_check()). */
VK_CHECKED enum vk_rc audit_leaves_begin(struct audit_leaves *leaves,
	const struct merkle_nodes *nodes, uint64_t size, struct vk_err *err);

/* Adds the next entry (canonical JSON), which must be one. */
VK_CHECKED enum vk_rc audit_leaves_add(
	struct audit_leaves *leaves, const char *entry, size_t len, struct vk_err *err);

/* before may be NULL; else its size must have been marked. VK_EUNTRUSTED if the entries make
 * another root, or the log has shrunk or was rewritten since before. */
VK_CHECKED enum vk_rc audit_leaves_check(const struct audit_leaves *leaves,
	const struct note_checkpoint *now, const struct note_checkpoint *before,
	struct vk_err *err);

/* VK_EUNTRUSTED if the log has shrunk since before. */
VK_CHECKED enum vk_rc audit_leaves_check_size(const struct note_checkpoint *now,
	const struct note_checkpoint *before, struct vk_err *err);

/* Entries so far, those that were left out included. */
uint64_t audit_leaves_count(const struct audit_leaves *leaves);

/* The root of the first size entries; false if it was not marked or has not been reached. */
bool audit_leaves_root(
	const struct audit_leaves *leaves, uint64_t size, uint8_t out[MERKLE_HASH_BYTES]);

/* When entry number size was made, by its own word; false if size was not marked or there is no
 * such entry. */
bool audit_leaves_time(const struct audit_leaves *leaves, uint64_t size, int64_t *out);

#endif
