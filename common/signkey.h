/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ed25519 signing keys (RFC 8032). A key lives in locked, guarded memory that
 * is wiped when it is freed; its seed leaves only through vk_signkey_seed(),
 * for whoever encrypts it into a file. A key may be used by several threads.
 *
 * The same key pair also receives sealed boxes (libsodium's crypto_box_seal),
 * converted to X25519: a host has one key for cosigning and for its secrets.
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
	VK_PUBLIC_KEY_TEXT_BYTES = 8 + 2 * VK_PUBLIC_KEY_BYTES + 1, /* with the NUL */
	VK_BOX_OVERHEAD_BYTES = 48, /* what a sealed box adds to its content */
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

/* "ed25519:" and 64 lower-case hexadecimal digits. Parsing says nothing about the key but its form. */
bool vk_public_key_parse(const char *text, uint8_t out[VK_PUBLIC_KEY_BYTES]);
void vk_public_key_format(
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], char out[VK_PUBLIC_KEY_TEXT_BYTES]);

/* Boxes data for the owner of a key: out has VK_BOX_OVERHEAD_BYTES more than len. False for a public
 * key that is no point of the right group, such as one of small order. */
bool vk_public_key_box(const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const void *data, size_t len,
	uint8_t *out);

/* Opens a box of len bytes into out, VK_BOX_OVERHEAD_BYTES less. False, with out untouched or wiped,
 * if it is for another key or was changed. */
bool vk_signkey_unbox(const struct vk_signkey *key, const uint8_t *box, size_t len, uint8_t *out);

#endif
