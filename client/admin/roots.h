/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The roots that this person has verified, one after another: home/roots/N.json.
 * The newest is in tuf/root.json and decides; the older ones say which key signed
 * the audit log at their time, and bring a server back that has lost them.
 */
#ifndef ADMIN_ROOTS_H
#define ADMIN_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"

struct session;
struct vkjson;

enum { ROOTS_MAX = 1024 };

/* Keeps a root whose signatures were verified. */
VK_CHECKED enum vk_rc roots_keep(
	const char *home, const char *text, size_t len, struct vk_err *err);

/* Appends the file of version N. VK_ENOTFOUND. */
VK_CHECKED enum vk_rc roots_read(
	const char *home, int64_t version, struct vk_buf *out, struct vk_err *err);

/* Adds to `files` ("N.root.json" -> text) the roots up to this version, oldest first, that the server
 * lacks: one that was rebuilt may have lost some. */
VK_CHECKED enum vk_rc roots_add_missing(
	struct session *session, int64_t newest, struct vkjson *files, struct vk_err *err);

/* The newest one of which wants() is true; *out is NULL if there is none. Freed with
 * tuf_meta_free(). newest: the version to begin with. */
VK_CHECKED enum vk_rc roots_find(const char *home, int64_t newest,
	bool (*wants)(const void *ctx, const struct tuf_fleet *fleet), const void *ctx,
	struct tuf_meta **out, struct vk_err *err);

#endif
