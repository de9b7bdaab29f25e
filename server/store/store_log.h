/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of the audit log: entries, Merkle nodes, checkpoints. The database
 * refuses to change or remove any of them. What they mean is in server/log.h.
 */
#ifndef VK_STORE_LOG_H
#define VK_STORE_LOG_H

#include "common/merkle.h"
#include "server/store/store.h"

/* Entries in the log. */
VK_CHECKED enum vk_rc store_get_log_size(struct store *store, uint64_t *out, struct vk_err *err);

VK_CHECKED enum vk_rc store_add_log_entry(
	struct store *store, uint64_t index, const char *entry, size_t len, struct vk_err *err);

/* Lookup and storage of nodes for common/merkle.h; lives as long as the store. A node that is
 * missing is VK_EIO: the log is damaged. */
struct merkle_nodes store_log_nodes(struct store *store);

/* The hashes of count complete nodes of one level, from index on. VK_EIO if one is missing. */
VK_CHECKED enum vk_rc store_read_log_nodes(struct store *store, unsigned level, uint64_t index,
	size_t count, uint8_t (*out)[MERKLE_HASH_BYTES], struct vk_err *err);

struct store_log_entry {
	uint64_t index;
	const char *text; /* canonical JSON */
	size_t len;
};

/* Up to limit (1 to STORE_LIMIT_MAX; 0: the default) entries from index `from` on. */
VK_CHECKED enum vk_rc store_list_log_entries(struct store *store, uint64_t from, unsigned limit,
	struct arena *arena, const struct store_log_entry **items, size_t *count,
	struct vk_err *err);

struct store_checkpoint {
	uint64_t size;
	uint8_t root[MERKLE_HASH_BYTES];
	const char *note; /* signed */
	size_t note_len;
};

VK_CHECKED enum vk_rc store_add_checkpoint(struct store *store,
	const struct store_checkpoint *checkpoint, int64_t now, struct vk_err *err);

/* The newest. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_checkpoint(
	struct store *store, struct arena *arena, struct store_checkpoint *out, struct vk_err *err);

/* Which log this is, and with what it begins (tuf_fleet.h): number 1 begins with nothing. */
struct store_log_start {
	unsigned number;
	uint64_t size;
	uint8_t root[MERKLE_HASH_BYTES];
};

VK_CHECKED enum vk_rc store_get_log_start(
	struct store *store, struct store_log_start *out, struct vk_err *err);

/* From now on the log is this one. What hosts have cosigned of the one before is forgotten. */
VK_CHECKED enum vk_rc store_begin_log(
	struct store *store, const struct store_log_start *start, int64_t now, struct vk_err *err);

/* The one that was signed at this size. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_checkpoint_of(struct store *store, int64_t size,
	struct arena *arena, struct store_checkpoint *out, struct vk_err *err);

#endif
