/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/valkey/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vktls.h"

#include "common/banned.h"

enum { PEM_MAX_BYTES = 65536 };

struct transport {
	int fd;
	struct vktls_ctx *tls_ctx; /* NULL: no TLS */
	struct vktls *tls;
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

static enum vk_rc connect_to(
	const struct sockaddr *sa, socklen_t len, int64_t deadline_ms, int *out, struct vk_err *err)
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

static enum vk_rc read_pem(
	const char *path, enum vk_file_flags flags, struct vk_buf *out, struct vk_err *err)
{
	return path != NULL ? vk_file_read(AT_FDCWD, path, flags, out, err) : VK_OK;
}

/* Valkey's certificate has nothing to do with the fleet's: its CA stands in pull.yaml. */
static enum vk_rc make_tls_ctx(
	const struct transport_tls *tls, struct vktls_ctx **out, struct vk_err *err)
{
	struct vktls_client_options options = {.is_foreign = true};
	struct vk_buf cert;
	struct vk_buf key;
	struct vk_buf ca;
	enum vk_rc rc;

	vk_buf_init(&ca, PEM_MAX_BYTES);
	vk_buf_init(&cert, PEM_MAX_BYTES);
	vk_buf_init(&key, PEM_MAX_BYTES);
	rc = read_pem(tls->ca, VK_FILE_DEFAULT, &ca, err);
	if (rc == VK_OK)
		rc = read_pem(tls->cert, VK_FILE_DEFAULT, &cert, err);
	if (rc == VK_OK)
		rc = read_pem(tls->key, VK_FILE_PRIVATE, &key, err);
	if (rc == VK_OK) {
		options.ca_pem = ca.data;
		options.cert_pem = tls->cert != NULL ? cert.data : NULL;
		options.key_pem = tls->cert != NULL ? key.data : NULL;
		rc = vktls_client_new(&options, out, err);
	}
	vk_buf_release_wiped(&key);
	vk_buf_release(&cert);
	vk_buf_release(&ca);
	return rc;
}

/* After a step of TLS: waits as it demands. VK_OK: try again. */
static enum vk_rc after_step(struct transport *transport, enum vktls_result result,
	int64_t deadline_ms, struct vk_err *err)
{
	switch (result) {
	case VKTLS_WANT_READ:
		return wait_for(transport->fd, POLLIN, deadline_ms, err);
	case VKTLS_WANT_WRITE:
		return wait_for(transport->fd, POLLOUT, deadline_ms, err);
	case VKTLS_CLOSED:
		return vk_err_set(err, VK_EUNAVAIL, "Valkey closed the connection");
	case VKTLS_FAILED:
		return vk_err_prefix(err, vktls_error(transport->tls, err), "TLS to Valkey");
	case VKTLS_DONE:
		break;
	}
	return VK_OK;
}

static enum vk_rc start_tls(struct transport *transport, const struct address *address,
	const struct transport_tls *tls, int64_t deadline_ms, struct vk_err *err)
{
	enum vktls_result result = VKTLS_WANT_READ;
	enum vk_rc rc = make_tls_ctx(tls, &transport->tls_ctx, err);

	if (rc != VK_OK)
		return rc;
	transport->tls = vktls_new(transport->tls_ctx, transport->fd, address->host);
	while (rc == VK_OK && result != VKTLS_DONE) {
		result = vktls_handshake(transport->tls);
		rc = after_step(transport, result, deadline_ms, err);
	}
	return rc;
}

enum vk_rc transport_open(const struct address *address, const struct transport_tls *tls,
	int64_t deadline_ms, struct transport **out, struct vk_err *err)
{
	struct transport *transport;
	enum vk_rc rc;
	int fd = -1;

	if (address->kind == ADDRESS_UNIX)
		rc = connect_unix(address->path, deadline_ms, &fd, err);
	else
		rc = connect_tcp(address, deadline_ms, &fd, err);
	if (rc != VK_OK)
		return rc;
	transport = xcalloc(1, sizeof(*transport));
	transport->fd = fd;
	if (address->kind == ADDRESS_TLS)
		rc = start_tls(transport, address, tls, deadline_ms, err);
	if (rc == VK_OK)
		*out = transport;
	else
		transport_free(transport);
	return rc;
}

enum vk_rc transport_see_leaf(const struct address *address, int64_t deadline_ms,
	struct transport_leaf *out, struct vk_err *err)
{
	struct transport transport = {.fd = -1};
	enum vktls_result result = VKTLS_WANT_READ;
	enum vk_rc rc = vktls_look_new(&transport.tls_ctx, err);

