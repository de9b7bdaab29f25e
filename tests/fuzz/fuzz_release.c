/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a release document: what is accepted formats to the same bytes. */
#include "config.h"

#include "common/release.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_release *parsed = NULL;
	struct vk_buf out;

	if (vk_release_parse((const char *)data, size, &parsed, &err) != VK_OK)
		return 0;
	vk_buf_init(&out, VK_RELEASE_MAX_BYTES);
	if (vk_release_format(parsed, &out, &err) != VK_OK || out.len != size ||
		memcmp(out.data, data, size) != 0)
		abort();
	vk_buf_release(&out);
	vk_release_free(parsed);
	return 0;
}
