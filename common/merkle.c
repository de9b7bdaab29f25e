/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/merkle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

_Static_assert((int)MERKLE_HASH_BYTES == (int)VK_SHA256_BYTES, "RFC 6962 trees use SHA-256");

void merkle_leaf_hash(const void *data, size_t len, uint8_t out[MERKLE_HASH_BYTES])
{
	struct vk_sha256_stream stream;

	vk_sha256_init(&stream);
	vk_sha256_add(&stream, "\x00", 1);
	vk_sha256_add(&stream, data, len);
	vk_sha256_final(&stream, out);
}

void merkle_node_hash(const uint8_t left[MERKLE_HASH_BYTES], const uint8_t right[MERKLE_HASH_BYTES],
	uint8_t out[MERKLE_HASH_BYTES])
{
	uint8_t data[1 + 2 * MERKLE_HASH_BYTES];

	data[0] = 0x01;
	memcpy(data + 1, left, MERKLE_HASH_BYTES);
	memcpy(data + 1 + MERKLE_HASH_BYTES, right, MERKLE_HASH_BYTES);
	vk_sha256(data, sizeof(data), out);
}

/* The largest power of two smaller than n (n > 1), as an exponent. */
static unsigned split_level(uint64_t n)
{
	return 63U - (unsigned)__builtin_clzll(n - 1);
}

static void add_hash(struct merkle_proof *proof, const uint8_t hash[MERKLE_HASH_BYTES])
{
	assert(proof->count < MERKLE_PROOF_MAX);
	memcpy(proof->hashes[proof->count++], hash, MERKLE_HASH_BYTES);
}

void merkle_root(
	const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n, uint8_t out[MERKLE_HASH_BYTES])
{
	uint8_t right[MERKLE_HASH_BYTES];
	uint8_t left[MERKLE_HASH_BYTES];
	size_t split;

	if (n == 0) {
		vk_sha256("", 0, out);
		return;
	}
	if (n == 1) {
		memcpy(out, leaves[0], MERKLE_HASH_BYTES);
		return;
	}
	split = (size_t)1 << split_level(n);
	merkle_root(leaves, split, left);
	merkle_root(leaves + split, n - split, right);
	merkle_node_hash(left, right, out);
}

static void add_path(const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n, size_t index,
	struct merkle_proof *out)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	size_t split;

	if (n <= 1)
		return;
	split = (size_t)1 << split_level(n);
	if (index < split) {
		add_path(leaves, split, index, out);
		merkle_root(leaves + split, n - split, hash);
	} else {
		add_path(leaves + split, n - split, index - split, out);
		merkle_root(leaves, split, hash);
	}
	add_hash(out, hash);
}

void merkle_inclusion(const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n, size_t index,
	struct merkle_proof *out)
{
	assert(index < n);
	out->count = 0;
	add_path(leaves, n, index, out);
}

enum vk_rc merkle_append(const struct merkle_nodes *nodes, uint64_t n,
	const uint8_t leaf[MERKLE_HASH_BYTES], struct vk_err *err)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	uint8_t left[MERKLE_HASH_BYTES];
	uint64_t index = n;
	unsigned level = 0;
	enum vk_rc rc;

	memcpy(hash, leaf, MERKLE_HASH_BYTES);
	rc = nodes->put(nodes->ctx, level, index, hash, err);
	while (rc == VK_OK && (index & 1) != 0) {
		rc = nodes->get(nodes->ctx, level, index - 1, left, err);
		if (rc != VK_OK)
			break;
		merkle_node_hash(left, hash, hash);
		level++;
		index >>= 1;
		rc = nodes->put(nodes->ctx, level, index, hash, err);
	}
	return rc;
}

/* The hash over count leaves from leaf begin, which lies on a multiple of the power of two that
 * is not smaller than count: the complete subtrees in it, folded from the right. */
static enum vk_rc range_hash(const struct merkle_nodes *nodes, uint64_t begin, uint64_t count,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	uint8_t left[MERKLE_HASH_BYTES];
	bool is_first = true;

	while (count > 0) {
		unsigned level = (unsigned)__builtin_ctzll(count);
		uint64_t size = UINT64_C(1) << level;
		enum vk_rc rc;

		count -= size;
		rc = nodes->get(
			nodes->ctx, level, (begin + count) >> level, is_first ? hash : left, err);
		if (rc != VK_OK)
			return rc;
		if (!is_first)
			merkle_node_hash(left, hash, hash);
		is_first = false;
	}
	memcpy(out, hash, MERKLE_HASH_BYTES);
	return VK_OK;
}

enum vk_rc merkle_nodes_root(const struct merkle_nodes *nodes, uint64_t n,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	if (n > 0)
		return range_hash(nodes, 0, n, out, err);
	vk_sha256("", 0, out);
	return VK_OK;
}

/* Both proofs walk down from the root and note the sibling at each step; the proof lists them
 * from the bottom up. */
static void reverse(struct merkle_proof *proof)
{
	uint8_t swap[MERKLE_HASH_BYTES];

	for (size_t i = 0, k = proof->count; i + 1 < k; i++) {
		k--;
		memcpy(swap, proof->hashes[i], MERKLE_HASH_BYTES);
		memcpy(proof->hashes[i], proof->hashes[k], MERKLE_HASH_BYTES);
		memcpy(proof->hashes[k], swap, MERKLE_HASH_BYTES);
	}
}

static enum vk_rc add_range(const struct merkle_nodes *nodes, uint64_t begin, uint64_t count,
	struct merkle_proof *proof, struct vk_err *err)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	enum vk_rc rc = range_hash(nodes, begin, count, hash, err);

	if (rc == VK_OK)
		add_hash(proof, hash);
	return rc;
}

