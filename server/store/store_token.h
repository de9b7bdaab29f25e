/* SPDX-License-Identifier: BSD-3-Clause */
/* Enrolment tokens: one use, a short life, and only the digest of the secret is kept. */
#ifndef VK_STORE_TOKEN_H
#define VK_STORE_TOKEN_H

#include "server/identity.h"
#include "server/store/store.h"

enum { STORE_TOKEN_DIGEST_BYTES = 32, STORE_TOKEN_TTL_SECONDS = 86400 };

struct store_token {
	uint8_t digest[STORE_TOKEN_DIGEST_BYTES]; /* SHA-256 of the 32 bytes of the secret */
	enum identity_kind kind;		  /* host or user */
	const char *name;
	const char *created_by; /* "user/alice" or "server/main" */
	int64_t created;
	int64_t expires;
};

/* Adds a token; earlier unused ones of the same identity become void. */
VK_CHECKED enum vk_rc store_add_token(
	struct store *store, const struct store_token *token, struct vk_err *err);

/* Makes the unused tokens of an identity void; none is no error. */
VK_CHECKED enum vk_rc store_void_tokens(
	struct store *store, enum identity_kind kind, const char *name, struct vk_err *err);

/* Uses the token up. VK_EDENIED, with one message for all reasons, if there is none with this
 * digest for this identity, or it has been used, has expired or was made void. */
VK_CHECKED enum vk_rc store_use_token(struct store *store,
	const uint8_t digest[STORE_TOKEN_DIGEST_BYTES], enum identity_kind kind, const char *name,
	int64_t now, struct vk_err *err);

/* The same look without using it, for a reader: what is no token never reaches the writer. */
VK_CHECKED enum vk_rc store_check_token(struct store *store,
	const uint8_t digest[STORE_TOKEN_DIGEST_BYTES], enum identity_kind kind, const char *name,
	int64_t now, struct vk_err *err);

#endif
