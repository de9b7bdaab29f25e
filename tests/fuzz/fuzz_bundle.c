/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a bundle: what is accepted formats to the same bytes and names no path that a host
 * must not write. */
#include "config.h"

#include "common/bundle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_paths(const struct vk_bundle *bundle)
{
	for (size_t i = 0; i < bundle->file_count; i++) {
		const char *path = bundle->files[i].path;

		if (path[0] == '/' || strstr(path, "..") == path || strstr(path, "/..") != NULL ||
			(bundle->files[i].mode & ~0640U) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle = NULL;
	struct vk_buf out;

	if (vk_bundle_parse((const char *)data, size, &bundle, &err) != VK_OK)
		return 0;
	check_paths(bundle);
	vk_buf_init(&out, VK_BUNDLE_MAX_BYTES);
	if (vk_bundle_format(bundle, &out, &err) != VK_OK || out.len != size ||
		memcmp(out.data, data, size) != 0)
		abort();
	vk_buf_release(&out);
	vk_bundle_free(bundle);
	return 0;
}
