/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a change: its release document and the signed part of the
 * environment's next role (docs/formats.md, Change). The author makes them; an
 * approver makes them again from what they verified and rendered themselves,
 * and signs only if every byte is the same. Nothing in them is the author's to
 * choose except the words in struct candidate_words.
 *
 * Pure: no clock, no storage, no network, no terminal.
 */
#ifndef ADMIN_CANDIDATE_H
#define ADMIN_CANDIDATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/release.h"

struct cfg_rendered;

enum {
	CANDIDATE_LIFETIME_S = 365 * 24 * 60 * 60,     /* of the role's metadata */
	CANDIDATE_LIFETIME_MAX_S = 366 * 24 * 60 * 60, /* that an approver signs */
	CANDIDATE_CLOCK_SKEW_S = 10 * 60,              /* between author and approver */
	CANDIDATE_DOCUMENT_MAX_BYTES = VK_RELEASE_MAX_BYTES,
	CANDIDATE_METADATA_MAX_BYTES = 65536,
};

/* The verified current release of the environment: what a change must continue. */
struct candidate_base {
	const char *fleet;
	const char *environment;
	int64_t number;       /* 0: no release yet */
	int64_t role_version; /* 0: no role yet */
	size_t document_len;  /* of the current release's document */
	uint8_t document_sha256[VK_SHA256_BYTES];
};

/* What the tree comes to, computed on this machine. */
struct candidate_content {
	uint8_t tree[VK_SHA256_BYTES];
	int64_t bundle_count;
	uint8_t bundle_root[VK_SHA256_BYTES];
};

/* What the author says. */
struct candidate_words {
	const char *author;
	const char *message;
	const char *change; /* 16 hexadecimal digits */
	const char *commit; /* or NULL */
	int64_t created;
	int64_t expires; /* of the role */
};

/* The content of a rendered tree. tree_digest: 64 hexadecimal digits. */
VK_CHECKED enum vk_rc candidate_content_of(const char *tree_digest,
	const struct cfg_rendered *rendered, struct candidate_content *out, struct vk_err *err);

/* Appends the release document. */
VK_CHECKED enum vk_rc candidate_format_document(const struct candidate_base *base,
	const struct candidate_content *content, const struct candidate_words *words,
	struct vk_buf *out, struct vk_err *err);

/* Appends the signed part of the role that makes this document the current release. */
VK_CHECKED enum vk_rc candidate_format_metadata(const struct candidate_base *base,
	const void *document, size_t document_len, int64_t expires, struct vk_buf *out,
	struct vk_err *err);

/* A change as the server stores it. */
struct candidate_texts {
	const char *document;
	size_t document_len;
	const char *metadata;
	size_t metadata_len;
};

/*
 * Decides whether a change may be signed: VK_OK only if document and metadata are, byte for
 * byte, what base, content and the author's words make, with times within bounds. author: whom the
 * server names. VK_ECONFLICT: the base is not the current release (stale); VK_EUNTRUSTED:
 * something else differs. *out (freed with vk_release_free()) is the parsed document.
 */
VK_CHECKED enum vk_rc candidate_check(const struct candidate_base *base,
	const struct candidate_content *content, const struct candidate_texts *texts,
	const char *author, int64_t now, struct vk_release **out, struct vk_err *err);

#endif
