/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a Valkey may be restarted now, and how, from what it says about itself
 * and what its bundle allows. Never the data: a restart that would lose what
 * stands in memory only, break into a sync or take a shard's primary away waits,
 * with the reason in words. Pure: no connection, no file.
 */
#ifndef VK_PULL_RESTART_PLAN_H
#define VK_PULL_RESTART_PLAN_H

#include "client/pull/difference.h"
#include "client/pull/restart_state.h"
#include "common/bundle.h"

enum { RESTART_REASON_BYTES = 320 };

enum restart_way {
	RESTART_HOLD, /* not now: see reason */
	RESTART_IN_PLACE,
	RESTART_AFTER_FAILOVER, /* a replica takes over first */
	RESTART_BY_SENTINEL,	/* the same, where Sentinels decide which */
	RESTART_BY_REPLICA,	/* the same, where the replica has to be told: by its own agent */
};

struct restart_plan {
	enum restart_way way;
	char reason[RESTART_REASON_BYTES];    /* of a hold */
	bool is_passing;		      /* of a hold: it is worth to wait for a moment */
	bool needs_save;		      /* before the door, to prove that it can save */
	const struct restart_replica *target; /* of a failover; in the state */
};

/* difference: what a restart would change; NULL: nothing that matters. */
void restart_plan_make(const struct restart_state *state, const struct vk_bundle *bundle,
	const struct difference *difference, struct restart_plan *out);

#endif
