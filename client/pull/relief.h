/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A replica of a cluster takes over from its primary, which waits for a restart
 * on another host: only the replica can be told, so its agent tells it. The
 * server says who waits; whether it is done is decided here, from the bundle
 * that is installed and from what the replica says, so that a server that lies
 * causes a safe failover at most, and not often: CLUSTER FAILOVER pauses the
 * primary's writes until the replica has all of them.
 */
#ifndef VK_PULL_RELIEF_H
#define VK_PULL_RELIEF_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/instance.h"
#include "client/pull/restart_plan.h"
#include "client/pull/restart_state.h"
#include "common/bundle.h"
#include "common/name.h"

enum { RELIEF_MAX = 64, RELIEF_PAUSE_S = 300 /* between two of one instance */ };

/* Instances (HOST/INSTANCE) that wait, as the server says. */
struct relief_list {
	size_t count;
	char instances[RELIEF_MAX][VK_INSTANCE_ID_BYTES];
};

/* For a primary: the server tells the hosts of its replicas. Without a server nobody is told. */
void relief_want(const struct instance *instance);

/* Who waits for an instance of this host. Empty where the server cannot be asked, or is older. */
void relief_ask(const struct instance *instance, struct relief_list *out);

/* Takes over if the instance's primary is one of these, and it is safe. */
void relief_run(const struct instance *instance, const struct relief_list *waiting);

/* Whether the instance may take over from that one, as far as bundle and replica say; else the
 * reason. */
bool relief_is_safe(const struct vk_bundle *bundle, const struct restart_state *state,
	const char *wanted, char reason[RESTART_REASON_BYTES]);

#endif
