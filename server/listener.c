/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	BACKLOG = 1024,
	ACCEPTS_AT_ONCE = 64, /* before others get their turn */
	REST_MS = 100,
	MAX_ADDRESS_TEXT = 64,
};

struct listener {
	int fd;
	struct event *readable;
	struct event *rested;
	listener_accepted *accepted;
	void *arg;
};

static socklen_t address_len(const union listener_address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->ip4) : sizeof(address->ip6);
}

enum vk_rc listener_parse(const char *text, union listener_address *out, struct vk_err *err)
{
	const char *colon = strrchr(text, ':');
	union listener_address address = {.any = {.sa_family = AF_UNSPEC}};
	char host[MAX_ADDRESS_TEXT] = "";
	uint64_t port;
	size_t len;

	if (colon == NULL || !vk_parse_uint(colon + 1, 0, 65535, &port))
		goto bad;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']' && len - 2 < sizeof(host)) {
		memcpy(host, text + 1, len - 2);
		if (inet_pton(AF_INET6, host, &address.ip6.sin6_addr) != 1)
			goto bad;
		address.ip6.sin6_family = AF_INET6;
		address.ip6.sin6_port = htons((uint16_t)port);
	} else if (len < sizeof(host)) {
		memcpy(host, text, len);
		if (inet_pton(AF_INET, host, &address.ip4.sin_addr) != 1)
			goto bad;
		address.ip4.sin_family = AF_INET;
		address.ip4.sin_port = htons((uint16_t)port);
	} else {
		goto bad;
	}
	*out = address;
	return VK_OK;
bad:
	vk_err_set(err, VK_EINPUT, "'%.80s' is not an address to listen on", text);
	vk_err_hint(err, "it looks like 192.0.2.1:7443 or [2001:db8::1]:7443");
	return VK_EINPUT;
}

static bool set_option(int fd, int level, int option)
{
	const int yes = 1;

	return setsockopt(fd, level, option, &yes, sizeof(yes)) == 0;
}

static enum vk_rc refuse_address(int reason, struct vk_err *err)
{
	vk_err_errno(err, VK_EUNAVAIL, reason, "cannot listen");
	if (reason == EADDRINUSE)
		vk_err_hint(err, "another process listens there: stop it, or change 'listen'");
	else if (reason == EADDRNOTAVAIL)
		vk_err_hint(err, "this machine has no such address: change 'listen'");
	else if (reason == EACCES)
		vk_err_hint(err, "ports below 1024 are the system's: change 'listen'");
	return VK_EUNAVAIL;
}

/* An address may be shared only once it is ours: the system checks the first socket as one that
 * shares with nobody, so that a second server's is refused instead of taking half of the
 * connections. */
static enum vk_rc bind_socket(
	int fd, const union listener_address *address, bool is_first, struct vk_err *err)
{
	if (!is_first && !set_option(fd, SOL_SOCKET, SO_REUSEPORT))
		return vk_err_errno(err, VK_EIO, errno, "cannot set up a socket");
	if (bind(fd, &address->any, address_len(address)) != 0)
		return refuse_address(errno, err);
	if (is_first && !set_option(fd, SOL_SOCKET, SO_REUSEPORT))
		return vk_err_errno(err, VK_EIO, errno, "cannot set up a socket");
	if (listen(fd, BACKLOG) != 0)
		return refuse_address(errno, err);
	return VK_OK;
}

static enum vk_rc open_socket(
	const union listener_address *address, bool is_first, int *out, struct vk_err *err)
{
	int fd = socket(
		address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum vk_rc rc;

	if (fd < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot open a socket");
	if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR) ||
		!set_option(fd, IPPROTO_TCP, TCP_NODELAY) || /* inherited */
		(address->any.sa_family == AF_INET6 &&
			!set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY)))
		rc = vk_err_errno(err, VK_EIO, errno, "cannot set up a socket");
	else
		rc = bind_socket(fd, address, is_first, err);
	if (rc == VK_OK)
		*out = fd;
	else
		close(fd);
	return rc;
}

enum vk_rc listener_open(union listener_address *address, int *fd, struct vk_err *err)
{
	socklen_t len = sizeof(*address);
	enum vk_rc rc = open_socket(address, true, fd, err);

	if (rc == VK_OK && getsockname(*fd, &address->any, &len) != 0) {
		close(*fd);
		rc = vk_err_errno(err, VK_EIO, errno, "cannot ask a socket for its port");
	}
	return rc;
}

enum vk_rc listener_join(const union listener_address *address, int *fd, struct vk_err *err)
{
	return open_socket(address, false, fd, err);
}

static void rest(struct listener *listener)
{
	const struct timeval pause = {.tv_usec = REST_MS * 1000};

	vk_log(VK_LOG_WARN, "accept-rests", VK_KV("reason", strerror(errno)));
	event_del(listener->readable);
	event_add(listener->rested, &pause);
}

static void on_rested(evutil_socket_t fd, short events, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)events;
	event_add(listener->readable, NULL);
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct listener *listener = arg;

	(void)events;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		union listener_address peer;
		socklen_t len = sizeof(peer);
		int conn_fd = accept4(fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn_fd >= 0) {
			listener->accepted(listener->arg, conn_fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(listener);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

struct listener *listener_new(
	struct event_base *base, int fd, listener_accepted *accepted, void *arg)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->fd = fd;
	listener->accepted = accepted;
	listener->arg = arg;
	listener->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
	listener->rested = evtimer_new(base, on_rested, listener);
	if (listener->readable == NULL || listener->rested == NULL ||
		event_add(listener->readable, NULL) != 0)
		abort(); /* out of memory only */
	return listener;
}

void listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	event_free(listener->readable);
	event_free(listener->rested);
	close(listener->fd);
	free(listener);
}
