/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A person's signing key on disk: an Ed25519 seed under a passphrase (argon2id,
 * XChaCha20-Poly1305; docs/formats.md, Files of a person). Everything else in
 * the file is associated data, so no byte of it can be changed unnoticed. The
 * file must be 0600 and the caller's own; the seed is never in memory that can
 * be swapped out or dumped.
 */
#ifndef VK_KEYFILE_H
#define VK_KEYFILE_H

#include <stdint.h>

#include "common/err.h"
#include "common/name.h"

struct passphrase;
struct vk_signkey;

enum { KEYFILE_PUBLIC_BYTES = 32 };

/* The price of one guess at the passphrase (crypto_pwhash, argon2id13). */
struct keyfile_cost {
	uint64_t opslimit;
	uint64_t memlimit_bytes;
};

/* 3 passes over 256 MiB. */
extern const struct keyfile_cost keyfile_cost_default;

/* What may be known without the passphrase. */
struct keyfile_info {
	char name[VK_NAME_BYTES];
	char user[VK_NAME_BYTES]; /* who may approve with it */
	uint8_t public_key[KEYFILE_PUBLIC_BYTES];
};

/* Makes a new key pair and its file, 0600. The public key is written to info, whose name and
 * user the caller has filled in. VK_ECONFLICT if path exists. */
VK_CHECKED enum vk_rc keyfile_create(int dirfd, const char *path, struct keyfile_info *info,
	const struct passphrase *phrase, const struct keyfile_cost *cost, struct vk_err *err);

/* Reads the public part. It is not authenticated: that takes the passphrase. */
VK_CHECKED enum vk_rc keyfile_read_info(
	int dirfd, const char *path, struct keyfile_info *out, struct vk_err *err);

/* Opens the key; the caller frees *out with vk_signkey_free(). VK_EDENIED when the passphrase is
 * wrong or the file was changed, which cannot be told apart. VK_EINPUT when it is no key file
 * or others may read it. */
VK_CHECKED enum vk_rc keyfile_open(int dirfd, const char *path, const struct passphrase *phrase,
	struct vk_signkey **out, struct vk_err *err);

/* Replaces the file by one under another passphrase; the key stays the same. */
VK_CHECKED enum vk_rc keyfile_change_passphrase(int dirfd, const char *path,
	const struct passphrase *old_phrase, const struct passphrase *new_phrase,
	const struct keyfile_cost *cost, struct vk_err *err);

#endif
