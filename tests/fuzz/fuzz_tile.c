/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as the path of a tile: what is accepted is exactly what its numbers are written as. */
#include "config.h"

#include "common/tile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_MAX_BYTES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[PATH_MAX_BYTES + 1] = "";
	struct vk_buf again;
	struct tile tile;

	if (size > PATH_MAX_BYTES)
		return 0;
	memcpy(text, data, size);
	if (!tile_parse("0", text, &tile))
		return 0;
	vk_buf_init(&again, PATH_MAX_BYTES);
	tile_format(&tile, &again);
	if (strcmp(text, again.data) != 0 || tile_width_at(&tile, UINT64_MAX >> 1) > TILE_WIDTH)
		abort();
	vk_buf_release(&again);
	return 0;
}
