/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vkcfg-pull --bundle FILE: a run that asks a parcel in the place of the server.
 * Everything that has to be true of what a server says has to be true of it,
 * too; what needs a server (report, lease, a new certificate) is left out.
 */
#ifndef VK_PULL_OFFLINE_H
#define VK_PULL_OFFLINE_H

#include "client/pull/agent.h"
#include "common/err.h"

struct parcel;

/* Reads the file: before root is given up, for it comes from outside. Freed with parcel_free(). */
VK_CHECKED enum vk_rc offline_read(const char *path, struct parcel **out, struct vk_err *err);

/* agent_open() for a run with this parcel, which must outlive the agent. VK_EINPUT if it is for
 * another host. A host that was enrolled without a server takes the root of its pins out of it. */
VK_CHECKED enum vk_rc offline_open(
	const char *config, const struct parcel *parcel, struct agent *agent, struct vk_err *err);

#endif
