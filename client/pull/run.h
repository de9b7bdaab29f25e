/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run of the agent: end what a crash cut short, ask the server, install or
 * check each instance, report. What cannot be done for one instance does not
 * keep the others from being done; and where the server cannot be asked or not
 * be believed, what is installed is still looked after.
 */
#ifndef VK_PULL_RUN_H
#define VK_PULL_RUN_H

#include <signal.h>
#include <stdbool.h>

#include "client/pull/agent.h"

struct run_options {
	unsigned wait_seconds;		 /* how long the server may wait for news; 0: not at all */
	bool is_retrying;		 /* forget what failed before (--retry) */
	const sigset_t *waiting_signals; /* blocked, but while the server is waited for; or NULL */
};

/* VK_OK: every instance is what it should be. Else the failure that matters most, which has been
 * logged already: VK_EUNTRUSTED before those of instances, VK_EUNAVAIL last. */
VK_CHECKED enum vk_rc run_once(
	struct agent *agent, const struct run_options *options, struct vk_err *err);

#endif
