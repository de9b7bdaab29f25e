/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tile.h"

#include <assert.h>
#include <string.h>

#include "common/num.h"

#include "common/banned.h"

enum {
	GROUP_DIGITS = 3,
	GROUP_VALUES = 1000,
	/* 1000^6 tiles of 256 entries each are more than any log has. */
	GROUPS_MAX = 6,
	NUMBER_MAX_DIGITS = 3,
	LENGTH_BYTES = 2,
};

/* A decimal number without leading zeros. */
static bool parse_number(const char *text, uint64_t min, uint64_t max, unsigned *out)
{
	uint64_t number;

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > NUMBER_MAX_DIGITS ||
		(text[0] == '0' && text[1] != '\0') || !vk_parse_uint(text, min, max, &number))
		return false;
	*out = (unsigned)number;
	return true;
}

/* Three digits off the front. */
static bool take_group(const char **text, uint64_t *index)
{
	unsigned value = 0;

	for (int i = 0; i < GROUP_DIGITS; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		value = value * 10 + (unsigned)(**text - '0');
	}
	*index = *index * GROUP_VALUES + value;
	return true;
}

bool tile_parse(const char *level, const char *path, struct tile *out)
{
	struct tile tile = {.width = TILE_WIDTH};
	bool is_last = false;

	if (level != NULL && !parse_number(level, 0, TILE_LEVEL_MAX, &tile.level))
		return false;
	for (int groups = 0; !is_last; groups++) {
		is_last = *path != 'x';
		if (!is_last)
			path++;
		if (groups == GROUPS_MAX || !take_group(&path, &tile.index))
			return false;
		/* Not one group more than the number needs. */
		if (groups == 0 && !is_last && tile.index == 0)
			return false;
		if (!is_last && *path++ != '/')
			return false;
	}
	if (strncmp(path, ".p/", 3) == 0) {
		if (!parse_number(path + 3, 1, TILE_WIDTH - 1, &tile.width))
			return false;
	} else if (*path != '\0') {
		return false;
	}
	*out = tile;
	return true;
}

unsigned tile_width_at(const struct tile *tile, uint64_t size)
{
	const unsigned bits = tile->level * TILE_LEVEL_BITS;
	const uint64_t hashes = bits < 64 ? size >> bits : 0;

	/* index < 10^18: times 256 it may be more than 64 bits hold. */
	if (tile->index >= hashes / TILE_WIDTH + 1 || tile->index * TILE_WIDTH >= hashes)
		return 0;
	if (hashes - tile->index * TILE_WIDTH >= TILE_WIDTH)
		return TILE_WIDTH;
	return (unsigned)(hashes - tile->index * TILE_WIDTH);
}

void tile_format(const struct tile *tile, struct vk_buf *out)
{
	uint64_t divisor = 1;

	while (tile->index / divisor >= GROUP_VALUES)
		divisor *= GROUP_VALUES;
	for (; divisor > 1; divisor /= GROUP_VALUES)
		vk_buf_addf(out, "x%03u/", (unsigned)(tile->index / divisor % GROUP_VALUES));
	vk_buf_addf(out, "%03u", (unsigned)(tile->index % GROUP_VALUES));
	if (tile->width < TILE_WIDTH)
		vk_buf_addf(out, ".p/%u", tile->width);
}

void tile_add_entry(const void *entry, size_t len, struct vk_buf *out)
{
	const uint8_t length[LENGTH_BYTES] = {(uint8_t)(len >> 8), (uint8_t)(len & 0xff)};

	assert(len <= TILE_ENTRY_MAX_BYTES);
	vk_buf_add(out, length, sizeof(length));
	vk_buf_add(out, entry, len);
}

bool tile_next_entry(struct tile_entries *rest, const char **entry, size_t *len)
{
	const uint8_t *data = (const uint8_t *)rest->data;
	size_t size;

	if (rest->len < LENGTH_BYTES)
		return false;
	size = (size_t)data[0] << 8 | data[1];
	if (size > rest->len - LENGTH_BYTES)
		return false;
	*entry = rest->data + LENGTH_BYTES;
	*len = size;
	rest->data += LENGTH_BYTES + size;
	rest->len -= LENGTH_BYTES + size;
	return true;
}
