/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/host_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/tree_edit.h"
#include "common/buf.h"
#include "common/config/fleet.h"
#include "common/config/tree.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

enum {
	HOST_FILE_MAX_BYTES = 4096,
	LINE_MAX_BYTES = 256,
	PATH_MAX_BYTES = 64,
	KEY_FILES_MAX = 1000,
};

#define KEY_PREFIX "ed25519:"

enum vk_rc host_file_create(const struct host_file *host, char **path, struct vk_err *err)
{
	char *hosts = xasprintf("%s/hosts", host->directory);
	struct vk_buf text;
	enum vk_rc rc = vk_file_mkdirs(AT_FDCWD, hosts, 0755, err);

	*path = xasprintf("%s/%s.yaml", hosts, host->name);
	vk_buf_init(&text, HOST_FILE_MAX_BYTES);
	vk_buf_addf(&text,
		"hosts:\n  \"%s\":\n    environment: \"%s\"\n    public-key: \"%s\"\n"
		"    instances:\n      \"%s\":\n        role: \"%s\"\n",
		host->name, host->environment, host->public_key, host->instance, host->role);
	if (rc == VK_OK)
		rc = vk_buf_check(&text, "the host's file", err);
	if (rc == VK_OK)
		rc = vk_file_create(AT_FDCWD, *path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	free(hosts);
	return rc;
}

/* The first file of keys with room for a line, or that is not there yet. */
static const struct cfg_tree_file *find_key_file(
	const struct cfg_tree *tree, char path[PATH_MAX_BYTES])
{
	snprintf(path, PATH_MAX_BYTES, "hosts/public-keys.yaml");
	for (unsigned i = 2; i <= KEY_FILES_MAX; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_find(tree, path);

		if (file == NULL || file->len + LINE_MAX_BYTES <= CFG_TREE_MAX_FILE_BYTES)
			return file;
		snprintf(path, PATH_MAX_BYTES, "hosts/public-keys-%u.yaml", i);
	}
	return NULL; /* a tree has no room for so many */
}

/* Whether the tree with the new text says what it should. */
static enum vk_rc check_text(const struct host_file *host, const struct cfg_tree *tree,
	const char *path, const struct vk_buf *text, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL;
	struct cfg_tree *changed = NULL;
	struct cfg_host_info info;
	enum vk_rc rc = tree_edit_replace(tree, path, text, &changed, err);

	if (rc == VK_OK)
		rc = cfg_fleet_parse(changed, NULL, &fleet, err);
	if (rc == VK_OK &&
		(!cfg_fleet_host_find(fleet, host->name, &info) ||
			strcmp(info.public_key, host->public_key + strlen(KEY_PREFIX)) != 0))
		rc = vk_err_set(err, VK_ECONFLICT, "its last lines are no keys of hosts");
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s: cannot add a line", path);
		vk_err_hint(err, "write it there: public-keys: {%s: \"%s\"}", host->name,
			host->public_key);
		rc = err->rc = VK_ECONFLICT;
	}
	cfg_fleet_free(fleet);
	cfg_tree_free(changed);
	return rc;
}

enum vk_rc host_file_add_key(
	const struct host_file *host, const struct cfg_tree *tree, char **path, struct vk_err *err)
{
	char name[PATH_MAX_BYTES];
	const struct cfg_tree_file *file = find_key_file(tree, name);
	struct vk_buf text;
	enum vk_rc rc;

	*path = xasprintf("%s/%s", host->directory, name);
	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	if (file == NULL)
		vk_buf_adds(&text, "public-keys:\n");
	else
		vk_buf_add(&text, file->text, file->len);
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		vk_buf_addc(&text, '\n');
	vk_buf_addf(&text, "  \"%s\": \"%s\"\n", host->name, host->public_key);
	rc = vk_buf_check(&text, name, err);
	if (rc == VK_OK)
		rc = check_text(host, tree, name, &text, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, *path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}
