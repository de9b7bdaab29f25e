/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an author takes on the server's disk, and what of it can go: trees and
 * secrets that no release has, changes that became none. Released things stay,
 * and count for nobody.
 */
#ifndef VK_STORE_USAGE_H
#define VK_STORE_USAGE_H

#include "server/store/store.h"

/* Bytes of this user's trees, changes and secrets that belong to no release. */
VK_CHECKED enum vk_rc store_get_usage(
	struct store *store, const char *author, int64_t *bytes, struct vk_err *err);

/* Whether store_clean_trees() would find any; for a reader. */
VK_CHECKED enum vk_rc store_has_unneeded_trees(
	struct store *store, int64_t before, bool *out, struct vk_err *err);

/* Forgets the files of at most `max` trees that were last uploaded before `before` and that neither
 * an open nor a released change has; *count of them. Whoever needs one uploads it again. */
VK_CHECKED enum vk_rc store_clean_trees(
	struct store *store, int64_t before, unsigned max, unsigned *count, struct vk_err *err);

#endif
