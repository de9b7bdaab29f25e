/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sealed secrets on the server: sent, fetched, opened. The server is believed in
 * nothing: an envelope must have the digest that a tree pins, and be that version
 * of that secret.
 */
#ifndef ADMIN_SECRET_REMOTE_H
#define ADMIN_SECRET_REMOTE_H

#include <stddef.h>

#include "client/admin/session.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/secret.h"

enum { SECRET_REMOTE_BATCH = 5000 }; /* seals in one request; the server takes twice as many */

/* Sends a new envelope with its seals. VK_ECONFLICT: the server has another one of that version. */
VK_CHECKED enum vk_rc secret_remote_add(struct session *session, const struct vk_buf *body,
	const struct vk_seal *seals, size_t count, struct vk_err *err);

/* Adds seals to an envelope. */
VK_CHECKED enum vk_rc secret_remote_seal(struct session *session,
	const uint8_t digest[VK_SHA256_BYTES], const struct vk_seal *seals, size_t count,
	struct vk_err *err);

/* Fetches an envelope and opens its data key with one's own key. *secret is freed with
 * vk_secret_free(), *key with vk_secret_key_free(). VK_ENOTFOUND: not held, or not sealed to this
 * key; VK_EUNTRUSTED: not what was pinned. */
VK_CHECKED enum vk_rc secret_remote_open(struct session *session, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const struct vk_signkey *own,
	struct vk_secret **secret, struct vk_secret_key **key, struct vk_err *err);

/* Fetches an envelope as it is sealed to somebody's public key (64 digits): {"body","sealed"}, for
 * the caller to free. VK_ENOTFOUND: not held, or not sealed to that key; VK_EUNTRUSTED as above. */
VK_CHECKED enum vk_rc secret_remote_envelope(struct session *session, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const char *public_key, struct vkjson **out,
	struct vk_err *err);

/* All versions that the server says it holds, with their recipients (docs/formats.md); name may be
 * NULL. */
VK_CHECKED enum vk_rc secret_remote_list(struct session *session, const char *environment,
	const char *name, struct vkjson **out, struct vk_err *err);

/* The item of such a list that has this digest (64 digits), borrowed; NULL: the server does not
 * hold it. */
const struct vkjson *secret_remote_find(const struct vkjson *held, const char *digest);

/* Has the server forget a version, by the digest's 64 digits. */
VK_CHECKED enum vk_rc secret_remote_remove(
	struct session *session, const char *digest, struct vk_err *err);

#endif
