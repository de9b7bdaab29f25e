/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/dial.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"

#include "common/banned.h"

enum vk_rc dial_wait(int fd, bool is_for_writing, int64_t deadline_ms, struct vk_err *err)
{
	struct pollfd pollfd = {.fd = fd, .events = is_for_writing ? POLLOUT : POLLIN};

	for (;;) {
		int64_t left = deadline_ms - vk_clock_monotonic_ms();
		int n;

		if (left <= 0)
			return vk_err_set(err, VK_EUNAVAIL, "no answer in time");
		n = poll(&pollfd, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (n > 0)
			return VK_OK;
		if (n < 0 && errno != EINTR)
			return vk_err_errno(err, VK_EIO, errno, "cannot wait for a socket");
	}
}

/* Waits until a connection that was begun is there or has failed. */
static enum vk_rc finish_connect(int fd, int64_t deadline_ms, struct vk_err *err)
{
	socklen_t len = sizeof(int);
	int failure = 0;
	enum vk_rc rc = dial_wait(fd, true, deadline_ms, err);

	if (rc != VK_OK)
		return rc;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		failure = errno;
	if (failure != 0)
		return vk_err_errno(err, VK_EUNAVAIL, failure, "cannot connect");
	return VK_OK;
}

static enum vk_rc connect_to(int family, const struct sockaddr *address, socklen_t len,
	int64_t deadline_ms, int *out, struct vk_err *err)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum vk_rc rc = VK_OK;

	if (fd < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot open a socket");
	if (connect(fd, address, len) != 0)
		rc = errno == EINPROGRESS
			? finish_connect(fd, deadline_ms, err)
			: vk_err_errno(err, VK_EUNAVAIL, errno, "cannot connect");
	if (rc == VK_OK)
		*out = fd;
	else
		close(fd);
	return rc;
}

enum vk_rc dial_tcp(
	const char *host, const char *port, int64_t deadline_ms, int *fd, struct vk_err *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	enum vk_rc rc = VK_EUNAVAIL;
	int failure = getaddrinfo(host, port, &hints, &list);
	int yes = 1;

	if (failure != 0)
		return vk_err_set(err, VK_EUNAVAIL, "cannot resolve the host name: %s",
			gai_strerror(failure));
	for (const struct addrinfo *ai = list; ai != NULL && rc != VK_OK; ai = ai->ai_next)
		rc = connect_to(
			ai->ai_family, ai->ai_addr, ai->ai_addrlen, deadline_ms, fd, err);
	freeaddrinfo(list);
	if (rc == VK_OK)
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return rc;
}

enum vk_rc dial_unix(const char *path, int64_t deadline_ms, int *fd, struct vk_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		return vk_err_set(err, VK_EINPUT, "the path of the socket is too long");
	memcpy(address.sun_path, path, len + 1);
	return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof(address),
		deadline_ms, fd, err);
}
