/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a signed announcement: what is accepted formats to the same bytes. */
#include "config.h"

#include "common/announcement.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct vk_announcement parsed;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, VK_ANNOUNCEMENT_MAX_BYTES);
	if (vk_announcement_parse(text, &parsed, &err) == VK_OK &&
		(vk_announcement_format(&parsed, &out, &err) != VK_OK ||
			strcmp(out.data, text) != 0))
		abort();
	vk_buf_release(&out);
	free(text);
	return 0;
}
