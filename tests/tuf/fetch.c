/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/tuf/fetch.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	HEAD_MAX_BYTES = 16384,
	URL_MAX_BYTES = 16384,
	DEADLINE_MS = 10000,
	READ_BYTES = 16384,
};

struct url {
	char *host;
	char *port;
	char *path; /* with the leading slash */
};

struct exchange {
	int fd;
	int64_t deadline_ms;
	struct vk_buf reply;
};

static void url_release(struct url *url)
{
	free(url->host);
	free(url->port);
	free(url->path);
}

/* http://HOST[:PORT]/PATH */
static enum vk_rc url_parse(const char *text, struct url *out, struct vk_err *err)
{
	static const char scheme[] = "http://";
	const char *host = text + sizeof(scheme) - 1;
	const char *slash, *colon;

	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0 || strpbrk(text, " \r\n\t") != NULL)
		return vk_err_set(err, VK_EINPUT, "not an http:// address: %s", text);
	slash = strchr(host, '/');
	if (slash == NULL)
		return vk_err_set(err, VK_EINPUT, "no path in %s", text);
	colon = memchr(host, ':', (size_t)(slash - host));
	out->host = xstrndup(host, (size_t)((colon != NULL ? colon : slash) - host));
	out->port =
		colon != NULL ? xstrndup(colon + 1, (size_t)(slash - colon - 1)) : xstrdup("80");
	out->path = xstrdup(slash);
	return VK_OK;
}

/* Waits for the events until the deadline. */
static enum vk_rc await(const struct exchange *ex, short events, struct vk_err *err)
{
	struct pollfd pfd = {.fd = ex->fd, .events = events};
	int ready;

	do {
		int64_t left = ex->deadline_ms - vk_clock_monotonic_ms();

		ready = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return VK_OK;
	return vk_err_set(err, VK_EUNAVAIL, "the server does not answer in time");
}

static enum vk_rc connect_to(struct exchange *ex, const struct url *url, struct vk_err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int error = 0;
	socklen_t len = sizeof(error);
	enum vk_rc rc;

	if (getaddrinfo(url->host, url->port, &hints, &list) != 0)
		return vk_err_set(err, VK_EUNAVAIL, "no such server: %s", url->host);
	ex->fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ex->fd >= 0 && connect(ex->fd, list->ai_addr, list->ai_addrlen) != 0)
		error = errno;
	freeaddrinfo(list);
	if (ex->fd < 0 || (error != 0 && error != EINPROGRESS))
		return vk_err_set(err, VK_EUNAVAIL, "cannot connect to %s", url->host);
	rc = await(ex, POLLOUT, err);
	if (rc == VK_OK && getsockopt(ex->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
		error != 0)
		rc = vk_err_errno(err, VK_EUNAVAIL, error, "cannot connect to %s", url->host);
	return rc;
}

static enum vk_rc send_request(struct exchange *ex, const struct url *url, struct vk_err *err)
{
	struct vk_buf request;
	enum vk_rc rc = VK_OK;

	vk_buf_init(&request, 2 * URL_MAX_BYTES);
	vk_buf_addf(&request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n", url->path, url->host,
		url->port);
	while (rc == VK_OK && request.len > 0) {
		ssize_t sent = send(ex->fd, request.data, request.len, MSG_NOSIGNAL);

		if (sent >= 0)
			vk_buf_consume(&request, (size_t)sent);
		else if (errno == EAGAIN)
			rc = await(ex, POLLOUT, err);
		else if (errno != EINTR)
			rc = vk_err_errno(err, VK_EUNAVAIL, errno, "cannot send");
	}
	vk_buf_release(&request);
	return rc;
}

static enum vk_rc read_reply(struct exchange *ex, struct vk_err *err)
{
	for (;;) {
		char bytes[READ_BYTES];
		ssize_t got = recv(ex->fd, bytes, sizeof(bytes), 0);
		enum vk_rc rc = VK_OK;

		if (got == 0)
			return VK_OK;
		if (got > 0) {
			vk_buf_add(&ex->reply, bytes, (size_t)got);
			rc = vk_buf_check(&ex->reply, "the reply", err);
		} else if (errno == EAGAIN) {
			rc = await(ex, POLLIN, err);
		} else if (errno != EINTR) {
			rc = vk_err_errno(err, VK_EUNAVAIL, errno, "the connection broke");
		}
		if (rc != VK_OK)
			return rc;
	}
}

/* The value of a header in the head, which ends with an empty line; NULL if it is not there. */
static char *find_header(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1 + strspn(line + len + 1, " \t");
			return xstrndup(line, strcspn(line, " \t\r\n"));
		}
	}
	return NULL;
}

