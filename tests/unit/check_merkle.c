/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/merkle.h"

#include <stdio.h>
#include <string.h>

#include "common/merkle_frontier.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

enum { MAX_LEAVES = 65 };

static uint8_t leaves[MAX_LEAVES][MERKLE_HASH_BYTES];

/* The nodes of a log as the server's database keeps them. */
static struct {
	bool is_there;
	uint8_t hash[MERKLE_HASH_BYTES];
} stored[8][MAX_LEAVES];

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	if (level >= 8 || index >= MAX_LEAVES || !stored[level][index].is_there)
		return vk_err_set(err, VK_ENOTFOUND, "no node %u/%u", level, (unsigned)index);
	memcpy(out, stored[level][index].hash, MERKLE_HASH_BYTES);
	return VK_OK;
}

static enum vk_rc put_node(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	(void)err;
	ck_assert(!stored[level][index].is_there);
	stored[level][index].is_there = true;
	memcpy(stored[level][index].hash, hash, MERKLE_HASH_BYTES);
	return VK_OK;
}

static const struct merkle_nodes nodes = {.get = get_node, .put = put_node};

static void setup(void)
{
	struct vk_err err = VK_ERR_INIT;

	memset(stored, 0, sizeof(stored));
	for (size_t i = 0; i < MAX_LEAVES; i++) {
		char text[16];

		snprintf(text, sizeof(text), "leaf %zu", i);
		merkle_leaf_hash(text, strlen(text), leaves[i]);
		assert_ok(merkle_append(&nodes, i, leaves[i], &err), err);
	}
}

static void root_of(size_t n, uint8_t out[MERKLE_HASH_BYTES])
{
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, n, out);
}

