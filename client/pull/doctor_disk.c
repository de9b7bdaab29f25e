/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/doctor_disk.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "common/banned.h"

/* A generation takes at most about a MiB; five are kept, and a sixth is staged. */
enum {
	LITTLE_BYTES = 64 * 1024 * 1024,
	TOO_LITTLE_BYTES = 4 * 1024 * 1024,
	LITTLE_INODES = 1000,
	TOO_LITTLE_INODES = 100,
};

static void judge(struct checkup *checkup, const char *path, unsigned long long bytes,
	unsigned long long inodes, bool has_inodes)
{
	if (bytes < TOO_LITTLE_BYTES || (has_inodes && inodes < TOO_LITTLE_INODES))
		checkup_add(checkup, CHECKUP_PROBLEM, "disk",
			"make room: a release that cannot be written whole is not installed",
			"%s: %llu kB and %llu inodes are free", path, bytes / 1024, inodes);
	else if (bytes < LITTLE_BYTES || (has_inodes && inodes < LITTLE_INODES))
		checkup_add(checkup, CHECKUP_WARNING, "disk", "make room before it is full",
			"%s: %llu kB and %llu inodes are free", path, bytes / 1024, inodes);
	else
		checkup_add(checkup, CHECKUP_OK, "disk", NULL, "%s: %llu MB are free", path,
			bytes / 1024 / 1024);
}

void doctor_look_at_disk(const char *path, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	struct statvfs fs;

	if (statvfs(path, &fs) != 0) {
		vk_err_errno(&err, VK_EIO, errno, "%s", path);
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "disk",
			"the agent must be able to reach it", &err);
		return;
	}
	if ((fs.f_flag & ST_RDONLY) != 0) {
		checkup_add(checkup, CHECKUP_PROBLEM, "disk",
			"mount it for writing; the kernel does this by itself after disk errors "
			"(dmesg)",
			"%s is on a read-only file system", path);
		return;
	}
	/* Some file systems (btrfs) do not count inodes and say 0 of 0. */
	judge(checkup, path, (unsigned long long)fs.f_bavail * fs.f_frsize, fs.f_favail,
		fs.f_files != 0);
}
