/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths of tiles (C2SP tlog-tiles): the audit log as files that never change.
 * Tile N of level L holds up to 256 hashes, each over 256^L entries; the tiles
 * of level "entries" hold the entries themselves. A path has exactly one
 * spelling: what is not it is no tile.
 */
#ifndef VK_TILE_H
#define VK_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
	TILE_WIDTH = 256,
	TILE_LEVEL_BITS = 8,
	TILE_LEVEL_MAX = 63,
	/* An entry stands behind its length, two bytes, the most significant first. */
	TILE_ENTRY_MAX_BYTES = 65535,
	TILE_ENTRIES_MAX_BYTES = TILE_WIDTH * (2 + TILE_ENTRY_MAX_BYTES),
};

struct tile {
	unsigned level; /* 0 for entries */
	uint64_t index;
	unsigned width; /* 1 to TILE_WIDTH */
};

/* level is "0" to "63", or NULL for entries; path is what follows: "x001/234", "000.p/17". */
bool tile_parse(const char *level, const char *path, struct tile *out);

/* Appends the path, the only spelling that tile_parse() takes. */
void tile_format(const struct tile *tile, struct vk_buf *out);

/* How wide this tile is in a log of size entries: 0 if there is nothing in it yet. */
unsigned tile_width_at(const struct tile *tile, uint64_t size);

/* Appends one entry (at most TILE_ENTRY_MAX_BYTES) to the content of a tile of entries. */
void tile_add_entry(const void *entry, size_t len, struct vk_buf *out);

/* What is left of such a content. */
struct tile_entries {
	const char *data;
	size_t len;
};

/* Takes the next entry off the front; borrowed from the content. False at the end, and if what
 * follows is not whole; at the end nothing is left. */
bool tile_next_entry(struct tile_entries *rest, const char **entry, size_t *len);

#endif
