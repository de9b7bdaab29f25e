/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as an enrolment token, and as the JSON inside one: what is accepted formats to the
 * same text, trailing blanks aside. */
#include "config.h"

#include "common/token.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_token *token = NULL;
	struct vk_buf out;

	if (vk_token_parse(text, len, &token, &err) != VK_OK)
		return;
	vk_buf_init(&out, VK_TOKEN_MAX_BYTES);
	if (vk_token_format(token, &out, &err) != VK_OK || out.len > len ||
		memcmp(out.data, text, out.len) != 0)
		abort();
	vk_buf_release(&out);
	vk_token_free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2 * VK_TOKEN_MAX_BYTES] = "vkcfg1.";

	check((const char *)data, size);
	if (size > VK_TOKEN_MAX_BYTES)
		return 0;
	sodium_bin2base64(text + strlen(text), sizeof(text) - strlen(text), data, size,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	check(text, strlen(text));
	return 0;
}
