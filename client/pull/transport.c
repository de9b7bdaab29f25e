/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/transport.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mem.h"

#include "common/banned.h"

struct transport {
	int fd;
};

/* Waits for events on fd; VK_EUNAVAIL at the deadline. */
static enum vk_rc wait_for(int fd, short events, int64_t deadline_ms, struct vk_err *err)
{
	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = events};
		int64_t left = deadline_ms - vk_clock_monotonic_ms();
		int ready = left <= 0 ? 0 : poll(&pfd, 1, left > INT32_MAX ? INT32_MAX : (int)left);

		if (ready > 0)
			return VK_OK;
		if (ready == 0)
			return vk_err_set(err, VK_EUNAVAIL, "Valkey did not answer in time");
		if (errno != EINTR)
			return vk_err_errno(err, VK_EIO, errno, "cannot wait for Valkey");
	}
}

static enum vk_rc finish_connect(int fd, int64_t deadline_ms, struct vk_err *err)
{
	socklen_t len = sizeof(int);
	int failure = 0;
	enum vk_rc rc = wait_for(fd, POLLOUT, deadline_ms, err);

	if (rc != VK_OK)
		return rc;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		failure = errno;
	if (failure != 0)
		return vk_err_errno(err, VK_EUNAVAIL, failure, "cannot connect to Valkey");
	return VK_OK;
}

static enum vk_rc connect_to(const struct sockaddr *sa, socklen_t len, int64_t deadline_ms,
	int *out, struct vk_err *err)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum vk_rc rc = VK_OK;

	if (fd < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot make a socket");
	if (connect(fd, sa, len) != 0) {
		if (errno == EINPROGRESS || errno == EINTR)
			rc = finish_connect(fd, deadline_ms, err);
		else
			rc = vk_err_errno(err, VK_EUNAVAIL, errno, "cannot connect to Valkey");
	}
	if (rc != VK_OK) {
		close(fd);
		return rc;
	}
	*out = fd;
	return VK_OK;
}

static enum vk_rc connect_unix(const char *path, int64_t deadline_ms, int *fd, struct vk_err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	memcpy(sa.sun_path, path, strlen(path) + 1); /* address_parse() has seen that it fits */
	return connect_to((const struct sockaddr *)&sa, sizeof(sa), deadline_ms, fd, err);
}

static enum vk_rc connect_tcp(
	const struct address *address, int64_t deadline_ms, int *fd, struct vk_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	enum vk_rc rc = VK_EUNAVAIL;
	int failure = getaddrinfo(address->host, address->port, &hints, &list);

	if (failure != 0)
		return vk_err_set(err, VK_EUNAVAIL, "cannot resolve %s: %s", address->host,
			gai_strerror(failure));
	for (const struct addrinfo *ai = list; ai != NULL && rc != VK_OK; ai = ai->ai_next)
		rc = connect_to(ai->ai_addr, ai->ai_addrlen, deadline_ms, fd, err);
	freeaddrinfo(list);
	return rc;
}

enum vk_rc transport_open(const struct address *address, const struct transport_tls *tls,
	int64_t deadline_ms, struct transport **out, struct vk_err *err)
{
	struct transport *transport;
	enum vk_rc rc;
	int fd = -1;

	(void)tls;
	if (address->kind == ADDRESS_UNIX)
		rc = connect_unix(address->path, deadline_ms, &fd, err);
	else
		rc = connect_tcp(address, deadline_ms, &fd, err);
	if (rc != VK_OK)
		return rc;
	transport = xcalloc(1, sizeof(*transport));
	transport->fd = fd;
	*out = transport;
	return VK_OK;
}

void transport_free(struct transport *transport)
{
	if (transport == NULL)
		return;
	close(transport->fd);
	free(transport);
}

enum vk_rc transport_read(struct transport *transport, void *data, size_t size,
	int64_t deadline_ms, size_t *got, struct vk_err *err)
{
	for (;;) {
		ssize_t len = recv(transport->fd, data, size, 0);
		enum vk_rc rc;

		if (len >= 0) {
			*got = (size_t)len;
			return VK_OK;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return vk_err_errno(err, VK_EUNAVAIL, errno, "lost the connection to Valkey");
		rc = wait_for(transport->fd, POLLIN, deadline_ms, err);
		if (rc != VK_OK)
			return rc;
	}
}

enum vk_rc transport_write(struct transport *transport, const void *data, size_t len,
	int64_t deadline_ms, struct vk_err *err)
{
	const char *from = data;

	while (len > 0) {
		ssize_t put = send(transport->fd, from, len, MSG_NOSIGNAL);
		enum vk_rc rc;

		if (put >= 0) {
			from += put;
			len -= (size_t)put;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return vk_err_errno(err, VK_EUNAVAIL, errno, "lost the connection to Valkey");
		rc = wait_for(transport->fd, POLLOUT, deadline_ms, err);
		if (rc != VK_OK)
			return rc;
	}
	return VK_OK;
}
