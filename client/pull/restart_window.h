/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the release allows a restart just now: apply.restart-window. The
 * windows come with the release, clock and time zones are the host's own.
 */
#ifndef VK_PULL_RESTART_WINDOW_H
#define VK_PULL_RESTART_WINDOW_H

#include "client/pull/restart_plan.h"
#include "common/bundle.h"

struct restart_window {
	bool is_open;			   /* also where there are no windows */
	int64_t opens;			   /* else: the next one; 0: not known */
	int64_t until;			   /* of an open one; 0: there is no end */
	char reason[RESTART_REASON_BYTES]; /* where none is open */
};

void restart_window_look(const struct vk_bundle *bundle, int64_t now, struct restart_window *out);

#endif
