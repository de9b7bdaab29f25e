/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sealed secrets (docs/formats.md, Secrets). One version of a secret is a body,
 * which never changes and whose SHA-256 is its name in the tree and in bundles,
 * and seals, which anyone who can open it may add. The value is encrypted under
 * a random data key; a seal is that data key for one recipient.
 *
 *   making   vk_secret_make() -> body, data key; vk_secret_seal() per recipient
 *   opening  vk_secret_parse(), vk_secret_check() against what was pinned,
 *            vk_secret_unseal() -> data key, vk_secret_open() -> value
 *   sealing  to more recipients: unseal, then vk_secret_seal()
 *
 * Data keys and values live in locked, guarded memory that is wiped when it is
 * freed. No message ever holds a byte of them. All may be used by several threads.
 */
#ifndef VK_SECRET_H
#define VK_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/name.h"
#include "common/signkey.h"

struct vkjson;

enum {
	VK_SECRET_MAX_BYTES = 65536,	/* of a value */
	VK_SECRET_WORD_MAX_BYTES = 512, /* of a password or the value of a directive */
	VK_SECRET_VERSION_MAX = 1000000000,
	VK_SECRET_BODY_MAX_BYTES = 2 * VK_SECRET_MAX_BYTES + 4096, /* hexadecimal, and padded */
	VK_SECRET_SEALED_BYTES = 80, /* a data key for one recipient */
	VK_SECRET_NONCE_BYTES = 24,
	VK_SECRET_RECIPIENT_BYTES = 8 + VK_NAME_BYTES, /* "keeper/NAME" with its NUL */
};

/* Which version of which secret. */
struct vk_secret_id {
	const char *fleet;
	const char *environment;
	const char *name;
	int64_t version; /* from 1 */
};

/* A body, parsed; read-only. */
struct vk_secret {
	struct vk_secret_id id;
	uint8_t digest[VK_SHA256_BYTES]; /* of the body's bytes */
	uint8_t commitment[VK_SHA256_BYTES];
	uint8_t nonce[VK_SECRET_NONCE_BYTES];
	uint8_t *ciphertext;
	size_t ciphertext_len;
	struct vkjson *header; /* all but the ciphertext; owner of the texts in id */
};

struct vk_secret_key;	/* a data key */
struct vk_secret_value; /* what is secret */

/* A data key sealed to one recipient. Nobody signs a seal: recipient is a label, and what counts is
 * whose public key the signed tree names. */
struct vk_seal {
	char recipient[VK_SECRET_RECIPIENT_BYTES]; /* "host/db1" or "keeper/alice" */
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];   /* Ed25519 */
	uint8_t sealed[VK_SECRET_SEALED_BYTES];
};

/* ---- bodies ---- */

/* Freed with vk_secret_free(). VK_EINPUT or VK_ELIMIT, naming the member. */
VK_CHECKED enum vk_rc vk_secret_parse(
	const char *text, size_t len, struct vk_secret **out, struct vk_err *err);
void vk_secret_free(struct vk_secret *secret);

/* Appends the body: the bytes that were parsed. */
VK_CHECKED enum vk_rc vk_secret_format(
	const struct vk_secret *secret, struct vk_buf *out, struct vk_err *err);

/* VK_EUNTRUSTED unless it is this version of this secret and its body has this digest. */
VK_CHECKED enum vk_rc vk_secret_check(const struct vk_secret *secret, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], struct vk_err *err);

/* ---- making and opening ---- */

/* Encrypts a value under a new data key: appends the body, and hands over the key, freed with
 * vk_secret_key_free(). VK_EINPUT for a value that is empty or holds a NUL, VK_ELIMIT for one of
 * more than VK_SECRET_MAX_BYTES. */
VK_CHECKED enum vk_rc vk_secret_make(const struct vk_secret_id *id, const void *value, size_t len,
	struct vk_buf *body, struct vk_secret_key **key, struct vk_err *err);
void vk_secret_key_free(struct vk_secret_key *key);

/* The data key for the owner of an Ed25519 key. VK_EINPUT for a public key that is none, such as
 * one of small order, which everybody could open. */
VK_CHECKED enum vk_rc vk_secret_seal(const struct vk_secret_key *key,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], uint8_t out[VK_SECRET_SEALED_BYTES],
	struct vk_err *err);

/* The data key out of a seal for one's own key; freed with vk_secret_key_free(). VK_EUNTRUSTED if
 * it is sealed to another key or was changed, which cannot be told apart. */
VK_CHECKED enum vk_rc vk_secret_unseal(const uint8_t sealed[VK_SECRET_SEALED_BYTES],
	const struct vk_signkey *own, struct vk_secret_key **out, struct vk_err *err);

/* The value; freed with vk_secret_value_free(). VK_EUNTRUSTED if the data key is not the one that
 * the body commits to, or the body was changed. */
VK_CHECKED enum vk_rc vk_secret_open(const struct vk_secret *secret,
	const struct vk_secret_key *key, struct vk_secret_value **out, struct vk_err *err);

/* ---- values ---- */

/* 1 to VK_SECRET_MAX_BYTES bytes without a NUL, and one behind them. Borrowed. */
const char *vk_secret_value_text(const struct vk_secret_value *value);
size_t vk_secret_value_len(const struct vk_secret_value *value);
void vk_secret_value_free(struct vk_secret_value *value);

/* May be a password or the value of a directive: 1 to VK_SECRET_WORD_MAX_BYTES printable ASCII
 * characters, so that it can never become a second line. */
bool vk_secret_is_word(const char *text, size_t len);

/* ---- seals ---- */

/* Makes a seal of all three parts; errors as vk_secret_seal(), VK_EINPUT for a wrong label. */
VK_CHECKED enum vk_rc vk_seal_make(const struct vk_secret_key *key, const char *recipient,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vk_seal *out, struct vk_err *err);

/* {"recipient":..,"public":"ed25519:..","sealed":"<hex>"} and back. */
VK_CHECKED enum vk_rc vk_seal_from_json(
	const struct vkjson *object, struct vk_seal *out, struct vk_err *err);
struct vkjson *vk_seal_to_json(const struct vk_seal *seal);

/* "host/NAME" or "keeper/NAME". */
bool vk_seal_recipient_is_valid(const char *recipient);

#endif
