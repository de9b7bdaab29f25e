/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_leaves.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/mem.h"
#include "common/merkle.h"

#include "common/banned.h"

struct audit_leaves {
	uint8_t (*hashes)[MERKLE_HASH_BYTES];
	size_t count;
	size_t capacity;
};

struct audit_leaves *audit_leaves_new(void)
{
	return xcalloc(1, sizeof(struct audit_leaves));
}

void audit_leaves_free(struct audit_leaves *leaves)
{
	if (leaves == NULL)
		return;
	free(leaves->hashes);
	free(leaves);
}

enum vk_rc audit_leaves_add(
	struct audit_leaves *leaves, const char *entry, size_t len, struct vk_err *err)
{
	struct vk_audit_entry *parsed = NULL;
	enum vk_rc rc;

	if (leaves->count == AUDIT_LEAVES_MAX)
		return vk_err_set(err, VK_ELIMIT, "the log has more than %d entries",
			AUDIT_LEAVES_MAX);
	rc = vk_audit_entry_parse(entry, len, &parsed, err);
	vk_audit_entry_free(parsed);
	if (rc != VK_OK) {
		vk_err_prefix(err, "entry %zu of the log", leaves->count);
		return rc;
	}
	if (leaves->count == leaves->capacity) {
		leaves->capacity = leaves->capacity * 2 + 1024;
		leaves->hashes = xreallocarray(
			leaves->hashes, leaves->capacity, sizeof(*leaves->hashes));
	}
	merkle_leaf_hash(entry, len, leaves->hashes[leaves->count++]);
	return VK_OK;
}

static bool has_root(const struct audit_leaves *leaves, const struct note_checkpoint *checkpoint)
{
	uint8_t root[MERKLE_HASH_BYTES];

	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves->hashes,
		(size_t)checkpoint->size, root);
	return memcmp(root, checkpoint->root, sizeof(root)) == 0;
}

enum vk_rc audit_leaves_check(const struct audit_leaves *leaves, const struct note_checkpoint *now,
	const struct note_checkpoint *before, struct vk_err *err)
{
	if (leaves->count != now->size)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the log has %zu entries, its checkpoint says %" PRIu64, leaves->count,
			now->size);
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
			"the first %" PRIu64 " entries are not those of the last time", before->size);
		vk_err_hint(err, "history was rewritten; keep your checkpoint file as proof");
		return VK_EUNTRUSTED;
	}
	return VK_OK;
}
