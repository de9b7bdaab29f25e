/* SPDX-License-Identifier: BSD-3-Clause */
/* The data key of a secret: between secret.c and secret_key.c only. */
#ifndef VK_SECRET_KEY_H
#define VK_SECRET_KEY_H

#include "common/secret.h"

enum { SECRET_KEY_BYTES = 32 };

/* In guarded memory. */
struct vk_secret_key {
	uint8_t bytes[SECRET_KEY_BYTES];
};

struct vk_secret_key *secret_key_random(void);

/* What a body says about its data key: another key with which the same body opens as well (which
 * the cipher alone does not exclude) would need a collision of SHA-256. */
void secret_key_commit(const struct vk_secret_key *key, uint8_t out[VK_SHA256_BYTES]);

#endif
