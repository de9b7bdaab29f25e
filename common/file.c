/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"

#include "common/banned.h"

enum { READ_CHUNK_BYTES = 65536, TREE_MAX_DEPTH = 16 };

static enum vk_rc check_opened(
	int fd, const char *path, enum vk_file_flags flags, struct vk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return vk_err_errno(err, VK_EIO, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return vk_err_set(err, VK_EINPUT, "%s: not a regular file", path);
	if ((flags & VK_FILE_PRIVATE) == 0)
		return VK_OK;
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		vk_err_set(err, VK_EDENIED, "%s: owner or mode is not private", path);
		vk_err_hint(err, "make it owned by uid %u with mode 0600", (unsigned)geteuid());
		return VK_EDENIED;
	}
	return VK_OK;
}

static enum vk_rc read_all(int fd, const char *path, struct vk_buf *out, struct vk_err *err)
{
	for (;;) {
		size_t room = out->max_bytes - out->len;
		char *into = NULL;
		char extra;
		ssize_t got;

		if (room > READ_CHUNK_BYTES)
			room = READ_CHUNK_BYTES;
		if (room > 0)
			into = vk_buf_reserve(out, room);
		got = into != NULL ? read(fd, into, room) : read(fd, &extra, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vk_err_errno(err, VK_EIO, errno, "cannot read %s", path);
		if (got == 0)
			return VK_OK;
		if (into == NULL)
			return vk_err_set(err, VK_ELIMIT, "%s is larger than %zu bytes", path,
				out->max_bytes);
		vk_buf_commit(out, (size_t)got);
	}
}

enum vk_rc vk_file_read(
	int dirfd, const char *path, enum vk_file_flags flags, struct vk_buf *out, struct vk_err *err)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not hang us. */
	int extra = (flags & VK_FILE_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | extra);
	enum vk_rc rc;

	if (fd < 0)
		return vk_err_errno(
			err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno, "cannot open %s", path);
	rc = check_opened(fd, path, flags, err);
	if (rc == VK_OK)
		rc = read_all(fd, path, out, err);
	close(fd);
	return rc;
}

static enum vk_rc write_all(
	int fd, const char *path, const void *data, size_t len, struct vk_err *err)
{
	const char *from = data;

	while (len > 0) {
		ssize_t put = write(fd, from, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return vk_err_errno(err, VK_EIO, errno, "cannot write %s", path);
		from += put;
		len -= (size_t)put;
	}
	return VK_OK;
}

/* Opens NEW exclusively, writes, sets the mode, fsyncs; removes it again on failure. */
static enum vk_rc write_new(int dirfd, const char *path, mode_t mode, const void *data, size_t len,
	struct vk_err *err)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum vk_rc rc;

	if (fd < 0)
		return vk_err_errno(
			err, errno == EEXIST ? VK_ECONFLICT : VK_EIO, errno, "cannot create %s", path);
	rc = write_all(fd, path, data, len, err);
	if (rc == VK_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		rc = vk_err_errno(err, VK_EIO, errno, "cannot write %s", path);
	if (close(fd) != 0 && rc == VK_OK)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot write %s", path);
	if (rc != VK_OK)
		unlinkat(dirfd, path, 0);
	return rc;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static enum vk_rc sync_parent(int dirfd, const char *path, struct vk_err *err)
{
	char *parent = parent_of(path);
	enum vk_rc rc = vk_file_sync_dir(dirfd, parent, err);

	free(parent);
	return rc;
}

enum vk_rc vk_file_create(int dirfd, const char *path, mode_t mode, const void *data, size_t len,
	struct vk_err *err)
{
	enum vk_rc rc = write_new(dirfd, path, mode, data, len, err);

	return rc == VK_OK ? sync_parent(dirfd, path, err) : rc;
}

enum vk_rc vk_file_replace(int dirfd, const char *path, mode_t mode, const void *data, size_t len,
	struct vk_err *err)
{
	/* One writer at a time by contract: a left-over from a crash is simply removed. */
	char *temp = xasprintf("%s.new~", path);
	enum vk_rc rc;

	unlinkat(dirfd, temp, 0);
	rc = write_new(dirfd, temp, mode, data, len, err);
	if (rc == VK_OK && renameat(dirfd, temp, dirfd, path) != 0) {
		rc = vk_err_errno(err, VK_EIO, errno, "cannot replace %s", path);
		unlinkat(dirfd, temp, 0);
	}
	if (rc == VK_OK)
		rc = sync_parent(dirfd, path, err);
	free(temp);
	return rc;
}

enum vk_rc vk_file_remove(int dirfd, const char *path, struct vk_err *err)
{
	if (unlinkat(dirfd, path, 0) != 0 && errno != ENOENT)
		return vk_err_errno(err, VK_EIO, errno, "cannot remove %s", path);
	return VK_OK;
}

enum vk_rc vk_file_mkdirs(int dirfd, const char *path, mode_t mode, struct vk_err *err)
{
	char *part = xstrdup(path);
	enum vk_rc rc = VK_OK;

	for (char *at = part + 1; rc == VK_OK && *part != '\0'; at++) {
		bool is_end = *at == '\0';

		if (*at != '/' && !is_end)
			continue;
		*at = '\0';
		if (mkdirat(dirfd, part, mode) != 0 && errno != EEXIST)
			rc = vk_err_errno(err, VK_EIO, errno, "cannot make directory %s", part);
		if (is_end)
			break;
		*at = '/';
	}
	free(part);
	return rc;
}

enum vk_rc vk_file_sync_dir(int dirfd, const char *path, struct vk_err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum vk_rc rc = VK_OK;

	if (fd < 0 || fsync(fd) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot sync directory %s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

static enum vk_rc remove_entries(int dirfd, const char *path, unsigned depth, struct vk_err *err);

static enum vk_rc remove_entry(int fd, const char *name, unsigned depth, struct vk_err *err)
{
	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return VK_OK;
	if (errno != EISDIR && errno != EPERM)
		return vk_err_errno(err, VK_EIO, errno, "cannot remove %s", name);
	return remove_entries(fd, name, depth + 1, err);
}

static enum vk_rc remove_entries(int dirfd, const char *path, unsigned depth, struct vk_err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum vk_rc rc = VK_OK;
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return errno == ENOENT ? VK_OK : vk_err_errno(err, VK_EIO, errno, "cannot open %s", path);
	dir = fdopendir(fd);
	if (dir == NULL || depth > TREE_MAX_DEPTH) {
		rc = vk_err_set(err, VK_EIO, "cannot remove directory %s", path);
		goto out;
	}
	while (rc == VK_OK && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = remove_entry(fd, entry->d_name, depth, err);
	}
	if (rc == VK_OK && unlinkat(dirfd, path, AT_REMOVEDIR) != 0 && errno != ENOENT)
		rc = vk_err_errno(err, VK_EIO, errno, "cannot remove directory %s", path);
out:
	if (dir != NULL)
		closedir(dir);
	else
		close(fd);
	return rc;
}

enum vk_rc vk_file_remove_tree(int dirfd, const char *path, struct vk_err *err)
{
	return remove_entries(dirfd, path, 0, err);
}

enum vk_rc vk_file_lock(int dirfd, const char *path, int *lock_fd, struct vk_err *err)
{
	int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot open lock file %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int reason = errno;

		close(fd);
		if (reason == EWOULDBLOCK)
			return vk_err_set(err, VK_EUNAVAIL, "another process holds %s", path);
		return vk_err_errno(err, VK_EIO, reason, "cannot lock %s", path);
	}
	*lock_fd = fd;
	return VK_OK;
}