static enum vk_rc check_length(const char *head, size_t body_len, struct vk_err *err)
{
	char *coding = find_header(head, "Transfer-Encoding");
	char *length = find_header(head, "Content-Length");
	uint64_t expected = body_len;
	bool is_whole = coding == NULL &&
			(length == NULL || vk_parse_uint(length, body_len, body_len, &expected));

	free(coding);
	free(length);
	if (is_whole)
		return VK_OK;
	return vk_err_set(err, VK_EUNAVAIL, "the reply is not complete");
}

static enum vk_rc check_status(const char *head, struct vk_err *err)
{
	static const char version[] = "HTTP/1.";
	const char *status = head + sizeof(version) + 1; /* behind a digit and a blank */

	if (strncmp(head, version, sizeof(version) - 1) != 0 || strlen(head) < sizeof(version) + 4)
		return vk_err_set(err, VK_EUNAVAIL, "the reply is not HTTP");
	if (strncmp(status, "404", 3) == 0 || strncmp(status, "403", 3) == 0)
		return vk_err_set(err, VK_ENOTFOUND, "the server has no such file");
	if (strncmp(status, "200", 3) != 0)
		return vk_err_set(err, VK_EUNAVAIL, "the server answers %.3s", status);
	return VK_OK;
}

static enum vk_rc take_body(struct exchange *ex, struct vk_buf *out, struct vk_err *err)
{
	char *end = strstr(ex->reply.data, "\r\n\r\n");
	char *head;
	enum vk_rc rc;

	if (end == NULL)
		return vk_err_set(err, VK_EUNAVAIL, "the server closed the connection");
	head = xstrndup(ex->reply.data, (size_t)(end - ex->reply.data) + 2);
	vk_buf_consume(&ex->reply, strlen(head) + 2);
	rc = check_status(head, err);
	if (rc == VK_OK)
		rc = check_length(head, ex->reply.len, err);
	if (rc == VK_OK) {
		vk_buf_add(out, ex->reply.data, ex->reply.len);
		rc = vk_buf_check(out, "the file", err);
	}
	free(head);
	return rc;
}

static enum vk_rc fetch_url(const char *text, struct vk_buf *out, struct vk_err *err)
{
	struct exchange ex = {.fd = -1, .deadline_ms = vk_clock_monotonic_ms() + DEADLINE_MS};
	struct url url = {NULL, NULL, NULL};
	enum vk_rc rc = url_parse(text, &url, err);

	vk_buf_init(&ex.reply, out->max_bytes + HEAD_MAX_BYTES);
	if (rc == VK_OK)
		rc = connect_to(&ex, &url, err);
	if (rc == VK_OK)
		rc = send_request(&ex, &url, err);
	if (rc == VK_OK)
		rc = read_reply(&ex, err);
	if (rc == VK_OK)
		rc = take_body(&ex, out, err);
	if (ex.fd >= 0)
		close(ex.fd);
	vk_buf_release(&ex.reply);
	url_release(&url);
	return rc;
}

enum vk_rc test_fetch(const char *base, const char *name, struct vk_buf *out, struct vk_err *err)
{
	size_t len = strlen(base);
	struct vk_buf url;
	enum vk_rc rc;

	vk_buf_init(&url, URL_MAX_BYTES);
	vk_buf_addf(&url, "%s%s%s", base, len > 0 && base[len - 1] == '/' ? "" : "/", name);
	rc = vk_buf_check(&url, "the address", err);
	if (rc == VK_OK)
		rc = fetch_url(url.data, out, err);
	if (rc != VK_OK)
		vk_err_prefix(err, rc, "%s", name);
	vk_buf_release(&url);
	return rc;
}
