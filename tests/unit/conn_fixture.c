/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/conn_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/view.h"
#include "tests/unit/unit.h"

struct conn_fixture conn_fix;

/* Handlers. */

static void handle_echo(struct request *req)
{
	size_t len;
	const char *body = request_body(req, &len);

	reply_bytes(req, 200, "application/json", body, len);
}

static void handle_poll(struct request *req)
{
	if (!request_etag_matches(req, conn_fix.etag))
		reply_send(req, &(struct reply){.status = 200,
					.etag = conn_fix.etag,
					.body = "new",
					.body_len = 3});
	else if (!request_park(req))
		reply_not_modified(req, conn_fix.etag);
}

static void handle_defer(struct request *req)
{
	request_defer(req);
	conn_fix.deferred = req;
}

static void handle_defer_and_answer(struct request *req)
{
	request_defer(req);
	reply_empty(req);
}

void conn_fixture_free_body(void *owner)
{
	ck_assert_ptr_eq(owner, &conn_fix.released);
	conn_fix.released++;
}

static void handle_big(struct request *req)
{
	reply_send(req, &(struct reply){.status = 200,
				.body = conn_fix.big,
				.body_len = CONN_FIXTURE_BIG_BYTES,
				.release = conn_fixture_free_body,
				.owner = &conn_fix.released});
}

static void handle_who(struct request *req)
{
	reply_bytes(req, 200, "text/plain", request_identity(req)->name,
		strlen(request_identity(req)->name));
}

static const struct route table[] = {
	{"POST", "/echo", PERMISSION_HOST, ENVIRONMENT_NONE, handle_echo, 1000, NULL, NULL},
	{"GET", "/poll", PERMISSION_HOST, ENVIRONMENT_NONE, handle_poll, 0, NULL, NULL},
	{"GET", "/defer", PERMISSION_HOST, ENVIRONMENT_NONE, handle_defer, 0, NULL, NULL},
	{"GET", "/defer-and-answer", PERMISSION_HOST, ENVIRONMENT_NONE, handle_defer_and_answer, 0, NULL, NULL},
	{"GET", "/big", PERMISSION_HOST, ENVIRONMENT_NONE, handle_big, 0, NULL, NULL},
	{"GET", "/who", PERMISSION_ANY, ENVIRONMENT_NONE, handle_who, 0, NULL, NULL},
	{"POST", "/enrol", PERMISSION_ENROL, ENVIRONMENT_NONE, handle_echo, 1000, NULL, NULL},
	{"GET", "/nobody", PERMISSION_NONE, ENVIRONMENT_NONE, handle_who, 0, NULL, NULL},
};

static void on_denied(void *context, const struct request *req, const struct vk_err *why)
{
	(void)context;
	ck_assert_ptr_nonnull(request_identity(req));
	ck_assert_int_eq(why->rc, VK_EDENIED);
	conn_fix.denied++;
}

static void add_identity(struct view_builder *builder, const struct pki_leaf *leaf,
	enum identity_kind kind, const char *name, bool is_revoked)
{
	struct vk_err err = VK_ERR_INIT;
	struct x509_info info;
	struct view_identity identity = {
		.kind = kind, .is_revoked = is_revoked, .name = name, .environment = "prod"};

	assert_ok(x509_parse_identity(leaf->cert_pem, strlen(leaf->cert_pem), &info, &err), err);
	identity.not_after = info.not_after;
	view_builder_add_identity(builder, info.fingerprint, &identity);
}

void conn_fixture_publish(bool is_host_revoked)
{
	struct view_builder *builder = view_builder_new(NULL, "demo");

	add_identity(builder, &conn_fix.host_leaf, IDENTITY_HOST, "db1", is_host_revoked);
	add_identity(builder, &conn_fix.user_leaf, IDENTITY_USER, "alice", false);
	view_slot_put(conn_fix.views, view_builder_finish(builder));
}

void conn_fixture_init(void)
{
	pki_init(&conn_fix.pki, "demo");
	conn_fix.server_leaf =
		pki_issue(&conn_fix.pki, X509_KIND_SERVER, "vkcfgd", CONN_FIXTURE_HOUR);
	conn_fix.host_leaf = pki_issue(&conn_fix.pki, X509_KIND_HOST, "db1", CONN_FIXTURE_HOUR);
	conn_fix.user_leaf = pki_issue(&conn_fix.pki, X509_KIND_USER, "alice", CONN_FIXTURE_HOUR);
	conn_fix.server_ctx = pki_server_ctx(&conn_fix.pki, &conn_fix.server_leaf);
	conn_fix.client_ctx = pki_client_ctx(&conn_fix.pki, &conn_fix.host_leaf);
	conn_fix.views = view_slot_new();
	conn_fixture_publish(false);
	conn_fix.options = (struct worker_pool_options){
		.tls = conn_fix.server_ctx,
		.views = conn_fix.views,
		.routes = table,
		.route_count = sizeof(table) / sizeof(table[0]),
		.hooks = {.denied = on_denied},
		.limits = {.connections = 2,
			.connections_per_identity = 2,
			.body_kib = 1,
			.handshake_ms = 60000,
			.head_ms = 60000,
			.idle_ms = 60000,
			.transfer_ms = 60000,
			.max_wait_s = 55},
	};
	conn_fix.env = (struct conn_env){.options = &conn_fix.options,
		.base = event_base_new(),
		.by_identity = quota_new(2),
		.by_address = quota_new(0),
		.connections = &conn_fix.connections,
		.body_bytes = &conn_fix.body_bytes};
	conn_env_init(&conn_fix.env);
	memcpy(conn_fix.etag, "\"1\"", 4);
	conn_fix.big = xmalloc(CONN_FIXTURE_BIG_BYTES);
	memset(conn_fix.big, 'b', CONN_FIXTURE_BIG_BYTES);
}

