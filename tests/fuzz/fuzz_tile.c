/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as the path of a tile: what is accepted is exactly what its numbers are written as. */
#include "config.h"

#include "server/tile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_MAX_BYTES = 64 };

static void format(const struct tile *tile, char out[PATH_MAX_BYTES])
{
	uint64_t divisor = 1;
	size_t len = 0;

	while (tile->index / divisor >= 1000)
		divisor *= 1000;
	for (; divisor >= 1; divisor /= 1000)
		len += (size_t)snprintf(out + len, PATH_MAX_BYTES - len, "%s%03u%s",
			divisor > 1 ? "x" : "", (unsigned)(tile->index / divisor % 1000),
			divisor > 1 ? "/" : "");
	if (tile->width < TILE_WIDTH)
		snprintf(out + len, PATH_MAX_BYTES - len, ".p/%u", tile->width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[PATH_MAX_BYTES + 1] = "";
	char again[PATH_MAX_BYTES];
	struct tile tile;

	if (size > PATH_MAX_BYTES)
		return 0;
	memcpy(text, data, size);
	if (!tile_parse("0", text, &tile))
		return 0;
	format(&tile, again);
	if (strcmp(text, again) != 0 || tile_width_at(&tile, UINT64_MAX >> 1) > TILE_WIDTH)
		abort();
	return 0;
}
