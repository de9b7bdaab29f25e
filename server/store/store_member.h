/* SPDX-License-Identifier: BSD-3-Clause */
/* What members of shards have reported to be compared. */
#ifndef VK_STORE_MEMBER_H
#define VK_STORE_MEMBER_H

#include "server/store/store.h"

struct store_member {
	const char *environment;
	const char *shard;    /* "GROUP/NUMBER" */
	const char *instance; /* HOST/INSTANCE */
	const char *valkey;
	int64_t release;
	const char *facts; /* a JSON object: name to digest */
};

/* By environment, shard, release, version and instance. */
VK_CHECKED enum vk_rc store_list_members(struct store *store, const struct store_filter *filter,
	struct arena *arena, const struct store_member **items, size_t *count, struct vk_err *err);

#endif
