/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server says of its audit log: the checkpoint, signed by the key that the root pins, and
 * the entries, which prove nothing by themselves. */
#ifndef ADMIN_AUDIT_FETCH_H
#define ADMIN_AUDIT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/merkle.h"
#include "common/note.h"

struct session;

/* The server's checkpoint; its signature is verified. Appends the note's text. */
VK_CHECKED enum vk_rc audit_fetch_checkpoint(struct session *session, struct vk_buf *note,
	struct note_checkpoint *out, struct vk_err *err);

/* The size of the log by the server's checkpoint. */
VK_CHECKED enum vk_rc audit_fetch_size(struct session *session, uint64_t *out, struct vk_err *err);

/* Takes one entry (not terminated, and nothing that was checked); index counts up. */
typedef enum vk_rc audit_entry_fn(
	void *ctx, uint64_t index, const char *entry, size_t len, struct vk_err *err);

/* Calls add for each of the entries from..to-1 of a log of size entries, in order. VK_EUNTRUSTED if
 * there are less. */
VK_CHECKED enum vk_rc audit_fetch_entries(struct session *session, uint64_t size, uint64_t from,
	uint64_t to, audit_entry_fn *add, void *ctx, struct vk_err *err);

/* The tree of a log of size entries as the server tells it, by tiles of hashes; for
 * merkle_frontier_init(), which asks for few of them. */
struct audit_tiles {
	struct session *session;
	uint64_t size;
};
struct merkle_nodes audit_fetch_nodes(struct audit_tiles *tiles);

#endif
