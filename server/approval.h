/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether an approval counts. A signature counts if it is by a key of the
 * environment's role, if the key is the caller's own (x-vkcfg-user equals the
 * TLS identity: two factors, two places), and if he is not the author, unless
 * the role lets authors approve. One person counts once, however many keys.
 *
 * Pure: no clock, no storage, no network.
 */
#ifndef VK_APPROVAL_H
#define VK_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/tuf/tuf_meta.h"

struct approval {
	const char *user;
	const char *keyid;
	const char *sig; /* hexadecimal */
};

struct approval_change {
	const struct tuf_meta *targets; /* the current ones: who may sign */
	const char *environment;
	const char *author;
	const char *metadata; /* what is signed */
	size_t metadata_len;
};

/* Checks one approval before it is stored. VK_EDENIED: not his key, not a key of the role, or the
 * author's own; VK_EUNTRUSTED: the signature is wrong; VK_ENOTFOUND: targets does not delegate the
 * environment. */
VK_CHECKED enum vk_rc approval_check(
	const struct approval_change *change, const struct approval *approval, struct vk_err *err);

/* How many of the stored approvals count now, each person once: keys may have been withdrawn since
 * they were given. *threshold is the role's. */
VK_CHECKED enum vk_rc approval_count(const struct approval_change *change,
	const struct approval *approvals, size_t count, size_t *counted, size_t *threshold,
	struct vk_err *err);

/* Appends the role's metadata file with the approvals that count, and checks it as a host would.
 * VK_EUNTRUSTED below the threshold. */
VK_CHECKED enum vk_rc approval_build_role(const struct approval_change *change,
	const struct approval *approvals, size_t count, struct vk_buf *out, struct vk_err *err);

#endif
