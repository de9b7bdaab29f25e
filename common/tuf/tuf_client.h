/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client of The Update Framework (specification 1.0, section 5): follows a
 * repository from a pinned root and refuses what is not signed, too old, older
 * than what was seen before, or mixed. It knows no network and no disk: bytes
 * come through struct tuf_fetch, trusted metadata is kept in struct tuf_store.
 *
 * Life of a client: one run. tuf_client_new() notes the one reference time; one
 * of the refresh calls brings the four top-level roles up to date, saving each
 * as soon as it is verified; then roles and targets can be asked for. After a
 * failed refresh nothing can be asked for, and the store holds the last state
 * that was good. One thread at a time.
 */
#ifndef VK_TUF_CLIENT_H
#define VK_TUF_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/tuf/tuf_meta.h"
#include "common/tuf/tuf_store.h"

enum {
	TUF_MAX_ROOT_ROTATIONS = 256, /* in one run */
	TUF_MAX_VISITED_ROLES = 32,   /* in the search for one target */
	TUF_TARGET_MAX_BYTES = 67108864,
};

/* How bytes are got. Names are encoded for use in a URL already. out's maximum is the limit: a
 * longer answer is VK_ELIMIT. VK_ENOTFOUND is what the server says with 404 or 403 and nothing
 * else: a broken connection must be VK_EUNAVAIL. */
struct tuf_fetch {
	/* "timestamp.json", "3.root.json", "7.prod.json" */
	enum vk_rc (*metadata)(void *ctx, const char *name, struct vk_buf *out, struct vk_err *err);
	/* "prod/<hash>.42.json" */
	enum vk_rc (*target)(void *ctx, const char *path, struct vk_buf *out, struct vk_err *err);
	void *ctx;
};

struct tuf_client;

/* Copies both structs; their ctx must outlive the client. fetch may be NULL where only
 * tuf_client_load() is used. now: seconds since the epoch, for all expiry checks. */
struct tuf_client *tuf_client_new(
	const struct tuf_store *store, const struct tuf_fetch *fetch, int64_t now);
void tuf_client_free(struct tuf_client *client);

/* Makes root.json the trusted root of an empty store. The caller vouches for the bytes (they have
 * the digest that the token or a person gave); they must be signed by their own keys.
 * VK_ECONFLICT if the store holds a root already. */
VK_CHECKED enum vk_rc tuf_client_pin_root(
	const struct tuf_store *store, const char *text, size_t len, struct vk_err *err);

/* The whole update: root chain, timestamp, snapshot, targets. VK_EUNTRUSTED: refused, the last
 * good state stays; VK_EUNAVAIL: could not be fetched. */
VK_CHECKED enum vk_rc tuf_client_refresh(struct tuf_client *client, struct vk_err *err);

/* The same with a timestamp that came by another way (/v1/agent/desired). */
VK_CHECKED enum vk_rc tuf_client_refresh_with_timestamp(
	struct tuf_client *client, const char *text, size_t len, struct vk_err *err);

/* Verifies what the store holds, expiry included, without any request. */
VK_CHECKED enum vk_rc tuf_client_load(struct tuf_client *client, struct vk_err *err);

/* The current top-level metadata, borrowed from the client; after a refresh or load only. */
const struct tuf_meta *tuf_client_root(const struct tuf_client *client);
const struct tuf_meta *tuf_client_timestamp(const struct tuf_client *client);
const struct tuf_meta *tuf_client_snapshot(const struct tuf_client *client);
const struct tuf_meta *tuf_client_targets(const struct tuf_client *client);

/* An environment's role: delegated by targets, loaded and verified. VK_ENOTFOUND if targets does
 * not delegate it or the snapshot does not list it yet; borrowed from the client. */
VK_CHECKED enum vk_rc tuf_client_role(struct tuf_client *client, const char *name,
	const struct tuf_meta **out, struct vk_err *err);

/* Searches a target through the delegations, in their order, each role verified with the keys of
 * the role that delegates to it. VK_ENOTFOUND if no role that may list it does; borrowed. */
VK_CHECKED enum vk_rc tuf_client_find(struct tuf_client *client, const char *path,
	const struct tuf_target **out, struct vk_err *err);

/* Fetches a target that was found, and appends it to the (empty) buffer if length and hashes fit.
 */
VK_CHECKED enum vk_rc tuf_client_download(struct tuf_client *client,
	const struct tuf_target *target, struct vk_buf *out, struct vk_err *err);

/* Finds and downloads. */
VK_CHECKED enum vk_rc tuf_client_target(
	struct tuf_client *client, const char *path, struct vk_buf *out, struct vk_err *err);

#endif
