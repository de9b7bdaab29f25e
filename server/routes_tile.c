/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log as tiles (C2SP tlog-tiles), for auditors with tools of their own. */
#include "config.h"

#include <string.h>

#include "common/audit.h"
#include "common/merkle.h"
#include "common/tile.h"
#include "server/context.h"
#include "server/readers.h"
#include "server/request.h"
#include "server/routes.h"
#include "server/store/store_log.h"

#include "common/banned.h"

_Static_assert((int)VK_AUDIT_ENTRY_MAX_BYTES <= (int)TILE_ENTRY_MAX_BYTES, "every entry fits");

static const char octets[] = "application/octet-stream";

typedef enum vk_rc tile_fn(
	struct store *store, const struct tile *tile, struct vk_buf *out, struct vk_err *err);

static enum vk_rc read_hashes(
	struct store *store, const struct tile *tile, struct vk_buf *out, struct vk_err *err)
{
	uint8_t hashes[TILE_WIDTH][MERKLE_HASH_BYTES];
	enum vk_rc rc = store_read_log_nodes(store, tile->level * TILE_LEVEL_BITS,
		tile->index * TILE_WIDTH, tile->width, hashes, err);

	if (rc == VK_OK)
		vk_buf_add(out, hashes, tile->width * sizeof(hashes[0]));
	return rc;
}

static enum vk_rc read_entries(
	struct store *store, const struct tile *tile, struct vk_buf *out, struct vk_err *err)
{
	const struct store_log_entry *entries = NULL;
	struct arena *arena = arena_new();
	size_t count = 0;
	enum vk_rc rc = store_list_log_entries(
		store, tile->index * TILE_WIDTH, tile->width, arena, &entries, &count, err);

	if (rc == VK_OK && count != tile->width)
		rc = vk_err_set(err, VK_EIO, "database: entries of the audit log are missing");
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		tile_add_entry(entries[i].text, entries[i].len, out);
	arena_free(arena);
	return rc;
}

/* Only what the signed checkpoint covers, and only as wide as it is asked for. */
static enum vk_rc find_tile(
	struct request *req, const char *level, struct tile *out, struct vk_err *err)
{
	const uint64_t size = (uint64_t)view_log(request_view(req))->size;

	if (!tile_parse(level, request_param(req, "tile"), out))
		return vk_err_set(err, VK_ENOTFOUND, "this is no path of a tile");
	if (tile_width_at(out, size) < out->width)
		return vk_err_set(err, VK_ENOTFOUND,
			"the audit log of %llu entries has no such tile", (unsigned long long)size);
	return VK_OK;
}

static void reply_tile(struct request *req, const char *level, tile_fn *read, const char *cache)
{
	struct context *context = request_context(req);
	struct reply reply = {.status = 200, .content_type = octets, .cache_control = cache};
	struct vk_err err = VK_ERR_INIT;
	struct store *store = NULL;
	struct vk_buf body;
	struct tile tile;
	enum vk_rc rc = find_tile(req, level, &tile, &err);

	vk_buf_init(&body, TILE_ENTRIES_MAX_BYTES);
	if (rc == VK_OK)
		rc = readers_take(context->readers, &store, &err);
	if (rc == VK_OK) {
		rc = read(store, &tile, &body, &err);
		readers_give(context->readers, store);
	}
	if (rc == VK_OK)
		rc = vk_buf_check(&body, "the tile", &err);
	reply.body = body.data;
	reply.body_len = body.len;
	if (rc == VK_OK)
		reply_send(req, &reply);
	else
		reply_error(req, &err);
	vk_buf_release(&body);
}

void route_get_tile(struct request *req)
{
	reply_tile(req, request_param(req, "level"), read_hashes,
		"public, max-age=31536000, immutable");
}

/* Not everybody may read these: no shared cache may keep them. */
void route_get_entries(struct request *req)
{
	reply_tile(req, NULL, read_entries, "private, max-age=31536000, immutable");
}
