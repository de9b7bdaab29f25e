/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/render_filled.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/clear_secrets.h"
#include "client/admin/cli.h"
#include "common/bundle.h"
#include "common/config/render.h"
#include "common/config/topology.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum { TEXT_MAX_BYTES = 8 * 1024 * 1024 };

static enum vk_rc write_filled(const struct cli *cli, const struct clear_secrets *secrets,
	const char *directory, const struct vk_bundle_file *file, struct vk_err *err)
{
	char *full = xasprintf("%s/%s", directory, file->path);
	char *slash = strrchr(full, '/');
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	*slash = '\0';
	rc = vk_file_mkdirs(AT_FDCWD, full, 0750, err);
	*slash = '/';
	if (rc == VK_OK)
		rc = clear_secrets_fill(secrets, directory, file, &text, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, full, file->mode, text.data, text.len, err);
	if (rc == VK_OK)
		cli_say(cli, "%s\n", full);
	vk_buf_release_wiped(&text);
	free(full);
	return rc;
}

/* What the agent keeps beside the files of a release. */
static enum vk_rc write_surroundings(
	const struct vk_bundle *bundle, const char *directory, struct vk_err *err)
{
	char *data = xasprintf("%s/data", directory);
	char *runtime = xasprintf("%s/runtime.conf", directory);
	enum vk_rc rc = vk_file_mkdirs(AT_FDCWD, data, 0750, err);
	struct vk_buf topology;

	vk_buf_init(&topology, TEXT_MAX_BYTES);
	if (rc == VK_OK)
		rc = cfg_first_topology(bundle, &topology, err);
	if (rc == VK_OK && bundle->kind == VK_KIND_VALKEY)
		rc = vk_file_create(AT_FDCWD, runtime, 0640, topology.data, topology.len, err);
	if (rc == VK_ECONFLICT)
		rc = VK_OK; /* topology that somebody wrote there stays */
	vk_buf_release(&topology);
	free(runtime);
	free(data);
	return rc;
}

static enum vk_rc write_bundle(const struct cli *cli, const struct clear_secrets *secrets,
	const struct cfg_rendered_bundle *rendered, const char *directory, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	char *absolute = NULL;
	enum vk_rc rc = vk_bundle_parse(rendered->text, rendered->len, &bundle, err);

	if (rc == VK_OK)
		rc = vk_file_mkdirs(AT_FDCWD, directory, 0750, err);
	if (rc == VK_OK && (absolute = realpath(directory, NULL)) == NULL)
		rc = vk_err_set(err, VK_EIO, "%s: no directory", directory);
	if (rc == VK_OK)
		rc = write_surroundings(bundle, absolute, err);
	for (size_t i = 0; rc == VK_OK && i < bundle->file_count; i++)
		rc = write_filled(cli, secrets, absolute, &bundle->files[i], err);
	free(absolute);
	vk_bundle_free(bundle);
	return rc;
}

enum vk_rc render_filled(const struct cli *cli, const struct cfg_tree *tree,
	const char *environment, const char *id, const char *secrets_path, const char *directory,
	struct vk_err *err)
{
	const struct cfg_rendered_bundle *bundle;
	struct clear_secrets *secrets = NULL;
	struct cfg_rendered *rendered = NULL;
	struct cfg_tree *pinned = NULL;
	enum vk_rc rc;

	if (directory == NULL) {
		vk_err_set(err, VK_EINPUT, "--secrets fills in passwords, which are never printed");
		vk_err_hint(err, "say with --out DIR where the files go");
		return VK_EINPUT;
	}
	rc = clear_secrets_read(secrets_path, &secrets, err);
	if (rc != VK_OK)
		return rc;
	rc = clear_secrets_pin(tree, environment, &pinned, err);
	if (rc == VK_OK)
		rc = cfg_render(pinned, environment, NULL, &rendered, err);
	if (rc == VK_OK && (bundle = cfg_rendered_find(rendered, id, NULL)) == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "the tree has no instance '%s'", id);
	else if (rc == VK_OK)
		rc = write_bundle(cli, secrets, bundle, directory, err);
	cfg_rendered_free(rendered);
	cfg_tree_free(pinned);
	clear_secrets_free(secrets);
	return rc;
}
