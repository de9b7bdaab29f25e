/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection over a socketpair, with its event loop turned by hand. */
#include "config.h"

#include "server/conn.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mem.h"
#include "server/view.h"

#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

enum { HOUR = 3600, MAX_TURNS = 20000, REPLY_BYTES = 400000, BIG_BYTES = 300000 };

static struct pki pki;
static struct pki_leaf server_leaf;
static struct pki_leaf host_leaf;
static struct pki_leaf user_leaf;
static struct vktls_ctx *server_ctx;
static struct vktls_ctx *client_ctx;
static struct view_slot *views;
static struct worker_pool_options options;
static struct conn_env env;
static atomic_uint connections;
static atomic_size_t body_bytes;
static struct request *deferred; /* by the handler of /defer */
static int denied;
static int released;
static char etag[16];
static char *big;

static struct {
	int fd;
	struct vktls *tls;
	bool is_up;
	bool is_closed;
	char reply[REPLY_BYTES];
	size_t len;
} client;

/* Handlers. */

static void handle_echo(struct request *req)
{
	size_t len;
	const char *body = request_body(req, &len);

	reply_bytes(req, 200, "application/json", body, len);
}

static void handle_poll(struct request *req)
{
	if (!request_etag_matches(req, etag))
		reply_send(req, &(struct reply){.status = 200, .etag = etag, .body = "new",
					.body_len = 3});
	else if (!request_park(req))
		reply_not_modified(req, etag);
}

static void handle_defer(struct request *req)
{
	request_defer(req);
	deferred = req;
}

static void handle_defer_and_answer(struct request *req)
{
	request_defer(req);
	reply_empty(req);
}

static void release(void *owner)
{
	ck_assert_ptr_eq(owner, &released);
	released++;
}

static void handle_big(struct request *req)
{
	reply_send(req, &(struct reply){.status = 200, .body = big, .body_len = BIG_BYTES,
				.release = release, .owner = &released});
}

static void handle_who(struct request *req)
{
	reply_bytes(req, 200, "text/plain", request_identity(req)->name,
		strlen(request_identity(req)->name));
}

static const struct route table[] = {
	{"POST", "/echo", PERMISSION_HOST, handle_echo, 1000, NULL, NULL},
	{"GET", "/poll", PERMISSION_HOST, handle_poll, 0, NULL, NULL},
	{"GET", "/defer", PERMISSION_HOST, handle_defer, 0, NULL, NULL},
	{"GET", "/defer-and-answer", PERMISSION_HOST, handle_defer_and_answer, 0, NULL, NULL},
	{"GET", "/big", PERMISSION_HOST, handle_big, 0, NULL, NULL},
	{"GET", "/who", PERMISSION_ANY, handle_who, 0, NULL, NULL},
	{"POST", "/enrol", PERMISSION_ENROL, handle_echo, 1000, NULL, NULL},
	{"GET", "/nobody", 0, handle_who, 0, NULL, NULL},
};

