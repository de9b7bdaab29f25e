/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a person compares before a waiting host is let in: one line that stands
 * for all that the host says of itself. Host, server and vkcfg compute it alike.
 */
#ifndef VK_HOST_FINGERPRINT_H
#define VK_HOST_FINGERPRINT_H

#include <stdint.h>

#include "common/digest.h"

/* "SHA256:" and 43 characters of base64, as ssh-keygen -l shows it; with the NUL. */
enum { VK_HOST_FINGERPRINT_BYTES = 7 + 43 + 1 };

struct vk_host_claim {
	const char *fleet;
	const char *name;
	const char *environment;
	const char *public_key; /* of the host key: "ed25519:<hex>" */
	const uint8_t *tls_key; /* SHA-256 of the TLS key's SubjectPublicKeyInfo */
};

/* The texts are names, keys and the like, without a newline. */
void vk_host_fingerprint(const struct vk_host_claim *claim, char out[VK_HOST_FINGERPRINT_BYTES]);

#endif
