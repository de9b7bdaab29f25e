/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a TUF client keeps its trusted metadata between runs, by raw role name
 * ("root", "prod"). Content is kept byte for byte. The directory implementation
 * names the files <encoded role>.json.
 */
#ifndef VK_TUF_STORE_H
#define VK_TUF_STORE_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

struct tuf_store {
	/* VK_ENOTFOUND if there is none; out's maximum bounds the size. */
	enum vk_rc (*load)(void *ctx, const char *role, struct vk_buf *out, struct vk_err *err);
	/* Replaces it durably, all or nothing. */
	enum vk_rc (*save)(
		void *ctx, const char *role, const void *data, size_t len, struct vk_err *err);
	/* A role that is not there is no error. */
	enum vk_rc (*remove)(void *ctx, const char *role, struct vk_err *err);
	void *ctx;
};

/* Metadata in the files of one directory, which must exist. Several processes may not use it at
 * once: the caller holds a lock. */
struct tuf_store_dir;

VK_CHECKED enum vk_rc tuf_store_dir_open(
	const char *path, struct tuf_store_dir **out, struct vk_err *err);
void tuf_store_dir_free(struct tuf_store_dir *dir);

/* The callbacks for the client; borrowed from dir. */
const struct tuf_store *tuf_store_dir_store(const struct tuf_store_dir *dir);

#endif
