/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rendered bundles. They belong to a change from its submission on, and to the
 * release that it becomes; a bundle that is the same in many releases is stored
 * once. The Merkle tree of each change is stored with its inner nodes, so that a
 * host's proof reads O(log n) rows.
 */
#ifndef VK_STORE_BUNDLE_H
#define VK_STORE_BUNDLE_H

#include "common/merkle.h"
#include "server/store/store.h"

struct store_bundle {
	uint64_t index;	      /* the leaf's */
	const char *instance; /* HOST/INSTANCE */
	const char *text;     /* canonical JSON */
	size_t len;
	struct merkle_proof proof; /* not read when adding */
};

/* Adds the bundles of a change, ordered by instance bytewise (index = position). *root is the
 * Merkle tree hash over them. */
VK_CHECKED enum vk_rc store_add_bundles(struct store *store, int64_t change,
	const struct store_bundle *bundles, size_t count, uint8_t root[MERKLE_HASH_BYTES],
	struct vk_err *err);

/* The bundles of one host in a release, with their proofs; none is no error. VK_ENOTFOUND: no such
 * release. */
VK_CHECKED enum vk_rc store_list_host_bundles(struct store *store, const char *environment,
	int64_t number, const char *host, struct arena *arena, const struct store_bundle **items,
	size_t *count, struct vk_err *err);

/* Forgets the bundles of a change that will never be a release; those that others have, too, stay. */
VK_CHECKED enum vk_rc store_remove_bundles(
	struct store *store, int64_t change, struct vk_err *err);

#endif