	if (rc == VK_OK)
		rc = connect_tcp(address, deadline_ms, &transport.fd, err);
	if (rc == VK_OK)
		transport.tls = vktls_new(transport.tls_ctx, transport.fd, address->host);
	while (rc == VK_OK && result != VKTLS_DONE) {
		result = vktls_handshake(transport.tls);
		rc = after_step(&transport, result, deadline_ms, err);
	}
	if (transport.tls != NULL && vktls_has_seen_peer(transport.tls)) {
		vktls_peer_fingerprint(transport.tls, out->sha256);
		out->not_after = vktls_peer_not_after(transport.tls);
		rc = VK_OK; /* whatever became of the rest */
	} else if (rc == VK_EINPUT) {
		rc = err->rc = VK_EUNAVAIL; /* no TLS is spoken there */
	}
	vktls_free(transport.tls);
	vktls_ctx_free(transport.tls_ctx);
	if (transport.fd >= 0)
		close(transport.fd);
	return rc;
}

void transport_free(struct transport *transport)
{
	if (transport == NULL)
		return;
	vktls_free(transport->tls);
	vktls_ctx_free(transport->tls_ctx);
	close(transport->fd);
	free(transport);
}

bool transport_peer_uid(const struct transport *transport, unsigned *out)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int domain = 0;
	socklen_t domain_len = sizeof(domain);

	if (getsockopt(transport->fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) != 0 ||
		domain != AF_UNIX ||
		getsockopt(transport->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	*out = peer.uid;
	return true;
}

static enum vk_rc read_tls(struct transport *transport, void *data, size_t size,
	int64_t deadline_ms, size_t *got, struct vk_err *err)
{
	for (;;) {
		enum vktls_result result = vktls_read(transport->tls, data, size, got);
		enum vk_rc rc;

		if (result == VKTLS_DONE)
			return VK_OK;
		rc = after_step(transport, result, deadline_ms, err);
		if (rc != VK_OK)
			return rc;
	}
}

enum vk_rc transport_read(struct transport *transport, void *data, size_t size, int64_t deadline_ms,
	size_t *got, struct vk_err *err)
{
	if (transport->tls != NULL)
		return read_tls(transport, data, size, deadline_ms, got, err);
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
			return vk_err_errno(
				err, VK_EUNAVAIL, errno, "lost the connection to Valkey");
		rc = wait_for(transport->fd, POLLIN, deadline_ms, err);
		if (rc != VK_OK)
			return rc;
	}
}

/* Writes a first part; *put may stay 0 after a wait. */
static enum vk_rc write_some(struct transport *transport, const void *data, size_t len,
	int64_t deadline_ms, size_t *put, struct vk_err *err)
{
	ssize_t sent;

	if (transport->tls != NULL) {
		enum vktls_result result = vktls_write(transport->tls, data, len, put);

		return after_step(transport, result, deadline_ms, err);
	}
	sent = send(transport->fd, data, len, MSG_NOSIGNAL);
	if (sent >= 0)
		*put = (size_t)sent;
	else if (errno == EAGAIN || errno == EWOULDBLOCK)
		return wait_for(transport->fd, POLLOUT, deadline_ms, err);
	else if (errno != EINTR)
		return vk_err_errno(err, VK_EUNAVAIL, errno, "lost the connection to Valkey");
	return VK_OK;
}

enum vk_rc transport_write(struct transport *transport, const void *data, size_t len,
	int64_t deadline_ms, struct vk_err *err)
{
	const char *from = data;

	while (len > 0) {
		size_t put = 0;
		enum vk_rc rc = write_some(transport, from, len, deadline_ms, &put, err);

		if (rc != VK_OK)
			return rc;
		from += put;
		len -= put;
	}
	return VK_OK;
}
