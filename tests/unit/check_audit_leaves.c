/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_leaves.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/merkle.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

enum { ENTRIES = 7 };

static void format_entry(size_t i, const char *actor, struct vk_buf *out)
{
	char object[32];
	struct vk_err err = VK_ERR_INIT;
	const struct vk_audit_entry entry = {.action = "change.submit",
		.actor = actor,
		.at = 1000 + (int64_t)i,
		.object = object,
		.result = "ok"};

	snprintf(object, sizeof(object), "change/%zu", i);
	assert_ok(vk_audit_entry_format(&entry, out, &err), err);
}

/* The checkpoint of the first n entries of the honest log. */
static struct note_checkpoint checkpoint_of(size_t n)
{
	uint8_t hashes[ENTRIES][MERKLE_HASH_BYTES];
	struct note_checkpoint checkpoint = {.size = n};
	struct vk_buf entry;

	vk_buf_init(&entry, VK_AUDIT_ENTRY_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		vk_buf_reset(&entry);
		format_entry(i, "user/carol", &entry);
		merkle_leaf_hash(entry.data, entry.len, hashes[i]);
	}
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])hashes, n, checkpoint.root);
	vk_buf_release(&entry);
	return checkpoint;
}

/* A log of n entries; the one at index forged (or none, if it is n) has another actor. */
static struct audit_leaves *log_of(size_t n, size_t forged)
{
	struct audit_leaves *leaves = audit_leaves_new();
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf entry;

	for (size_t i = 0; i <= ENTRIES; i++)
		audit_leaves_mark(leaves, i);
	vk_buf_init(&entry, VK_AUDIT_ENTRY_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		vk_buf_reset(&entry);
		format_entry(i, i == forged ? "user/mallory" : "user/carol", &entry);
		assert_ok(audit_leaves_add(leaves, entry.data, entry.len, &err), err);
	}
	vk_buf_release(&entry);
	return leaves;
}

START_TEST(refuses_a_log_with_any_entry_changed)
{
	const struct note_checkpoint now = checkpoint_of(ENTRIES);
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < ENTRIES; i++) {
		struct audit_leaves *leaves = log_of(ENTRIES, i);

		assert_fails(audit_leaves_check(leaves, &now, NULL, &err), VK_EUNTRUSTED);
		audit_leaves_free(leaves);
	}
}
END_TEST

START_TEST(refuses_a_log_that_is_shorter_than_its_checkpoint)
{
	const struct note_checkpoint now = checkpoint_of(ENTRIES);
	struct audit_leaves *leaves = log_of(ENTRIES - 1, ENTRIES);
	struct vk_err err = VK_ERR_INIT;

	assert_fails(audit_leaves_check(leaves, &now, NULL, &err), VK_EUNTRUSTED);
	audit_leaves_free(leaves);
}
END_TEST

START_TEST(refuses_a_log_that_has_shrunk_since_the_last_time)
{
	const struct note_checkpoint now = checkpoint_of(3);
	const struct note_checkpoint before = checkpoint_of(5);
	struct audit_leaves *leaves = log_of(3, ENTRIES);
	struct vk_err err = VK_ERR_INIT;

	assert_fails(audit_leaves_check(leaves, &now, &before, &err), VK_EUNTRUSTED);
	audit_leaves_free(leaves);
}
END_TEST

START_TEST(refuses_a_log_that_was_rewritten_since_the_last_time)
{
	const struct note_checkpoint now = checkpoint_of(ENTRIES);
	struct note_checkpoint before = checkpoint_of(4);
	struct audit_leaves *leaves = log_of(ENTRIES, ENTRIES);
	struct vk_err err = VK_ERR_INIT;

	before.root[0] ^= 1;
	assert_fails(audit_leaves_check(leaves, &now, &before, &err), VK_EUNTRUSTED);
	audit_leaves_free(leaves);
}
END_TEST

/* The tree of the honest log, as a server tells it. */
static uint8_t tree[8][ENTRIES + 1][MERKLE_HASH_BYTES];

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	(void)err;
	memcpy(out, tree[level][index], MERKLE_HASH_BYTES);
	return VK_OK;
}

static enum vk_rc put_node(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err)
{
	(void)ctx;
	(void)err;
	memcpy(tree[level][index], hash, MERKLE_HASH_BYTES);
	return VK_OK;
}

static const struct merkle_nodes nodes = {.get = get_node, .put = put_node};

