/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshot and timestamp: the two TUF roles that vkcfgd signs itself, through
 * the signer. Inside a writer command.
 */
#ifndef VK_SERVER_FRESHNESS_H
#define VK_SERVER_FRESHNESS_H

#include "common/err.h"
#include "common/tuf/tuf_meta.h"
#include "server/writer.h"

/* Signs and stores a snapshot of the newest targets and roles, and a timestamp of it. root: the
 * current one, which names the online keys. */
VK_CHECKED enum vk_rc freshness_sign_all(
	struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err);

/* The same, with versions above this one at least. */
VK_CHECKED enum vk_rc freshness_sign_above(
	struct writer_tx *tx, const struct tuf_meta *root, int64_t version, struct vk_err *err);

/* The same with the current root from the store. */
VK_CHECKED enum vk_rc freshness_renew_all(struct writer_tx *tx, struct vk_err *err);

/* Signs and stores a timestamp of the newest snapshot. */
VK_CHECKED enum vk_rc freshness_sign_timestamp(
	struct writer_tx *tx, const struct tuf_meta *root, struct vk_err *err);

/* The id of the signer's key as the root's role has it. VK_EUNTRUSTED if the role does not have
 * it, or asks for more signatures than this one. Lives as long as root. */
VK_CHECKED enum vk_rc freshness_find_key(const struct tuf_meta *root, enum tuf_type role,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char **keyid, struct vk_err *err);

/* The newest metadata of a role, parsed; tuf_meta_free(). VK_ENOTFOUND. */
VK_CHECKED enum vk_rc freshness_load(struct writer_tx *tx, const char *role, enum tuf_type type,
	struct tuf_meta **out, struct vk_err *err);

#endif
