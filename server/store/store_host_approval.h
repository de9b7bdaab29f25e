/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * That somebody has let a waiting host in: until it expires, the machine with this fingerprint, and
 * no other, gets certificates for the name. One for each name; a token for the name, or its
 * revocation, ends it.
 */
#ifndef VK_STORE_HOST_APPROVAL_H
#define VK_STORE_HOST_APPROVAL_H

#include "server/store/store.h"

struct store_host_approval {
	const char *host;
	const char *fingerprint;
	const char *approved_by; /* "user/alice" */
	int64_t approved;
	int64_t expires;
};

/* Takes the place of an earlier one for this host. */
VK_CHECKED enum vk_rc store_set_host_approval(
	struct store *store, const struct store_host_approval *approval, struct vk_err *err);

/* Whether there is one that has not expired. */
VK_CHECKED enum vk_rc store_has_host_approval(struct store *store, const char *host,
	const char *fingerprint, int64_t now, bool *out, struct vk_err *err);

VK_CHECKED enum vk_rc store_remove_host_approval(
	struct store *store, const char *host, struct vk_err *err);

#endif
