/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server that says whatever it was told to: what whoever owns vkcfgd's TLS identity can do. It
 * answers GET /a/b with the file DIR/a/b (404 where there is none, whatever the query), any POST with
 * 204, and appends the posted bodies to DIR/posted, one per line. One connection at a time, one
 * request on each.
 *
 * DIR/manner, if there is one, says "MANNER PATH": a GET of that path is answered in this manner.
 *
 *   gigabyte   with a body that is announced as 1 GiB long, and is
 *   endless    in chunks without end
 *   unbounded  with a body of no announced length, without end
 *   headers    with header fields without end
 *   drip       truthfully, one byte per second
 *   silence    not at all
 *   unchanged  with 304: nothing is new
 *
 *   evil PORT DIR CERT KEY CA
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/file.h"
#include "common/http.h"
#include "common/num.h"
#include "common/vktls.h"

#include "common/banned.h"

enum { EVIL_MAX_BYTES = 64 << 20, EVIL_TIMEOUT_S = 120, EVIL_GIGABYTE = 1 << 30 };

struct evil {
	const char *dir;
	struct vktls_ctx *tls;
	int listener;
};

static void die(const char *what, const struct vk_err *err)
{
	fprintf(stderr, "evil: %s: %s\n", what, err == NULL ? strerror(errno) : err->msg);
	exit(EXIT_FAILURE);
}

static char *read_pem(const char *path)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf buf;

	vk_buf_init(&buf, EVIL_MAX_BYTES);
	if (vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &buf, &err) != VK_OK)
		die(path, &err);
	return vk_buf_detach(&buf, NULL);
}

static struct vktls_ctx *make_tls(const char *cert_path, const char *key_path, const char *ca_path)
{
	char *cert = read_pem(cert_path), *key = read_pem(key_path), *ca = read_pem(ca_path);
	struct vktls_server_options options = {.ca_pem = ca, .cert_pem = cert, .key_pem = key};
	struct vk_err err = VK_ERR_INIT;
	struct vktls_ctx *tls = NULL;

	if (vktls_server_new(&options, &tls, &err) != VK_OK)
		die("TLS", &err);
	free(cert);
	free(key);
	free(ca);
	return tls;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0)
		die("listen", NULL);
	return fd;
}

/* One whole request; false if the client went away or sent none. */
static bool read_request(struct vktls *conn, struct http_parser *parser)
{
	enum http_result result;
	char chunk[16384];
	size_t len, used, at;

	for (;;) {
		if (vktls_read(conn, chunk, sizeof(chunk), &len) != VKTLS_DONE)
			return false;
		at = 0;
		do {
			result = http_parse(parser, chunk + at, len - at, &used);
			at += used;
			if (result == HTTP_HEAD)
				http_parser_limit_body(parser, EVIL_MAX_BYTES);
			if (result == HTTP_DONE || result == HTTP_FAILED)
				return result == HTTP_DONE;
		} while (result == HTTP_HEAD || at < len);
	}
}

/* False if the client has had enough. */
static bool send_all(struct vktls *conn, const char *data, size_t len)
{
	size_t written;

	for (size_t at = 0; at < len; at += written) {
		if (vktls_write(conn, data + at, len - at, &written) != VKTLS_DONE)
			return false;
	}
	return true;
}

/* The head, then the same piece until max_bytes of it are sent or the client has had enough. */
static void flood(struct vktls *conn, const char *head, const char *piece, size_t max_bytes)
{
	size_t len = strlen(piece);
	size_t sent = 0;

	if (send_all(conn, head, strlen(head))) {
		while (sent < max_bytes && send_all(conn, piece, len))
			sent += len;
	}
	fprintf(stderr, "the client took %zu bytes\n", sent);
}

static void drip(struct vktls *conn, const struct vk_buf *reply)
{
	static const struct timespec second = {.tv_sec = 1};
	size_t sent = 0;

	while (sent < reply->len && send_all(conn, reply->data + sent, 1)) {
		sent++;
		nanosleep(&second, NULL);
	}
	fprintf(stderr, "the client took %zu bytes\n", sent);
}

/* Until the client goes away. */
static void keep_silent(struct vktls *conn)
{
	char chunk[64];
	size_t len;

	while (vktls_read(conn, chunk, sizeof(chunk), &len) == VKTLS_DONE)
		continue;
	fprintf(stderr, "the client took 0 bytes\n");
}

/* What DIR/manner says of this path, if it does; freed by the caller. */
static char *manner_for(const struct evil *evil, const char *path)
{
	struct vk_err err = VK_ERR_INIT;
	char *manner = NULL;
	struct vk_buf name, text;
	size_t len;

	vk_buf_init(&name, 4096);
	vk_buf_init(&text, 4096);
	vk_buf_addf(&name, "%s/manner", evil->dir);
	if (vk_file_read(AT_FDCWD, name.data, VK_FILE_DEFAULT, &text, &err) == VK_OK) {
		len = strcspn(text.data, " ");
		text.data[strcspn(text.data, "\n")] = '\0';
		if (len < strlen(text.data) &&
			strcmp(path + strlen(evil->dir), text.data + len + 1) == 0)
			manner = strndup(text.data, len);
	}
	vk_buf_release(&name);
	vk_buf_release(&text);
	return manner;
}

