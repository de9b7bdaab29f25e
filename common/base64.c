/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/base64.h"

#include <sodium.h>

#include "common/banned.h"

static int sodium_variant(enum vk_base64_variant variant)
{
	return variant == VK_BASE64 ? sodium_base64_VARIANT_ORIGINAL
				    : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
}

void vk_base64_encode(
	enum vk_base64_variant variant, const void *data, size_t len, struct vk_buf *out)
{
	size_t size = sodium_base64_encoded_len(len, sodium_variant(variant)); /* with the NUL */
	char *room = vk_buf_reserve(out, size - 1); /* has room for a NUL, too */

	if (room == NULL)
		return;
	sodium_bin2base64(room, size, data, len, sodium_variant(variant));
	vk_buf_commit(out, size - 1);
}

bool vk_base64_decode(enum vk_base64_variant variant, const char *text, size_t text_len, void *out,
	size_t max_bytes, size_t *len_out)
{
	/* libsodium 1.0.18 takes bytes from 0x80 on for letters where char is signed. */
	for (size_t i = 0; i < text_len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
	}
	return sodium_base642bin(out, max_bytes, text, text_len, NULL, len_out, NULL,
		       sodium_variant(variant)) == 0;
}
