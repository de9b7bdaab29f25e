/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks of proofs: the iterative algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2,
 * which define the same trees as RFC 6962. */
#include "config.h"

#include "common/merkle.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/banned.h"

static enum vk_rc refuse(struct vk_err *err, const char *why)
{
	return vk_err_set(err, VK_EUNTRUSTED, "%s", why);
}

static bool is_same(const uint8_t a[MERKLE_HASH_BYTES], const uint8_t b[MERKLE_HASH_BYTES])
{
	return memcmp(a, b, MERKLE_HASH_BYTES) == 0;
}

enum vk_rc merkle_verify_inclusion(const uint8_t leaf[MERKLE_HASH_BYTES], uint64_t index,
	uint64_t n, const struct merkle_proof *proof, const uint8_t root[MERKLE_HASH_BYTES],
	struct vk_err *err)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	uint64_t last = n - 1;

	if (index >= n || proof->count > MERKLE_PROOF_MAX)
		return refuse(err, "the inclusion proof is for no leaf of this tree");
	memcpy(hash, leaf, MERKLE_HASH_BYTES);
	for (size_t i = 0; i < proof->count; i++) {
		if (last == 0)
			return refuse(err, "the inclusion proof is too long");
		if ((index & 1) != 0 || index == last) {
			merkle_node_hash(proof->hashes[i], hash, hash);
			while ((index & 1) == 0 && index != 0) {
				index >>= 1;
				last >>= 1;
			}
		} else {
			merkle_node_hash(hash, proof->hashes[i], hash);
		}
		index >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return refuse(err, "the inclusion proof is too short");
	if (!is_same(hash, root))
		return refuse(err, "the inclusion proof does not lead to the signed root");
	return VK_OK;
}

/* old_n > 0, old_n < new_n. */
static enum vk_rc verify_growth(uint64_t old_n, const uint8_t old_root[MERKLE_HASH_BYTES],
	uint64_t new_n, const uint8_t new_root[MERKLE_HASH_BYTES], const struct merkle_proof *proof,
	struct vk_err *err)
{
	uint8_t old_hash[MERKLE_HASH_BYTES];
	uint8_t new_hash[MERKLE_HASH_BYTES];
	uint64_t index = old_n - 1;
	uint64_t last = new_n - 1;
	size_t next = 0;

	while ((index & 1) != 0) {
		index >>= 1;
		last >>= 1;
	}
	/* Where the old tree is one complete subtree, its root is not repeated in the proof. */
	memcpy(old_hash, index == 0 ? old_root : proof->hashes[next++], MERKLE_HASH_BYTES);
	memcpy(new_hash, old_hash, MERKLE_HASH_BYTES);
	for (; next < proof->count; next++) {
		const uint8_t *hash = proof->hashes[next];

		if (last == 0)
			return refuse(err, "the consistency proof is too long");
		if ((index & 1) != 0 || index == last) {
			merkle_node_hash(hash, old_hash, old_hash);
			merkle_node_hash(hash, new_hash, new_hash);
			while ((index & 1) == 0 && index != 0) {
				index >>= 1;
				last >>= 1;
			}
		} else {
			merkle_node_hash(new_hash, hash, new_hash);
		}
		index >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return refuse(err, "the consistency proof is too short");
	if (!is_same(old_hash, old_root))
		return refuse(
			err, "the log was changed: its beginning is not what was seen before");
	if (!is_same(new_hash, new_root))
		return refuse(err, "the consistency proof does not lead to the signed root");
	return VK_OK;
}

enum vk_rc merkle_verify_consistency(uint64_t old_n, const uint8_t old_root[MERKLE_HASH_BYTES],
	uint64_t new_n, const uint8_t new_root[MERKLE_HASH_BYTES], const struct merkle_proof *proof,
	struct vk_err *err)
{
	if (old_n > new_n)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the log has shrunk from %" PRIu64 " to %" PRIu64 " entries", old_n, new_n);
	if (old_n == 0 || old_n == new_n) {
		if (proof->count != 0)
			return refuse(err, "the consistency proof is too long");
		if (old_n > 0 && !is_same(old_root, new_root))
			return refuse(err, "two different logs of the same size");
		return VK_OK;
	}
	if (proof->count == 0 || proof->count > MERKLE_PROOF_MAX)
		return refuse(err, "the consistency proof has a wrong length");
	return verify_growth(old_n, old_root, new_n, new_root, proof, err);
}
