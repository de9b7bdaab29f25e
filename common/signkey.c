/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/signkey.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/banned.h"

_Static_assert(VK_PUBLIC_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(VK_SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519");
_Static_assert(VK_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");

struct vk_signkey {
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
};

/* Guarded memory, locked where the process may lock it. */
static struct vk_signkey *allocate(void)
{
	struct vk_signkey *key;

	if (sodium_init() < 0)
		abort();
	key = sodium_malloc(sizeof(*key));
	if (key == NULL)
		abort();
	return key;
}

static struct vk_signkey *seal(struct vk_signkey *key)
{
	sodium_mprotect_readonly(key);
	return key;
}

struct vk_signkey *vk_signkey_generate(void)
{
	struct vk_signkey *key = allocate();

	crypto_sign_keypair(key->public_key, key->secret_key);
	return seal(key);
}

struct vk_signkey *vk_signkey_from_seed(const uint8_t seed[VK_SEED_BYTES])
{
	struct vk_signkey *key = allocate();

	crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
	return seal(key);
}

void vk_signkey_free(struct vk_signkey *key)
{
	sodium_free(key); /* wipes; NULL is fine */
}

void vk_signkey_public(const struct vk_signkey *key, uint8_t out[VK_PUBLIC_KEY_BYTES])
{
	memcpy(out, key->public_key, VK_PUBLIC_KEY_BYTES);
}

void vk_signkey_seed(const struct vk_signkey *key, uint8_t out[VK_SEED_BYTES])
{
	crypto_sign_ed25519_sk_to_seed(out, key->secret_key);
}

void vk_signkey_sign(
	const struct vk_signkey *key, const void *data, size_t len, uint8_t out[VK_SIGNATURE_BYTES])
{
	crypto_sign_detached(out, NULL, data, len, key->secret_key);
}

bool vk_verify_ed25519(const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const void *data, size_t len,
	const uint8_t sig[VK_SIGNATURE_BYTES])
{
	return crypto_sign_verify_detached(sig, data, len, public_key) == 0;
}
