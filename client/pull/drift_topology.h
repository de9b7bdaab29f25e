/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is told of drift and never put right by the agent: which role the running
 * topology has given to an instance, whose replica it is, and which certificate
 * it serves whatever stands on the disk.
 */
#ifndef VK_PULL_DRIFT_TOPOLOGY_H
#define VK_PULL_DRIFT_TOPOLOGY_H

#include "client/pull/drift_policy.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"
#include "client/pull/restart_state.h"
#include "common/bundle.h"
#include "common/valkey/live.h"

/* The role against the bundle's group (which must be there): another role than in a new group is
 * the topology's own; a replica of a server outside of the group is somebody's doing. */
void drift_check_role(const struct drift_policy *policy, const struct restart_state *state,
	struct outcome *outcome);

/* The certificate in memory against the file that the running server names. */
void drift_check_certificate(
	const struct drift_policy *policy, const struct live *live, struct outcome *outcome);

#endif
