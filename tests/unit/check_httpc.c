/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/httpc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/http.h"
#include "common/vktls.h"

#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

enum { HOUR = 3600, MAX_REQUEST_BYTES = 65536, TIMEOUT_MS = 20000 };

/* What the server does with one request, in turn. */
struct step {
	const char *reply; /* NULL: none */
	bool hangs_up;     /* after it */
	bool hangs;        /* keeps the connection open and says nothing until the end */
};

#define OK(body, length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body

static struct pki pki;
static struct pki_leaf server_leaf;
static struct pki_leaf host_leaf;
static struct vktls_ctx *server_ctx;
static int listener;
static char url[64];
static pthread_t thread;
static const struct step *steps;
static size_t step_count;
static atomic_uint connections;
static atomic_uint resumed;
static char last_request[MAX_REQUEST_BYTES];
static struct httpc *client;
static struct httpc_reply reply;
static struct vk_err err;

/* Reads one request whole into last_request; false when the client has gone. */
static bool read_request(struct vktls *conn)
{
	struct http_parser *p = http_request_parser_new();
	enum http_result result = HTTP_MORE;
	size_t used;
	size_t at = 0;
	size_t end = 0;

	while (result == HTTP_MORE || result == HTTP_HEAD) {
		if (at == end && result == HTTP_MORE) {
			size_t len;

			if (vktls_read(conn, last_request + end, sizeof(last_request) - 1 - end,
				    &len) != VKTLS_DONE)
				break;
			end += len;
		}
		result = http_parse(p, last_request + at, end - at, &used);
		at += used;
		if (result == HTTP_HEAD)
			http_parser_limit_body(p, MAX_REQUEST_BYTES);
	}
	last_request[end] = '\0';
	http_parser_free(p);
	return result == HTTP_DONE;
}

/* Serves steps on one connection; false when all are done. */
static bool serve(int fd, size_t *next)
{
	struct vktls *conn = vktls_new(server_ctx, fd, NULL);
	bool goes_on = true;
	size_t len;

	if (vktls_handshake(conn) == VKTLS_DONE) {
		atomic_fetch_add(&connections, 1);
		if (vktls_is_resumed(conn))
			atomic_fetch_add(&resumed, 1);
		while (*next < step_count && read_request(conn)) {
			const struct step *step = &steps[(*next)++];
			char byte;

			if (step->reply != NULL)
				vktls_write(conn, step->reply, strlen(step->reply), &len);
			if (step->hangs)
				vktls_read(conn, &byte, 1, &len);
			if (step->hangs_up || step->hangs)
				break;
		}
		goes_on = *next < step_count;
		vktls_shutdown(conn);
	}
	vktls_free(conn);
	close(fd);
	return goes_on;
}

static void *run_server(void *arg)
{
	size_t next = 0;
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0 && serve(fd, &next))
		;
	return NULL;
}

static void set_up(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);

	pki_init(&pki, "demo");
	server_leaf = pki_issue(&pki, X509_KIND_SERVER, "vkcfgd", HOUR);
	host_leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	server_ctx = pki_server_ctx(&pki, &server_leaf);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof(url), "https://localhost:%u", ntohs(address.sin_port));
}

static void tear_down(void)
{
	httpc_reply_release(&reply);
	httpc_free(client);
	client = NULL;
	shutdown(listener, SHUT_RDWR);
	if (steps != NULL)
		pthread_join(thread, NULL);
	close(listener);
	vktls_ctx_free(server_ctx);
	pki_leaf_release(&server_leaf);
	pki_leaf_release(&host_leaf);
	pki_release(&pki);
}

static void start(const struct step *script, size_t count)
{
	steps = script;
	step_count = count;
	ck_assert_int_eq(pthread_create(&thread, NULL, run_server, NULL), 0);
}

static struct httpc_options options(void)
{
	return (struct httpc_options){
		.url = url,
		.ca_pem = pki.ca_pem,
		.cert_pem = host_leaf.cert_pem,
		.key_pem = host_leaf.key_pem,
		.fleet = "demo",
		.timeout_ms = TIMEOUT_MS,
	};
}

static void open_client(void)
{
	struct httpc_options o = options();

	assert_ok(httpc_new(&o, &client, &err), err);
}

START_TEST(refuses_urls_that_are_none)
{
	static const char *const bad[] = {"", "localhost", "http://localhost", "https://",
		"https://:7443", "https://a:0", "https://a:65536", "https://a:x", "https://a b",
		"https://a/x", "https://[::1", "https://[]:1", "https://u@a", "https://a?b"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct httpc_options o = options();

		o.url = bad[i];
		ck_assert_msg(httpc_new(&o, &client, &err) == VK_EINPUT, "%s", bad[i]);
	}
}
END_TEST

