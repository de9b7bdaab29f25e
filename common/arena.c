/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

enum { BLOCK_BYTES = 8192 };

struct block {
	struct block *next;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks; /* the first one is the one that is being filled */
	unsigned char *at;
	size_t room;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->blocks != NULL) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	struct block *block = xmalloc(sizeof(*block) + size);

	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *out;

	assert(size < SIZE_MAX / 2);
	if (size == 0)
		size = 1; /* never NULL, not even from an arena that has no block yet */
	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (size > BLOCK_BYTES / 4 && size > arena->room)
		return add_block(arena, size)->data;
	if (size > arena->room) {
		arena->at = add_block(arena, BLOCK_BYTES)->data;
		arena->room = BLOCK_BYTES;
	}
	out = arena->at;
	arena->at += size;
	arena->room -= size;
	return out;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	assert(size == 0 || count < SIZE_MAX / 2 / size);
	return memset(arena_alloc(arena, count * size), 0, count * size);
}

char *arena_dup(struct arena *arena, const void *data, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_dup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *out;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	assert(len >= 0);
	out = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(out, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return out;
}
