/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/merkle_frontier.h"

#include <stdbool.h>
#include <string.h>

#include "common/digest.h"

#include "common/banned.h"

static unsigned lowest_bit(uint64_t bits)
{
	return (unsigned)__builtin_ctzll(bits);
}

enum vk_rc merkle_frontier_init(struct merkle_frontier *frontier, const struct merkle_nodes *nodes,
	uint64_t size, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	frontier->size = size;
	for (uint64_t rest = size; rc == VK_OK && rest > 0; rest &= rest - 1) {
		unsigned level = lowest_bit(rest);

		/* The subtree of this bit is the last one of its height. */
		rc = nodes->get(
			nodes->ctx, level, (size >> level) - 1, frontier->hashes[level], err);
	}
	return rc;
}

void merkle_frontier_add(struct merkle_frontier *frontier, const uint8_t leaf[MERKLE_HASH_BYTES])
{
	uint8_t hash[MERKLE_HASH_BYTES];
	unsigned level = 0;

	memcpy(hash, leaf, MERKLE_HASH_BYTES);
	for (; (frontier->size >> level & 1) != 0; level++)
		merkle_node_hash(frontier->hashes[level], hash, hash);
	memcpy(frontier->hashes[level], hash, MERKLE_HASH_BYTES);
	frontier->size++;
}

void merkle_frontier_root(const struct merkle_frontier *frontier, uint8_t out[MERKLE_HASH_BYTES])
{
	uint64_t rest = frontier->size;
	uint8_t hash[MERKLE_HASH_BYTES];

	if (rest == 0) {
		vk_sha256("", 0, out);
		return;
	}
	memcpy(hash, frontier->hashes[lowest_bit(rest)], MERKLE_HASH_BYTES);
	for (rest &= rest - 1; rest > 0; rest &= rest - 1)
		merkle_node_hash(frontier->hashes[lowest_bit(rest)], hash, hash);
	memcpy(out, hash, MERKLE_HASH_BYTES);
}
