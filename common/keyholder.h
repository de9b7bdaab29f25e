/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds a person's private key: a key file under a passphrase
 * (common/keyfile.h), or a token behind PKCS#11 (common/pkcs11.h) that a pointer
 * file names. Both have a file NAME.key, from which the public part is known
 * without a secret; signing takes the passphrase or the PIN.
 *
 * One thread only.
 */
#ifndef VK_KEYHOLDER_H
#define VK_KEYHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/passphrase.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"

struct keyholder;

/* Reads the public part from a key file or pointer file, which must be the caller's own and 0600.
 * It is not authenticated before keyholder_unlock(). VK_ENOTFOUND, VK_EINPUT. Freed with
 * keyholder_free(), which also wipes what unlocking left. */
VK_CHECKED enum vk_rc keyholder_load(
	int dirfd, const char *path, struct keyholder **out, struct vk_err *err);
void keyholder_free(struct keyholder *holder);

/* Borrowed, as long as the holder. */
const char *keyholder_name(const struct keyholder *holder);
const char *keyholder_user(const struct keyholder *holder);
const struct tuf_key *keyholder_key(const struct keyholder *holder);

/* The PKCS#11 URI of a key on a token; NULL for a key file. */
const char *keyholder_uri(const struct keyholder *holder);

/* Asks for the passphrase or PIN where it takes one. VK_EDENIED if it is wrong, VK_EUNTRUSTED if
 * the key is not the one of the public part, VK_ENOTFOUND if token or key are not there. */
VK_CHECKED enum vk_rc keyholder_unlock(
	struct keyholder *holder, const struct passphrase_source *source, struct vk_err *err);

/* Signs, after keyholder_unlock(); the signature has been verified. */
VK_CHECKED enum vk_rc keyholder_sign(struct keyholder *holder, const void *data, size_t len,
	struct tuf_signature *out, struct vk_err *err);

/* Logs in to the token of a URI and proves that its key signs; *out is unlocked. The file is
 * written with keyholder_save(). VK_EINPUT for a wrong URI, else as keyholder_unlock(). */
VK_CHECKED enum vk_rc keyholder_new_pkcs11(const char *name, const char *user, const char *uri,
	const struct passphrase_source *source, struct keyholder **out, struct vk_err *err);

/* Writes the pointer file of a key on a token, 0600. VK_ECONFLICT if path exists. */
VK_CHECKED enum vk_rc keyholder_save(
	const struct keyholder *holder, int dirfd, const char *path, struct vk_err *err);

#endif
