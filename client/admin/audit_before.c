/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_before.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/home.h"
#include "client/admin/roots.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

void audit_before_init(struct audit_before *before)
{
	memset(before, 0, sizeof(*before));
	vk_buf_init(&before->note, NOTE_MAX_BYTES);
}

void audit_before_release(struct audit_before *before)
{
	vk_buf_release(&before->note);
}

static enum vk_rc read_origin(struct audit_before *before, struct vk_err *err)
{
	const char *newline = memchr(before->note.data, '\n', before->note.len);
	size_t len = newline != NULL ? (size_t)(newline - before->note.data) : 0;

	if (len == 0 || len > NOTE_NAME_MAX_BYTES)
		return vk_err_set(err, VK_EINPUT, "it is no checkpoint");
	memcpy(before->origin, before->note.data, len);
	before->origin[len] = '\0';
	return VK_OK;
}

static enum vk_rc verify(
	struct audit_before *before, const struct tuf_fleet *fleet, struct vk_err *err)
{
	return note_verify_checkpoint(before->note.data, before->note.len, fleet->log_name,
		fleet->log_public, &before->checkpoint, err);
}

/* A root by whose log key the note is signed. */
static bool has_signed(const void *ctx, const struct tuf_fleet *fleet)
{
	const struct audit_before *before = ctx;
	struct note_checkpoint ignored;
	struct vk_err err = VK_ERR_INIT;

	return note_verify_checkpoint(before->note.data, before->note.len, fleet->log_name,
		       fleet->log_public, &ignored, &err) == VK_OK;
}

static enum vk_rc verify_with_older(
	struct audit_before *before, const char *home, int64_t newest_root, struct vk_err *err)
{
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	enum vk_rc rc = roots_find(home, newest_root, has_signed, before, &root, err);

	if (rc == VK_OK && root == NULL) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"no root that you have verified names the key that signed it");
		vk_err_hint(err, "where does it come from? Without it, all is believed that is "
				 "signed now");
	}
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK)
		rc = verify(before, &fleet, err);
	tuf_meta_free(root);
	return rc;
}

enum vk_rc audit_before_load(struct audit_before *before, const char *home,
	const struct tuf_fleet *fleet, int64_t newest_root, struct vk_err *err)
{
	char *path = home_path(home, "checkpoint");
	struct vk_err older = VK_ERR_INIT;
	enum vk_rc rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &before->note, err);

	if (rc == VK_ENOTFOUND) {
		free(path);
		return VK_OK;
	}
	if (rc == VK_OK)
		rc = read_origin(before, err);
	if (rc == VK_OK && verify(before, fleet, &older) != VK_OK)
		rc = verify_with_older(before, home, newest_root, err);
	if (rc == VK_OK)
		before->is_there = true;
	else
		rc = vk_err_prefix(err, rc, "%s", path);
	free(path);
	return rc;
}

void audit_before_mark(const struct audit_before *before, const struct tuf_fleet *fleet,
	struct audit_leaves *leaves)
{
	if (before->is_there)
		audit_leaves_mark(leaves, before->checkpoint.size);
	audit_leaves_mark(leaves, fleet->log_start.size);
}

uint64_t audit_before_first(const struct audit_before *before, const struct tuf_fleet *fleet)
{
	uint64_t first = before->is_there ? before->checkpoint.size : UINT64_MAX;

	if (before->is_there && strcmp(before->origin, fleet->log_name) != 0 &&
		fleet->log_start.size < first)
		first = fleet->log_start.size;
	return first;
}

enum vk_rc audit_before_check(struct audit_before *before, const struct tuf_fleet *fleet,
	const struct audit_leaves *leaves, const struct note_checkpoint *now, struct vk_err *err)
{
	struct note_checkpoint start = {.size = fleet->log_start.size};
	struct vk_err lost = VK_ERR_INIT;
	enum vk_rc rc;

	if (!before->is_there || strcmp(before->origin, fleet->log_name) == 0)
		return audit_leaves_check(
			leaves, now, before->is_there ? &before->checkpoint : NULL, err);
	memcpy(start.root, fleet->log_start.root, sizeof(start.root));
	rc = audit_leaves_check(leaves, now, &start, err);
	if (rc == VK_OK)
		before->is_lost =
			audit_leaves_check(leaves, now, &before->checkpoint, &lost) != VK_OK;
	return rc;
}

enum vk_rc audit_before_put_aside(
	const struct audit_before *before, const char *home, struct vk_err *err)
{
	char *name;
	enum vk_rc rc;

	if (!before->is_lost)
		return VK_OK;
	name = xasprintf("checkpoint.%s", before->origin);
	for (char *c = name; *c != '\0'; c++) {
		if (*c == '/')
			*c = '-';
	}
	rc = home_write(home, name, before->note.data, before->note.len, err);
	free(name);
	return rc;
}
