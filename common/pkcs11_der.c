/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11_der.h"

#include <string.h>

#include "common/banned.h"

enum {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_SEQUENCE = 0x30,
};

static const uint8_t oid_p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
/* PKCS#11 3.0, section 2.3.5: PrintableString "edwards25519" */
static const uint8_t name_ed25519[] = {
	0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};

static bool is_equal(
	const uint8_t *params, size_t len, const uint8_t *expected, size_t expected_len)
{
	return len == expected_len && memcmp(params, expected, len) == 0;
}

bool pkcs11_der_is_p256(const uint8_t *params, size_t len)
{
	return is_equal(params, len, oid_p256, sizeof(oid_p256));
}

bool pkcs11_der_is_ed25519(const uint8_t *params, size_t len)
{
	return is_equal(params, len, oid_ed25519, sizeof(oid_ed25519)) ||
	       is_equal(params, len, name_ed25519, sizeof(name_ed25519));
}

/* What the element with that head and len bytes holds; NULL if it is not exactly that. */
static const uint8_t *content(
	const uint8_t *data, size_t len, const uint8_t *head, size_t head_len, size_t content_len)
{
	if (len != head_len + content_len || memcmp(data, head, head_len) != 0)
		return NULL;
	return data + head_len;
}

bool pkcs11_der_p256_point(const uint8_t *point, size_t len, uint8_t out[TUF_KEY_P256_POINT_BYTES])
{
	static const uint8_t head[] = {DER_OCTET_STRING, TUF_KEY_P256_POINT_BYTES};
	const uint8_t *raw = content(point, len, head, sizeof(head), TUF_KEY_P256_POINT_BYTES);

	if (raw == NULL && len == TUF_KEY_P256_POINT_BYTES)
		raw = point;
	if (raw == NULL || raw[0] != 0x04)
		return false;
	memcpy(out, raw, TUF_KEY_P256_POINT_BYTES);
	return true;
}

bool pkcs11_der_ed25519_point(const uint8_t *point, size_t len, uint8_t out[VK_PUBLIC_KEY_BYTES])
{
	static const uint8_t octets[] = {DER_OCTET_STRING, VK_PUBLIC_KEY_BYTES};
	static const uint8_t bits[] = {DER_BIT_STRING, VK_PUBLIC_KEY_BYTES + 1, 0};
	const uint8_t *raw = content(point, len, octets, sizeof(octets), VK_PUBLIC_KEY_BYTES);

	if (raw == NULL)
		raw = content(point, len, bits, sizeof(bits), VK_PUBLIC_KEY_BYTES);
	if (raw == NULL && len == VK_PUBLIC_KEY_BYTES)
		raw = point;
	if (raw == NULL)
		return false;
	memcpy(out, raw, VK_PUBLIC_KEY_BYTES);
	return true;
}

/* A positive number of 32 bytes, without the zeros in front; returns the length. */
static size_t add_integer(const uint8_t number[32], uint8_t *out)
{
	size_t len = 32;
	size_t pad;

	while (len > 1 && *number == 0) {
		number++;
		len--;
	}
	pad = *number >= 0x80 ? 1 : 0; /* it would be a negative one */
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number, len);
	return 2 + pad + len;
}

size_t pkcs11_der_signature(
	const uint8_t raw[PKCS11_P256_SIGNATURE_BYTES], uint8_t out[TUF_SIGNATURE_MAX_BYTES])
{
	size_t len = add_integer(raw, out + 2);

	len += add_integer(raw + 32, out + 2 + len);
	out[0] = DER_SEQUENCE;
	out[1] = (uint8_t)len;
	return 2 + len;
}
