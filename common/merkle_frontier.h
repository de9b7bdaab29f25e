/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The right edge of a Merkle tree (common/merkle.h): the hashes of the complete
 * subtrees that its leaves fall into, one for each bit of their number. That is
 * all it takes to add leaves and to know the root at any moment, so that a log
 * of any length is gone over in constant memory.
 */
#ifndef VK_MERKLE_FRONTIER_H
#define VK_MERKLE_FRONTIER_H

#include <stdint.h>

#include "common/merkle.h"

struct merkle_frontier {
	uint64_t size;					     /* leaves so far */
	uint8_t hashes[MERKLE_PROOF_MAX][MERKLE_HASH_BYTES]; /* by height; where size has the bit */
};

/* That of the tree of size leaves, whose subtrees are looked up; with size 0 of no leaves. */
VK_CHECKED enum vk_rc merkle_frontier_init(struct merkle_frontier *frontier,
	const struct merkle_nodes *nodes, uint64_t size, struct vk_err *err);

/* Adds the next leaf. At most 2^63 - 1. */
void merkle_frontier_add(struct merkle_frontier *frontier, const uint8_t leaf[MERKLE_HASH_BYTES]);

/* The root of the leaves so far. */
void merkle_frontier_root(const struct merkle_frontier *frontier, uint8_t out[MERKLE_HASH_BYTES]);

#endif
