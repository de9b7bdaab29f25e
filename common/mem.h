/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small allocations: they abort the program when memory runs out, so that
 * callers need no error path for them. What is sized by a peer or a file is
 * bounded by a named limit first; these functions are no substitute for that.
 * Freed with free().
 */
#ifndef VK_MEM_H
#define VK_MEM_H

#include <stddef.h>

__attribute__((malloc, returns_nonnull)) void *xmalloc(size_t size);
__attribute__((malloc, returns_nonnull)) void *xcalloc(size_t count, size_t size);

/* Grows or shrinks to count elements of size bytes; the product is checked. */
__attribute__((returns_nonnull)) void *xreallocarray(void *ptr, size_t count, size_t size);

__attribute__((malloc, returns_nonnull)) char *xstrdup(const char *text);
__attribute__((malloc, returns_nonnull)) char *xstrndup(const char *text, size_t len);
__attribute__((malloc, returns_nonnull)) void *xmemdup(const void *data, size_t len);

/* printf into fresh memory. */
__attribute__((malloc, returns_nonnull, format(printf, 1, 2))) char *xasprintf(const char *fmt, ...);

#endif
