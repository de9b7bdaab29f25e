/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Issuing a certificate inside a writer command: the signer makes it, the store
 * remembers its fingerprint, and with the commit the view knows the identity.
 */
#ifndef VK_CERTIFY_H
#define VK_CERTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "server/identity.h"
#include "server/writer.h"

struct certify_request {
	enum identity_kind kind; /* host or user */
	const char *name;
	const void *spki; /* DER SubjectPublicKeyInfo */
	size_t spki_len;
	int64_t lifetime_seconds;
	uint8_t issuer[VK_SHA256_BYTES]; /* digest of the CA that issues it */
};

/* Appends the certificate's PEM. VK_EINPUT: not an ECDSA P-256 key; VK_EDENIED: the identity has
 * been revoked, perhaps since the request was let in. */
VK_CHECKED enum vk_rc certify_identity(struct writer_tx *tx, const struct certify_request *request,
	struct vk_buf *pem, struct vk_err *err);

/* The same where certificates come from a PKI of the user's own: the identity is let in by its name. */
VK_CHECKED enum vk_rc certify_foreign(struct writer_tx *tx, enum identity_kind kind,
	const char *name, struct vk_err *err);

#endif
