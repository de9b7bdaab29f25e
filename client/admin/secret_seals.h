/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seals for the recipients that a tree names: the hosts that use a secret and
 * the keepers of its environment. The keys are the tree's, never ones that the
 * server tells: whoever signs the tree vouches for them.
 */
#ifndef ADMIN_SECRET_SEALS_H
#define ADMIN_SECRET_SEALS_H

#include <stddef.h>

#include "common/config/secret_use.h"
#include "common/err.h"
#include "common/secret.h"

struct key_set;
struct vkjson;

/* Embedded: secret_seals_init() ... secret_seals_release(). */
struct secret_seals {
	struct vk_seal *items;
	size_t count;
	size_t host_count;    /* of the seals, those of hosts */
	size_t keyless_count; /* hosts that have no key in the tree, and so no seal */
	const char *keyless;  /* the first of them, borrowed from the tree's secrets; or NULL */
};

void secret_seals_init(struct secret_seals *seals);
void secret_seals_release(struct secret_seals *seals);

/* How many recipients a secret has, and recipient i: keepers first, then hosts. */
size_t secret_recipient_count(
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info);
const struct cfg_recipient *secret_recipient_at(
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info, size_t i);

/* Seals the data key to all recipients; those whose key is in present are left out. VK_EINPUT
 * names the recipient whose key is none. */
VK_CHECKED enum vk_rc secret_seals_make(struct secret_seals *seals,
	const struct cfg_secrets *secrets, const struct cfg_secret_info *info,
	const struct key_set *present, const struct vk_secret_key *key, struct vk_err *err);

/* [{"recipient":..,"public":..}] */
struct vkjson *secret_seals_json(const struct secret_seals *seals);

#endif
