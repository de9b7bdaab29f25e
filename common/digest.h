/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (and SHA-512, which foreign TUF repositories use). None of this can fail. */
#ifndef VK_DIGEST_H
#define VK_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum {
	VK_SHA256_BYTES = 32,
	VK_SHA256_HEX_BYTES = 65, /* with the NUL */
	VK_SHA512_BYTES = 64,
};

void vk_sha256(const void *data, size_t len, uint8_t out[VK_SHA256_BYTES]);
void vk_sha512(const void *data, size_t len, uint8_t out[VK_SHA512_BYTES]);

/* Lower-case hexadecimal digits, NUL-terminated. */
void vk_sha256_hex(const void *data, size_t len, char out[VK_SHA256_HEX_BYTES]);

/* A digest as lower-case hexadecimal digits, NUL-terminated. */
void vk_digest_format(const uint8_t digest[VK_SHA256_BYTES], char out[VK_SHA256_HEX_BYTES]);

/* Data that comes in pieces: init, add any number of times, final. Lives on the caller's stack
 * and owns nothing; may be copied. */
struct vk_sha256_stream {
	_Alignas(16) unsigned char state[128];
};

void vk_sha256_init(struct vk_sha256_stream *stream);
void vk_sha256_add(struct vk_sha256_stream *stream, const void *data, size_t len);
void vk_sha256_final(struct vk_sha256_stream *stream, uint8_t out[VK_SHA256_BYTES]);

#endif