START_TEST(refuses_targets_that_are_none)
{
	open_client();
	assert_fails(httpc_get(client, "v1", 0, &reply, &err), VK_EINPUT);
	assert_fails(httpc_get(client, "/a b", 0, &reply, &err), VK_EINPUT);
	assert_fails(httpc_get(client, "/a\r\nX: y", 0, &reply, &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_a_key_that_others_may_read)
{
	char path[] = "/tmp/check_httpc.XXXXXX";
	struct httpc_options o = options();
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(write(fd, host_leaf.key_pem, strlen(host_leaf.key_pem)), 0);
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	o.key_pem = NULL;
	o.key_path = path;
	ck_assert_int_ne(httpc_new(&o, &client, &err), VK_OK);
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	assert_ok(httpc_new(&o, &client, &err), err);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(says_that_nobody_listens)
{
	struct httpc_options o = options();

	o.url = "https://127.0.0.1:1";
	assert_ok(httpc_new(&o, &client, &err), err);
	assert_fails(httpc_get(client, "/", 0, &reply, &err), VK_EUNAVAIL);
	ck_assert_str_eq(err.msg, "https://127.0.0.1:1: cannot connect: Connection refused");
	ck_assert_ptr_nonnull(strstr(err.hint, "is vkcfgd running there"));
}
END_TEST

START_TEST(asks_and_reads_on_one_connection)
{
	static const struct step script[] = {
		{.reply = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Type: application/json\r\n"
			  "Content-Length: 2\r\n\r\n{}"},
		{.reply = "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"},
		{.reply = OK("", "0")},
	};
	struct httpc_call poll = {
		.target = "/v1/agent/desired?log=1", .if_none_match = "\"x\"", .wait_seconds = 5};

	start(script, 3);
	open_client();
	assert_ok(httpc_get(client, "/a", 0, &reply, &err), err);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply.etag, "\"x\"");
	ck_assert_str_eq(reply.content_type, "application/json");
	ck_assert_str_eq(reply.body, "{}");
	assert_ok(httpc_request(client, &poll, &reply, &err), err);
	ck_assert_int_eq(reply.status, 304);
	ck_assert_ptr_nonnull(strstr(last_request, "GET /v1/agent/desired?log=1 HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(last_request, "\r\nIf-None-Match: \"x\"\r\n"));
	ck_assert_ptr_nonnull(strstr(last_request, "\r\nPrefer: wait=5\r\n"));
	assert_ok(httpc_post(client, "/b", "{\"a\":1}", 7, &reply, &err), err);
	ck_assert_ptr_nonnull(strstr(last_request, "Content-Length: 7\r\n\r\n{\"a\":1}"));
	ck_assert_uint_eq(connections, 1);
}
END_TEST

START_TEST(a_problem_becomes_an_error)
{
	static const struct step script[] = {
		{.reply = "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\n"
			  "Content-Length: 53\r\n\r\n"
			  "{\"detail\":\"base is stale\\u001b[2J\",\"hint\":\"submit anew\"}"},
		{.reply = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n"
			  "Content-Length: 0\r\n\r\n"},
		{.reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
	};
	struct httpc_call raw = {.target = "/c", .flags = HTTPC_ANY_STATUS};

	ck_assert_uint_eq(strlen(strstr(script[0].reply, "\r\n\r\n") + 4), 53 + 3);
	start(script, 3);
	open_client();
	/* The length is three bytes short: the text that is cut is no JSON. */
	assert_fails(httpc_get(client, "/a", 1, &reply, &err), VK_ECONFLICT);
	ck_assert_str_eq(err.msg, "the server answered 409 Conflict");
	httpc_disconnect(client);
	assert_fails(httpc_get(client, "/b", 1, &reply, &err), VK_EUNAVAIL);
	ck_assert_int_eq(reply.retry_after_seconds, 7);
	assert_ok(httpc_request(client, &raw, &reply, &err), err);
	ck_assert_int_eq(reply.status, 404);
}
END_TEST

START_TEST(a_problem_s_text_is_cleaned)
{
	static const struct step script[] = {
		{.reply = "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\n"
			  "Content-Length: 56\r\n\r\n"
			  "{\"detail\":\"base is stale\\u001b[2J\",\"hint\":\"submit anew\"}"},
	};

	start(script, 1);
	open_client();
	assert_fails(httpc_get(client, "/a", 1, &reply, &err), VK_ECONFLICT);
	ck_assert_str_eq(err.msg, "base is stale?[2J");
	ck_assert_str_eq(err.hint, "submit anew");
}
END_TEST

START_TEST(refuses_a_reply_that_is_too_large)
{
	static const struct step script[] = {{.reply = OK("0123456789", "10")}};

	start(script, 1);
	open_client();
	assert_fails(httpc_get(client, "/a", 9, &reply, &err), VK_ELIMIT);
}
END_TEST

START_TEST(refuses_a_reply_that_ends_early)
{
	static const struct step script[] = {{.reply = OK("012", "10"), .hangs_up = true}};

	start(script, 1);
	open_client();
	assert_fails(httpc_get(client, "/a", 100, &reply, &err), VK_EUNAVAIL);
}
END_TEST

START_TEST(refuses_a_reply_that_is_not_http)
{
	static const struct step script[] = {{.reply = "SSH-2.0-x\r\n\r\n"}};

	start(script, 1);
	open_client();
	assert_fails(httpc_get(client, "/a", 100, &reply, &err), VK_EINPUT);
}
END_TEST

START_TEST(a_server_that_says_nothing_is_left_at_the_deadline)
{
	static const struct step script[] = {{.hangs = true}};
	struct httpc_call call = {.target = "/", .timeout_ms = 300};
	int64_t start_ms = vk_clock_monotonic_ms();

	start(script, 1);
	open_client();
	assert_fails(httpc_request(client, &call, &reply, &err), VK_EUNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "no answer in time"));
	ck_assert_int_lt(vk_clock_monotonic_ms() - start_ms, TIMEOUT_MS);
}
END_TEST

START_TEST(a_get_on_a_closed_connection_is_sent_again_and_a_post_is_not)
{
	static const struct step script[] = {
		{.reply = OK("a", "1"), .hangs_up = true},
		{.reply = OK("b", "1"), .hangs_up = true},
		{.reply = OK("c", "1")},
	};

	start(script, 3);
	open_client();
	assert_ok(httpc_get(client, "/a", 0, &reply, &err), err);
	assert_ok(httpc_get(client, "/b", 0, &reply, &err), err);
	ck_assert_str_eq(reply.body, "b");
	ck_assert_uint_eq(connections, 2);
	assert_fails(httpc_post(client, "/c", "{}", 2, &reply, &err), VK_EUNAVAIL);
	assert_ok(httpc_post(client, "/c", "{}", 2, &reply, &err), err);
}
END_TEST

START_TEST(a_session_is_kept_between_runs)
{
	static const struct step script[] = {
		{.reply = OK("a", "1"), .hangs_up = true},
		{.reply = OK("b", "1"), .hangs_up = true},
		{.reply = OK("c", "1")},
	};
	char path[] = "/tmp/check_httpc.XXXXXX";
	struct httpc_options o = options();
	struct stat before;
	struct stat after;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	o.session_path = path;
	start(script, 3);
	for (int i = 0; i < 3; i++) {
		assert_ok(httpc_new(&o, &client, &err), err);
		assert_ok(httpc_get(client, "/", 0, &reply, &err), err);
		httpc_free(client);
		client = NULL;
		ck_assert_int_eq(stat(path, i == 0 ? &before : &after), 0);
	}
	ck_assert_uint_eq(resumed, 2);
	ck_assert_int_eq(before.st_mode & 0777, 0600);
	ck_assert_uint_eq(before.st_ino, after.st_ino); /* a run that resumes writes nothing */
	unlink(path);
}
END_TEST

START_TEST(says_that_the_server_is_not_to_be_trusted)
{
	static const struct step script[] = {{.reply = OK("a", "1")}};
	struct httpc_options o = options();
	struct pki other;

	pki_init(&other, "demo");
	o.ca_pem = other.ca_pem;
	start(script, 1);
	assert_ok(httpc_new(&o, &client, &err), err);
	assert_fails(httpc_get(client, "/", 0, &reply, &err), VK_EUNTRUSTED);
	pki_release(&other);
}
END_TEST

START_TEST(says_that_the_server_refuses_the_certificate)
{
	static const struct step script[] = {{.reply = OK("a", "1")}};
	struct pki_leaf leaf = pki_issue(&pki, X509_KIND_HOST, "db1", -60);
	struct httpc_options o = options();

	o.cert_pem = leaf.cert_pem;
	o.key_pem = leaf.key_pem;
	start(script, 1);
	assert_ok(httpc_new(&o, &client, &err), err);
	assert_fails(httpc_get(client, "/", 0, &reply, &err), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.msg, "certificate expired"));
	pki_leaf_release(&leaf);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("httpc");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, refuses_urls_that_are_none);
	tcase_add_test(tc, refuses_targets_that_are_none);
	tcase_add_test(tc, refuses_a_key_that_others_may_read);
	tcase_add_test(tc, says_that_nobody_listens);
	tcase_add_test(tc, asks_and_reads_on_one_connection);
	tcase_add_test(tc, a_problem_becomes_an_error);
	tcase_add_test(tc, a_problem_s_text_is_cleaned);
	tcase_add_test(tc, refuses_a_reply_that_is_too_large);
	tcase_add_test(tc, refuses_a_reply_that_ends_early);
	tcase_add_test(tc, refuses_a_reply_that_is_not_http);
	tcase_add_test(tc, a_server_that_says_nothing_is_left_at_the_deadline);
	tcase_add_test(tc, a_get_on_a_closed_connection_is_sent_again_and_a_post_is_not);
	tcase_add_test(tc, a_session_is_kept_between_runs);
	tcase_add_test(tc, says_that_the_server_is_not_to_be_trusted);
	tcase_add_test(tc, says_that_the_server_refuses_the_certificate);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
