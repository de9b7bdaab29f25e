/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The audit log: a Merkle tree (RFC 6962) over canonical JSON entries. Entries
 * are appended inside the transaction of the action that they record, by the
 * writer (writer_tx_audit()); proofs are read by any thread from its own store.
 * It keeps no state in memory: an undone savepoint undoes the log with it.
 */
#ifndef VK_SERVER_LOG_H
#define VK_SERVER_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/audit.h"
#include "common/merkle.h"
#include "server/store/store.h"

struct signer;

/* Appends one entry; *index (may be NULL) is its leaf. VK_EINPUT, VK_ELIMIT as
 * vk_audit_entry_format(). */
VK_CHECKED enum vk_rc log_append(struct store *store, const struct vk_audit_entry *entry,
	uint64_t *index, struct vk_err *err);

/* The tree hash over the first size entries. */
VK_CHECKED enum vk_rc log_root(
	struct store *store, uint64_t size, uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err);

/* Proof that entry index is in the log of size entries. VK_EINPUT if index >= size or the log is
 * shorter than size. */
VK_CHECKED enum vk_rc log_inclusion(struct store *store, uint64_t index, uint64_t size,
	struct merkle_proof *out, struct vk_err *err);

/* Proof that the log of `from` entries is the beginning of that of `to`. VK_EINPUT unless
 * from <= to <= size of the log. */
VK_CHECKED enum vk_rc log_consistency(struct store *store, uint64_t from, uint64_t to,
	struct merkle_proof *out, struct vk_err *err);

/* Signs and stores a checkpoint over all entries, if there are more than at the last one: *is_new.
 */
VK_CHECKED enum vk_rc log_checkpoint(
	struct store *store, struct signer *signer, int64_t now, bool *is_new, struct vk_err *err);

#endif
