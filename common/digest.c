/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

/* The audit of a large log hashes millions of short strings. OpenSSL's low-level functions use
 * the processor's SHA instructions and, unlike EVP, look up and allocate nothing per digest. */
#define OPENSSL_API_COMPAT 10101

#include "common/digest.h"

#include <string.h>

#include <openssl/sha.h>

#include "common/banned.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct vk_sha256_stream), "the state must fit");

void vk_sha256_init(struct vk_sha256_stream *stream)
{
	SHA256_Init((SHA256_CTX *)stream->state);
}

void vk_sha256_add(struct vk_sha256_stream *stream, const void *data, size_t len)
{
	SHA256_Update((SHA256_CTX *)stream->state, data, len);
}

void vk_sha256_final(struct vk_sha256_stream *stream, uint8_t out[VK_SHA256_BYTES])
{
	SHA256_Final(out, (SHA256_CTX *)stream->state);
}

void vk_sha256(const void *data, size_t len, uint8_t out[VK_SHA256_BYTES])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, data, len);
	SHA256_Final(out, &ctx);
}

void vk_sha512(const void *data, size_t len, uint8_t out[VK_SHA512_BYTES])
{
	SHA512_CTX ctx;

	SHA512_Init(&ctx);
	SHA512_Update(&ctx, data, len);
	SHA512_Final(out, &ctx);
}

void vk_digest_format(const uint8_t digest[VK_SHA256_BYTES], char out[VK_SHA256_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < VK_SHA256_BYTES; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * VK_SHA256_BYTES] = '\0';
}

void vk_sha256_hex(const void *data, size_t len, char out[VK_SHA256_HEX_BYTES])
{
	uint8_t digest[VK_SHA256_BYTES];

	vk_sha256(data, len, digest);
	vk_digest_format(digest, out);
}