static void on_denied(void *context, const struct request *req, const struct vk_err *why)
{
	(void)context;
	ck_assert_ptr_nonnull(request_identity(req));
	ck_assert_int_eq(why->rc, VK_EDENIED);
	denied++;
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

static void publish(bool is_host_revoked)
{
	struct view_builder *builder = view_builder_new(NULL, "demo");

	add_identity(builder, &host_leaf, IDENTITY_HOST, "db1", is_host_revoked);
	add_identity(builder, &user_leaf, IDENTITY_USER, "alice", false);
	view_slot_put(views, view_builder_finish(builder));
}

static void set_up(void)
{
	pki_init(&pki, "demo");
	server_leaf = pki_issue(&pki, X509_KIND_SERVER, "vkcfgd", HOUR);
	host_leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	user_leaf = pki_issue(&pki, X509_KIND_USER, "alice", HOUR);
	server_ctx = pki_server_ctx(&pki, &server_leaf);
	client_ctx = pki_client_ctx(&pki, &host_leaf);
	views = view_slot_new();
	publish(false);
	options = (struct worker_pool_options){
		.tls = server_ctx,
		.views = views,
		.routes = table,
		.route_count = sizeof(table) / sizeof(table[0]),
		.hooks = {.denied = on_denied},
		.limits = {.connections = 2, .connections_per_identity = 2, .body_kib = 1,
			.handshake_ms = 60000, .head_ms = 60000, .idle_ms = 60000,
			.transfer_ms = 60000, .max_wait_s = 55},
	};
	env = (struct conn_env){.options = &options,
		.base = event_base_new(),
		.by_identity = quota_new(2),
		.by_address = quota_new(0),
		.connections = &connections,
		.body_bytes = &body_bytes};
	conn_env_init(&env);
	memcpy(etag, "\"1\"", 4);
	big = xmalloc(BIG_BYTES);
	memset(big, 'b', BIG_BYTES);
}

static void close_client(void)
{
	vktls_free(client.tls);
	if (client.fd > 0)
		close(client.fd);
	memset(&client, 0, sizeof(client));
}

static void tear_down(void)
{
	close_client();
	conn_env_close_all(&env);
	conn_env_reap(&env);
	ck_assert_uint_eq(connections, 0);
	conn_env_release(&env);
	quota_free(env.by_identity);
	quota_free(env.by_address);
	event_base_free(env.base);
	view_slot_free(views);
	vktls_ctx_free(server_ctx);
	vktls_ctx_free(client_ctx);
	pki_leaf_release(&server_leaf);
	pki_leaf_release(&host_leaf);
	pki_leaf_release(&user_leaf);
	pki_release(&pki);
	free(big);
}

/* Turning both ends. */

static void turn_server(void)
{
	conn_env_run_woken(&env);
	conn_env_reap(&env);
	event_base_loop(env.base, EVLOOP_NONBLOCK);
	conn_env_reap(&env);
}

static void turn_client(void)
{
	enum vktls_result result;
	size_t len;

	if (client.is_closed)
		return;
	result = client.is_up ? vktls_read(client.tls, client.reply + client.len,
					sizeof(client.reply) - 1 - client.len, &len)
			      : vktls_handshake(client.tls);
	if (result == VKTLS_DONE && client.is_up)
		client.len += len;
	if (result == VKTLS_DONE)
		client.is_up = true;
	if (result == VKTLS_CLOSED || result == VKTLS_FAILED)
		client.is_closed = true;
	client.reply[client.len] = '\0';
}

static void open_client_as(const struct vktls_ctx *ctx)
{
	int fds[2];

	close_client();
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	client.fd = fds[1];
	client.tls = vktls_new(ctx, fds[1], "localhost");
	conn_accept(&env, fds[0], NULL);
	for (int i = 0; i < MAX_TURNS && !client.is_up && !client.is_closed; i++) {
		turn_client();
		turn_server();
	}
	ck_assert(client.is_up);
	turn_client();
	turn_server();
}

static void open_client(void)
{
	open_client_as(client_ctx);
}

static void send_bytes(const char *data, size_t len)
{
	size_t written = 0;

	ck_assert_int_eq(vktls_write(client.tls, data, len, &written), VKTLS_DONE);
	ck_assert_uint_eq(written, len);
	turn_server();
}

static void send_text(const char *text)
{
	send_bytes(text, strlen(text));
}

/* Whether a whole reply stands in client.reply. */
static bool has_reply(void)
{
	struct http_parser *p = http_response_parser_new();
	enum http_result result = HTTP_HEAD;
	size_t at = 0;

	for (size_t used; result == HTTP_HEAD; at += used) {
		result = http_parse(p, client.reply + at, client.len - at, &used);
		http_parser_limit_body(p, REPLY_BYTES);
	}
	http_parser_free(p);
	ck_assert_int_ne(result, HTTP_FAILED);
	return result == HTTP_DONE;
}

/* Waits for the reply to begin with this and to hold that. */
static void expect(const char *start, const char *part)
{
	for (int i = 0; i < MAX_TURNS && !has_reply(); i++) {
		turn_client();
		turn_server();
	}
	ck_assert_msg(strncmp(client.reply, start, strlen(start)) == 0, "'%s'", client.reply);
	ck_assert_msg(strstr(client.reply, part) != NULL, "'%s'", client.reply);
	client.len = 0;
}

static void expect_closed(void)
{
	for (int i = 0; i < MAX_TURNS && !client.is_closed; i++) {
		turn_client();
		turn_server();
	}
	ck_assert(client.is_closed);
}

static uint64_t in_state(enum conn_state state)
{
	return env.stats.states[state];
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POLL "GET /poll HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\nPrefer: wait=55\r\n\r\n"
#define POST(path, type, length) \
	"POST " path " HTTP/1.1\r\nHost: a\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n"

START_TEST(refuses_what_it_does_not_serve)
{
	static const struct {
		const char *request;
		const char *start;
		const char *part;
		bool is_closed;
	} rows[] = {
		{GET("/x"), "HTTP/1.1 404 ", "urn:vkcfg:error:not-found", false},
		{"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ",
			"Allow: POST\r\n", false},
		{GET("/nobody"), "HTTP/1.1 403 ", "urn:vkcfg:error:denied", false},
		{GET("/who?frobnicate=1"), "HTTP/1.1 400 ", "frobnicate", false},
		{POST("/enrol", "application/json", "2") "{}", "HTTP/1.1 403 ", "denied", true},
		{POST("/echo", "text/plain", "2"), "HTTP/1.1 415 ", "application/json", true},
		{POST("/echo", "application/json", "1001"), "HTTP/1.1 413 ", "1000 bytes", true},
		{"POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 411 ", "Content-Length", true},
		{"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 505 ", "HTTP/1.1", true},
		{"nonsense\r\n\r\n", "HTTP/1.1 400 ", "request line", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_client();
		send_text(rows[i].request);
		expect(rows[i].start, rows[i].part);
		if (rows[i].is_closed) {
			expect_closed();
		} else {
			send_text(GET("/who"));
			expect("HTTP/1.1 200 ", "\r\n\r\ndb1");
		}
	}
	ck_assert_int_eq(denied, 2);
}
END_TEST

START_TEST(a_refused_body_is_not_the_next_request)
{
	open_client();
	send_text(POST("/enrol", "application/json", "36") GET("/who"));
	expect("HTTP/1.1 403 ", "Connection: close");
	expect_closed();
	ck_assert_uint_eq(client.len, 0);
}
END_TEST

START_TEST(a_self_signed_client_may_only_enrol)
{
	struct pki_leaf leaf = pki_self_signed();
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &leaf);

	open_client_as(ctx);
	send_text(GET("/who"));
	expect("HTTP/1.1 403 ", "may only enrol");
	expect_closed();
	close_client();
	open_client_as(ctx);
	send_text(POST("/enrol", "application/json", "2") "{}");
	expect("HTTP/1.1 200 ", "{}");
	expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_stranger_who_says_nothing_is_not_waited_for)
{
	struct pki_leaf leaf = pki_self_signed();
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &leaf);

	options.limits.head_ms = 50;
	open_client_as(ctx);
	for (int i = 0; i < MAX_TURNS && connections > 0; i++) {
		turn_server();
		poll(NULL, 0, 1);
	}
	expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(an_unknown_certificate_is_refused)
{
	struct pki_leaf leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &leaf);

	open_client_as(ctx);
	send_text(GET("/who"));
	expect("HTTP/1.1 401 ", "not known here");
	expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_revocation_acts_on_the_next_request_of_an_open_connection)
{
	open_client();
	send_text(GET("/who"));
	expect("HTTP/1.1 200 ", "db1");
	publish(true);
	send_text(GET("/who"));
	expect("HTTP/1.1 401 ", "revoked");
	expect_closed();
}
END_TEST

START_TEST(a_revocation_acts_while_a_body_comes)
{
	open_client();
	send_text(POST("/echo", "application/json", "2") "{");
	publish(true);
	send_text("}");
	expect("HTTP/1.1 401 ", "revoked");
}
END_TEST

START_TEST(a_revocation_reaches_parked_requests)
{
	open_client();
	send_text(POLL);
	ck_assert_uint_eq(in_state(CONN_PARKED), 1);
	publish(true);
	conn_env_wake_all(&env);
	expect("HTTP/1.1 401 ", "revoked");
}
END_TEST

START_TEST(an_expired_certificate_is_refused_on_an_open_connection)
{
	open_client();
	vk_clock_set_for_test(vk_clock_now() + 2 * HOUR);
	send_text(GET("/who"));
	expect("HTTP/1.1 401 ", "expired");
	vk_clock_set_for_test(0);
}
END_TEST

START_TEST(reads_requests_byte_by_byte_and_many_on_one_connection)
{
	static const char text[] = POST("/echo", "application/json; charset=utf-8", "7") "{\"a\":1}";

	open_client();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i + 1 < sizeof(text); i++)
			send_bytes(text + i, 1);
		expect("HTTP/1.1 200 ", "\r\n\r\n{\"a\":1}");
	}
	ck_assert_uint_eq(env.stats.requests_total[0][2], 3);
}
END_TEST

