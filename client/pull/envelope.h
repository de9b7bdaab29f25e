/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sealed secret as the server hands it to this host: the body that the signed
 * bundle pins, and its data key, sealed to the host's own key. The same text is
 * kept in STATE/secrets/DIGEST.json. Nothing in it is believed before it opens.
 *
 * Pure: bytes in, a value in locked memory out.
 */
#ifndef VK_PULL_ENVELOPE_H
#define VK_PULL_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/secret.h"

enum {
	/* The body once more escaped, and the seal. */
	ENVELOPE_MAX_BYTES = VK_SECRET_BODY_MAX_BYTES + 65536,
};

struct envelope {
	struct vk_secret *body;
	uint8_t sealed[VK_SECRET_SEALED_BYTES];
};

/* Fills in a struct that is released with envelope_release(). VK_EUNTRUSTED for all that is no
 * envelope: it comes from a server, or from a disk that somebody changed. */
VK_CHECKED enum vk_rc envelope_parse(
	const char *text, size_t len, struct envelope *out, struct vk_err *err);
void envelope_release(struct envelope *envelope);

/* Appends {"body":"..","sealed":".."}. */
VK_CHECKED enum vk_rc envelope_format(
	const struct envelope *envelope, struct vk_buf *out, struct vk_err *err);

/* The value, freed with vk_secret_value_free(). VK_EUNTRUSTED unless it is that version of that
 * secret, has that digest, and opens with this key. */
VK_CHECKED enum vk_rc envelope_open(const struct envelope *envelope, const struct vk_secret_id *id,
	const uint8_t digest[VK_SHA256_BYTES], const struct vk_signkey *key,
	struct vk_secret_value **out, struct vk_err *err);

#endif
