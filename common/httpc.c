/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/httpc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/dial.h"
#include "common/file.h"
#include "common/http.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"
#include "common/vktls.h"
#include "common/x509.h"

#include "common/banned.h"

enum {
	DEFAULT_TIMEOUT_MS = 30000,
	DEFAULT_MAX_BODY_BYTES = 1 << 20,
	MAX_BODY_BYTES = 1 << 28,
	MAX_URL_BYTES = 512,
	MAX_PROBLEM_BYTES = 65536, /* what is read of a failure at least, however small the limit */
	READ_BYTES = 16384,
};

struct httpc {
	char *url;  /* for messages */
	char *host; /* without brackets */
	char *port;
	char *host_header;
	char *session_path; /* or NULL */
	int64_t timeout_ms;
	struct vktls_ctx *tls;
	struct http_parser *parser;
	int fd; /* -1: not connected */
	struct vktls *conn;
};

/* Setting up. */

/* https://HOST[:PORT][/], the host in brackets if it is an IPv6 address. */
static enum vk_rc parse_url(struct httpc *client, const char *url, struct vk_err *err)
{
	static const char scheme[] = "https://";
	const char *host = url + sizeof(scheme) - 1;
	const char *after;
	size_t len;
	uint64_t port;

	if (strnlen(url, MAX_URL_BYTES) == MAX_URL_BYTES ||
		strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		goto bad;
	if (*host == '[') {
		host++;
		len = strspn(host, "0123456789abcdefABCDEF:.");
		after = host + len + 1;
		if (host[len] != ']')
			goto bad;
	} else {
		len = strspn(
			host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
		after = host + len;
	}
	if (len == 0 || strchr(":/", *after) == NULL) /* also finds the NUL */
		goto bad;
	client->host = xstrndup(host, len);
	client->port =
		*after == ':' ? xstrndup(after + 1, strcspn(after + 1, "/")) : xstrdup("443");
	after += strcspn(after, "/");
	if (!vk_parse_uint(client->port, 1, 65535, &port) ||
		(strcmp(after, "") != 0 && strcmp(after, "/") != 0))
		goto bad;
	client->url = xstrndup(url, (size_t)(after - url));
	client->host_header = xstrdup(client->url + sizeof(scheme) - 1);
	return VK_OK;
bad:
	vk_err_set(err, VK_EINPUT, "'%.200s' is not the URL of a server", url);
	vk_err_hint(err, "it looks like https://vkcfg.example:7443");
	return VK_EINPUT;
}

/* The text itself if it is given, else the file's content; NULL if neither. */
static enum vk_rc load_pem(const char *pem, const char *path, enum vk_file_flags flags,
	struct vk_buf *out, struct vk_err *err)
{
	if (pem != NULL) {
		vk_buf_adds(out, pem);
		return vk_buf_check(out, "a PEM text", err);
	}
	if (path == NULL)
		return VK_OK;
	return vk_file_read(AT_FDCWD, path, flags, out, err);
}

static enum vk_rc set_up_tls(
	struct httpc *client, const struct httpc_options *options, struct vk_err *err)
{
	struct vktls_client_options tls = {.ca_sha256 = options->ca_sha256,
		.fleet = options->fleet,
		.is_foreign = options->is_own_pki};
	struct vk_buf cert;
	struct vk_buf key;
	struct vk_buf ca;
	enum vk_rc rc;

	vk_buf_init(&ca, X509_MAX_PEM_BYTES);
	vk_buf_init(&cert, X509_MAX_PEM_BYTES);
	vk_buf_init(&key, X509_MAX_PEM_BYTES);
	rc = load_pem(options->ca_pem, options->ca_path, VK_FILE_DEFAULT, &ca, err);
	if (rc == VK_OK)
		rc = load_pem(options->cert_pem, options->cert_path, VK_FILE_DEFAULT, &cert, err);
	if (rc == VK_OK)
		rc = load_pem(options->key_pem, options->key_path, VK_FILE_PRIVATE, &key, err);
	if (rc == VK_OK && options->ca_sha256 == NULL)
		tls.ca_pem = ca.data;
	tls.cert_pem = cert.data;
	tls.key_pem = key.data;
	if (rc == VK_OK)
		rc = vktls_client_new(&tls, &client->tls, err);
	vk_buf_release(&ca);
	vk_buf_release(&cert);
	vk_buf_release_wiped(&key);
	return rc;
}

enum vk_rc httpc_new(const struct httpc_options *options, struct httpc **out, struct vk_err *err)
{
	struct httpc *client = xcalloc(1, sizeof(*client));
	enum vk_rc rc;

	client->fd = -1;
	client->parser = http_response_parser_new();
	client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	if (options->session_path != NULL)
		client->session_path = xstrdup(options->session_path);
	rc = parse_url(client, options->url, err);
	if (rc == VK_OK)
		rc = set_up_tls(client, options, err);
	if (rc == VK_OK)
		*out = client;
	else
		httpc_free(client);
	return rc;
}

void httpc_disconnect(struct httpc *client)
{
	if (client->conn != NULL)
		vktls_shutdown(client->conn);
	vktls_free(client->conn);
	client->conn = NULL;
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void httpc_free(struct httpc *client)
{
	if (client == NULL)
		return;
	httpc_disconnect(client);
	vktls_ctx_free(client->tls);
	http_parser_free(client->parser);
	free(client->session_path);
	free(client->host_header);
	free(client->port);
	free(client->host);
	free(client->url);
	free(client);
}

/* Connecting. */

static void load_session(struct httpc *client)
{
	struct vk_buf session;

	if (client->session_path == NULL)
		return;
	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	if (vk_file_read(AT_FDCWD, client->session_path, VK_FILE_PRIVATE | VK_FILE_NOFOLLOW,
		    &session, NULL) == VK_OK)
		vktls_session_load(client->conn, session.data, session.len);
	vk_buf_release_wiped(&session);
}

/* A ticket serves many connections until it expires, so that a run that resumes writes nothing. */
static void save_session(const struct httpc *client)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf session;

	if (client->session_path == NULL || vktls_is_resumed(client->conn))
		return;
	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	vktls_session_save(client->conn, &session);
	if (session.len > 0 && vk_file_replace(AT_FDCWD, client->session_path, 0600, session.data,
				       session.len, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "session-not-saved", &err);
	vk_buf_release_wiped(&session);
}

/* Waits for what the last step of TLS asked for. */
static enum vk_rc await(const struct httpc *client, enum vktls_result result, int64_t deadline_ms,
	struct vk_err *err)
{
	return dial_wait(client->fd, result == VKTLS_WANT_WRITE, deadline_ms, err);
}

static enum vk_rc shake_hands(struct httpc *client, int64_t deadline_ms, struct vk_err *err)
{
	for (;;) {
		enum vktls_result result = vktls_handshake(client->conn);
		enum vk_rc rc;

		if (result == VKTLS_DONE)
			return VK_OK;
		if (result == VKTLS_FAILED || result == VKTLS_CLOSED)
			return vktls_error(client->conn, err);
		rc = await(client, result, deadline_ms, err);
		if (rc != VK_OK)
			return rc;
	}
}

static enum vk_rc open_connection(struct httpc *client, int64_t deadline_ms, struct vk_err *err)
{
	enum vk_rc rc = dial_tcp(client->host, client->port, deadline_ms, &client->fd, err);

	if (rc != VK_OK) {
		vk_err_hint(err, "is vkcfgd running there, and is the way to it open?");
		return rc;
	}
	client->conn = vktls_new(client->tls, client->fd, client->host);
	load_session(client);
	return shake_hands(client, deadline_ms, err);
}

/* One exchange. */

static void format_request(
	const struct httpc *client, const struct httpc_call *call, struct vk_buf *out)
{
	const char *method = call->method;
	char wait[32] = "";
	const char *type = call->content_type;
	struct http_field fields[] = {
		{"Accept", "application/json"},
		{"If-None-Match", call->if_none_match},
		{"Prefer", NULL},
		{"Content-Type", NULL},
		{NULL, NULL},
	};

	if (method == NULL)
		method = call->body == NULL ? "GET" : "POST";
	if (call->wait_seconds > 0) {
		snprintf(wait, sizeof(wait), "wait=%u", call->wait_seconds);
		fields[2].value = wait;
	}
	if (call->body != NULL)
		fields[3].value = type == NULL ? "application/json" : type;
	http_format_request(out, method, call->target, client->host_header, fields, call->body_len);
	if (call->body_len > 0)
		vk_buf_add(out, call->body, call->body_len);
}

/* Gives bytes to the parser; *is_done at the end of the message. */
static enum vk_rc feed(struct httpc *client, const char *data, size_t len, size_t max_body_bytes,
	bool *is_done, struct vk_err *err)
{
	for (size_t used;; data += used, len -= used) {
		switch (http_parse(client->parser, data, len, &used)) {
		case HTTP_HEAD:
			/* A failure's document may be larger than the thing that was asked for. */
			if (http_status(client->parser) >= 400 &&
				max_body_bytes < MAX_PROBLEM_BYTES)
				max_body_bytes = MAX_PROBLEM_BYTES;
			http_parser_limit_body(client->parser, max_body_bytes);
			break;
		case HTTP_MORE:
			return VK_OK;
		case HTTP_DONE:
			*is_done = true;
			return VK_OK;
		case HTTP_FAILED:
			http_parser_error(client->parser, err);
			return vk_err_prefix(
				err, err != NULL ? err->rc : VK_EINPUT, "the server's answer");
		}
	}
}

/* An exchange as it goes on. */
struct exchange {
	const char *data; /* to be sent */
	size_t len;
	size_t sent;
	size_t max_body_bytes;
	int64_t deadline_ms;
	bool has_answer; /* a byte of it has come */
	bool is_done;
};

static enum vk_rc read_step(struct httpc *client, struct exchange *x, struct vk_err *err)
{
	char data[READ_BYTES];
	enum vktls_result result;
	size_t len;

	result = vktls_read(client->conn, data, sizeof(data), &len);
	switch (result) {
	case VKTLS_DONE:
		x->has_answer = true;
		return feed(client, data, len, x->max_body_bytes, &x->is_done, err);
	case VKTLS_WANT_READ:
	case VKTLS_WANT_WRITE:
		if (x->sent < x->len) /* the answer can wait, sending cannot */
			return dial_wait(client->fd, true, x->deadline_ms, err);
		return await(client, result, x->deadline_ms, err);
	case VKTLS_CLOSED:
		return vk_err_set(err, VK_EUNAVAIL, "the server closed the connection");
	case VKTLS_FAILED:
		break;
	}
	return vktls_error(client->conn, err);
}

/* A server that refuses answers before it has read the whole body, so the answer is looked for
 * whenever sending gets stuck. */
static enum vk_rc write_step(struct httpc *client, struct exchange *x, struct vk_err *err)
{
	size_t len;

	switch (vktls_write(client->conn, x->data + x->sent, x->len - x->sent, &len)) {
	case VKTLS_DONE:
		x->sent += len;
		return VK_OK;
	case VKTLS_WANT_READ:
	case VKTLS_WANT_WRITE:
		return read_step(client, x, err);
	case VKTLS_CLOSED:
	case VKTLS_FAILED:
		break;
	}
	return vktls_error(client->conn, err);
}

static enum vk_rc run_exchange(struct httpc *client, struct exchange *x, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	http_parser_reset(client->parser);
	while (rc == VK_OK && !x->is_done)
		rc = x->sent < x->len && !x->has_answer ? write_step(client, x, err)
							: read_step(client, x, err);
	return rc;
}

/* Replies. */

void httpc_reply_release(struct httpc_reply *reply)
{
	free(reply->body);
	*reply = (struct httpc_reply)HTTPC_REPLY_INIT;
}

/* A value that does not fit is left out: half an ETag is none. */
static void copy_header(const struct http_parser *p, const char *name, char *out, size_t size)
{
	const char *value = http_header(p, name);

	if (value != NULL && strlen(value) < size)
		memcpy(out, value, strlen(value) + 1);
}

static void take_reply(struct httpc *client, struct httpc_reply *reply)
{
	const char *retry_after = http_header(client->parser, "retry-after");
	uint64_t seconds;

	httpc_reply_release(reply);
	reply->status = http_status(client->parser);
	copy_header(client->parser, "etag", reply->etag, sizeof(reply->etag));
	copy_header(
		client->parser, "content-type", reply->content_type, sizeof(reply->content_type));
	if (retry_after != NULL && vk_parse_uint(retry_after, 0, INT32_MAX, &seconds))
		reply->retry_after_seconds = (int64_t)seconds;
	reply->body = http_body_detach(client->parser, &reply->body_len);
}

/* Text of a server ends up on a terminal: no control character may come with it. */
static void clean(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			*c = '?';
	}
}

/* The error that a reply >= 400 stands for. */
static enum vk_rc explain_failure(const struct httpc_reply *reply, struct vk_err *err)
{
	enum vk_rc rc = vk_rc_from_http_status(reply->status);
	const char *detail = NULL;
	const char *hint = NULL;
	struct vkjson *problem = NULL;

	if (strcmp(reply->content_type, "application/problem+json") == 0 &&
		vkjson_parse(reply->body, reply->body_len, &problem, NULL) == VK_OK) {
		detail = vkjson_text(vkjson_get(problem, "detail"));
		hint = vkjson_text(vkjson_get(problem, "hint"));
	}
	if (detail != NULL)
		vk_err_set(err, rc, "%s", detail);
	else
		vk_err_set(err, rc, "the server answered %d %s", reply->status,
			http_reason(reply->status));
	if (hint != NULL)
		vk_err_hint(err, "%s", hint);
	if (err != NULL) {
		clean(err->msg);
		clean(err->hint);
	}
	vkjson_free(problem);
	return rc;
}

static bool is_get(const struct httpc_call *call)
{
	return call->method == NULL ? call->body == NULL : strcmp(call->method, "GET") == 0;
}

static enum vk_rc send_and_receive(
	struct httpc *client, const struct httpc_call *call, struct exchange *x, struct vk_err *err)
{
	bool is_reused = client->conn != NULL;
	enum vk_rc rc = VK_OK;

	if (!is_reused)
		rc = open_connection(client, x->deadline_ms, err);
	if (rc == VK_OK)
		rc = run_exchange(client, x, err);
	if (rc == VK_EUNAVAIL && is_reused && !x->has_answer && is_get(call) &&
		vk_clock_monotonic_ms() < x->deadline_ms) {
		httpc_disconnect(client);
		x->sent = 0;
		rc = open_connection(client, x->deadline_ms, err);
		if (rc == VK_OK)
			rc = run_exchange(client, x, err);
	}
	return rc;
}

enum vk_rc httpc_request(struct httpc *client, const struct httpc_call *call,
	struct httpc_reply *reply, struct vk_err *err)
{
	int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : client->timeout_ms;
	struct exchange x = {
		.deadline_ms = vk_clock_monotonic_ms() + timeout_ms + call->wait_seconds * 1000,
		.max_body_bytes =
			call->max_body_bytes > 0 ? call->max_body_bytes : DEFAULT_MAX_BODY_BYTES,
	};
	struct vk_buf text;
	enum vk_rc rc;

	if (!http_target_is_valid(call->target))
		return vk_err_set(err, VK_EINPUT, "'%.100s' cannot be asked for", call->target);
	vk_buf_init(&text, MAX_BODY_BYTES);
	format_request(client, call, &text);
	x.data = text.data;
	x.len = text.len;
	rc = vk_buf_check(&text, "the request", err);
	if (rc == VK_OK)
		rc = send_and_receive(client, call, &x, err);
	vk_buf_release_wiped(&text); /* a request to enrol holds the token */
	if (rc != VK_OK) {
		httpc_disconnect(client);
		vk_err_prefix(err, rc, "%s", client->url);
		return rc;
	}
	save_session(client);
	take_reply(client, reply);
	if (x.sent < x.len || !http_is_keep_alive(client->parser))
		httpc_disconnect(client);
	http_parser_reset(client->parser);
	if (reply->status >= 400 && (call->flags & HTTPC_ANY_STATUS) == 0)
		return explain_failure(reply, err);
	return VK_OK;
}

enum vk_rc httpc_get(struct httpc *client, const char *target, size_t max_body_bytes,
	struct httpc_reply *reply, struct vk_err *err)
{
	const struct httpc_call call = {.target = target, .max_body_bytes = max_body_bytes};

	return httpc_request(client, &call, reply, err);
}

enum vk_rc httpc_post(struct httpc *client, const char *target, const char *json, size_t json_len,
	struct httpc_reply *reply, struct vk_err *err)
{
	const struct httpc_call call = {.target = target, .body = json, .body_len = json_len};

	return httpc_request(client, &call, reply, err);
}