static void prove_inclusion(size_t index, size_t n, struct merkle_proof *out)
{
	merkle_inclusion((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, n, index, out);
}

/* The vectors that every implementation of RFC 6962 is tested with. */
static const char *const known_leaves[8] = {"", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const known_roots[9] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static const struct {
	size_t index, n;
	const char *hashes[4];
} known_inclusions[] = {
	{0, 1, {NULL}},
	{0, 8,
		{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
			"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
	{5, 8,
		{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
			"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
			"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
	{2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
	{1, 5,
		{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
			"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};
/* index is the size of the older tree */
static const struct {
	size_t index, n;
	const char *hashes[4];
} known_consistencies[] = {
	{1, 1, {NULL}},
	{1, 8,
		{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
			"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
	{6, 8,
		{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
			"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
			"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
	{2, 5,
		{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

static void hash_known_leaves(uint8_t hashes[8][MERKLE_HASH_BYTES])
{
	uint8_t data[16];

	for (size_t i = 0; i < 8; i++) {
		size_t len = strlen(known_leaves[i]) / 2;

		ck_assert(vk_parse_hex(known_leaves[i], 2 * len, data, len));
		merkle_leaf_hash(data, len, hashes[i]);
	}
}

static void assert_hashes(const struct merkle_proof *proof, const char *const hashes[4])
{
	size_t count = 0;

	for (; count < 4 && hashes[count] != NULL; count++) {
		uint8_t expected[MERKLE_HASH_BYTES];

		ck_assert_uint_lt(count, proof->count);
		ck_assert(vk_parse_hex(hashes[count], 64, expected, sizeof(expected)));
		ck_assert_mem_eq(proof->hashes[count], expected, sizeof(expected));
	}
	ck_assert_uint_eq(proof->count, count);
}

static enum vk_rc get_known(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const uint8_t(*hashes)[MERKLE_HASH_BYTES] = ctx;

	(void)err;
	merkle_root(hashes + (index << level), (size_t)1 << level, out);
	return VK_OK;
}

START_TEST(makes_the_known_proofs)
{
	uint8_t hashes[8][MERKLE_HASH_BYTES];
	const struct merkle_nodes known = {.get = get_known, .ctx = hashes};
	struct vk_err err = VK_ERR_INIT;
	struct merkle_proof proof;

	hash_known_leaves(hashes);
	for (size_t i = 0; i < sizeof(known_inclusions) / sizeof(known_inclusions[0]); i++) {
		assert_ok(merkle_nodes_inclusion(&known, known_inclusions[i].index,
				  known_inclusions[i].n, &proof, &err),
			err);
		assert_hashes(&proof, known_inclusions[i].hashes);
	}
	for (size_t i = 0; i < sizeof(known_consistencies) / sizeof(known_consistencies[0]); i++) {
		assert_ok(merkle_nodes_consistency(&known, known_consistencies[i].index,
				  known_consistencies[i].n, &proof, &err),
			err);
		assert_hashes(&proof, known_consistencies[i].hashes);
	}
}
END_TEST

START_TEST(computes_the_known_roots)
{
	uint8_t hashes[8][MERKLE_HASH_BYTES];
	uint8_t expected[MERKLE_HASH_BYTES];
	uint8_t root[MERKLE_HASH_BYTES];

	hash_known_leaves(hashes);
	for (size_t n = 0; n <= 8; n++) {
		ck_assert(vk_parse_hex(known_roots[n], 64, expected, sizeof(expected)));
		merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])hashes, n, root);
		ck_assert_mem_eq(root, expected, sizeof(root));
	}
}
END_TEST

START_TEST(every_way_to_a_root_or_path_agrees)
{
	struct vk_err err = VK_ERR_INIT;

	for (size_t n = 0; n <= MAX_LEAVES; n++) {
		struct merkle_tree *tree =
			merkle_tree_new((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, n);
		uint8_t roots[3][MERKLE_HASH_BYTES];

		root_of(n, roots[0]);
		merkle_tree_root(tree, roots[1]);
		assert_ok(merkle_nodes_root(&nodes, n, roots[2], &err), err);
		ck_assert_mem_eq(roots[0], roots[1], MERKLE_HASH_BYTES);
		ck_assert_mem_eq(roots[0], roots[2], MERKLE_HASH_BYTES);
		for (size_t i = 0; i < n; i++) {
			struct merkle_proof a = {0}, b = {0}, c = {0};

			prove_inclusion(i, n, &a);
			merkle_tree_inclusion(tree, i, &b);
			assert_ok(merkle_nodes_inclusion(&nodes, i, n, &c, &err), err);
			ck_assert_mem_eq(&a, &b, sizeof(a));
			ck_assert_mem_eq(&a, &c, sizeof(a));
		}
		merkle_tree_free(tree);
	}
}
END_TEST

START_TEST(the_right_edge_is_enough_to_go_on)
{
	struct vk_err err = VK_ERR_INIT;

	for (size_t begin = 0; begin <= MAX_LEAVES; begin++) {
		struct merkle_frontier frontier;

		assert_ok(merkle_frontier_init(&frontier, &nodes, begin, &err), err);
		for (size_t n = begin;; n++) {
			uint8_t root[MERKLE_HASH_BYTES], expected[MERKLE_HASH_BYTES];

			root_of(n, expected);
			merkle_frontier_root(&frontier, root);
			ck_assert_mem_eq(root, expected, sizeof(root));
			ck_assert_uint_eq(frontier.size, n);
			if (n == MAX_LEAVES)
				break;
			merkle_frontier_add(&frontier, leaves[n]);
		}
	}
}
END_TEST

START_TEST(verifies_every_inclusion)
{
	struct vk_err err = VK_ERR_INIT;
	uint8_t root[MERKLE_HASH_BYTES];

	for (size_t n = 1; n < MAX_LEAVES; n++) {
		root_of(n, root);
		for (size_t i = 0; i < n; i++) {
			struct merkle_proof proof = {0};

			prove_inclusion(i, n, &proof);
			assert_ok(
				merkle_verify_inclusion(leaves[i], i, n, &proof, root, &err), err);
		}
	}
}
END_TEST

/* Refused: another index, leaf or size, each byte flipped, a hash too many or too few. */
START_TEST(refuses_every_tampered_inclusion)
{
	uint8_t root[MERKLE_HASH_BYTES];

	for (size_t n = 1; n < 40; n++) {
		root_of(n, root);
		for (size_t i = 0; i < n; i++) {
			struct merkle_proof proof = {0};

			prove_inclusion(i, n, &proof);
			for (size_t k = 0; k < n + 2; k++) {
				if (k != i)
					assert_fails(merkle_verify_inclusion(
							     leaves[i], k, n, &proof, root, NULL),
						VK_EUNTRUSTED);
			}
			assert_fails(
				merkle_verify_inclusion(leaves[i + 1], i, n, &proof, root, NULL),
				VK_EUNTRUSTED);
			for (size_t k = 0; k < proof.count; k++) {
				proof.hashes[k][k % MERKLE_HASH_BYTES] ^= 1;
				assert_fails(merkle_verify_inclusion(
						     leaves[i], i, n, &proof, root, NULL),
					VK_EUNTRUSTED);
				proof.hashes[k][k % MERKLE_HASH_BYTES] ^= 1;
			}
			proof.count++;
			assert_fails(merkle_verify_inclusion(leaves[i], i, n, &proof, root, NULL),
				VK_EUNTRUSTED);
			proof.count -= 2;
			if (n > 1)
				assert_fails(merkle_verify_inclusion(
						     leaves[i], i, n, &proof, root, NULL),
					VK_EUNTRUSTED);
		}
	}
}
END_TEST

START_TEST(a_node_is_no_leaf)
{
	uint8_t root[MERKLE_HASH_BYTES];
	struct merkle_proof proof = {.count = 0};

	/* Without the prefixes the root of two leaves would be the leaf of a smaller tree. */
	root_of(2, root);
	memcpy(proof.hashes[0], leaves[1], MERKLE_HASH_BYTES);
	proof.count = 1;
	assert_fails(merkle_verify_inclusion(root, 0, 2, &proof, root, NULL), VK_EUNTRUSTED);
	assert_fails(merkle_verify_inclusion(leaves[0], 0, 0, &proof, root, NULL), VK_EUNTRUSTED);
}
END_TEST

START_TEST(verifies_every_consistency)
{
	struct vk_err err = VK_ERR_INIT;
	uint8_t old_root[MERKLE_HASH_BYTES];
	uint8_t new_root[MERKLE_HASH_BYTES];

	for (size_t m = 0; m < MAX_LEAVES; m++) {
		root_of(m, old_root);
		for (size_t n = m; n < MAX_LEAVES; n++) {
			struct merkle_proof proof;

			root_of(n, new_root);
			assert_ok(merkle_nodes_consistency(&nodes, m, n, &proof, &err), err);
			assert_ok(merkle_verify_consistency(m, old_root, n, new_root, &proof, &err),
				err);
		}
	}
}
END_TEST

START_TEST(refuses_every_tampered_consistency)
{
	struct vk_err err = VK_ERR_INIT;
	uint8_t old_root[MERKLE_HASH_BYTES];
	uint8_t new_root[MERKLE_HASH_BYTES];

	for (size_t m = 1; m < 40; m++) {
		for (size_t n = m + 1; n < 40; n++) {
			struct merkle_proof proof;

			root_of(m, old_root);
			root_of(n, new_root);
			assert_ok(merkle_nodes_consistency(&nodes, m, n, &proof, &err), err);
			for (size_t k = 0; k < proof.count; k++) {
				proof.hashes[k][k % MERKLE_HASH_BYTES] ^= 0x80;
				assert_fails(merkle_verify_consistency(
						     m, old_root, n, new_root, &proof, NULL),
					VK_EUNTRUSTED);
				proof.hashes[k][k % MERKLE_HASH_BYTES] ^= 0x80;
			}
			old_root[0] ^= 1;
			assert_fails(
				merkle_verify_consistency(m, old_root, n, new_root, &proof, NULL),
				VK_EUNTRUSTED);
			old_root[0] ^= 1;
			memset(proof.hashes[proof.count++], 0, MERKLE_HASH_BYTES);
			assert_fails(
				merkle_verify_consistency(m, old_root, n, new_root, &proof, NULL),
				VK_EUNTRUSTED);
			proof.count -= 2;
			assert_fails(
				merkle_verify_consistency(m, old_root, n, new_root, &proof, NULL),
				VK_EUNTRUSTED);
		}
	}
}
END_TEST

START_TEST(refuses_a_shrunken_or_forked_log)
{
	const struct merkle_proof empty = {.count = 0};
	uint8_t a[MERKLE_HASH_BYTES];
	uint8_t b[MERKLE_HASH_BYTES];

	root_of(5, a);
	root_of(4, b);
	assert_fails(merkle_verify_consistency(5, a, 4, b, &empty, NULL), VK_EUNTRUSTED);
	assert_fails(merkle_verify_consistency(5, a, 5, b, &empty, NULL), VK_EUNTRUSTED);
	assert_fails(merkle_verify_consistency(4, b, 5, a, &empty, NULL), VK_EUNTRUSTED);
}
END_TEST

START_TEST(errors_of_the_lookup_come_through)
{
	struct merkle_proof proof;
	uint8_t root[MERKLE_HASH_BYTES];

	stored[0][0].is_there = false;
	stored[2][0].is_there = false;
	assert_fails(merkle_nodes_root(&nodes, 7, root, NULL), VK_ENOTFOUND);
	assert_fails(merkle_nodes_inclusion(&nodes, 1, 7, &proof, NULL), VK_ENOTFOUND);
	assert_fails(merkle_nodes_consistency(&nodes, 5, 7, &proof, NULL), VK_ENOTFOUND);
}
END_TEST

START_TEST(proofs_survive_json_and_bad_ones_are_refused)
{
	static const char *const bad[] = {"{}", "[1]", "[\"00\"]", "[null]"};
	struct vk_err err = VK_ERR_INIT;
	struct merkle_proof proof = {0};
	struct merkle_proof again = {0};
	struct vkjson *json;

	prove_inclusion(3, 11, &proof);
	json = merkle_proof_to_json(&proof);
	assert_ok(merkle_proof_from_json(json, &again, &err), err);
	ck_assert_mem_eq(&proof, &again, sizeof(proof));
	for (size_t i = vkjson_count(json); i <= MERKLE_PROOF_MAX; i++)
		vkjson_append(json, vkjson_hex(leaves[0], MERKLE_HASH_BYTES));
	assert_fails(merkle_proof_from_json(json, &again, NULL), VK_ELIMIT);
	vkjson_free(json);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_ok(vkjson_parse(bad[i], strlen(bad[i]), &json, &err), err);
		assert_fails(merkle_proof_from_json(json, &again, NULL), VK_EINPUT);
		vkjson_free(json);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("merkle");
	TCase *tcase = tcase_create("merkle");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, refuses_every_tampered_inclusion);
	tcase_add_test(tcase, refuses_every_tampered_consistency);
	tcase_add_test(tcase, refuses_a_shrunken_or_forked_log);
	tcase_add_test(tcase, a_node_is_no_leaf);
	tcase_add_test(tcase, errors_of_the_lookup_come_through);
	tcase_add_test(tcase, proofs_survive_json_and_bad_ones_are_refused);
	tcase_add_test(tcase, computes_the_known_roots);
	tcase_add_test(tcase, makes_the_known_proofs);
	tcase_add_test(tcase, every_way_to_a_root_or_path_agrees);
	tcase_add_test(tcase, verifies_every_inclusion);
	tcase_add_test(tcase, the_right_edge_is_enough_to_go_on);
	tcase_add_test(tcase, verifies_every_consistency);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
