/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/fill.h"

#include <stdbool.h>
#include <string.h>

#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

struct filling {
	const struct instance *instance;
	const struct vk_bundle_file *file;
	const char *generation;
};

static bool is_name(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && strncmp(name, wanted, len) == 0;
}

static bool add_value(
	const struct filling *filling, const char *name, size_t len, struct vk_buf *out)
{
	const struct instance *instance = filling->instance;
	char hash[VK_SHA256_HEX_BYTES];

	if (is_name(name, len, "instance")) {
		vk_buf_adds(out, instance->directory);
	} else if (is_name(name, len, "generation")) {
		vk_buf_adds(out, filling->generation);
	} else if (is_name(name, len, "data")) {
		vk_buf_adds(out, instance->data);
	} else if (is_name(name, len, "agent-password") &&
		   strcmp(filling->file->path, FILL_ACL) == 0) {
		vk_sha256_hex(instance->agent_password, strlen(instance->agent_password), hash);
		vk_buf_adds(out, hash);
	} else {
		return false;
	}
	return true;
}

static bool is_strict(const char *path)
{
	return strcmp(path, FILL_CONF) == 0 || strcmp(path, FILL_ACL) == 0;
}

enum vk_rc fill_text(const struct instance *instance, const struct vk_bundle_file *file,
	const char *generation, struct vk_buf *out, struct vk_err *err)
{
	const struct filling filling = {instance, file, generation};
	const char *at = file->text;
	const char *open;

	while ((open = strstr(at, "@{")) != NULL) {
		const char *name = open + 2;
		size_t len = strcspn(name, "}\n");

		vk_buf_add(out, at, (size_t)(open - at));
		if (name[len] == '}' && add_value(&filling, name, len, out)) {
			at = name + len + 1;
			continue;
		}
		if (is_strict(file->path))
			return vk_err_set(err, VK_EINPUT,
				"%s: nobody knows the placeholder @{%.*s}", file->path,
				len < 40 ? (int)len : 40, name);
		vk_buf_adds(out, "@{");
		at = name;
	}
	vk_buf_adds(out, at);
	return vk_buf_check(out, file->path, err);
}

char *fill_current_path(const struct instance *instance)
{
	return xasprintf("%s/current", instance->directory);
}
