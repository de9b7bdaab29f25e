/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps runtime.conf to the role that the running server has: after a failover
 * only the servers know who is whose replica, and the next start reads it from
 * there. Only the line of replicaof is ours; all others stay as they are.
 */
#ifndef VK_PULL_ROLE_FILE_H
#define VK_PULL_ROLE_FILE_H

#include <stdbool.h>

#include "client/pull/instance.h"
#include "client/pull/restart_state.h"
#include "common/buf.h"

/* Writes the file where its line says something else than the state, and only then. In a cluster
 * the nodes keep the roles by themselves. */
VK_CHECKED enum vk_rc role_file_follow(const struct instance *instance,
	const struct restart_state *state, bool *is_changed, struct vk_err *err);

/* The text with the line that the state wants; false where it says so already. */
bool role_file_edit(const char *text, const struct restart_state *state, struct vk_buf *out);

#endif
