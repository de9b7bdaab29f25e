/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths of tiles (C2SP tlog-tiles): the audit log as files that never change.
 * Tile N of level L holds up to 256 hashes, each over 256^L entries; the tiles
 * of level "entries" hold the entries themselves. A path has exactly one
 * spelling: what is not it is no tile.
 */
#ifndef VK_SERVER_TILE_H
#define VK_SERVER_TILE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TILE_WIDTH = 256,
	TILE_LEVEL_BITS = 8,
	TILE_LEVEL_MAX = 63,
};

struct tile {
	unsigned level; /* 0 for entries */
	uint64_t index;
	unsigned width; /* 1 to TILE_WIDTH */
};

/* level is "0" to "63", or NULL for entries; path is what follows: "x001/234", "000.p/17". */
bool tile_parse(const char *level, const char *path, struct tile *out);

/* How wide this tile is in a log of size entries: 0 if there is nothing in it yet. */
unsigned tile_width_at(const struct tile *tile, uint64_t size);

#endif
