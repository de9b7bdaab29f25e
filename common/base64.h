/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64 (RFC 4648), strictly: one text per value. */
#ifndef VK_BASE64_H
#define VK_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum vk_base64_variant {
	VK_BASE64,     /* section 4: with + and /, padded */
	VK_BASE64_URL, /* section 5: with - and _, not padded */
};

/* Appends the text of data. */
void vk_base64_encode(
	enum vk_base64_variant variant, const void *data, size_t len, struct vk_buf *out);

/* Decodes the whole text into out, which has max_bytes; false for anything that encoding would not
 * have written, and for what does not fit. Safe for secrets: no look-up by their bytes. */
bool vk_base64_decode(enum vk_base64_variant variant, const char *text, size_t text_len, void *out,
	size_t max_bytes, size_t *len_out);

#endif
