/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The release document (docs/formats.md): what approvers sign, by way of the
 * TUF target ENV/N.json. Its bytes are canonical JSON; parsing refuses all
 * others, and members that this version does not know.
 *
 * To build one, fill in a struct on the stack with pointers to your own text
 * (owner = NULL) and format it; a parsed one owns its text and is freed.
 */
#ifndef VK_RELEASE_H
#define VK_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

struct vkjson;

enum {
	VK_RELEASE_MAX_BYTES = 262144,
	VK_RELEASE_MESSAGE_MAX_BYTES = 16384,
	VK_RELEASE_MAX_BUNDLES = 1000000,
	VK_CHANGE_ID_HEX = 16, /* digits of the author's random change id */
};

struct vk_release {
	const char *fleet;
	const char *environment;
	int64_t number;	     /* 1, 2, 3... per environment */
	int64_t base;	     /* the release that this one was made from; 0: there was none */
	const char *author;  /* user name */
	const char *message; /* never empty */
	const char *change;  /* 16 hexadecimal digits */
	int64_t created;     /* seconds since the epoch */
	const char *renderer;
	const char *commit; /* of the tree's git repository; NULL if unknown */
	uint8_t tree[VK_SHA256_BYTES];
	int64_t bundle_count;
	uint8_t bundle_root[VK_SHA256_BYTES];
	bool has_fallback; /* exactly where base > 0 */
	int64_t fallback_release;
	uint8_t fallback_sha256[VK_SHA256_BYTES]; /* of that release's document */
	const struct vkjson *rollout;		  /* the plan, an object; NULL: {"waves":[]} */
	struct vkjson *owner;			  /* of all pointers above, or NULL */
};

/* Freed with vk_release_free(). VK_EINPUT names the member that is wrong. */
VK_CHECKED enum vk_rc vk_release_parse(
	const char *text, size_t len, struct vk_release **out, struct vk_err *err);

/* Appends the document; the same checks as when parsing. */
VK_CHECKED enum vk_rc vk_release_format(
	const struct vk_release *release, struct vk_buf *out, struct vk_err *err);

void vk_release_free(struct vk_release *release);

#endif
