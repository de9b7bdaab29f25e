/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's leave to restart: of a shard's members it grants one at a time.
 * A server that lies can delay restarts, or let two members restart at once;
 * what a restart may do to data is decided on the host alone.
 */
#ifndef VK_PULL_LEASE_H
#define VK_PULL_LEASE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/instance.h"
#include "common/bundle.h"

/* Asks for a lease of that many seconds, or for more time of the one that the instance has. False:
 * not now, and why. A member of a group does not restart without a server that says yes; one that
 * stands alone does not wait for a server that is away. */
bool lease_take(const struct instance *instance, const struct vk_bundle *bundle, int64_t seconds,
	char *reason, size_t reason_bytes);

/* Gives it back; without a server it ends by itself. */
void lease_give_back(const struct instance *instance);

#endif
