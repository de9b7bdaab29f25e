/* SPDX-License-Identifier: BSD-3-Clause */
/* Environments: what the targets metadata delegates to, and how each of them is doing. */
#ifndef VK_STORE_ENVIRONMENT_H
#define VK_STORE_ENVIRONMENT_H

#include <stdbool.h>

#include "server/store/store.h"

/* One environment for GET /v1/status. Revoked hosts and hosts that never enrolled do not count. */
struct store_environment {
	const char *name;
	int64_t release; /* 0: none yet */
	int64_t role_version;
	int64_t role_expires;
	int64_t hosts;
	int64_t converged; /* hosts with instances, all of them on the release, committed or
			      unchanged */
	int64_t failed;	   /* hosts with an instance rolled back, failed or refused */
	int64_t drifted;   /* hosts with drift that was not reverted; what an observed
			      instance would be changed in is none */
	int64_t waiting;   /* hosts with an instance that waits for a restart */
	int64_t observing; /* hosts with an instance that is only observed */
	int64_t open_changes;
};

/* All environments that targets delegates to, in its order. */
VK_CHECKED enum vk_rc store_list_environments(struct store *store, struct arena *arena,
	const struct store_environment **items, size_t *count, struct vk_err *err);

/* Whether targets delegates to an environment of that name. */
VK_CHECKED enum vk_rc store_has_environment(
	struct store *store, const char *name, bool *out, struct vk_err *err);

/* Replaces the list of environments (publication of targets). */
VK_CHECKED enum vk_rc store_set_environments(
	struct store *store, const char *const *names, size_t count, struct vk_err *err);

#endif
