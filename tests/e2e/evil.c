/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server that says whatever it was told to: what whoever owns vkcfgd's TLS identity can do. It
 * answers GET /a/b with the file DIR/a/b (404 where there is none, whatever the query), any POST with
 * 204, and appends the posted bodies to DIR/posted, one per line. One connection at a time, one
 * request on each.
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
#include <unistd.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/file.h"
#include "common/http.h"
#include "common/num.h"
#include "common/vktls.h"

#include "common/banned.h"

enum { EVIL_MAX_BYTES = 64 << 20, EVIL_TIMEOUT_S = 10 };

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

static void send_all(struct vktls *conn, const struct vk_buf *buf)
{
	size_t written;

	for (size_t at = 0; at < buf->len; at += written) {
		if (vktls_write(conn, buf->data + at, buf->len - at, &written) != VKTLS_DONE)
			return;
	}
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
	int status = 200;

	vk_buf_init(&path, 4096);
	vk_buf_init(&body, EVIL_MAX_BYTES);
	vk_buf_init(&reply, EVIL_MAX_BYTES);
	vk_buf_adds(&path, evil->dir);
	http_path_format(parser, &path);
	if (strcmp(http_method(parser), "POST") == 0) {
		log_post(evil, parser);
		status = 204;
	} else if (vk_file_read(AT_FDCWD, path.data, VK_FILE_DEFAULT, &body, &err) != VK_OK) {
		status = 404;
		vk_buf_reset(&body);
		vk_buf_adds(&body, "{\"status\":404}");
	}
	fprintf(stderr, "%s %s %d\n", http_method(parser), path.data, status);
	http_format_response(&reply, status, json, body.len, true);
	vk_buf_add(&reply, body.data == NULL ? "" : body.data, body.len);
	send_all(conn, &reply);
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
