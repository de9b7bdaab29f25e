/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/tuf/tuf_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/tuf/tuf_path.h"

#include "common/banned.h"

enum { FILE_NAME_MAX_BYTES = 200 };

struct tuf_store_dir {
	int fd;
	struct tuf_store store;
};

/* Initialises name, which the caller releases. */
static enum vk_rc file_name(const char *role, struct vk_buf *name, struct vk_err *err)
{
	vk_buf_init(name, FILE_NAME_MAX_BYTES);
	tuf_path_encode_role(role, name);
	vk_buf_adds(name, ".json");
	return vk_buf_check(name, "the name of a role", err);
}

static enum vk_rc load(void *ctx, const char *role, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_store_dir *dir = ctx;
	struct vk_buf name;
	enum vk_rc rc = file_name(role, &name, err);

	if (rc == VK_OK)
		rc = vk_file_read(dir->fd, name.data, VK_FILE_NOFOLLOW, out, err);
	vk_buf_release(&name);
	return rc;
}

static enum vk_rc save(
	void *ctx, const char *role, const void *data, size_t len, struct vk_err *err)
{
	const struct tuf_store_dir *dir = ctx;
	struct vk_buf name;
	enum vk_rc rc = file_name(role, &name, err);

	if (rc == VK_OK)
		rc = vk_file_replace(dir->fd, name.data, 0644, data, len, err);
	vk_buf_release(&name);
	return rc;
}

static enum vk_rc remove_role(void *ctx, const char *role, struct vk_err *err)
{
	const struct tuf_store_dir *dir = ctx;
	struct vk_buf name;
	enum vk_rc rc = file_name(role, &name, err);

	if (rc == VK_OK)
		rc = vk_file_remove(dir->fd, name.data, err);
	vk_buf_release(&name);
	return rc;
}

enum vk_rc tuf_store_dir_open(const char *path, struct tuf_store_dir **out, struct vk_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tuf_store_dir *dir;

	if (fd < 0)
		return vk_err_errno(err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno,
			"cannot open %s", path);
	dir = xcalloc(1, sizeof(*dir));
	dir->fd = fd;
	dir->store =
		(struct tuf_store){.load = load, .save = save, .remove = remove_role, .ctx = dir};
	*out = dir;
	return VK_OK;
}

void tuf_store_dir_free(struct tuf_store_dir *dir)
{
	if (dir == NULL)
		return;
	close(dir->fd);
	free(dir);
}

const struct tuf_store *tuf_store_dir_store(const struct tuf_store_dir *dir)
{
	return &dir->store;
}
