/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How PKCS#11 writes elliptic curves: its attributes CKA_EC_PARAMS and
 * CKA_EC_POINT, and its signatures, into what TUF says for the same. Pure.
 */
#ifndef VK_PKCS11_DER_H
#define VK_PKCS11_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"

enum { PKCS11_P256_SIGNATURE_BYTES = 64 }; /* r and s */

/* Whether the parameters name this curve; by object identifier or, for Ed25519, by name. */
bool pkcs11_der_is_p256(const uint8_t *params, size_t len);
bool pkcs11_der_is_ed25519(const uint8_t *params, size_t len);

/* The point inside its OCTET STRING (or, as some modules have it, bare); false if it is none. */
bool pkcs11_der_p256_point(const uint8_t *point, size_t len, uint8_t out[TUF_KEY_P256_POINT_BYTES]);
bool pkcs11_der_ed25519_point(const uint8_t *point, size_t len, uint8_t out[VK_PUBLIC_KEY_BYTES]);

/* r and s as the DER that TUF has (RFC 5480: ECDSA-Sig-Value); returns its length. */
size_t pkcs11_der_signature(
	const uint8_t raw[PKCS11_P256_SIGNATURE_BYTES], uint8_t out[TUF_SIGNATURE_MAX_BYTES]);

#endif
