/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/session.h"
#include "common/mem.h"
#include "common/tile.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = 128 };

enum vk_rc audit_fetch_checkpoint(struct session *session, struct vk_buf *note,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc = session_fleet(session, &fleet, err);

	if (rc == VK_OK)
		rc = session_get_bytes(session, "/log/checkpoint", note, err);
	if (rc == VK_OK) {
		rc = note_verify_checkpoint(
			note->data, note->len, fleet.log_name, fleet.log_public, out, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "the server's checkpoint");
	}
	return rc;
}

enum vk_rc audit_fetch_size(struct session *session, uint64_t *out, struct vk_err *err)
{
	struct note_checkpoint checkpoint;
	struct vk_buf note;
	enum vk_rc rc;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = audit_fetch_checkpoint(session, &note, &checkpoint, err);
	vk_buf_release(&note);
	if (rc == VK_OK)
		*out = checkpoint.size;
	return rc;
}

/* A tile as it is, or the part of it that a log of size entries fills. */
static enum vk_rc fetch_tile(struct session *session, const char *level, struct tile tile,
	uint64_t size, struct vk_buf *out, struct vk_err *err)
{
	struct vk_buf target;
	enum vk_rc rc;

	tile.width = TILE_WIDTH;
	tile.width = tile_width_at(&tile, size);
	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_addf(&target, "/log/tile/%s/", level);
	tile_format(&tile, &target);
	rc = session_get_bytes(session, target.data, out, err);
	if (rc == VK_ENOTFOUND) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server does not have all of the %" PRIu64
			" entries that its checkpoint says",
			size);
	}
	vk_buf_release(&target);
	return rc;
}

/* Hands over those entries of a tile that are wanted. */
static enum vk_rc add_entries(const struct vk_buf *content, uint64_t first, uint64_t from,
	uint64_t to, audit_entry_fn *add, void *ctx, struct vk_err *err)
{
	struct tile_entries rest = {content->data, content->len};
	const char *entry;
	size_t len;
	uint64_t index = first;
	enum vk_rc rc = VK_OK;

	for (; rc == VK_OK && tile_next_entry(&rest, &entry, &len); index++) {
		if (index >= from && index < to)
			rc = add(ctx, index, entry, len, err);
	}
	if (rc == VK_OK && (rest.len > 0 || index < to))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server's entries from %" PRIu64 " on are not whole", first);
	return rc;
}

enum vk_rc audit_fetch_entries(struct session *session, uint64_t size, uint64_t from, uint64_t to,
	audit_entry_fn *add, void *ctx, struct vk_err *err)
{
	struct vk_buf content;
	enum vk_rc rc = VK_OK;

	vk_buf_init(&content, TILE_ENTRIES_MAX_BYTES);
	for (uint64_t at = from; rc == VK_OK && at < to;) {
		const struct tile tile = {.index = at / TILE_WIDTH};
		const uint64_t end = (tile.index + 1) * TILE_WIDTH;

		vk_buf_reset(&content);
		rc = fetch_tile(session, "entries", tile, size, &content, err);
		if (rc == VK_OK)
			rc = add_entries(&content, tile.index * TILE_WIDTH, from,
				to < end ? to : end, add, ctx, err);
		at = end;
	}
	vk_buf_release(&content);
	return rc;
}

/* The node is the root of a few of the hashes of one tile, whose levels are eight nodes high. */
static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct audit_tiles *tiles = ctx;
	const unsigned height = level % TILE_LEVEL_BITS;
	const uint64_t first = index << height;
	const size_t count = (size_t)1 << height, at = first % TILE_WIDTH;
	const struct tile tile = {.level = level / TILE_LEVEL_BITS, .index = first / TILE_WIDTH};
	uint8_t hashes[TILE_WIDTH][MERKLE_HASH_BYTES];
	struct vk_buf content;
	char name[12];
	enum vk_rc rc;

	snprintf(name, sizeof(name), "%u", tile.level);
	vk_buf_init(&content, sizeof(hashes));
	rc = fetch_tile(tiles->session, name, tile, tiles->size, &content, err);
	if (rc == VK_OK && content.len < (at + count) * MERKLE_HASH_BYTES)
		rc = vk_err_set(err, VK_EUNTRUSTED, "a tile of the server's is not whole");
	if (rc == VK_OK) {
		memcpy(hashes, content.data, content.len);
		merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])hashes + at, count, out);
	}
	vk_buf_release(&content);
	return rc;
}

struct merkle_nodes audit_fetch_nodes(struct audit_tiles *tiles)
{
	return (struct merkle_nodes){.get = get_node, .ctx = tiles};
}
