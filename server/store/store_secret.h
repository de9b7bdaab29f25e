/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sealed secrets (docs/formats.md, Secrets): the envelope of each version, by
 * its digest. An envelope is immutable; its seals (store_seal.h) come and go
 * with it.
 */
#ifndef VK_STORE_SECRET_H
#define VK_STORE_SECRET_H

#include <stdbool.h>

#include "common/digest.h"
#include "server/store/store.h"
#include "server/store/store_seal.h"

enum {
	/* A page of a list ends when its secrets have so many seals together, at one at least. */
	STORE_SECRET_PAGE_SEALS = 20000,
};

struct store_secret {
	const char *digest; /* 64 hexadecimal digits: SHA-256 of body */
	const char *environment;
	const char *name;
	int64_t version;
	const char *body; /* canonical JSON; NULL in lists */
	size_t body_len;
	const char *author;
	int64_t created;
	const struct store_seal *seals; /* in lists only, without their bytes */
	size_t seal_count;
};

/* Adds a version; *is_new is false where it is there already, with the same bytes. VK_ECONFLICT:
 * there is another envelope of that environment, name and version. */
VK_CHECKED enum vk_rc store_add_secret(
	struct store *store, const struct store_secret *secret, bool *is_new, struct vk_err *err);

/* VK_ENOTFOUND */
VK_CHECKED enum vk_rc store_get_secret(struct store *store, const char *digest, struct arena *arena,
	struct store_secret *out, struct vk_err *err);

struct store_secret_filter {
	struct store_filter where;
	const char *name; /* NULL: all */
};

struct store_secret_list {
	const struct store_secret *items;
	size_t count;
	const char *next;
};

/* By environment, name and version, with seals. */
VK_CHECKED enum vk_rc store_list_secrets(struct store *store,
	const struct store_secret_filter *filter, const struct store_page *page,
	struct arena *arena, struct store_secret_list *out, struct vk_err *err);

/* Notes that a bundle of the change pins this secret; idempotent. */
VK_CHECKED enum vk_rc store_add_pin(
	struct store *store, int64_t change, const char *digest, struct vk_err *err);

/* Forgets a version and its seals. VK_ENOTFOUND; VK_ECONFLICT while an open change, or the current
 * release of an environment or the one that it was made from, pins it. */
VK_CHECKED enum vk_rc store_remove_secret(
	struct store *store, const char *digest, struct vk_err *err);

#endif
