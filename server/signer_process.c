/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/signer_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/signer_core.h"
#include "server/signer_message.h"

#include "common/banned.h"

enum { FIRST_FD = 3 /* behind standard error */ };

/* Closes all descriptors from `from` to `to`, both included. */
static void close_fds(unsigned from, unsigned to)
{
	if (from > to)
		return;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, from, to, 0) == 0)
		return;
#endif
	for (long fd = from; fd <= (long)to && fd < sysconf(_SC_OPEN_MAX); fd++)
		close((int)fd);
}

static void close_others(int fd, int life_fd)
{
	unsigned low = (unsigned)(fd < life_fd ? fd : life_fd);
	unsigned high = (unsigned)(fd < life_fd ? life_fd : fd);

	close_fds(FIRST_FD, low - 1);
	close_fds(low + 1, high - 1);
	close_fds(high + 1, ~0U);
}

/* A terminal's Ctrl-C goes to the parent, too, which still needs us while it finishes. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2};
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static enum vk_rc drop_privileges(const struct signer_options *options, struct vk_err *err)
{
	if (!options->is_dropping)
		return VK_OK;
	if (setgroups(0, NULL) != 0 || setresgid(options->gid, options->gid, options->gid) != 0 ||
		setresuid(options->uid, options->uid, options->uid) != 0)
		return vk_err_errno(err, VK_EIO, errno, "the signer cannot drop its privileges");
	return VK_OK;
}

/* No memory of ours in a core file or for a debugger of the same user; gone when the parent goes.
 */
static enum vk_rc shut_off(pid_t parent, struct vk_err *err)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return vk_err_errno(err, VK_EIO, errno, "the signer cannot shut itself off");
	prctl(PR_SET_NAME, "vkcfgd-signer", 0, 0, 0);
	if (getppid() != parent)
		return vk_err_set(err, VK_EIO, "the signer's parent has gone");
	return VK_OK;
}

static bool send_all(int fd, const struct vk_buf *message)
{
	ssize_t put;

	do
		put = send(fd, message->data, message->len, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put == (ssize_t)message->len;
}

/* Until the parent closes its end, or something is wrong with the socket. */
static void answer_requests(struct signer_core *core, int fd)
{
	uint8_t *request = xmalloc(SIGNER_MESSAGE_MAX_BYTES);
	struct vk_buf reply;

	vk_buf_init(&reply, SIGNER_MESSAGE_MAX_BYTES);
	for (;;) {
		/* MSG_TRUNC: the real length of a datagram that is too long, which is then
		 * malformed because its end is missing. */
		ssize_t got = recv(fd, request, SIGNER_MESSAGE_MAX_BYTES, MSG_TRUNC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (got > SIGNER_MESSAGE_MAX_BYTES)
			got = 0;
		vk_buf_reset(&reply);
		signer_core_answer(core, request, (size_t)got, &reply);
		if (!send_all(fd, &reply))
			break;
	}
	vk_buf_release_wiped(&reply);
	free(request);
}

void signer_process_run(const struct signer_options *options, int fd, int life_fd, pid_t parent)
{
	struct vk_err err = VK_ERR_INIT;
	struct signer_core *core = NULL;
	struct vk_buf greeting;
	enum vk_rc rc;

	close_others(fd, life_fd);
	ignore_signals();
	rc = drop_privileges(options, &err);
	if (rc == VK_OK)
		rc = shut_off(parent, &err);
	if (rc == VK_OK)
		rc = signer_core_load(options->state, options->fleet, &core, &err);
	if (rc == VK_OK && options->log_number > 1)
		signer_core_set_log(core, options->log_number);
	vk_buf_init(&greeting, SIGNER_MESSAGE_MAX_BYTES);
	if (rc == VK_OK)
		signer_core_greet(core, &greeting);
	else
		signer_put_failure(&greeting, &err);
	if (send_all(fd, &greeting) && rc == VK_OK)
		answer_requests(core, fd);
	vk_buf_release(&greeting);
	signer_core_free(core);
	_exit(rc == VK_OK ? 0 : 1);
}
