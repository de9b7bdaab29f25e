/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the running servers of a group decide, and the tree only begins: who is
 * whose replica.
 */
#ifndef VK_CONFIG_TOPOLOGY_H
#define VK_CONFIG_TOPOLOGY_H

#include "common/buf.h"
#include "common/bundle.h"
#include "common/err.h"

/* Appends what runtime.conf holds before the instance has ever run: `replicaof` where the tree
 * names another member of its replicated group as the first; else nothing. Afterwards it is not the
 * tree's to say. VK_EINPUT: its valkey.conf cannot be read. */
VK_CHECKED enum vk_rc cfg_first_topology(
	const struct vk_bundle *bundle, struct vk_buf *out, struct vk_err *err);

#endif
