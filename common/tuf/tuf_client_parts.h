/* SPDX-License-Identifier: BSD-3-Clause */
/* Between tuf_client.c (the update) and tuf_search.c (finding targets) only. */
#ifndef VK_TUF_CLIENT_PARTS_H
#define VK_TUF_CLIENT_PARTS_H

#include <stdbool.h>

#include "common/tuf/tuf_client.h"

/* Parsed and verified once; through which delegator it may be used is checked each time. */
struct loaded_role {
	char *name;
	struct tuf_meta *meta;
};

struct tuf_client {
	struct tuf_store store;
	struct tuf_fetch fetch;
	int64_t now;
	bool is_offline;
	struct tuf_meta *root;
	struct tuf_meta *timestamp;
	struct tuf_meta *snapshot;
	const struct tuf_meta *targets; /* one of roles */
	struct loaded_role *roles;
	size_t role_count;
};

/* Loads targets or a delegated role, from the store or by fetching, and verifies it with the
 * delegator's authority. VK_ENOTFOUND, without any request, if the snapshot does not list it. */
VK_CHECKED enum vk_rc tuf_client_load_role(struct tuf_client *client, const char *role,
	const struct tuf_role *authority, const struct tuf_meta **out, struct vk_err *err);

#endif
