/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leases: who may restart now. Of the members of a shard one at a time, or as
 * many as the group says, of an environment's instances as many as the operator says. A lease ends
 * by itself, so that a host that has died with one holds nobody up for longer.
 */
#ifndef VK_STORE_LEASE_H
#define VK_STORE_LEASE_H

#include <stdbool.h>

#include "server/store/store.h"

enum { STORE_LEASE_MIN_SECONDS = 1, STORE_LEASE_MAX_SECONDS = 4 * 3600 };

enum store_lease_scope { STORE_LEASE_SHARD, STORE_LEASE_GROUP, STORE_LEASE_ENVIRONMENT };

struct store_lease {
	const char *instance; /* HOST/INSTANCE */
	const char *host;
	const char *environment;
	const char *shard; /* "GROUP/NUMBER"; "": the instance stands alone */
	int64_t expires;
	int64_t shard_limit; /* of the shard's instances at once; 0: one */
	int64_t group_limit; /* of those of all of the group's shards; 0: none */
};

/* Who is in the way of a lease; all zero where it was granted. */
struct store_lease_holder {
	const char *instance;	      /* NULL: nobody; in the arena */
	int64_t expires;	      /* the first to end */
	enum store_lease_scope scope; /* what has as many as it may */
};

/* Takes a lease, or changes the end of the one that the instance has. limit: of the environment;
 * 0: none. */
VK_CHECKED enum vk_rc store_take_lease(struct store *store, const struct store_lease *lease,
	int64_t limit, int64_t now, struct arena *arena, struct store_lease_holder *out,
	struct vk_err *err);

/* None there is no error. */
VK_CHECKED enum vk_rc store_give_back_lease(
	struct store *store, const char *instance, struct vk_err *err);

#endif