void conn_fixture_close_client(void)
{
	vktls_free(conn_fix.client.tls);
	if (conn_fix.client.fd > 0)
		close(conn_fix.client.fd);
	memset(&conn_fix.client, 0, sizeof(conn_fix.client));
}

void conn_fixture_release(void)
{
	conn_fixture_close_client();
	conn_env_close_all(&conn_fix.env);
	conn_env_reap(&conn_fix.env);
	ck_assert_uint_eq(conn_fix.connections, 0);
	conn_env_release(&conn_fix.env);
	quota_free(conn_fix.env.by_identity);
	quota_free(conn_fix.env.by_address);
	event_base_free(conn_fix.env.base);
	view_slot_free(conn_fix.views);
	vktls_ctx_free(conn_fix.server_ctx);
	vktls_ctx_free(conn_fix.client_ctx);
	pki_leaf_release(&conn_fix.server_leaf);
	pki_leaf_release(&conn_fix.host_leaf);
	pki_leaf_release(&conn_fix.user_leaf);
	pki_release(&conn_fix.pki);
	free(conn_fix.big);
}

/* Turning both ends. */

void conn_fixture_turn_server(void)
{
	conn_env_run_woken(&conn_fix.env);
	conn_env_reap(&conn_fix.env);
	event_base_loop(conn_fix.env.base, EVLOOP_NONBLOCK);
	conn_env_reap(&conn_fix.env);
}

void conn_fixture_turn_client(void)
{
	enum vktls_result result;
	size_t len;

	if (conn_fix.client.is_closed)
		return;
	result = conn_fix.client.is_up
			 ? vktls_read(conn_fix.client.tls,
				   conn_fix.client.reply + conn_fix.client.len,
				   sizeof(conn_fix.client.reply) - 1 - conn_fix.client.len, &len)
			 : vktls_handshake(conn_fix.client.tls);
	if (result == VKTLS_DONE && conn_fix.client.is_up)
		conn_fix.client.len += len;
	if (result == VKTLS_DONE)
		conn_fix.client.is_up = true;
	if (result == VKTLS_CLOSED || result == VKTLS_FAILED)
		conn_fix.client.is_closed = true;
	conn_fix.client.reply[conn_fix.client.len] = '\0';
}

void conn_fixture_open_client_as(const struct vktls_ctx *ctx)
{
	int fds[2];

	conn_fixture_close_client();
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	conn_fix.client.fd = fds[1];
	conn_fix.client.tls = vktls_new(ctx, fds[1], "localhost");
	conn_accept(&conn_fix.env, fds[0], NULL);
	for (int i = 0;
		i < CONN_FIXTURE_TURNS && !conn_fix.client.is_up && !conn_fix.client.is_closed;
		i++) {
		conn_fixture_turn_client();
		conn_fixture_turn_server();
	}
	ck_assert(conn_fix.client.is_up);
	conn_fixture_turn_client();
	conn_fixture_turn_server();
}

void conn_fixture_open_client(void)
{
	conn_fixture_open_client_as(conn_fix.client_ctx);
}

void conn_fixture_send_bytes(const char *data, size_t len)
{
	size_t written = 0;

	ck_assert_int_eq(vktls_write(conn_fix.client.tls, data, len, &written), VKTLS_DONE);
	ck_assert_uint_eq(written, len);
	conn_fixture_turn_server();
}

void conn_fixture_send_text(const char *text)
{
	conn_fixture_send_bytes(text, strlen(text));
}

/* Whether a whole reply stands in conn_fix.client.reply. */
static bool has_reply(void)
{
	struct http_parser *p = http_response_parser_new();
	enum http_result result = HTTP_HEAD;
	size_t at = 0;

	for (size_t used; result == HTTP_HEAD; at += used) {
		result = http_parse(p, conn_fix.client.reply + at, conn_fix.client.len - at, &used);
		http_parser_limit_body(p, CONN_FIXTURE_REPLY_BYTES);
	}
	http_parser_free(p);
	ck_assert_int_ne(result, HTTP_FAILED);
	return result == HTTP_DONE;
}

/* Waits for the reply to begin with this and to hold that. */
void conn_fixture_expect(const char *start, const char *part)
{
	for (int i = 0; i < CONN_FIXTURE_TURNS && !has_reply(); i++) {
		conn_fixture_turn_client();
		conn_fixture_turn_server();
	}
	ck_assert_msg(strncmp(conn_fix.client.reply, start, strlen(start)) == 0, "'%s'",
		conn_fix.client.reply);
	ck_assert_msg(strstr(conn_fix.client.reply, part) != NULL, "'%s'", conn_fix.client.reply);
	conn_fix.client.len = 0;
}

void conn_fixture_expect_closed(void)
{
	for (int i = 0; i < CONN_FIXTURE_TURNS && !conn_fix.client.is_closed; i++) {
		conn_fixture_turn_client();
		conn_fixture_turn_server();
	}
	ck_assert(conn_fix.client.is_closed);
}

uint64_t conn_fixture_in_state(enum conn_state state)
{
	return conn_fix.env.stats.states[state];
}
