/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/roots.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/admin/home.h"
#include "client/admin/session.h"
#include "common/file.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { NAME_MAX_BYTES = 40 };

static void file_name(int64_t version, char out[NAME_MAX_BYTES])
{
	snprintf(out, NAME_MAX_BYTES, "roots/%" PRId64 ".json", version);
}

enum vk_rc roots_keep(const char *home, const char *text, size_t len, struct vk_err *err)
{
	char name[NAME_MAX_BYTES];
	struct tuf_meta *root = NULL;
	enum vk_rc rc = tuf_meta_parse(text, len, TUF_ROOT, &root, err);

	if (rc == VK_OK)
		rc = home_prepare(home, "roots", err);
	if (rc == VK_OK) {
		file_name(tuf_meta_version(root), name);
		rc = home_write(home, name, text, len, err);
	}
	tuf_meta_free(root);
	return rc;
}

enum vk_rc roots_read(const char *home, int64_t version, struct vk_buf *out, struct vk_err *err)
{
	char name[NAME_MAX_BYTES];
	char *path;
	enum vk_rc rc;

	file_name(version, name);
	path = home_path(home, name);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, out, err);
	free(path);
	return rc;
}

/* *out is NULL for one that is missing or not wanted. */
static enum vk_rc look_at(const char *home, int64_t version,
	bool (*wants)(const void *ctx, const struct tuf_fleet *fleet), const void *ctx,
	struct tuf_meta **out, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = roots_read(home, version, &text, err);
	if (rc == VK_OK)
		rc = tuf_meta_parse(text.data, text.len, TUF_ROOT, &root, err);
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK && wants(ctx, &fleet)) {
		*out = root;
		root = NULL;
	}
	tuf_meta_free(root);
	vk_buf_release(&text);
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

enum vk_rc roots_find(const char *home, int64_t newest,
	bool (*wants)(const void *ctx, const struct tuf_fleet *fleet), const void *ctx,
	struct tuf_meta **out, struct vk_err *err)
{
	int64_t oldest = newest > ROOTS_MAX ? newest - ROOTS_MAX : 0;
	enum vk_rc rc = VK_OK;

	*out = NULL;
	for (int64_t v = newest; rc == VK_OK && *out == NULL && v > oldest; v--)
		rc = look_at(home, v, wants, ctx, out, err);
	return rc;
}

/* Whether the server has a file of TUF's. */
static enum vk_rc is_served(struct session *session, int64_t version, bool *out, struct vk_err *err)
{
	char target[NAME_MAX_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	snprintf(target, sizeof(target), "/tuf/%" PRId64 ".root.json", version);
	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = session_get_bytes(session, target, &text, err);
	vk_buf_release(&text);
	*out = rc == VK_OK;
	return rc == VK_ENOTFOUND ? VK_OK : rc;
}

static enum vk_rc add_root(
	const char *home, int64_t version, struct vkjson *files, struct vk_err *err)
{
	char name[NAME_MAX_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	snprintf(name, sizeof(name), "%" PRId64 ".root.json", version);
	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = roots_read(home, version, &text, err);
	if (rc == VK_ENOTFOUND)
		vk_err_hint(err,
			"the server has lost root %" PRId64
			", and you have not kept it: who has roots/%" PRId64 ".json?",
			version, version);
	if (rc == VK_OK)
		vkjson_set(files, name, vkjson_stringn(text.data, text.len));
	vk_buf_release(&text);
	return rc;
}

enum vk_rc roots_add_missing(
	struct session *session, int64_t newest, struct vkjson *files, struct vk_err *err)
{
	int64_t first = newest + 1;
	bool is_there = false;
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && !is_there && first > 1) {
		rc = is_served(session, first - 1, &is_there, err);
		if (rc == VK_OK && !is_there)
			first--;
	}
	for (int64_t v = first; rc == VK_OK && v <= newest; v++)
		rc = add_root(session_home(session), v, files, err);
	return rc;
}
