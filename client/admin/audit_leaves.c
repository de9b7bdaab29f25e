/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_leaves.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/mem.h"
#include "common/merkle.h"

#include "common/banned.h"

/* The complete subtrees of one height. */
struct level {
	uint8_t (*hashes)[MERKLE_HASH_BYTES];
	size_t count;
	size_t capacity;
};

struct audit_leaves {
	struct level levels[MERKLE_PROOF_MAX];
	int64_t *times;
	size_t capacity; /* of times */
};

struct audit_leaves *audit_leaves_new(void)
{
	return xcalloc(1, sizeof(struct audit_leaves));
}

void audit_leaves_free(struct audit_leaves *leaves)
{
	if (leaves == NULL)
		return;
	for (size_t i = 0; i < MERKLE_PROOF_MAX; i++)
		free(leaves->levels[i].hashes);
	free(leaves->times);
	free(leaves);
}

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct audit_leaves *leaves = ctx;

	(void)err;
	assert(level < MERKLE_PROOF_MAX && index < leaves->levels[level].count);
	memcpy(out, leaves->levels[level].hashes[index], MERKLE_HASH_BYTES);
	return VK_OK;
}

static enum vk_rc put_node(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err)
{
	struct audit_leaves *leaves = ctx;
	struct level *at = &leaves->levels[level];

	(void)err;
	assert(level < MERKLE_PROOF_MAX && index == at->count);
	if (at->count == at->capacity) {
		at->capacity = at->capacity * 2 + 16;
		at->hashes = xreallocarray(at->hashes, at->capacity, sizeof(*at->hashes));
	}
	memcpy(at->hashes[at->count++], hash, MERKLE_HASH_BYTES);
	return VK_OK;
}

size_t audit_leaves_count(const struct audit_leaves *leaves)
{
	return leaves->levels[0].count;
}

int64_t audit_leaves_time(const struct audit_leaves *leaves, size_t index)
{
	assert(index < audit_leaves_count(leaves));
	return leaves->times[index];
}

void audit_leaves_root(
	const struct audit_leaves *leaves, uint64_t size, uint8_t out[MERKLE_HASH_BYTES])
{
	const struct merkle_nodes nodes = {.get = get_node, .ctx = (void *)leaves};
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	assert(size <= audit_leaves_count(leaves));
	rc = merkle_nodes_root(&nodes, size, out, &err);
	assert(rc == VK_OK); /* get_node() cannot fail */
	(void)rc;
}

static void add_time(struct audit_leaves *leaves, int64_t at)
{
	size_t count = audit_leaves_count(leaves);

	if (count == leaves->capacity) {
		leaves->capacity = leaves->capacity * 2 + 1024;
		leaves->times =
			xreallocarray(leaves->times, leaves->capacity, sizeof(*leaves->times));
	}
	leaves->times[count] = at;
}

enum vk_rc audit_leaves_add(
	struct audit_leaves *leaves, const char *entry, size_t len, struct vk_err *err)
{
	const struct merkle_nodes nodes = {.get = get_node, .put = put_node, .ctx = leaves};
	struct vk_audit_entry *parsed = NULL;
	uint8_t leaf[MERKLE_HASH_BYTES];
	size_t count = audit_leaves_count(leaves);
	enum vk_rc rc;

	if (count == AUDIT_LEAVES_MAX)
		return vk_err_set(
			err, VK_ELIMIT, "the log has more than %d entries", AUDIT_LEAVES_MAX);
	rc = vk_audit_entry_parse(entry, len, &parsed, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, "entry %zu of the log", count);
		return rc;
	}
	add_time(leaves, parsed->at);
	vk_audit_entry_free(parsed);
	merkle_leaf_hash(entry, len, leaf);
	return merkle_append(&nodes, count, leaf, err);
}

static bool has_root(const struct audit_leaves *leaves, const struct note_checkpoint *checkpoint)
{
	uint8_t root[MERKLE_HASH_BYTES];

	audit_leaves_root(leaves, checkpoint->size, root);
	return memcmp(root, checkpoint->root, sizeof(root)) == 0;
}

enum vk_rc audit_leaves_check(const struct audit_leaves *leaves, const struct note_checkpoint *now,
	const struct note_checkpoint *before, struct vk_err *err)
{
	if (audit_leaves_count(leaves) != now->size)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the log has %zu entries, its checkpoint says %" PRIu64,
			audit_leaves_count(leaves), now->size);
	if (!has_root(leaves, now))
		return vk_err_set(err, VK_EUNTRUSTED,
			"the entries do not make the root of the signed checkpoint");
	if (before == NULL)
		return VK_OK;
	if (before->size > now->size) {
		vk_err_set(err, VK_EUNTRUSTED,
			"the log has shrunk: %" PRIu64 " entries the last time, %" PRIu64 " now",
			before->size, now->size);
		vk_err_hint(err, "history was taken away; keep your checkpoint file as proof");
		return VK_EUNTRUSTED;
	}
	if (!has_root(leaves, before)) {
		vk_err_set(err, VK_EUNTRUSTED,
			"the first %" PRIu64 " entries are not those of the last time",
			before->size);
		vk_err_hint(err, "history was rewritten; keep your checkpoint file as proof");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}