enum vk_rc merkle_nodes_inclusion(const struct merkle_nodes *nodes, uint64_t index, uint64_t n,
	struct merkle_proof *out, struct vk_err *err)
{
	struct merkle_proof proof = {.count = 0};
	uint64_t begin = 0;
	enum vk_rc rc = VK_OK;

	assert(index < n);
	while (n > 1 && rc == VK_OK) {
		uint64_t split = UINT64_C(1) << split_level(n);

		if (index - begin < split) {
			rc = add_range(nodes, begin + split, n - split, &proof, err);
			n = split;
		} else {
			rc = add_range(nodes, begin, split, &proof, err);
			begin += split;
			n -= split;
		}
	}
	if (rc != VK_OK)
		return rc;
	reverse(&proof);
	*out = proof;
	return VK_OK;
}

enum vk_rc merkle_nodes_consistency(const struct merkle_nodes *nodes, uint64_t old_n,
	uint64_t new_n, struct merkle_proof *out, struct vk_err *err)
{
	struct merkle_proof proof = {.count = 0};
	bool is_whole = true; /* the old tree is the whole subtree that we stand on */
	uint64_t begin = 0;
	uint64_t m = old_n;
	enum vk_rc rc = VK_OK;

	assert(old_n <= new_n);
	while (old_n > 0 && m < new_n && rc == VK_OK) {
		uint64_t split = UINT64_C(1) << split_level(new_n);

		if (m <= split) {
			rc = add_range(nodes, begin + split, new_n - split, &proof, err);
			new_n = split;
		} else {
			rc = add_range(nodes, begin, split, &proof, err);
			begin += split;
			m -= split;
			new_n -= split;
			is_whole = false;
		}
	}
	if (rc == VK_OK && !is_whole)
		rc = add_range(nodes, begin, m, &proof, err);
	if (rc != VK_OK)
		return rc;
	reverse(&proof);
	*out = proof;
	return VK_OK;
}

struct merkle_tree {
	size_t n;
	uint8_t (*levels[64])[MERKLE_HASH_BYTES]; /* complete subtrees by height */
};

static enum vk_rc tree_get(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct merkle_tree *tree = ctx;

	(void)err;
	memcpy(out, tree->levels[level][index], MERKLE_HASH_BYTES);
	return VK_OK;
}

static struct merkle_nodes tree_nodes(const struct merkle_tree *tree)
{
	return (struct merkle_nodes){.get = tree_get, .ctx = (void *)(uintptr_t)tree};
}

struct merkle_tree *merkle_tree_new(const uint8_t (*leaves)[MERKLE_HASH_BYTES], size_t n)
{
	struct merkle_tree *tree = xcalloc(1, sizeof(*tree));

	tree->n = n;
	if (n == 0)
		return tree;
	tree->levels[0] = xcalloc(n, MERKLE_HASH_BYTES);
	memcpy(tree->levels[0], leaves, n * MERKLE_HASH_BYTES);
	for (unsigned level = 1; n >> level > 0; level++) {
		size_t count = n >> level;

		tree->levels[level] = xcalloc(count, MERKLE_HASH_BYTES);
		for (size_t i = 0; i < count; i++)
			merkle_node_hash(tree->levels[level - 1][2 * i],
				tree->levels[level - 1][2 * i + 1], tree->levels[level][i]);
	}
	return tree;
}

void merkle_tree_free(struct merkle_tree *tree)
{
	if (tree == NULL)
		return;
	for (size_t i = 0; i < 64; i++)
		free(tree->levels[i]);
	free(tree);
}

void merkle_tree_root(const struct merkle_tree *tree, uint8_t out[MERKLE_HASH_BYTES])
{
	struct merkle_nodes nodes = tree_nodes(tree);
	enum vk_rc rc = merkle_nodes_root(&nodes, tree->n, out, NULL);

	assert(rc == VK_OK);
}

void merkle_tree_inclusion(const struct merkle_tree *tree, size_t index, struct merkle_proof *out)
{
	struct merkle_nodes nodes = tree_nodes(tree);
	enum vk_rc rc = merkle_nodes_inclusion(&nodes, index, tree->n, out, NULL);

	assert(rc == VK_OK);
}

struct vkjson *merkle_proof_to_json(const struct merkle_proof *proof)
{
	struct vkjson *array = vkjson_array();

	for (size_t i = 0; i < proof->count; i++)
		vkjson_append(array, vkjson_hex(proof->hashes[i], MERKLE_HASH_BYTES));
	return array;
}

enum vk_rc merkle_proof_from_json(
	const struct vkjson *array, struct merkle_proof *out, struct vk_err *err)
{
	struct merkle_proof proof = {.count = vkjson_count(array)};

	if (vkjson_type(array) != VKJSON_ARRAY)
		return vk_err_set(err, VK_EINPUT, "a proof must be an array");
	if (proof.count > MERKLE_PROOF_MAX)
		return vk_err_set(
			err, VK_ELIMIT, "a proof has more than %d hashes", MERKLE_PROOF_MAX);
	for (size_t i = 0; i < proof.count; i++) {
		const char *text = vkjson_text(vkjson_at(array, i));

		if (text == NULL ||
			!vk_parse_hex(text, strlen(text), proof.hashes[i], MERKLE_HASH_BYTES))
			return vk_err_set(err, VK_EINPUT,
				"a proof's hash %zu is not 64 hexadecimal digits", i);
	}
	*out = proof;
	return VK_OK;
}
