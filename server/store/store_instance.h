/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and replacing the instances of one host; for server/store/ only. */
#ifndef VK_STORE_INSTANCE_H
#define VK_STORE_INSTANCE_H

#include "server/store/store_host.h"

/* By name, each with its drift. Inside a read or a transaction. */
VK_CHECKED enum vk_rc store_read_instances(struct store *store, const char *host,
	struct arena *arena, const struct store_instance **items, size_t *count,
	struct vk_err *err);

VK_CHECKED enum vk_rc store_remove_instances(
	struct store *store, const char *host, struct vk_err *err);

/* Adds an instance with its drift; `since` as it stands there. */
VK_CHECKED enum vk_rc store_add_instance(struct store *store, const char *host,
	const struct store_instance *instance, int64_t now, struct vk_err *err);

#endif
