/* SPDX-License-Identifier: BSD-3-Clause */
/* TUF metadata, every version of every role; timestamps: the newest only. */
#ifndef VK_STORE_TUF_H
#define VK_STORE_TUF_H

#include "common/digest.h"
#include "server/store/store.h"

struct store_tuf {
	const char *role; /* "root", "targets", "snapshot", "timestamp", or an environment */
	int64_t version;
	int64_t expires;
	const char *text; /* the file */
	size_t len;
	uint8_t sha256[VK_SHA256_BYTES]; /* of text */
};

/* VK_ECONFLICT if this version exists or is not newer than the newest. sha256 is computed here. */
VK_CHECKED enum vk_rc store_add_tuf(
	struct store *store, const struct store_tuf *file, int64_t now, struct vk_err *err);

/* version 0: the newest. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc store_get_tuf(struct store *store, const char *role, int64_t version,
	struct arena *arena, struct store_tuf *out, struct vk_err *err);

/* The newest version of each role, by role name. */
VK_CHECKED enum vk_rc store_list_tuf(struct store *store, struct arena *arena,
	const struct store_tuf **items, size_t *count, struct vk_err *err);

/* Any file by its name under /tuf/: "3.root.json", "timestamp.json", "7.prod.json",
 * "targets/prod/<sha256>.42.json". VK_ENOTFOUND, also for names that make no sense. */
VK_CHECKED enum vk_rc store_get_tuf_file(struct store *store, const char *name, struct arena *arena,
	const char **text, size_t *len, struct vk_err *err);

#endif
