/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ed25519 signing keys (RFC 8032). A key lives in locked, guarded memory that
 * is wiped when it is freed; its seed leaves only through vk_signkey_seed(),
 * for whoever encrypts it into a file. A key may be used by several threads.
 */
#ifndef VK_SIGNKEY_H
#define VK_SIGNKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VK_PUBLIC_KEY_BYTES = 32,
	VK_SEED_BYTES = 32,
	VK_SIGNATURE_BYTES = 64,
};

struct vk_signkey;

/* A new random key; freed with vk_signkey_free(). */
struct vk_signkey *vk_signkey_generate(void);

/* The key that belongs to a seed; the caller wipes its copy. */
struct vk_signkey *vk_signkey_from_seed(const uint8_t seed[VK_SEED_BYTES]);

void vk_signkey_free(struct vk_signkey *key);

void vk_signkey_public(const struct vk_signkey *key, uint8_t out[VK_PUBLIC_KEY_BYTES]);

/* The secret itself: the caller wipes it. */
void vk_signkey_seed(const struct vk_signkey *key, uint8_t out[VK_SEED_BYTES]);

void vk_signkey_sign(const struct vk_signkey *key, const void *data, size_t len,
	uint8_t out[VK_SIGNATURE_BYTES]);

/* True if sig is the signature of data by the owner of the public key; keys of small order and
 * non-canonical signatures are refused. */
bool vk_verify_ed25519(const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const void *data, size_t len,
	const uint8_t sig[VK_SIGNATURE_BYTES]);

#endif
