/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_file.h"

#include <fcntl.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { PINS_MAX_BYTES = 4096 };

enum vk_rc secret_file_check_names(const char *environment, const char *name, struct vk_err *err)
{
	if (!vk_environment_is_valid(environment))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of an environment", environment);
	if (!vk_name_is_valid(name)) {
		vk_err_set(err, VK_EINPUT, "'%s' is no name of a secret", name);
		vk_err_hint(err, "lower-case letters, digits, and . _ - between them");
		return VK_EINPUT;
	}
	return VK_OK;
}

static enum vk_rc write_text(const char *directory, const char *environment, const char *path,
	const struct cfg_pins *pins, struct vk_err *err)
{
	char *parent = xasprintf("%s/secrets/%s", directory, environment);
	struct vk_buf text;
	enum vk_rc rc = vk_file_mkdirs(AT_FDCWD, parent, 0755, err);

	vk_buf_init(&text, PINS_MAX_BYTES);
	cfg_pins_format(pins, &text);
	if (rc == VK_OK)
		rc = vk_buf_check(&text, path, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	free(parent);
	return rc;
}

enum vk_rc secret_file_write(const char *directory, const char *environment, const char *name,
	const struct cfg_pins *pins, struct vk_err *err)
{
	char relative[CFG_PINS_PATH_BYTES];
	char *path;
	enum vk_rc rc;

	cfg_pins_path(environment, name, relative);
	path = xasprintf("%s/%s", directory, relative);
	if (pins != NULL)
		rc = write_text(directory, environment, path, pins, err);
	else
		rc = vk_file_remove(AT_FDCWD, path, err);
	free(path);
	return rc;
}
