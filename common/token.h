/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The enrolment token: the text that a person carries to a new host or user,
 * "vkcfg1." + base64url of canonical JSON (docs/formats.md). It holds a secret;
 * a parsed token stands in memory that vk_token_free() wipes.
 *
 * A card is a token without name and secret: what a fleet's images carry, so
 * that a new host knows whom to trust while it waits for its approval.
 */
#ifndef VK_TOKEN_H
#define VK_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/name.h"

enum {
	VK_TOKEN_MAX_BYTES = 4096, /* of the text */
	VK_TOKEN_SECRET_BYTES = 32,
	VK_TOKEN_URL_MAX_BYTES = 512,
};

enum vk_token_kind { VK_TOKEN_HOST, VK_TOKEN_USER, VK_TOKEN_CARD };

struct vk_token {
	enum vk_token_kind kind;
	char name[VK_NAME_BYTES];		 /* empty in cards */
	char fleet[VK_NAME_BYTES];
	char environment[VK_NAME_BYTES];	 /* hosts; empty for users, may be in cards */
	char server[VK_TOKEN_URL_MAX_BYTES + 1]; /* https://... */
	uint8_t ca[VK_SHA256_BYTES];		 /* SHA-256 of the CA certificate's DER */
	bool has_root;				 /* not in the first admin's token */
	int64_t root_version;
	uint8_t root[VK_SHA256_BYTES]; /* SHA-256 of that version of root.json */
	uint8_t secret[VK_TOKEN_SECRET_BYTES]; /* none in cards */
};

/* A new random secret. */
void vk_token_make_secret(uint8_t out[VK_TOKEN_SECRET_BYTES]);

/* text may end with white space, as files and pasted lines do. Freed with vk_token_free(). Errors
 * never quote the token. */
VK_CHECKED enum vk_rc vk_token_parse(
	const char *text, size_t len, struct vk_token **out, struct vk_err *err);

/* Appends the text; release the buffer with vk_buf_release_wiped(). */
VK_CHECKED enum vk_rc vk_token_format(
	const struct vk_token *token, struct vk_buf *out, struct vk_err *err);

/* Wipes and frees. */
void vk_token_free(struct vk_token *token);

const char *vk_token_kind_name(enum vk_token_kind kind);

#endif
