/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary hands its role over before it is restarted: FAILOVER TO one of its
 * replicas, which pauses writes until that one has all of them. No acknowledged
 * write is lost on the way, and nothing has happened where it does not succeed.
 */
#ifndef VK_PULL_FAILOVER_H
#define VK_PULL_FAILOVER_H

#include "client/pull/restart_state.h"

enum { FAILOVER_TIMEOUT_MS = 30000 };

/* VK_OK: the server is a replica of the target now, and *state says so. VK_EUNAVAIL: it has
 * remained the primary. The target is in *state. */
VK_CHECKED enum vk_rc failover_to(struct valkey *valkey, const struct restart_replica *target,
	struct restart_state *state, struct vk_err *err);

#endif
