/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary that Sentinels watch hands its role over before it is restarted:
 * its writes are paused until its replicas have all of them, and a Sentinel of
 * this host is asked for a failover. The pause outlasts the promotion, and the
 * restart ends it, so that the old primary acknowledges nothing that the new one
 * has not got: a failover by Sentinel alone would lose what was written between
 * the two. A pause that is forgotten, because the agent dies, ends by itself.
 */
#ifndef VK_PULL_FAILOVER_SENTINEL_H
#define VK_PULL_FAILOVER_SENTINEL_H

#include <stdbool.h>

#include "client/pull/instance.h"
#include "client/pull/restart_state.h"
#include "common/bundle.h"

/* A Sentinel of the group that this host runs, or NULL. */
const struct instance *failover_find_sentinel(
	const struct instance *instance, const struct vk_bundle *bundle);

/* VK_OK: another member is primary; writes are paused for PAUSE more; *state says what the server
 * is to be after its restart. Else nothing has changed, and writes go on. *was_paused: they were
 * paused meanwhile, which should not be tried at once again. */
VK_CHECKED enum vk_rc failover_by_sentinel(struct valkey *valkey, const struct instance *sentinel,
	const struct vk_bundle *bundle, struct restart_state *state, bool *was_paused,
	struct vk_err *err);

/* What SENTINEL MASTERS says about the group; for tests. */
struct sentinel_group {
	char address[RESTART_ADDRESS_BYTES];
	char flags[64];
	int64_t port;
	int64_t replica_count;
	int64_t down_after_ms;
};

/* Whether Sentinel sees what the server sees, and would not take the pause for its end; else the
 * reason. port, tls_port: of the instance itself. */
VK_CHECKED enum vk_rc failover_check_group(const struct sentinel_group *group,
	const struct vk_bundle_member *self, const struct restart_state *state, struct vk_err *err);

#endif
