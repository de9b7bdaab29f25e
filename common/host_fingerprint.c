/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/host_fingerprint.h"

#include <string.h>

#include "common/base64.h"

#include "common/banned.h"

static const char label[] = "vkcfg/waiting-host/v1";
static const char prefix[] = "SHA256:";

static void add_line(struct vk_sha256_stream *stream, const char *text)
{
	vk_sha256_add(stream, text, strlen(text));
	vk_sha256_add(stream, "\n", 1);
}

void vk_host_fingerprint(const struct vk_host_claim *claim, char out[VK_HOST_FINGERPRINT_BYTES])
{
	struct vk_sha256_stream stream;
	uint8_t digest[VK_SHA256_BYTES];
	char tls_key[VK_SHA256_HEX_BYTES];
	struct vk_buf text;

	vk_digest_format(claim->tls_key, tls_key);
	vk_sha256_init(&stream);
	add_line(&stream, label);
	add_line(&stream, claim->fleet);
	add_line(&stream, claim->name);
	add_line(&stream, claim->environment);
	add_line(&stream, claim->public_key);
	add_line(&stream, tls_key);
	vk_sha256_final(&stream, digest);
	vk_buf_init(&text, VK_HOST_FINGERPRINT_BYTES + 2);
	vk_buf_adds(&text, prefix);
	vk_base64_encode(VK_BASE64, digest, sizeof(digest), &text);
	memcpy(out, text.data, VK_HOST_FINGERPRINT_BYTES - 1); /* without the padding */
	out[VK_HOST_FINGERPRINT_BYTES - 1] = '\0';
	vk_buf_release(&text);
}
