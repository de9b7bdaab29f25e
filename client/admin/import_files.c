/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/import_files.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/args.h"
#include "common/config/conf.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

typedef enum vk_rc import_text(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err);

/* Old passwords stand in these files: what was read is wiped. */
static enum vk_rc read_file(
	struct cfg_import *import, const char *path, import_text *take, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK)
		rc = take(import, path, text.data, text.len, err);
	vk_buf_release_wiped(&text);
	return rc;
}

char *import_files_resolve(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');

	if (path[0] == '/' || slash == NULL)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - from), from, path);
}

enum vk_rc import_files_include(void *context, struct cfg_import *import, const char *from,
	const char *pattern, struct vk_err *err)
{
	char *full = import_files_resolve(from, pattern);
	enum vk_rc rc = VK_OK;
	glob_t found;
	int status;

	(void)context;
	if (strpbrk(pattern, "*?[") == NULL) {
		rc = read_file(import, full, cfg_import_conf, err);
		free(full);
		return rc;
	}
	status = glob(full, 0, NULL, &found);
	if (status == 0) {
		for (size_t i = 0; i < found.gl_pathc && rc == VK_OK; i++)
			rc = read_file(import, found.gl_pathv[i], cfg_import_conf, err);
		globfree(&found);
	} else if (status != GLOB_NOMATCH) {
		rc = vk_err_set(err, VK_EIO, "%s: cannot be searched", full);
	}
	free(full);
	return rc;
}

/* --acl, else what aclfile names, where it is on this machine. */
static enum vk_rc read_acl(struct cfg_import *import, const struct args *args, struct vk_err *err)
{
	const char *from, *path = cfg_import_acl_path(import, &from);
	char *full;
	enum vk_rc rc;

	if (args_has(args, "acl"))
		return read_file(import, args_get(args, "acl"), cfg_import_acl, err);
	if (path == NULL)
		return VK_OK;
	full = import_files_resolve(from, path);
	rc = read_file(import, full, cfg_import_acl, err);
	free(full);
	return rc == VK_ENOTFOUND ? VK_OK : rc; /* cfg_import_finish() says so */
}

enum vk_rc import_files_read(struct cfg_import *import, const struct args *args,
	const char *main_file, struct vk_err *err)
{
	size_t vars = args_option_count(args, "ansible-vars");
	enum vk_rc rc = VK_OK;

	if (vars + args_count(args) == 0 && main_file == NULL) {
		vk_err_set(err, VK_EINPUT, "FILE is missing");
		vk_err_hint(err, "a valkey.conf or redis.conf, or --ansible-vars FILE");
		return VK_EINPUT;
	}
	if (vars + args_count(args) == 0)
		rc = read_file(import, main_file, cfg_import_conf, err);
	for (size_t i = 0; rc == VK_OK && i < vars; i++)
		rc = read_file(
			import, args_option_at(args, "ansible-vars", i), cfg_import_vars, err);
	for (size_t i = 0; rc == VK_OK && i < args_count(args); i++)
		rc = read_file(import, args_at(args, i), cfg_import_conf, err);
	return rc == VK_OK ? read_acl(import, args, err) : rc;
}
