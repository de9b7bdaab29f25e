/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a file of variables: what is imported is a role without control characters that is
 * YAML. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/config/import.h"
#include "common/config/tree.h"
#include "common/vkyaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cfg_import_options options = {
		.host = "db1", .instance = "main", .version = "8.0"};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *yaml = NULL;
	struct vk_buf text;

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	if (cfg_import_vars(import, "fuzz.yml", (const char *)data, size, &err) == VK_OK) {
		cfg_import_finish(import);
		cfg_import_format_role(import, &text);
	}
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\n')
			abort();
	}
	if (!text.is_overflowed &&
		vkyaml_parse("role", text.data, text.len, &yaml, &err) == VK_EINPUT)
		abort();
	vkyaml_free(yaml);
	vk_buf_release(&text);
	cfg_import_free(import);
	return 0;
}
