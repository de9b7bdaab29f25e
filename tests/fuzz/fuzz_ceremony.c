/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a proposal: what is accepted formats to the same bytes, but for a newline at the end. */
#include "config.h"

#include "client/admin/ceremony.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct ceremony ceremony;
	struct vk_buf out;

	ceremony_init(&ceremony, "");
	if (ceremony_parse(&ceremony, (const char *)data, size, &err) == VK_OK) {
		vk_buf_init(&out, CEREMONY_FILE_MAX_BYTES + 1);
		if (ceremony_format(&ceremony, &out, &err) != VK_OK || out.len < size ||
			memcmp(out.data, data, size) != 0)
			abort();
		vk_buf_release(&out);
	}
	ceremony_release(&ceremony);
	return 0;
}
