/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mem.h"

#include "common/banned.h"

enum { WAIT_STEP_MS = 2, FD_LIMIT = 65536, REPORT_FD = 3 };

struct child {
	pid_t pid; /* 0: collected */
	int status;
	int output_fd;
};

static char *const child_env[] = {
	(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	(char *)(uintptr_t) "LC_ALL=C",
	NULL,
};

/* All of ours are close-on-exec; what our own caller left open is not. */
static void close_others(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, REPORT_FD + 1u, ~0u, 0u) == 0)
		return;
#endif
	for (int fd = REPORT_FD + 1; fd < FD_LIMIT; fd++)
		close(fd);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* stdin empty, stdout and stderr to the output file, then the pipe that reports a failure. */
static bool take_descriptors(int output_fd, int report_fd)
{
	int null_fd = open("/dev/null", O_RDONLY);

	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(output_fd, 1) < 0 ||
		dup2(output_fd, 2) < 0 || dup2(report_fd, REPORT_FD) < 0 ||
		fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	close_others();
	return true;
}

/* In the child: never returns. A failure to start travels back through report_fd. */
__attribute__((noreturn)) static void run(const char *const *argv, const char *dir,
	enum child_flags flags, int output_fd, int report_fd, pid_t parent)
{
	const struct rlimit no_core = {0, 0};
	int failure;

	setsid();
	reset_signals();
	setrlimit(RLIMIT_CORE, &no_core);
	if ((flags & CHILD_DIES_WITH_US) != 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
	}
	if (take_descriptors(output_fd, report_fd) && chdir(dir != NULL ? dir : "/") == 0)
		execve(argv[0], (char *const *)(uintptr_t)argv, child_env);
	failure = errno;
	if (write(REPORT_FD, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

/* Reads what run() reports: nothing, because the pipe closed with execve, or an errno. */
static enum vk_rc check_started(int report_fd, const char *program, struct vk_err *err)
{
	int failure = 0;
	ssize_t got;

	do {
		got = read(report_fd, &failure, sizeof(failure));
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return VK_OK;
	return vk_err_errno(err, VK_EIO, got > 0 ? failure : errno, "cannot run %s", program);
}

enum vk_rc child_start(const char *const *argv, const char *dir, enum child_flags flags,
	struct child **out, struct vk_err *err)
{
	struct child *child = xcalloc(1, sizeof(*child));
	int report[2] = {-1, -1};
	pid_t parent = getpid();
	enum vk_rc rc = VK_OK;

	child->output_fd = memfd_create("vkcfg-output", MFD_CLOEXEC);
	if (child->output_fd < 0 || pipe2(report, O_CLOEXEC) != 0 || (child->pid = fork()) < 0) {
		rc = vk_err_errno(err, VK_EIO, errno, "cannot start %s", argv[0]);
		child->pid = 0;
		goto out;
	}
	if (child->pid == 0)
		run(argv, dir, flags, child->output_fd, report[1], parent);
	close(report[1]);
	report[1] = -1;
	rc = check_started(report[0], argv[0], err);
out:
	if (report[0] >= 0)
		close(report[0]);
	if (report[1] >= 0)
		close(report[1]);
	if (rc == VK_OK)
		*out = child;
	else
		child_free(child);
	return rc;
}

bool child_is_running(struct child *child, int *status)
{
	if (child->pid != 0 && waitpid(child->pid, &child->status, WNOHANG) == 0)
		return true;
	child->pid = 0;
	*status = child->status;
	return false;
}

enum vk_rc child_wait(struct child *child, int64_t deadline_ms, int *status, struct vk_err *err)
{
	while (child_is_running(child, status)) {
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return vk_err_set(err, VK_EUNAVAIL, "the program did not end in time");
		poll(NULL, 0, WAIT_STEP_MS);
	}
	return VK_OK;
}

void child_output(struct child *child, struct vk_buf *out)
{
	char data[4096];
	off_t at = 0;
	ssize_t got;

	while (out->len < out->max_bytes &&
		(got = pread(child->output_fd, data, sizeof(data), at)) > 0) {
		size_t room = out->max_bytes - out->len;

		vk_buf_add(out, data, (size_t)got < room ? (size_t)got : room);
		at += got;
	}
}

void child_free(struct child *child)
{
	if (child == NULL)
		return;
	if (child->pid != 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
			continue;
	}
	if (child->output_fd >= 0)
		close(child->output_fd);
	free(child);
}
