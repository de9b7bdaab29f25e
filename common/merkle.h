/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merkle trees as in RFC 6962, section 2.1: SHA-256, leaf prefix 0x00, node
 * prefix 0x01. Two users: the bundles of a release, an array of leaf hashes in
 * memory, and the audit log, whose complete subtrees stand in a database and
 * are looked up through struct merkle_nodes, so that a proof reads O(log n) rows.
 *
 * The verifying functions take what a peer sent and answer VK_EUNTRUSTED to
 * anything that does not fit, proofs of a wrong length included.
 */
#ifndef VK_MERKLE_H
#define VK_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct vkjson;

enum {
	MERKLE_HASH_BYTES = 32,
	/* A tree of 2^63 leaves: 63 hashes of inclusion, one more of consistency. */
	MERKLE_PROOF_MAX = 64,
};

struct merkle_proof {
	size_t count;
	uint8_t hashes[MERKLE_PROOF_MAX][MERKLE_HASH_BYTES];
};

/* SHA-256(0x00 || data) and SHA-256(0x01 || left || right). */
void merkle_leaf_hash(const void *data, size_t len, uint8_t out[MERKLE_HASH_BYTES]);
void merkle_node_hash(const uint8_t left[MERKLE_HASH_BYTES], const uint8_t right[MERKLE_HASH_BYTES],
	uint8_t out[MERKLE_HASH_BYTES]);

/* The tree hash over n leaf hashes; SHA-256 of nothing for n = 0. O(n), no allocation. */
void merkle_root(
	const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n, uint8_t out[MERKLE_HASH_BYTES]);

/* The audit path of leaf index (< n). O(n); for many proofs of one tree use struct merkle_tree. */
void merkle_inclusion(const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n, size_t index,
	struct merkle_proof *out);

/*
 * Where a tree's complete subtrees are looked up: node (level, index) is the
 * hash over the 2^level leaves that begin at leaf index * 2^level. Only nodes
 * whose leaves all exist are asked for. Errors of get() are handed through.
 */
struct merkle_nodes {
	enum vk_rc (*get)(void *ctx, unsigned level, uint64_t index, uint8_t out[MERKLE_HASH_BYTES],
		struct vk_err *err);
	/* Only merkle_append() needs it; else NULL. */
	enum vk_rc (*put)(void *ctx, unsigned level, uint64_t index,
		const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err);
	void *ctx;
};

/* Puts leaf number n (counting from 0: the tree has n leaves so far) and every node that becomes
 * complete by it. */
VK_CHECKED enum vk_rc merkle_append(const struct merkle_nodes *nodes, uint64_t n,
	const uint8_t leaf[MERKLE_HASH_BYTES], struct vk_err *err);

/* The tree hash over the first n leaves. */
VK_CHECKED enum vk_rc merkle_nodes_root(const struct merkle_nodes *nodes, uint64_t n,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err);

/* The audit path of leaf index (< n) in the tree of the first n leaves. */
VK_CHECKED enum vk_rc merkle_nodes_inclusion(const struct merkle_nodes *nodes, uint64_t index,
	uint64_t n, struct merkle_proof *out, struct vk_err *err);

/* The proof that the tree of old_n leaves is the beginning of the tree of new_n leaves
 * (old_n <= new_n); empty where old_n is 0 or new_n. */
VK_CHECKED enum vk_rc merkle_nodes_consistency(const struct merkle_nodes *nodes, uint64_t old_n,
	uint64_t new_n, struct merkle_proof *out, struct vk_err *err);

/* A whole tree in memory (64 bytes per leaf), for many proofs: each is O(log n). */
struct merkle_tree;

/* Copies the leaf hashes. */
struct merkle_tree *merkle_tree_new(const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n);
void merkle_tree_free(struct merkle_tree *tree);
void merkle_tree_root(const struct merkle_tree *tree, uint8_t out[MERKLE_HASH_BYTES]);
/* index must be smaller than the number of leaves. */
void merkle_tree_inclusion(const struct merkle_tree *tree, size_t index, struct merkle_proof *out);

/* Checks that leaf is number index in the tree of n leaves with this root. */
VK_CHECKED enum vk_rc merkle_verify_inclusion(const uint8_t leaf[MERKLE_HASH_BYTES], uint64_t index,
	uint64_t n, const struct merkle_proof *proof, const uint8_t root[MERKLE_HASH_BYTES],
	struct vk_err *err);

/* Checks that the tree of old_n leaves is the beginning of the tree of new_n leaves. A tree that
 * has shrunk is refused; old_n = 0 proves nothing and needs an empty proof. */
VK_CHECKED enum vk_rc merkle_verify_consistency(uint64_t old_n,
	const uint8_t old_root[MERKLE_HASH_BYTES], uint64_t new_n,
	const uint8_t new_root[MERKLE_HASH_BYTES], const struct merkle_proof *proof,
	struct vk_err *err);

/* A proof as the API writes it: an array of strings of 64 hexadecimal digits. The result of
 * merkle_proof_to_json() is the caller's; parsing fails with VK_EINPUT or VK_ELIMIT. */
struct vkjson *merkle_proof_to_json(const struct merkle_proof *proof);
VK_CHECKED enum vk_rc merkle_proof_from_json(
	const struct vkjson *array, struct merkle_proof *out, struct vk_err *err);

#endif
