/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/power_cut.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/banned.h"

enum { MAX_OPS = 4096, PATH_BYTES = 512 };

enum op_kind { OP_DATA, OP_CREATE, OP_RENAME, OP_UNLINK, OP_RMDIR, OP_MKDIR };

struct op {
	enum op_kind kind;
	ino_t file;    /* DATA: whose fsync makes it durable */
	ino_t dirs[2]; /* the directories whose fsync does; the second one of a rename, or 0 */
	off_t size;    /* DATA: before */
	bool has_kept; /* what the name was before stands in the store */
	char name[PATH_BYTES];
	char from[PATH_BYTES]; /* RENAME */
};

static struct {
	bool is_on, is_deaf;
	size_t count;
	char root[PATH_BYTES], store[PATH_BYTES];
	struct op ops[MAX_OPS];
} * log_;

static bool is_recorded(const char *path)
{
	size_t len;

	if (log_ == NULL || !log_->is_on)
		return false;
	len = strlen(log_->root);
	return strncmp(path, log_->root, len) == 0 && path[len] == '/';
}

static void full_path(int dirfd, const char *path, char out[PATH_BYTES])
{
	char link[64], dir[PATH_BYTES / 2] = "";

	if (path[0] == '/') {
		snprintf(out, PATH_BYTES, "%s", path);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	if (dirfd != AT_FDCWD && readlink(link, dir, sizeof(dir) - 1) < 0)
		dir[0] = '\0';
	snprintf(out, PATH_BYTES, "%s/%.250s", dir, path);
}

static ino_t directory_of(const char *path)
{
	char dir[PATH_BYTES];
	char *slash;
	struct stat st;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return 0;
	*slash = '\0';
	return stat(dir, &st) == 0 ? st.st_ino : 0;
}

static struct op *add(enum op_kind kind, const char *name)
{
	struct op *op;

	if (log_->count >= MAX_OPS)
		abort();
	op = &log_->ops[log_->count++];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	snprintf(op->name, sizeof(op->name), "%s", name);
	if (kind != OP_DATA)
		op->dirs[0] = directory_of(name);
	return op;
}

static void kept_path(const struct op *op, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, "%.400s/%zu", log_->store, (size_t)(op - log_->ops));
}

/* A file or a link keeps its inode there; a directory cannot. */
static void keep(struct op *op, const char *name)
{
	char path[PATH_BYTES];

	kept_path(op, path);
	op->has_kept = linkat(AT_FDCWD, name, AT_FDCWD, path, 0) == 0;
}

static void forget_last(void)
{
	log_->count--;
}

/* These take the place of libc's in this program. */
ssize_t write(int fd, const void *data, size_t len)
{
	char link[64], path[PATH_BYTES] = "";
	struct stat st;

	if (log_ != NULL && log_->is_on && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, path, sizeof(path) - 1) > 0 && is_recorded(path)) {
			struct op *op;

			if (st.st_size == 0)
				add(OP_CREATE, path);
			op = add(OP_DATA, path);
			op->file = st.st_ino;
			op->size = st.st_size;
		}
	}
	return syscall(SYS_write, fd, data, len);
}

