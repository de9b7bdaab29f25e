/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

struct state_dir {
	char *path;
	int fd;
	int lock_fd;
};

static const char *const private_files[] = {
	STATE_SERVER_KEY,
	STATE_CA_KEY,
	STATE_SNAPSHOT_KEY,
	STATE_TIMESTAMP_KEY,
	STATE_LOG_KEY,
};

static enum vk_rc check_private(int fd, const char *dir, const char *name, struct vk_err *err)
{
	const char *slash = *name == '\0' ? "" : "/";
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
		return vk_err_errno(err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno, "%s%s%s",
			dir, slash, name);
	if (st.st_uid != geteuid()) {
		vk_err_set(err, VK_EDENIED, "%s%s%s belongs to uid %u, not to uid %u", dir, slash,
			name, (unsigned)st.st_uid, (unsigned)geteuid());
		vk_err_hint(err, "run vkcfgd as the user that made the fleet (setting 'user')");
		return VK_EDENIED;
	}
	if ((st.st_mode & 077) != 0) {
		vk_err_set(err, VK_EDENIED, "%s%s%s may be used by others (mode %04o)", dir, slash,
			name, (unsigned)st.st_mode & 07777);
		vk_err_hint(err, "chmod go= %s%s%s, and ask who could read it", dir, slash, name);
		return VK_EDENIED;
	}
	return VK_OK;
}

static enum vk_rc check_keys(const struct state_dir *dir, struct vk_err *err)
{
	enum vk_rc rc = check_private(dir->fd, dir->path, STATE_ONLINE, err);
	/* Without the fleet's CA, certificates come from another PKI. */
	bool has_ca = faccessat(dir->fd, STATE_CA_CERTIFICATE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	for (size_t i = 0; rc == VK_OK && i < sizeof(private_files) / sizeof(private_files[0]); i++) {
		bool is_of_pki = strcmp(private_files[i], STATE_CA_KEY) == 0 ||
			strcmp(private_files[i], STATE_SERVER_KEY) == 0;

		if (is_of_pki && !has_ca &&
			faccessat(dir->fd, private_files[i], F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		rc = check_private(dir->fd, dir->path, private_files[i], err);
	}
	if (rc == VK_OK &&
		faccessat(dir->fd, STATE_LOG_KEY_BEFORE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = check_private(dir->fd, dir->path, STATE_LOG_KEY_BEFORE, err);
	if (rc == VK_OK && faccessat(dir->fd, STATE_NEXT_CA_KEY, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = check_private(dir->fd, dir->path, STATE_NEXT_CA_KEY, err);
	return rc;
}

static enum vk_rc open_and_lock(const char *path, struct state_dir **out, struct vk_err *err)
{
	struct state_dir *dir = xcalloc(1, sizeof(*dir));
	enum vk_rc rc;

	dir->path = xstrdup(path);
	dir->lock_fd = -1;
	dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		int reason = errno;

		rc = vk_err_errno(err, reason == ENOENT ? VK_ENOTFOUND : VK_EIO, reason,
			"state directory %s", path);
		if (reason == EACCES)
			vk_err_hint(err,
				"vkcfgd runs as uid %u: it has to own the directory, and to reach it",
				(unsigned)geteuid());
		goto out;
	}
	rc = check_private(dir->fd, path, "", err);
	if (rc == VK_OK)
		rc = vk_file_lock(dir->fd, STATE_LOCK, &dir->lock_fd, err);
	if (rc == VK_EUNAVAIL) {
		vk_err_set(err, rc, "another vkcfgd is running on %s", path);
		vk_err_hint(err, "stop it first; a state directory has one server");
	}
	if (rc != VK_OK)
		goto out;
	*out = dir;
	dir = NULL;
out:
	state_dir_close(dir);
	return rc;
}

enum vk_rc state_dir_open(const char *path, struct state_dir **out, struct vk_err *err)
{
	struct state_dir *dir = NULL;
	enum vk_rc rc = open_and_lock(path, &dir, err);

	if (rc == VK_OK)
		rc = check_keys(dir, err);
	if (rc == VK_ENOTFOUND)
		vk_err_hint(err,
			"there is no complete fleet; make one with: vkcfgd init --state %s --fleet "
			"NAME",
			path);
	if (rc != VK_OK) {
		state_dir_close(dir);
		return rc;
	}
	*out = dir;
	return VK_OK;
}

static enum vk_rc make_directories(const struct state_dir *dir, struct vk_err *err)
{
	struct stat st;

	if (fstatat(dir->fd, STATE_DATABASE, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
		fstatat(dir->fd, STATE_CA_CERTIFICATE, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		vk_err_set(err, VK_ECONFLICT, "%s holds a fleet already", dir->path);
		vk_err_hint(err, "choose another --state directory; a fleet is never overwritten");
		return VK_ECONFLICT;
	}
	if (mkdirat(dir->fd, STATE_ONLINE, 0700) != 0 && errno != EEXIST)
		return vk_err_errno(err, VK_EIO, errno, "cannot make %s/online", dir->path);
	return check_private(dir->fd, dir->path, STATE_ONLINE, err);
}

enum vk_rc state_dir_create(const char *path, struct state_dir **out, struct vk_err *err)
{
	struct state_dir *dir = NULL;
	enum vk_rc rc;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return vk_err_errno(err, VK_EIO, errno, "cannot make the state directory %s", path);
	rc = open_and_lock(path, &dir, err);
	if (rc == VK_OK)
		rc = make_directories(dir, err);
	if (rc != VK_OK) {
		state_dir_close(dir);
		return rc;
	}
	*out = dir;
	return VK_OK;
}

void state_dir_close(struct state_dir *dir)
{
	if (dir == NULL)
		return;
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir->path);
	free(dir);
}

int state_dir_fd(const struct state_dir *dir)
{
	return dir->fd;
}

char *state_dir_path(const struct state_dir *dir, const char *name)
{
	return xasprintf("%s/%s", dir->path, name);
}
