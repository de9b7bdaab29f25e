/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps runtime.conf to the role that the running server has: after a failover
 * only the servers know who is whose replica, and the next start reads it from
 * there. Only the line of replicaof is ours; all others stay as they are. What
 * the tree says about roles counts once, when the file begins.
 */
#ifndef VK_PULL_ROLE_FILE_H
#define VK_PULL_ROLE_FILE_H

#include <stdbool.h>

#include "client/pull/instance.h"
#include "client/pull/restart_state.h"
#include "common/buf.h"
#include "common/bundle.h"

/* Writes the file where its line says something else than the state, and only then. In a cluster
 * the nodes keep the roles by themselves; an empty server that was started from another file has
 * decided nothing yet. */
VK_CHECKED enum vk_rc role_file_follow(const struct instance *instance,
	const struct restart_state *state, bool *is_changed, struct vk_err *err);

/* Before an instance has ever been installed: the role that the tree begins its group with, or
 * the one that a running server has already. Nothing where there is data that no server serves.
 * Once: a file that is there is never begun again. */
VK_CHECKED enum vk_rc role_file_begin(
	const struct instance *instance, const struct vk_bundle *bundle, struct vk_err *err);

/* The text with the line that the state wants; false where it says so already. */
bool role_file_edit(const char *text, const struct restart_state *state, struct vk_buf *out);

#endif
