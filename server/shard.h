/* SPDX-License-Identifier: BSD-3-Clause */
/* With whom an instance shares its data: the current release says it, not the host. */
#ifndef VK_SERVER_SHARD_H
#define VK_SERVER_SHARD_H

#include "common/arena.h"
#include "common/bundle.h"
#include "common/err.h"
#include "server/store/store.h"

/* "GROUP/NUMBER", or "" where it stands alone; in the arena. instance is HOST/INSTANCE.
 * VK_ENOTFOUND: it is not part of the environment's current release. */
VK_CHECKED enum vk_rc shard_find(struct store *store, const char *environment, const char *host,
	const char *instance, struct arena *arena, const char **out, struct vk_err *err);

/* The same of its whole bundle; freed with vk_bundle_free(). */
VK_CHECKED enum vk_rc shard_find_bundle(struct store *store, const char *environment,
	const char *host, const char *instance, struct arena *arena, struct vk_bundle **out,
	struct vk_err *err);

#endif