int fsync(int fd)
{
	struct stat st;

	if (log_ != NULL && log_->is_on && !log_->is_deaf && fstat(fd, &st) == 0) {
		for (size_t i = 0; i < log_->count; i++) {
			struct op *op = &log_->ops[i];

			if (op->file == st.st_ino)
				op->file = 0;
			if (op->dirs[0] == st.st_ino)
				op->dirs[0] = 0;
			if (op->dirs[1] == st.st_ino)
				op->dirs[1] = 0;
		}
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	struct op *op = NULL;
	int status;

	full_path(old_dir, old_name, from);
	full_path(new_dir, new_name, to);
	if (is_recorded(to)) {
		op = add(OP_RENAME, to);
		memcpy(op->from, from, sizeof(from));
		op->dirs[1] = directory_of(from) == op->dirs[0] ? 0 : directory_of(from);
		keep(op, to);
	}
	status = (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, 0);
	if (status != 0 && op != NULL)
		forget_last();
	return status;
}

int rename(const char *old_name, const char *new_name)
{
	return renameat(AT_FDCWD, old_name, AT_FDCWD, new_name);
}

int unlinkat(int dirfd, const char *name, int flags)
{
	char path[PATH_BYTES];
	struct op *op = NULL;
	int status;

	full_path(dirfd, name, path);
	if (is_recorded(path)) {
		op = add((flags & AT_REMOVEDIR) != 0 ? OP_RMDIR : OP_UNLINK, path);
		keep(op, path);
	}
	status = (int)syscall(SYS_unlinkat, dirfd, name, flags);
	if (status != 0 && op != NULL)
		forget_last();
	return status;
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int symlink(const char *target, const char *name)
{
	int status = (int)syscall(SYS_symlinkat, target, AT_FDCWD, name);

	if (status == 0 && is_recorded(name))
		add(OP_CREATE, name);
	return status;
}

int mkdirat(int dirfd, const char *name, mode_t mode)
{
	char path[PATH_BYTES];
	int status = (int)syscall(SYS_mkdirat, dirfd, name, mode);

	full_path(dirfd, name, path);
	if (status == 0 && is_recorded(path))
		add(OP_MKDIR, path);
	return status;
}

int mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

void power_record(const char *root, const char *store)
{
	if (log_ == NULL) {
		log_ = mmap(NULL, sizeof(*log_), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
		if (log_ == MAP_FAILED)
			abort();
	}
	snprintf(log_->root, sizeof(log_->root), "%s", root);
	snprintf(log_->store, sizeof(log_->store), "%s", store);
	if (mkdir(store, 0700) != 0 && errno != EEXIST)
		abort();
	log_->count = 0;
	log_->is_on = true;
}

void power_ignore_fsync(bool is_ignored)
{
	log_->is_deaf = is_ignored;
}

static bool is_durable(const struct op *op)
{
	return op->file == 0 && op->dirs[0] == 0 && op->dirs[1] == 0;
}

static void give_back(const struct op *op)
{
	char path[PATH_BYTES];

	kept_path(op, path);
	if (op->has_kept && linkat(AT_FDCWD, path, AT_FDCWD, op->name, 0) != 0 && errno != EEXIST)
		abort();
}

/* Names that a later durable operation has taken away are not there any more: no error. */
static void take_back(const struct op *op)
{
	switch (op->kind) {
	case OP_DATA:
		if (truncate(op->name, op->size) != 0 && errno != ENOENT)
			abort();
		break;
	case OP_CREATE:
		(void)unlink(op->name);
		break;
	case OP_RENAME:
		(void)rename(op->name, op->from);
		give_back(op);
		break;
	case OP_UNLINK:
		give_back(op);
		break;
	case OP_RMDIR:
		(void)mkdir(op->name, 0700);
		break;
	case OP_MKDIR:
		(void)syscall(SYS_unlinkat, AT_FDCWD, op->name, AT_REMOVEDIR);
		break;
	}
}

/* What was written before a rename that stays is found under the new name. */
static void follow(const struct op *rename_op, struct op *before)
{
	size_t len = strlen(rename_op->from);
	char name[PATH_BYTES];

	if (strncmp(before->name, rename_op->from, len) != 0 ||
		(before->name[len] != '\0' && before->name[len] != '/'))
		return;
	snprintf(name, sizeof(name), "%.255s%.255s", rename_op->name, before->name + len);
	memcpy(before->name, name, sizeof(name));
}

size_t power_cut(void)
{
	size_t taken = 0;

	log_->is_on = false;
	for (size_t i = log_->count; i-- > 0;) {
		if (is_durable(&log_->ops[i])) {
			for (size_t j = 0; log_->ops[i].kind == OP_RENAME && j < i; j++)
				follow(&log_->ops[i], &log_->ops[j]);
			continue;
		}
		take_back(&log_->ops[i]);
		taken++;
	}
	log_->count = 0;
	return taken;
}
