/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens between "a restart is needed" and the door: wait for a moment
 * while the server is busy, decide (restart_plan.h), ask for a lease, prove that
 * it can save, hand the primary's role over, keep the role for the next start,
 * go through the door, and wait until a replica has caught up.
 */
#ifndef VK_PULL_RESTART_H
#define VK_PULL_RESTART_H

#include "client/pull/difference.h"
#include "client/pull/instance.h"
#include "client/pull/restart_plan.h"

struct restart {
	const struct instance *instance;
	const struct vk_bundle *bundle;
	const struct difference *difference; /* what the restart is for */

	/* What came of it: */
	bool is_held; /* not now; nothing was restarted */
	char reason[RESTART_REASON_BYTES];
	bool is_turn_awaited; /* held for what is soon over: another member, a sync */
	bool was_tried;	      /* the door was gone through, whatever came of it */
	bool has_lease;	      /* the caller gives it back when he is through with the instance */
};

/* Restarts the server behind an open connection, or holds it. The connection is broken after a
 * restart. A failure is one as of door_restart(). */
VK_CHECKED enum vk_rc restart_run(
	struct restart *restart, struct valkey *valkey, struct vk_err *err);

/* The way back to the generation before: it waits for nobody, but keeps, or asks for, the lease, so
 * that nobody else of the shard restarts meanwhile, and says whether it has it. valkey: NULL where
 * the server does not answer; else its role is kept for the next start. */
void restart_begin_way_back(struct restart *restart, struct valkey *valkey);

/* After the door: a replica has some time to find its primary again before the lease ends. */
void restart_end_way_back(struct restart *restart);

/* Only looks whether it would be held: no lease, no waiting. A primary of a cluster says again that
 * it waits for a replica to take over. */
VK_CHECKED enum vk_rc restart_look(
	struct restart *restart, struct valkey *valkey, struct vk_err *err);

#endif
