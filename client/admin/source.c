/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/admin/args.h"
#include "common/buf.h"
#include "common/config/tree.h"

#include "common/banned.h"

enum { GIT_OUTPUT_MAX_BYTES = 4096 };

const char *source_directory(const struct args *args)
{
	const char *directory = args_get(args, "tree");

	return directory != NULL ? directory : ".";
}

enum vk_rc source_load(const struct args *args, struct cfg_tree **out, struct vk_err *err)
{
	enum vk_rc rc = cfg_tree_load_dir(source_directory(args), out, err);

	if (rc == VK_ENOTFOUND && !args_has(args, "tree"))
		vk_err_hint(err, "go to the directory of your tree, or give --tree DIR");
	return rc;
}

/* The child: standard output to the pipe, everything else to nowhere. */
static void exec_git(int output, char *const *argv)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execvp("git", argv);
	_exit(127);
}

static void read_all(int fd, struct vk_buf *out)
{
	char chunk[512];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		vk_buf_add(out, chunk, (size_t)got);
	}
}

/* Runs git without a shell; true if it ended well. Its output is appended, as far as it fits. */
static bool run_git(char *const *argv, struct vk_buf *out)
{
	int fds[2];
	int status = -1;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		exec_git(fds[1], argv);
	close(fds[1]);
	if (pid > 0) {
		read_all(fds[0], out);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	close(fds[0]);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_object_name(const char *text, size_t len)
{
	return (len == 40 || len == 64) && strspn(text, "0123456789abcdef") == len;
}

void source_git_commit(const char *directory, char out[SOURCE_COMMIT_BYTES], bool *is_dirty)
{
	/* execvp() does not write to these; its type is from before const. */
	char *const head[] = {(char *)"git", (char *)"-C", (char *)directory, (char *)"rev-parse",
		(char *)"--verify", (char *)"HEAD", NULL};
	char *const status[] = {(char *)"git", (char *)"-C", (char *)directory,
		(char *)"--no-optional-locks", (char *)"status", (char *)"--porcelain",
		(char *)"--", (char *)".", NULL};
	struct vk_buf commit;
	struct vk_buf changed;

	out[0] = '\0';
	*is_dirty = false;
	vk_buf_init(&commit, GIT_OUTPUT_MAX_BYTES);
	vk_buf_init(&changed, GIT_OUTPUT_MAX_BYTES);
	if (run_git(head, &commit) && run_git(status, &changed)) {
		size_t len = strcspn(commit.data, "\n");

		*is_dirty = changed.len > 0 || changed.is_overflowed;
		commit.data[len] = '\0';
		if (!*is_dirty && is_object_name(commit.data, len))
			memcpy(out, commit.data, len + 1);
	}
	vk_buf_release(&commit);
	vk_buf_release(&changed);
}
