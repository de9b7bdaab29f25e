/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a valkey.conf and, behind a NUL, a users.acl: what is imported is a tree that can be
 * validated, has no control characters, and no password that was taken out. */
#include "config.h"

#include "common/config/import.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/tree.h"
#include "common/vkyaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each included file is the whole again, so that the limits are met. */
struct whole {
	const char *text;
	size_t len;
	unsigned names;
};

static enum vk_rc include(void *context, struct cfg_import *import, const char *from,
	const char *pattern, struct vk_err *err)
{
	struct whole *whole = context;
	char name[32];

	(void)from;
	(void)pattern;
	snprintf(name, sizeof(name), "file%u", whole->names++);
	return cfg_import_conf(import, name, whole->text, whole->len, err);
}

static void check_role(const struct cfg_import *import)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *yaml = NULL;
	struct vk_buf text;

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	cfg_import_format_role(import, &text);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\n')
			abort();
	}
	if (!text.is_overflowed &&
		vkyaml_parse("role", text.data, text.len, &yaml, &err) == VK_EINPUT)
		abort();
	vkyaml_free(yaml);
	vk_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	struct whole whole = {text, nul != NULL ? (size_t)(nul - text) : size, 0};
	const struct cfg_import_options options = {.host = "db1",
		.instance = "main",
		.version = "8.0",
		.include = include,
		.context = &whole};
	struct cfg_import *import = cfg_import_new(&options);
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = cfg_import_conf(import, "fuzz.conf", text, whole.len, &err);

	if (rc == VK_OK && nul != NULL)
		rc = cfg_import_acl(import, "fuzz.acl", nul + 1, size - whole.len - 1, &err);
	if (rc == VK_OK) {
		cfg_import_finish(import);
		check_role(import);
	}
	cfg_import_free(import);
	return 0;
}
