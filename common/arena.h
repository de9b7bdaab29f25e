/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What dies together is allocated together: an arena hands out memory until it
 * is freed as a whole. One arena per request, query or parse; nothing in it is
 * freed alone. Memory is aligned for any type and not zeroed. Not thread-safe.
 *
 * What is sized by a peer or file is bounded by a named limit before it gets here.
 */
#ifndef VK_ARENA_H
#define VK_ARENA_H

#include <stddef.h>

#include "common/err.h"

struct arena;

struct arena *arena_new(void);

/* Frees everything that the arena has handed out. NULL does nothing. */
void arena_free(struct arena *arena);

__attribute__((returns_nonnull)) void *arena_alloc(struct arena *arena, size_t size);

/* count elements of size bytes, all zero; the product is checked. */
__attribute__((returns_nonnull)) void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* A copy of len bytes with a NUL behind it. */
__attribute__((returns_nonnull)) char *arena_dup(struct arena *arena, const void *data, size_t len);

__attribute__((returns_nonnull)) char *arena_strdup(struct arena *arena, const char *text);

/* printf into the arena. */
__attribute__((returns_nonnull)) char *arena_printf(struct arena *arena, const char *fmt, ...)
	VK_PRINTF(2, 3);

#endif