static void answer_in(struct vktls *conn, const char *manner, const struct vk_buf *reply)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
	char piece[4096 + 8], head[256];

	memset(piece, ' ', 4096);
	memcpy(piece + 4096, "", 1);
	snprintf(head, sizeof(head), "%s%s\r\n", ok,
		strcmp(manner, "gigabyte") == 0  ? "Content-Length: 1073741824\r\n"
		: strcmp(manner, "endless") == 0 ? "Transfer-Encoding: chunked\r\n"
						 : "Connection: close\r\n");
	if (strcmp(manner, "endless") == 0) {
		memcpy(piece, "ff8\r\n", 5);
		memcpy(piece + 5 + 0xff8, "\r\n", 3);
	} else if (strcmp(manner, "headers") == 0) {
		head[strlen(ok)] = '\0';
		snprintf(piece, sizeof(piece), "X-Evil: %080d\r\n", 0);
	}
	if (strcmp(manner, "drip") == 0)
		drip(conn, reply);
	else if (strcmp(manner, "silence") == 0)
		keep_silent(conn);
	else
		flood(conn, head, piece, EVIL_GIGABYTE);
}

static void log_post(const struct evil *evil, const struct http_parser *parser)
{
	char path[4096];
	size_t len;
	const char *body = http_body(parser, &len);
	FILE *f;

	snprintf(path, sizeof(path), "%s/posted", evil->dir);
	f = fopen(path, "a");
	if (f == NULL)
		die(path, NULL);
	fprintf(f, "%.*s\n", (int)len, body);
	fclose(f);
}

static void answer(const struct evil *evil, struct vktls *conn, struct http_parser *parser)
{
	static const struct http_field json[] = {
		{"Content-Type", "application/json"}, {"ETag", "\"evil\""}, {NULL, NULL}};
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf path, body, reply;
	char *manner = NULL;
	int status = 200;

	vk_buf_init(&path, 4096);
	vk_buf_init(&body, EVIL_MAX_BYTES);
	vk_buf_init(&reply, EVIL_MAX_BYTES);
	vk_buf_adds(&path, evil->dir);
	http_path_format(parser, &path);
	if (strcmp(http_method(parser), "GET") == 0)
		manner = manner_for(evil, path.data);
	if (strcmp(http_method(parser), "POST") == 0) {
		log_post(evil, parser);
		status = 204;
	} else if (manner != NULL && strcmp(manner, "unchanged") == 0) {
		status = 304;
	} else if (vk_file_read(AT_FDCWD, path.data, VK_FILE_DEFAULT, &body, &err) != VK_OK) {
		status = 404;
		vk_buf_reset(&body);
		vk_buf_adds(&body, "{\"status\":404}");
	}
	fprintf(stderr, "%s %s %d\n", http_method(parser), path.data, status);
	http_format_response(&reply, status, json, body.len, true);
	vk_buf_add(&reply, body.data == NULL ? "" : body.data, body.len);
	if (manner != NULL && status != 304)
		answer_in(conn, manner, &reply);
	else
		send_all(conn, reply.data, reply.len);
	free(manner);
	vk_buf_release(&reply);
	vk_buf_release(&body);
	vk_buf_release(&path);
}

static void serve(const struct evil *evil, int fd)
{
	struct timeval timeout = {.tv_sec = EVIL_TIMEOUT_S};
	struct vktls *conn = vktls_new(evil->tls, fd, NULL);
	struct http_parser *parser = http_request_parser_new();
	struct vk_err err = VK_ERR_INIT;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (vktls_handshake(conn) != VKTLS_DONE) {
		vktls_error(conn, &err);
		fprintf(stderr, "handshake: %s\n", err.msg);
	} else if (read_request(conn, parser)) {
		answer(evil, conn, parser);
		vktls_shutdown(conn);
	}
	http_parser_free(parser);
	vktls_free(conn);
}

int main(int argc, char **argv)
{
	struct evil evil;
	uint64_t port;

	if (argc != 6 || !vk_parse_uint(argv[1], 1, 65535, &port)) {
		fprintf(stderr, "usage: evil PORT DIR CERT KEY CA\n");
		return 2;
	}
	evil.dir = argv[2];
	evil.tls = make_tls(argv[3], argv[4], argv[5]);
	evil.listener = listen_on((uint16_t)port);
	for (;;) {
		int fd = accept4(evil.listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept", NULL);
		serve(&evil, fd);
		close(fd);
	}
}
