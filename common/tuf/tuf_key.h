/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A public key as it stands in TUF metadata (TUF specification, section 4.2):
 * Ed25519, ECDSA P-256 or RSA-PSS. A key of another type or scheme parses, but
 * no signature verifies with it. The key id is computed over the complete key
 * object, members that we do not know included.
 */
#ifndef VK_TUF_KEY_H
#define VK_TUF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/signkey.h"

struct vkjson;
struct tuf_key;

enum { TUF_KEY_P256_POINT_BYTES = 65 };

/* Parses a key object (which is referenced, not copied). Freed with tuf_key_free(). */
VK_CHECKED enum vk_rc tuf_key_parse(
	const struct vkjson *object, struct tuf_key **out, struct vk_err *err);

/* Parses the content of a NAME.pub file: one key object. */
VK_CHECKED enum vk_rc tuf_key_parse_text(
	const char *text, size_t len, struct tuf_key **out, struct vk_err *err);

/* A key object for an Ed25519 public key; user (a valid name, or NULL) is who may use it
 * (x-vkcfg-user). */
struct tuf_key *tuf_key_new_ed25519(
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char *user);

/* The same for a point of the curve P-256, uncompressed (SEC 1, section 2.3.3): 0x04, x, y.
 * VK_EINPUT if it is none. */
VK_CHECKED enum vk_rc tuf_key_new_p256(const uint8_t point[TUF_KEY_P256_POINT_BYTES],
	const char *user, struct tuf_key **out, struct vk_err *err);

void tuf_key_free(struct tuf_key *key);

/* 64 lower-case hexadecimal digits; lives as long as the key. */
const char *tuf_key_id(const struct tuf_key *key);

/* The key object, borrowed. */
const struct vkjson *tuf_key_json(const struct tuf_key *key);

/* Appends the canonical key object, the content of a NAME.pub file (without a newline). */
VK_CHECKED enum vk_rc tuf_key_format(
	const struct tuf_key *key, struct vk_buf *out, struct vk_err *err);

/* x-vkcfg-user, or NULL. */
const char *tuf_key_user(const struct tuf_key *key);

/* The raw public key; false if it is not an Ed25519 key. */
bool tuf_key_ed25519(const struct tuf_key *key, uint8_t out[VK_PUBLIC_KEY_BYTES]);

/* Equal for two keys exactly if they are the same key, whatever their ids and other members:
 * what is counted towards a threshold. False if the key's type or scheme is not supported. */
bool tuf_key_material(const struct tuf_key *key, uint8_t out[VK_SHA256_BYTES]);

/* True if sig (raw bytes) is this key's signature of data. */
bool tuf_key_verify(const struct tuf_key *key, const void *data, size_t len, const uint8_t *sig,
	size_t sig_len);

#endif
