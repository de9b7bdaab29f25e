/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/wipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/file.h"

#include "common/banned.h"

enum { WIPE_MAX_DEPTH = 8, WIPE_MAX_BYTES = 64 * 1024 * 1024, BLOCK_BYTES = 4096 };

static bool overwrite(int fd, off_t size)
{
	static const char zeros[BLOCK_BYTES];

	if (size > WIPE_MAX_BYTES)
		size = WIPE_MAX_BYTES;
	while (size > 0) {
		ssize_t put = write(fd, zeros, size < BLOCK_BYTES ? (size_t)size : BLOCK_BYTES);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		size -= put;
	}
	return fsync(fd) == 0;
}

static void wipe_file(int dirfd, const char *name)
{
	struct stat st;
	int fd;

	/* Keys are read-only files, also for their owner. */
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		st.st_uid != geteuid() ||
		((st.st_mode & S_IWUSR) == 0 && fchmodat(dirfd, name, 0600, 0) != 0))
		return;
	fd = openat(dirfd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Not in other places that a hard link gave it: they are not ours. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)!overwrite(fd, st.st_size);
	close(fd);
}

static void wipe_directory(int parent, const char *name, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			wipe_file(fd, entry->d_name);
		else if (S_ISDIR(st.st_mode) && depth < WIPE_MAX_DEPTH)
			wipe_directory(fd, entry->d_name, depth + 1);
	}
	if (dir != NULL)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

enum vk_rc wipe_tree(const char *path, struct vk_err *err)
{
	wipe_directory(AT_FDCWD, path, 0);
	fault_point("pull.wiped");
	return vk_file_remove_tree(AT_FDCWD, path, err);
}
