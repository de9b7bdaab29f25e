/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-only database connections, lent out: a handler takes one, asks, and
 * gives it back before it returns. There are never more than threads that ask
 * at the same time. Any thread.
 */
#ifndef VK_READERS_H
#define VK_READERS_H

#include "common/err.h"
#include "server/store/store.h"

struct readers;

/* path is copied; nothing is opened yet. */
struct readers *readers_new(const char *path);
/* All must have been given back. */
void readers_free(struct readers *readers);

VK_CHECKED enum vk_rc readers_take(struct readers *readers, struct store **out, struct vk_err *err);
void readers_give(struct readers *readers, struct store *store);

#endif
