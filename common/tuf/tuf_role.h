/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may sign for a role: key ids, the delegator's keys, a threshold. It
 * belongs to the metadata (root or targets) that delegates and dies with it.
 */
#ifndef VK_TUF_ROLE_H
#define VK_TUF_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/tuf/tuf_key.h"

struct vkjson;
struct tuf_keyring;
struct tuf_role;

enum {
	TUF_MAX_KEYS = 1024,
	TUF_MAX_KEYIDS = 1024, /* of one role */
	TUF_MAX_SIGNATURES = 1024,
	TUF_SIG_MAX_BYTES = 2048,
};

/* The `keys` object of a delegator: every key id must be that of its key. */
VK_CHECKED enum vk_rc tuf_keyring_parse(
	const struct vkjson *keys, struct tuf_keyring **out, struct vk_err *err);
void tuf_keyring_free(struct tuf_keyring *ring);
size_t tuf_keyring_count(const struct tuf_keyring *ring);
const struct tuf_key *tuf_keyring_find(const struct tuf_keyring *ring, const char *keyid);

/* A role object with `keyids` and `threshold`; the ring must outlive it. */
VK_CHECKED enum vk_rc tuf_role_parse(const struct vkjson *role, const struct tuf_keyring *ring,
	struct tuf_role **out, struct vk_err *err);
void tuf_role_free(struct tuf_role *role);

unsigned tuf_role_threshold(const struct tuf_role *role);
/* The role's keys that its delegator knows, in the order of keyids; borrowed. */
size_t tuf_role_key_count(const struct tuf_role *role);
const struct tuf_key *tuf_role_key(const struct tuf_role *role, size_t i);
/* The role's key with that id, or NULL: ids of other roles are not found. */
const struct tuf_key *tuf_role_find_key(const struct tuf_role *role, const char *keyid);

/* True if both list the same key ids, whatever the thresholds. */
bool tuf_role_has_same_keys(const struct tuf_role *a, const struct tuf_role *b);

/* Checks the `signatures` array over the signed bytes: VK_EUNTRUSTED unless threshold distinct
 * keys of the role have signed. A wrong, foreign, empty or malformed signature does not count and
 * does no harm; one keyid listed twice refuses the whole array. */
VK_CHECKED enum vk_rc tuf_role_verify(const struct tuf_role *role, const char *role_name,
	const struct vkjson *signatures, const void *signed_bytes, size_t signed_len,
	struct vk_err *err);

/* Checks one signature (hexadecimal) before it is stored: VK_EDENIED if keyid is none of the
 * role's, VK_EUNTRUSTED if the signature is wrong. *key_out (may be NULL) is borrowed. */
VK_CHECKED enum vk_rc tuf_role_verify_one(const struct tuf_role *role, const char *keyid,
	const char *sig_hex, const void *signed_bytes, size_t signed_len,
	const struct tuf_key **key_out, struct vk_err *err);

#endif
