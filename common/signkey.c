/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/signkey.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/num.h"

#include "common/banned.h"

#define TEXT_PREFIX "ed25519:"

_Static_assert(VK_PUBLIC_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(VK_SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519");
_Static_assert(VK_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");
_Static_assert(VK_BOX_OVERHEAD_BYTES == crypto_box_SEALBYTES, "sealed boxes");
_Static_assert(sizeof(TEXT_PREFIX) + 2 * VK_PUBLIC_KEY_BYTES == VK_PUBLIC_KEY_TEXT_BYTES, "text");

struct vk_signkey {
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t box_public[crypto_box_PUBLICKEYBYTES]; /* the same key in X25519 */
	uint8_t box_secret[crypto_box_SECRETKEYBYTES];
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

/* Derived from the secret, box_public needs no check of a foreign point. */
static struct vk_signkey *finish(struct vk_signkey *key)
{
	if (crypto_sign_ed25519_sk_to_curve25519(key->box_secret, key->secret_key) != 0 ||
		crypto_scalarmult_base(key->box_public, key->box_secret) != 0)
		abort();
	sodium_mprotect_readonly(key);
	return key;
}

struct vk_signkey *vk_signkey_generate(void)
{
	struct vk_signkey *key = allocate();

	crypto_sign_keypair(key->public_key, key->secret_key);
	return finish(key);
}

struct vk_signkey *vk_signkey_from_seed(const uint8_t seed[VK_SEED_BYTES])
{
	struct vk_signkey *key = allocate();

	crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
	return finish(key);
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

bool vk_public_key_parse(const char *text, uint8_t out[VK_PUBLIC_KEY_BYTES])
{
	size_t digits;

	if (strncmp(text, TEXT_PREFIX, strlen(TEXT_PREFIX)) != 0)
		return false;
	text += strlen(TEXT_PREFIX);
	digits = strspn(text, "0123456789abcdef");
	return text[digits] == '\0' && vk_parse_hex(text, digits, out, VK_PUBLIC_KEY_BYTES);
}

void vk_public_key_format(
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], char out[VK_PUBLIC_KEY_TEXT_BYTES])
{
	memcpy(out, TEXT_PREFIX, strlen(TEXT_PREFIX));
	sodium_bin2hex(out + strlen(TEXT_PREFIX), 2 * VK_PUBLIC_KEY_BYTES + 1, public_key,
		VK_PUBLIC_KEY_BYTES);
}

bool vk_public_key_box(const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const void *data, size_t len,
	uint8_t *out)
{
	uint8_t box_key[crypto_box_PUBLICKEYBYTES];

	if (sodium_init() < 0)
		abort();
	/* Refuses small order and what is outside of the main subgroup. */
	return crypto_sign_ed25519_pk_to_curve25519(box_key, public_key) == 0 &&
	       crypto_box_seal(out, data, len, box_key) == 0;
}

bool vk_signkey_unbox(const struct vk_signkey *key, const uint8_t *box, size_t len, uint8_t *out)
{
	return crypto_box_seal_open(out, box, len, key->box_public, key->box_secret) == 0;
}
