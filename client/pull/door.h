/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one way in which the agent (re)starts a Valkey: what the host's own
 * pull.yaml names. Either a program, run without a shell, or a file that is
 * written to, which a systemd path unit beside the agent (PathModified=) turns
 * into a restart with the rights of systemd. Nothing that the server sent is
 * ever part of it.
 */
#ifndef VK_PULL_DOOR_H
#define VK_PULL_DOOR_H

#include <stdbool.h>

#include "client/pull/instance.h"
#include "common/err.h"

bool door_is_there(const struct instance *instance);

/* Goes through the door and waits until a Valkey answers whose run id is not old_run_id (empty:
 * none ran), bounded by the instance's restart_timeout_ms in all. VK_EINPUT: there is no door;
 * VK_EUNAVAIL: Valkey did not come up, with what the program said. */
VK_CHECKED enum vk_rc door_restart(
	const struct instance *instance, const char *old_run_id, struct vk_err *err);

#endif
