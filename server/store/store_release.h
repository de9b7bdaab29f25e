/* SPDX-License-Identifier: BSD-3-Clause */
/* Releases. A release can never be altered or removed: the database refuses it. */
#ifndef VK_STORE_RELEASE_H
#define VK_STORE_RELEASE_H

#include <stdbool.h>

#include "common/digest.h"
#include "server/store/store.h"

struct store_release {
	const char *environment;
	int64_t number;
	int64_t change; /* id */
	const char *author;
	const char *message;
	const char *tree; /* digest, 64 hexadecimal digits */
	int64_t created;  /* the change */
	int64_t released;
	bool is_current;
	const char *document; /* canonical JSON: the TUF target ENV/N.json */
	size_t document_len;
	uint8_t sha256[VK_SHA256_BYTES]; /* of document */
	const char *const *approvers;	 /* users, in the order in which they approved */
	size_t approver_count;
};

/* Makes change (which has the document) the release environment/number. VK_ECONFLICT if there is
 * one already. */
VK_CHECKED enum vk_rc store_add_release(
	struct store *store, int64_t change, int64_t now, struct vk_err *err);

/* number 0: the current one. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_release(struct store *store, const char *environment,
	int64_t number, struct arena *arena, struct store_release *out, struct vk_err *err);

/* The current release's number; 0 if there is none yet. */
VK_CHECKED enum vk_rc store_get_release_number(
	struct store *store, const char *environment, int64_t *out, struct vk_err *err);

struct store_release_list {
	const struct store_release *items;
	size_t count;
	const char *next;
};

/* Newest first. */
VK_CHECKED enum vk_rc store_list_releases(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_release_list *out,
	struct vk_err *err);

#endif