START_TEST(says_continue_to_who_waits_for_it)
{
	open_client();
	send_text("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
		  "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	for (int i = 0; i < MAX_TURNS && client.len == 0; i++)
		turn_client();
	ck_assert_str_eq(client.reply, "HTTP/1.1 100 Continue\r\n\r\n");
	client.len = 0;
	send_text("{}");
	expect("HTTP/1.1 200 ", "{}");
}
END_TEST

START_TEST(a_client_that_does_not_wait_is_answered_once)
{
	open_client();
	send_text(GET("/who") GET("/who"));
	expect("HTTP/1.1 200 ", "Connection: close");
	expect_closed();
}
END_TEST

START_TEST(a_poll_without_wait_is_answered_at_once)
{
	open_client();
	send_text("GET /poll HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\n\r\n");
	expect("HTTP/1.1 304 ", "ETag: \"1\"");
	send_text(GET("/poll"));
	expect("HTTP/1.1 200 ", "new");
}
END_TEST

START_TEST(a_parked_request_is_woken_by_a_change_only)
{
	open_client();
	send_text(POLL);
	conn_env_wake_all(&env); /* nothing that it waits for */
	turn_server();
	ck_assert_uint_eq(in_state(CONN_PARKED), 1);
	memcpy(etag, "\"2\"", 4);
	conn_env_wake_all(&env);
	expect("HTTP/1.1 200 ", "ETag: \"2\"");
	ck_assert_uint_eq(in_state(CONN_PARKED), 0);
	ck_assert_uint_eq(in_state(CONN_IDLE), 1);
}
END_TEST

START_TEST(a_parked_request_is_answered_at_its_deadline)
{
	options.limits.max_wait_s = 1;
	open_client();
	send_text(POLL);
	ck_assert_uint_eq(in_state(CONN_PARKED), 1);
	event_base_loop(env.base, EVLOOP_ONCE); /* until the deadline */
	expect("HTTP/1.1 304 ", "ETag: \"1\"");
}
END_TEST

START_TEST(a_parked_client_that_goes_is_forgotten)
{
	open_client();
	send_text(POLL);
	ck_assert_uint_eq(in_state(CONN_PARKED), 1);
	close_client();
	turn_server();
	ck_assert_uint_eq(connections, 0);
	conn_env_wake_all(&env);
	turn_server();
}
END_TEST

START_TEST(a_deferred_request_is_answered_later)
{
	open_client();
	send_text(GET("/defer"));
	ck_assert_ptr_nonnull(deferred);
	ck_assert(!request_is_gone(deferred));
	ck_assert_uint_eq(env.stats.deferred, 1);
	publish(true); /* the view that the handler saw stays */
	ck_assert_str_eq(request_identity(deferred)->name, "db1");
	reply_bytes(deferred, 201, "text/plain", "done", 4);
	expect("HTTP/1.1 201 ", "done");
	ck_assert_uint_eq(env.stats.deferred, 0);
}
END_TEST

START_TEST(a_deferred_request_outlives_its_connection)
{
	open_client();
	send_text(GET("/defer"));
	conn_env_close_all(&env);
	conn_env_reap(&env);
	ck_assert_uint_eq(connections, 0);
	ck_assert(request_is_gone(deferred));
	ck_assert_str_eq(request_identity(deferred)->name, "db1");
	reply_send(deferred, &(struct reply){.status = 200, .body = big, .body_len = BIG_BYTES,
				     .release = release, .owner = &released});
	ck_assert_int_eq(released, 1);
	conn_env_reap(&env);
	ck_assert(TAILQ_EMPTY(&env.conns));
}
END_TEST

START_TEST(a_handler_may_defer_and_answer_at_once)
{
	open_client();
	for (int i = 0; i < 3; i++) {
		send_text(GET("/defer-and-answer"));
		expect("HTTP/1.1 204 ", "");
	}
}
END_TEST

START_TEST(requests_that_came_while_deferred_are_served_then)
{
	open_client();
	send_text(GET("/defer"));
	send_text(GET("/who"));
	turn_server();
	reply_empty(deferred);
	for (int i = 0; i < MAX_TURNS && strstr(client.reply, "db1") == NULL; i++) {
		turn_client();
		turn_server();
	}
	ck_assert_ptr_nonnull(strstr(client.reply, "\r\n\r\ndb1"));
}
END_TEST

START_TEST(a_large_answer_is_borrowed_until_it_is_out)
{
	open_client();
	send_text(GET("/big"));
	ck_assert_int_eq(released, 0); /* more than the socket takes at once */
	ck_assert_uint_eq(in_state(CONN_WRITE), 1);
	expect("HTTP/1.1 200 ", "Content-Length: 300000");
	ck_assert_int_eq(released, 1);
	send_text(GET("/who"));
	expect("HTTP/1.1 200 ", "db1");
}
END_TEST

START_TEST(a_large_answer_to_who_hangs_up_is_released)
{
	open_client();
	send_text(GET("/big"));
	close_client();
	turn_server();
	ck_assert_int_eq(released, 1);
	ck_assert_uint_eq(connections, 0);
}
END_TEST

START_TEST(more_connections_than_allowed_are_told_so)
{
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &user_leaf);
	int fds[2][2];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[i]), 0);
		conn_accept(&env, fds[i][0], NULL);
	}
	options.limits.connections = 16; /* two more are told, from here on: 16 + 16 / 8 */
	open_client_as(ctx);
	send_text(GET("/who"));
	expect("HTTP/1.1 200 ", "alice");
	options.limits.connections = 2;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[0]), 0);
	conn_accept(&env, fds[0][0], NULL);
	ck_assert_uint_eq(connections, 3); /* closed without a word */
	ck_assert_uint_eq(env.stats.refused_total, 1);
	vktls_ctx_free(ctx);
	close(fds[0][1]);
}
END_TEST

