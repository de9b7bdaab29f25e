/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/log.h"

#include "common/buf.h"
#include "common/note.h"
#include "server/signer.h"
#include "server/store/store_log.h"

#include "common/banned.h"

enum vk_rc log_append(struct store *store, const struct vk_audit_entry *entry, uint64_t *index,
	struct vk_err *err)
{
	const struct merkle_nodes nodes = store_log_nodes(store);
	uint8_t leaf[MERKLE_HASH_BYTES];
	struct vk_buf text;
	uint64_t size;
	enum vk_rc rc;

	vk_buf_init(&text, VK_AUDIT_ENTRY_MAX_BYTES);
	rc = vk_audit_entry_format(entry, &text, err);
	if (rc == VK_OK)
		rc = store_get_log_size(store, &size, err);
	if (rc == VK_OK)
		rc = store_add_log_entry(store, size, text.data, text.len, err);
	if (rc == VK_OK) {
		merkle_leaf_hash(text.data, text.len, leaf);
		rc = merkle_append(&nodes, size, leaf, err);
	}
	if (rc == VK_OK && index != NULL)
		*index = size;
	vk_buf_release(&text);
	return rc;
}

/* VK_EINPUT unless the log has at least this many entries. */
static enum vk_rc check_size(struct store *store, uint64_t size, struct vk_err *err)
{
	uint64_t have;
	enum vk_rc rc = store_get_log_size(store, &have, err);

	if (rc == VK_OK && size > have)
		return vk_err_set(err, VK_EINPUT, "the audit log has %llu entries, not %llu",
			(unsigned long long)have, (unsigned long long)size);
	return rc;
}

enum vk_rc log_root(
	struct store *store, uint64_t size, uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct merkle_nodes nodes = store_log_nodes(store);
	enum vk_rc rc = check_size(store, size, err);

	return rc == VK_OK ? merkle_nodes_root(&nodes, size, out, err) : rc;
}

enum vk_rc log_inclusion(struct store *store, uint64_t index, uint64_t size,
	struct merkle_proof *out, struct vk_err *err)
{
	const struct merkle_nodes nodes = store_log_nodes(store);
	enum vk_rc rc = check_size(store, size, err);

	if (rc == VK_OK && index >= size)
		return vk_err_set(err, VK_EINPUT, "entry %llu is not in a log of %llu entries",
			(unsigned long long)index, (unsigned long long)size);
	return rc == VK_OK ? merkle_nodes_inclusion(&nodes, index, size, out, err) : rc;
}

enum vk_rc log_consistency(struct store *store, uint64_t from, uint64_t to,
	struct merkle_proof *out, struct vk_err *err)
{
	const struct merkle_nodes nodes = store_log_nodes(store);
	enum vk_rc rc;

	if (from > to)
		return vk_err_set(err, VK_EINPUT, "from %llu is larger than to %llu",
			(unsigned long long)from, (unsigned long long)to);
	rc = check_size(store, to, err);
	return rc == VK_OK ? merkle_nodes_consistency(&nodes, from, to, out, err) : rc;
}

/* The size at the last checkpoint; 0 before the first. */
static enum vk_rc get_signed_size(struct store *store, uint64_t *out, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_checkpoint last;
	enum vk_rc rc = store_get_checkpoint(store, arena, &last, err);

	arena_free(arena);
	*out = rc == VK_OK ? last.size : 0;
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

enum vk_rc log_checkpoint(
	struct store *store, struct signer *signer, int64_t now, bool *is_new, struct vk_err *err)
{
	struct store_checkpoint checkpoint = {0};
	struct merkle_proof proof;
	uint64_t signed_size;
	struct vk_buf note;
	enum vk_rc rc;

	*is_new = false;
	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = store_get_log_size(store, &checkpoint.size, err);
	if (rc == VK_OK)
		rc = get_signed_size(store, &signed_size, err);
	if (rc != VK_OK || signed_size == checkpoint.size)
		goto out;
	rc = log_root(store, checkpoint.size, checkpoint.root, err);
	if (rc == VK_OK)
		rc = log_consistency(store, signer_log_size(signer), checkpoint.size, &proof, err);
	if (rc == VK_OK)
		rc = signer_make_checkpoint(
			signer, checkpoint.size, checkpoint.root, &proof, &note, err);
	if (rc == VK_OK) {
		checkpoint.note = note.data;
		checkpoint.note_len = note.len;
		rc = store_add_checkpoint(store, &checkpoint, now, err);
		*is_new = rc == VK_OK;
	}
out:
	vk_buf_release(&note);
	return rc;
}