static void make_tree(void)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf entry;

	vk_buf_init(&entry, VK_AUDIT_ENTRY_MAX_BYTES);
	for (size_t i = 0; i < ENTRIES; i++) {
		uint8_t leaf[MERKLE_HASH_BYTES];

		vk_buf_reset(&entry);
		format_entry(i, "user/carol", &entry);
		merkle_leaf_hash(entry.data, entry.len, leaf);
		assert_ok(merkle_append(&nodes, i, leaf, &err), err);
	}
	vk_buf_release(&entry);
}

/* The honest log without its first entries. */
static struct audit_leaves *log_from(size_t first)
{
	struct audit_leaves *leaves = audit_leaves_new();
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf entry;

	for (size_t i = 0; i <= ENTRIES; i++)
		audit_leaves_mark(leaves, i);
	assert_ok(audit_leaves_begin(leaves, &nodes, first, &err), err);
	vk_buf_init(&entry, VK_AUDIT_ENTRY_MAX_BYTES);
	for (size_t i = first; i < ENTRIES; i++) {
		vk_buf_reset(&entry);
		format_entry(i, "user/carol", &entry);
		assert_ok(audit_leaves_add(leaves, entry.data, entry.len, &err), err);
	}
	vk_buf_release(&entry);
	return leaves;
}

/* The server says that the entries that are left out are others: what follows would make its new
 * checkpoint, but not the one that is held. */
START_TEST(subtrees_that_are_not_those_of_the_held_checkpoint_are_refused)
{
	const struct note_checkpoint held = checkpoint_of(5);

	for (size_t first = 1; first <= 5; first++) {
		struct note_checkpoint now = {.size = ENTRIES};
		struct vk_err err = VK_ERR_INIT;
		struct audit_leaves *leaves;

		make_tree();
		for (size_t level = 0; level < 8; level++)
			tree[level][(first >> level) - ((first >> level) > 0)][0] ^= 1;
		leaves = log_from(first);
		ck_assert(audit_leaves_root(leaves, ENTRIES, now.root));
		assert_ok(audit_leaves_check(leaves, &now, NULL, &err), err);
		assert_fails(audit_leaves_check(leaves, &now, &held, &err), VK_EUNTRUSTED);
		audit_leaves_free(leaves);
	}
}
END_TEST

START_TEST(begins_behind_any_entry)
{
	const struct note_checkpoint now = checkpoint_of(ENTRIES);

	make_tree();
	for (size_t first = 0; first <= ENTRIES; first++) {
		struct audit_leaves *leaves = log_from(first);
		struct vk_err err = VK_ERR_INIT;
		uint8_t root[MERKLE_HASH_BYTES];
		int64_t at;

		for (size_t n = 0; n <= ENTRIES; n++) {
			const struct note_checkpoint held = checkpoint_of(n);

			ck_assert(audit_leaves_root(leaves, n, root) == (n >= first));
			if (n >= first)
				assert_ok(audit_leaves_check(leaves, &now, &held, &err), err);
			ck_assert(audit_leaves_time(leaves, n, &at) == (n >= first && n < ENTRIES));
			ck_assert(n < first || n == ENTRIES || at == 1000 + (int64_t)n);
		}
		audit_leaves_free(leaves);
	}
}
END_TEST

START_TEST(refuses_what_is_no_entry)
{
	static const char text[] = "{\"action\":\"x\"}";
	struct audit_leaves *leaves = audit_leaves_new();
	struct vk_err err = VK_ERR_INIT;

	ck_assert(audit_leaves_add(leaves, text, strlen(text), &err) != VK_OK);
	audit_leaves_free(leaves);
}
END_TEST

START_TEST(accepts_a_log_that_has_only_grown)
{
	const struct note_checkpoint now = checkpoint_of(ENTRIES);
	struct audit_leaves *leaves = log_of(ENTRIES, ENTRIES);
	struct vk_err err = VK_ERR_INIT;

	for (size_t n = 0; n <= ENTRIES; n++) {
		const struct note_checkpoint before = checkpoint_of(n);

		assert_ok(audit_leaves_check(leaves, &now, &before, &err), err);
	}
	audit_leaves_free(leaves);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("audit_leaves");
	TCase *tc = tcase_create("audit_leaves");

	tcase_add_test(tc, refuses_a_log_with_any_entry_changed);
	tcase_add_test(tc, refuses_a_log_that_is_shorter_than_its_checkpoint);
	tcase_add_test(tc, refuses_a_log_that_has_shrunk_since_the_last_time);
	tcase_add_test(tc, refuses_a_log_that_was_rewritten_since_the_last_time);
	tcase_add_test(tc, subtrees_that_are_not_those_of_the_held_checkpoint_are_refused);
	tcase_add_test(tc, refuses_what_is_no_entry);
	tcase_add_test(tc, begins_behind_any_entry);
	tcase_add_test(tc, accepts_a_log_that_has_only_grown);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
