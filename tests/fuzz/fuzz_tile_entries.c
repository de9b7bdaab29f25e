/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as the content of a tile of entries: what is taken off it is what stands in it. */
#include "config.h"

#include "common/tile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tile_entries rest = {(const char *)data, size};
	struct vk_buf again;
	const char *entry;
	size_t len;

	vk_buf_init(&again, size + 1);
	while (tile_next_entry(&rest, &entry, &len))
		tile_add_entry(entry, len, &again);
	vk_buf_add(&again, rest.data, rest.len);
	if (again.len != size || memcmp(again.data, data, size) != 0)
		abort();
	vk_buf_release(&again);
	return 0;
}
