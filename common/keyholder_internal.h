/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to common/keyholder*.c: what one kind of holder has to know. */
#ifndef VK_KEYHOLDER_INTERNAL_H
#define VK_KEYHOLDER_INTERNAL_H

#include "common/buf.h"
#include "common/keyholder.h"
#include "common/name.h"
#include "common/pkcs11_uri.h"

struct pkcs11_key;
struct vk_signkey;
struct vkjson;

struct keyholder_kind {
	/* Makes the secret usable and says which public key belongs to it (owned by the caller). */
	enum vk_rc (*unlock)(struct keyholder *holder, const struct passphrase_source *source,
		struct tuf_key **key, struct vk_err *err);
	enum vk_rc (*sign)(struct keyholder *holder, const void *data, size_t len,
		uint8_t sig[TUF_SIGNATURE_MAX_BYTES], size_t *sig_len, struct vk_err *err);
	void (*lock)(struct keyholder *holder);
};

struct keyholder {
	const struct keyholder_kind *kind;
	char name[VK_NAME_BYTES];
	char user[VK_NAME_BYTES];
	struct tuf_key *key;
	bool is_unlocked;
	int dirfd; /* of path */
	char *path;

	struct vk_signkey *secret; /* key file */

	struct pkcs11_uri uri; /* token */
	char uri_text[PKCS11_URI_MAX_BYTES + 1];
	struct pkcs11_key *token;
	struct passphrase *pin; /* some tokens ask for it at each signature */
};

extern const struct keyholder_kind keyholder_file;
extern const struct keyholder_kind keyholder_pkcs11;

#define KEYHOLDER_POINTER_TYPE "vkcfg-key-pkcs11"

enum { KEYHOLDER_FILE_MAX_BYTES = 8192 };

/* Fills the holder in from its file. */
enum vk_rc keyholder_load_file(struct keyholder *holder, struct vk_err *err);
enum vk_rc keyholder_load_pointer(
	struct keyholder *holder, const struct vkjson *object, struct vk_err *err);

#endif