START_TEST(more_connections_of_one_identity_than_allowed_are_told_so)
{
	struct vktls *first[2];
	int fds[2];

	options.limits.connections = 100;
	for (int i = 0; i < 2; i++) {
		open_client();
		first[i] = client.tls;
		fds[i] = client.fd;
		client.tls = NULL;
		client.fd = 0;
	}
	open_client();
	send_text(GET("/who"));
	expect("HTTP/1.1 503 ", "Retry-After: ");
	expect_closed();
	for (int i = 0; i < 2; i++) {
		vktls_free(first[i]);
		close(fds[i]);
	}
	turn_server();
	open_client();
	send_text(GET("/who"));
	expect("HTTP/1.1 200 ", "db1");
}
END_TEST

START_TEST(more_bodies_at_once_than_allowed_are_put_off)
{
	options.limits.connections = 10;
	atomic_store(&body_bytes, 1000); /* of others */
	open_client();
	send_text(POST("/echo", "application/json", "25"));
	expect("HTTP/1.1 503 ", "Retry-After: ");
	expect_closed();
	open_client();
	for (int i = 0; i < 3; i++) {
		send_text(POST("/echo", "application/json", "24") "{");
		ck_assert_uint_eq(body_bytes, 1024);
		send_text("                      }");
		expect("HTTP/1.1 200 ", "}");
		ck_assert_uint_eq(body_bytes, 1000);
	}
	send_text(POST("/echo", "application/json", "24") "{");
	close_client();
	turn_server();
	ck_assert_uint_eq(body_bytes, 1000);
}
END_TEST

