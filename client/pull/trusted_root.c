/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/trusted_root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/desired.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_fleet.h"
#include "common/tuf/tuf_meta.h"

#include "common/banned.h"

bool trusted_root_is_awaited(const char *state)
{
	char *path = xasprintf("%s/tuf/root.json", state);
	struct vk_err ignored = VK_ERR_INIT;
	struct desired desired;
	bool is_awaited = access(path, F_OK) != 0 &&
			  desired_read(state, &desired, &ignored) == VK_OK && !desired.is_lost &&
			  desired.timestamp_expires == 0 && desired.highest == 0;

	free(path);
	return is_awaited;
}

static enum vk_rc check(const struct pins *pins, const char *text, size_t len, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	enum vk_rc rc;

	vk_sha256_hex(text, len, digest);
	if (strcmp(digest, pins->root) != 0)
		return vk_err_set(err, VK_EUNTRUSTED,
			"this %lld.root.json is not the root that the token names",
			(long long)pins->root_version);
	rc = tuf_meta_parse(text, len, TUF_ROOT, &root, err);
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK && strcmp(fleet.fleet, pins->fleet) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "the root is of fleet '%.63s', not '%s'",
			fleet.fleet, pins->fleet);
	tuf_meta_free(root);
	return rc;
}

enum vk_rc trusted_root_pin(const char *state, const struct pins *pins, const char *text,
	size_t len, struct vk_err *err)
{
	char *directory = xasprintf("%s/tuf", state);
	struct tuf_store_dir *store = NULL;
	enum vk_rc rc = check(pins, text, len, err);

	/* What an attempt with another token left is not trusted. */
	if (rc == VK_OK)
		rc = vk_file_remove_tree(AT_FDCWD, directory, err);
	if (rc == VK_OK)
		rc = vk_file_mkdirs(AT_FDCWD, directory, 0700, err);
	if (rc == VK_OK)
		rc = tuf_store_dir_open(directory, &store, err);
	if (rc == VK_OK)
		rc = tuf_client_pin_root(tuf_store_dir_store(store), text, len, err);
	tuf_store_dir_free(store);
	free(directory);
	return rc;
}
