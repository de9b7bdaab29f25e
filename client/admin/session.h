/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command's dealings with the server: the connection, made from the files in
 * home, and the fleet's metadata, verified from the root that this person has
 * pinned. Nothing that the server says about releases, keys or the log is
 * believed unless it follows from that root.
 *
 *   session_open() -> session_get(), session_post()...
 *                  -> session_trust() -> tuf_client_...   -> session_free()
 *
 * From session_trust() on, other vkcfg processes of the same home wait until
 * session_drop_trust() or session_free().
 */
#ifndef ADMIN_SESSION_H
#define ADMIN_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/admin/home.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/tuf/tuf_fleet.h"

struct cfg_tree;
struct cli;
struct session;
struct tuf_client;
struct vkjson;

enum {
	SESSION_REPLY_MAX_BYTES = 64 << 20,
	SESSION_LIST_MAX_ITEMS = 1000000,
};

/* VK_ENOTFOUND when not enrolled. Opens no connection yet. */
VK_CHECKED enum vk_rc session_open(
	const struct cli *cli, struct session **out, struct vk_err *err);
void session_free(struct session *session);

/* Who we are; borrowed. */
const struct home_identity *session_identity(const struct session *session);
const char *session_home(const struct session *session);

/* One call of the API; target is path and query, made with session_target() where parts come
 * from outside. The reply is the caller's. */
VK_CHECKED enum vk_rc session_get(
	struct session *session, const char *target, struct vkjson **out, struct vk_err *err);
VK_CHECKED enum vk_rc session_post(struct session *session, const char *target,
	const struct vkjson *body, struct vkjson **out, struct vk_err *err);

/* Appends the reply's bytes to out, whose maximum is the limit. */
VK_CHECKED enum vk_rc session_get_bytes(
	struct session *session, const char *target, struct vk_buf *out, struct vk_err *err);

/* All pages of a list (or the first max_items), as one array. */
VK_CHECKED enum vk_rc session_list(struct session *session, const char *target, size_t max_items,
	struct vkjson **out, struct vk_err *err);

/* Adds "NAME=VALUE" with ? or & before it and the value percent-encoded; nothing if value is NULL. */
void session_add_query(struct vk_buf *target, const char *name, const char *value);

/* Whether this person has pinned a root: before `vkcfg root init` there is none. */
bool session_has_root(const struct session *session);

/* Brings the metadata up to date, once per session; the client is borrowed. VK_ENOTFOUND when no
 * root is pinned yet. */
VK_CHECKED enum vk_rc session_trust(
	struct session *session, struct tuf_client **out, struct vk_err *err);

/* What the verified root says of the fleet; it must be the fleet of our certificate. */
VK_CHECKED enum vk_rc session_fleet(
	struct session *session, struct tuf_fleet *out, struct vk_err *err);

/* Forgets the client and lets other processes go on. What was borrowed from it is gone. */
void session_drop_trust(struct session *session);

/* A tree by its digest (64 digits); VK_EUNTRUSTED if the server's files have another digest. */
VK_CHECKED enum vk_rc session_fetch_tree(struct session *session, const char *digest,
	struct cfg_tree **out, struct vk_err *err);

#endif
