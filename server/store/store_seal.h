/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seals: the data key of a secret's version, sealed to one who may open it. The
 * public key is what counts; recipient is a label for people.
 */
#ifndef VK_STORE_SEAL_H
#define VK_STORE_SEAL_H

#include <stdint.h>

#include "server/store/store.h"

enum {
	STORE_SEAL_PUBLIC_BYTES = 32, /* Ed25519 */
	STORE_SEAL_BYTES = 80,
	STORE_SEALS_MAX = 20000, /* of one version */
};

struct store_seal {
	const char *recipient; /* "host/db1", "keeper/alice" */
	uint8_t public_key[STORE_SEAL_PUBLIC_BYTES];
	uint8_t sealed[STORE_SEAL_BYTES]; /* not read into lists */
	const char *by;			  /* the user who added it */
	int64_t at;
};

/* Adds seals, each replacing the one for its public key. digest must be there (VK_ECONFLICT).
 * VK_ELIMIT: more than STORE_SEALS_MAX with those that are there. */
VK_CHECKED enum vk_rc store_save_seals(struct store *store, const char *digest,
	const struct store_seal *seals, size_t count, struct vk_err *err);

/* VK_ENOTFOUND if the version is not sealed to that key. */
VK_CHECKED enum vk_rc store_get_seal(struct store *store, const char *digest,
	const uint8_t public_key[STORE_SEAL_PUBLIC_BYTES], struct arena *arena,
	struct store_seal *out, struct vk_err *err);

/* All seals of a version by recipient, without their bytes. */
VK_CHECKED enum vk_rc store_list_seals(struct store *store, const char *digest, struct arena *arena,
	const struct store_seal **items, size_t *count, struct vk_err *err);

#endif
