/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as JSON: what parses has a canonical form that parses to the same value, and what is
 * taken for canonical is its own canonical form. */
#include "config.h"

#include "common/vkjson.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX_BYTES = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_canonical(const char *text, size_t len, const struct vkjson *expected)
{
	struct vkjson *value = NULL;
	struct vk_buf out;

	vk_buf_init(&out, OUT_MAX_BYTES);
	if (vkjson_parse_canonical(text, len, &value, NULL) == VK_OK) {
		if (vkjson_canonical(value, &out, NULL) != VK_OK || out.len != len ||
			memcmp(out.data, text, len) != 0)
			abort();
		if (expected != NULL && !vkjson_equal(value, expected))
			abort();
	} else if (expected != NULL) {
		abort();
	}
	vkjson_free(value);
	vk_buf_release(&out);
}

static void check_value(const struct vkjson *value)
{
	struct vkjson *again = NULL;
	struct vk_buf out;

	vk_buf_init(&out, OUT_MAX_BYTES);
	if (vkjson_canonical(value, &out, NULL) == VK_OK) {
		check_canonical(out.data, out.len, value);
		vk_buf_reset(&out);
		vkjson_format(value, true, &out);
		if (vkjson_parse(out.data, out.len, &again, NULL) != VK_OK ||
			!vkjson_equal(value, again))
			abort();
	}
	vkjson_free(again);
	vk_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vkjson *value = NULL;

	if (vkjson_parse((const char *)data, size, &value, NULL) == VK_OK)
		check_value(value);
	vkjson_free(value);
	check_canonical((const char *)data, size, NULL);
	return 0;
}