START_TEST(a_slow_sender_is_closed)
{
	options.limits.head_ms = 50;
	open_client();
	send_text("GET /who HTTP/1.1\r\n");
	for (int i = 0; i < MAX_TURNS && connections > 0; i++) {
		size_t written;

		/* A byte now and then does not help. */
		if (i % 100 == 0 && vktls_write(client.tls, "x", 1, &written) != VKTLS_DONE)
			break;
		turn_server();
		poll(NULL, 0, 1);
	}
	expect_closed();
	ck_assert_uint_eq(env.stats.timeouts_total, 1);
}
END_TEST

START_TEST(an_unfinished_handshake_is_closed)
{
	int fds[2];

	options.limits.handshake_ms = 50;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	conn_accept(&env, fds[0], NULL);
	ck_assert_int_eq(write(fds[1], "\x16\x03\x01", 3), 3);
	while (connections > 0) {
		event_base_loop(env.base, EVLOOP_ONCE);
		conn_env_reap(&env);
	}
	ck_assert_uint_eq(env.stats.timeouts_total, 1);
	close(fds[1]);
}
END_TEST

START_TEST(what_is_not_tls_is_closed)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	conn_accept(&env, fds[0], NULL);
	ck_assert_int_eq(write(fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	turn_server();
	ck_assert_uint_eq(in_state(CONN_LINGER), 1);
	close(fds[1]);
	turn_server();
	ck_assert_uint_eq(connections, 0);
	ck_assert_uint_eq(env.stats.handshake_failures_total, 1);
}
END_TEST

START_TEST(draining_answers_parked_requests_and_ends_idle_connections)
{
	open_client();
	send_text(POLL);
	conn_env_drain(&env);
	expect("HTTP/1.1 503 ", "Retry-After: ");
	expect_closed();
}
END_TEST

START_TEST(draining_finishes_what_is_in_flight)
{
	open_client();
	send_text(GET("/defer"));
	conn_env_drain(&env);
	ck_assert_uint_eq(connections, 1);
	reply_empty(deferred);
	expect("HTTP/1.1 204 ", "Connection: close");
	expect_closed();
	close_client();
	turn_server();
	ck_assert(TAILQ_EMPTY(&env.conns));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("conn");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, refuses_what_it_does_not_serve);
	tcase_add_test(tc, a_refused_body_is_not_the_next_request);
	tcase_add_test(tc, a_self_signed_client_may_only_enrol);
	tcase_add_test(tc, a_stranger_who_says_nothing_is_not_waited_for);
	tcase_add_test(tc, an_unknown_certificate_is_refused);
	tcase_add_test(tc, a_revocation_acts_on_the_next_request_of_an_open_connection);
	tcase_add_test(tc, a_revocation_acts_while_a_body_comes);
	tcase_add_test(tc, a_revocation_reaches_parked_requests);
	tcase_add_test(tc, an_expired_certificate_is_refused_on_an_open_connection);
	tcase_add_test(tc, reads_requests_byte_by_byte_and_many_on_one_connection);
	tcase_add_test(tc, says_continue_to_who_waits_for_it);
	tcase_add_test(tc, a_client_that_does_not_wait_is_answered_once);
	tcase_add_test(tc, a_poll_without_wait_is_answered_at_once);
	tcase_add_test(tc, a_parked_request_is_woken_by_a_change_only);
	tcase_add_test(tc, a_parked_request_is_answered_at_its_deadline);
	tcase_add_test(tc, a_parked_client_that_goes_is_forgotten);
	tcase_add_test(tc, a_deferred_request_is_answered_later);
	tcase_add_test(tc, a_deferred_request_outlives_its_connection);
	tcase_add_test(tc, a_handler_may_defer_and_answer_at_once);
	tcase_add_test(tc, requests_that_came_while_deferred_are_served_then);
	tcase_add_test(tc, a_large_answer_is_borrowed_until_it_is_out);
	tcase_add_test(tc, a_large_answer_to_who_hangs_up_is_released);
	tcase_add_test(tc, more_connections_than_allowed_are_told_so);
	tcase_add_test(tc, more_connections_of_one_identity_than_allowed_are_told_so);
	tcase_add_test(tc, more_bodies_at_once_than_allowed_are_put_off);
	tcase_add_test(tc, a_slow_sender_is_closed);
	tcase_add_test(tc, an_unfinished_handshake_is_closed);
	tcase_add_test(tc, what_is_not_tls_is_closed);
	tcase_add_test(tc, draining_answers_parked_requests_and_ends_idle_connections);
	tcase_add_test(tc, draining_finishes_what_is_in_flight);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
