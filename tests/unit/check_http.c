/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/http.h"

#include <string.h>

#include "common/mem.h"

#include "tests/unit/unit.h"

enum { BODY_LIMIT = 100 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_WITH(header) "GET / HTTP/1.1\r\nHost: a\r\n" header "\r\n\r\n"
#define POST_WITH(header) "POST / HTTP/1.1\r\nHost: a\r\n" header "\r\n\r\n"

/* Feeds a whole message, in two pieces, to the end of what it is. */
static enum http_result feed(struct http_parser *p, const char *text, size_t len, size_t split)
{
	enum http_result result = HTTP_MORE;
	size_t end = split;
	size_t at = 0;

	for (;;) {
		size_t used;

		result = http_parse(p, text + at, end - at, &used);
		ck_assert_uint_le(used, end - at);
		at += used;
		if (result == HTTP_HEAD) {
			http_parser_limit_body(p, BODY_LIMIT);
		} else if (result != HTTP_MORE) {
			return result;
		} else {
			ck_assert_uint_eq(at, end);
			if (end == len)
				return result;
			end = len;
		}
	}
}

static void assert_request_refused(const char *text, size_t len, int status)
{
	struct http_parser *p = http_request_parser_new();

	for (size_t split = 0; split <= len; split++) {
		struct vk_err err = VK_ERR_INIT;
		enum http_result result = feed(p, text, len, split);

		ck_assert_msg(result == HTTP_FAILED, "accepted: %s", text);
		ck_assert_msg(http_parser_error(p, &err) == status, "%d (%s) instead of %d: %s",
			http_parser_error(p, &err), err.msg, status, text);
		http_parser_reset(p);
	}
	http_parser_free(p);
}

static const struct {
	const char *text;
	int status;
} bad_requests[] = {
	/* the request line */
	{"\r\n\r\n", 400},
	{"GET\r\n\r\n", 400},
	{"GET /\r\n\r\n", 400},
	{"GET / \r\n\r\n", 400},
	{" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505},
	{"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505},
	{"GET / HTTP/1.9\r\nHost: a\r\n\r\n", 505},
	{"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	/* targets */
	{GET("*"), 400},
	{GET("a"), 400},
	{GET("http://a/"), 400},
	{GET("//"), 400},
	{GET("/a//b"), 400},
	{GET("/a/"), 400},
	{GET("/."), 400},
	{GET("/.."), 400},
	{GET("/a/../b"), 400},
	{GET("/%2e%2e/b"), 400},
	{GET("/%00"), 400},
	{GET("/a;b"), 400},
	{GET("/a\\b"), 400},
	{GET("/a#b"), 400},
	{GET("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), 400},
	/* queries */
	{GET("/?"), 400},
	{GET("/?a"), 400},
	{GET("/?=1"), 400},
	{GET("/?a=1&"), 400},
	{GET("/?a=1&&b=2"), 400},
	{GET("/?a=1&a=2"), 400},
	{GET("/?A=1"), 400},
	{GET("/?a=%"), 400},
	{GET("/?a=%2"), 400},
	{GET("/?a=%zz"), 400},
	{GET("/?a=%00"), 400},
	{GET("/?a=%0a"), 400},
	{GET("/?a=%ff"), 400},
	{GET("/?a=b+c"), 400},
	{GET("/?a=b=c"), 400},
	{GET("/?a=b?c"), 400},
	{GET("/?a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&o=1&p=1&q=1"), 400},
	/* lines and headers */
	{"GET / HTTP/1.1\nHost: a\n\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},
	{"GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
	{GET_WITH("Name : value"), 400},
	{GET_WITH(" Name: value"), 400},
	{GET_WITH("Name: a\r\n folded"), 400},
	{GET_WITH("Name: a\r\n\tfolded"), 400},
	{GET_WITH(": value"), 400},
	{GET_WITH("Name"), 400},
	{GET_WITH("Na(me: value"), 400},
	{GET_WITH("Name: a\x01"), 400},
	{GET_WITH("Name: a\x7f"), 400},
	{GET_WITH("Name: \xc3\xa4"), 400},
	{GET_WITH("X: 1\r\nx: 2"), 400},
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	/* length and coding of the body */
	{POST_WITH("X: 1"), 411},
	{POST_WITH("Content-Length:"), 400},
	{POST_WITH("Content-Length: +5"), 400},
	{POST_WITH("Content-Length: -1"), 400},
	{POST_WITH("Content-Length: 0x5"), 400},
	{POST_WITH("Content-Length: 5 5"), 400},
	{POST_WITH("Content-Length: 5, 5"), 400},
	{POST_WITH("Content-Length: 1e1"), 400},
	{POST_WITH("Content-Length: 99999999999999999999999999"), 400},
	{POST_WITH("Content-Length: 5\r\nContent-Length: 5"), 400},
	{POST_WITH("Content-Length: 101"), 413},
	{POST_WITH("Content-Length: 999999999999999"), 413},
	{POST_WITH("Transfer-Encoding: chunked"), 501},
	{POST_WITH("Content-Length: 5\r\nTransfer-Encoding: chunked"), 501},
	{POST_WITH("Transfer-Encoding: xchunked"), 501},
	{POST_WITH("Content-Length: 5\r\nExpect: something"), 417},
	{GET_WITH("Content-Length: 5"), 400},
};

START_TEST(refuses_malformed_requests_however_they_are_split)
{
	assert_request_refused(
		bad_requests[_i].text, strlen(bad_requests[_i].text), bad_requests[_i].status);
}
END_TEST

START_TEST(refuses_a_nul_anywhere)
{
	static const char text[] = GET_WITH("Name: value");

	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		char copy[sizeof(text)];

		memcpy(copy, text, sizeof(text));
		copy[i] = '\0';
		assert_request_refused(copy, sizeof(text) - 1, 400);
	}
}
END_TEST

START_TEST(refuses_too_many_headers_and_too_long_heads)
{
	struct vk_buf text;

	vk_buf_init(&text, 100000);
	vk_buf_adds(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 1; i < HTTP_MAX_HEADERS + 1; i++)
		vk_buf_addf(&text, "h%d: x\r\n", i);
	vk_buf_adds(&text, "\r\n");
	assert_request_refused(text.data, text.len, 431);

	vk_buf_reset(&text);
	vk_buf_adds(&text, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (text.len < HTTP_MAX_HEAD_BYTES)
		vk_buf_addc(&text, 'x');
	for (size_t split = 0; split <= text.len; split += 1000) {
		struct http_parser *p = http_request_parser_new();

		ck_assert_int_eq(feed(p, text.data, text.len, split), HTTP_FAILED);
		ck_assert_int_eq(http_parser_error(p, NULL), 431);
		http_parser_free(p);
	}
	vk_buf_release(&text);
}
END_TEST

START_TEST(reads_a_request_however_it_is_split)
{
	static const char text[] = "POST /v1/changes/117/approve?limit=10&after=a%2Fb%20c HTTP/1.1\r\n"
				   "Host: [::1]:7443\r\nIf-None-Match:\"x\"\r\nEMPTY:\r\n"
				   "Content-Type: \t application/json \t\r\nContent-Length: 7\r\n\r\n"
				   "{\"a\":1}";
	static const char *const known[] = {"limit", NULL};
	struct http_parser *p = http_request_parser_new();
	struct vk_buf path;

	vk_buf_init(&path, 1000);
	for (size_t split = 0; split < sizeof(text); split++) {
		size_t len;

		ck_assert_int_eq(feed(p, text, sizeof(text) - 1, split), HTTP_DONE);
		ck_assert_str_eq(http_method(p), "POST");
		ck_assert_uint_eq(http_segment_count(p), 4);
		ck_assert(http_segment_equals(p, 1, "changes", 7));
		ck_assert(!http_segment_equals(p, 1, "change", 6));
		ck_assert_str_eq(http_segment(p, 2), "117");
		ck_assert_str_eq(http_segments_from(p, 1), "changes/117/approve");
		ck_assert_str_eq(http_segment(p, 0), "v1");
		vk_buf_reset(&path);
		http_path_format(p, &path);
		ck_assert_str_eq(path.data, "/v1/changes/117/approve");
		ck_assert_str_eq(http_query(p, "limit"), "10");
		ck_assert_str_eq(http_query(p, "after"), "a/b c");
		ck_assert_ptr_null(http_query(p, "x"));
		ck_assert_str_eq(http_query_unknown(p, known), "after");
		ck_assert_str_eq(http_header(p, "if-none-match"), "\"x\"");
		ck_assert_str_eq(http_header(p, "content-type"), "application/json");
		ck_assert_str_eq(http_header(p, "empty"), "");
		ck_assert_ptr_null(http_header(p, "x"));
		ck_assert_str_eq(http_body(p, &len), "{\"a\":1}");
		ck_assert_uint_eq(len, 7);
		ck_assert(http_is_keep_alive(p));
		http_parser_reset(p);
		ck_assert(http_parser_is_idle(p));
	}
	vk_buf_release(&path);
	http_parser_free(p);
}
END_TEST

START_TEST(takes_no_byte_of_the_next_message)
{
	static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nokGET /";
	struct http_parser *p = http_request_parser_new();
	size_t used;
	size_t len;

	ck_assert_int_eq(http_parse(p, text, sizeof(text) - 1, &used), HTTP_HEAD);
	http_parser_limit_body(p, 2);
	ck_assert_int_eq(http_parse(p, text + used, sizeof(text) - 1 - used, &len), HTTP_DONE);
	ck_assert_str_eq(text + used + len, "GET /");
	ck_assert_int_eq(http_parse(p, text, sizeof(text) - 1, &used), HTTP_DONE);
	ck_assert_uint_eq(used, 0);
	http_parser_free(p);
}
END_TEST

START_TEST(reads_the_root_path_and_connection_close)
{
	struct http_parser *p = http_request_parser_new();
	static const char text[] = GET_WITH("Connection: Close");
	struct vk_buf path;

	vk_buf_init(&path, 10);
	ck_assert_int_eq(feed(p, text, sizeof(text) - 1, 3), HTTP_DONE);
	ck_assert_uint_eq(http_segment_count(p), 0);
	ck_assert(!http_is_keep_alive(p));
	http_path_format(p, &path);
	ck_assert_str_eq(path.data, "/");
	vk_buf_release(&path);
	http_parser_free(p);
}
END_TEST

static const char *const bad_responses[] = {
	"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
	"\r\n",
};

START_TEST(refuses_malformed_responses)
{
	size_t len = strlen(bad_responses[_i]);

	for (size_t split = 0; split <= len; split++) {
		struct http_parser *p = http_response_parser_new();

		ck_assert_int_ne(feed(p, bad_responses[_i], len, split), HTTP_DONE);
		http_parser_free(p);
	}
}
END_TEST

START_TEST(reads_what_it_formats)
{
	static const int statuses[] = {200, 204, 304, 404};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		bool has_body = statuses[i] == 200 || statuses[i] == 404;
		const struct http_field fields[] = {
			{"ETag", "\"x\""}, {"Left-Out", NULL}, {"Bad", "a\r\nb"}, {NULL, NULL}};
		struct http_parser *p = http_response_parser_new();
		struct vk_buf text;

		vk_buf_init(&text, 1000);
		http_format_response(&text, statuses[i], fields, has_body ? 4 : 0, has_body);
		if (has_body)
			vk_buf_adds(&text, "body");
		for (size_t split = 0; split <= text.len; split++) {
			size_t len;

			ck_assert_int_eq(feed(p, text.data, text.len, split), HTTP_DONE);
			ck_assert_int_eq(http_status(p), statuses[i]);
			ck_assert_str_eq(http_header(p, "etag"), "\"x\"");
			ck_assert_str_eq(http_header(p, "bad"), "a??b");
			ck_assert_str_eq(http_body(p, &len), has_body ? "body" : "");
			ck_assert_int_eq(http_is_keep_alive(p), !has_body);
			http_parser_reset(p);
		}
		vk_buf_release(&text);
		http_parser_free(p);
	}
}
END_TEST

START_TEST(matches_etags)
{
	static const struct {
		const char *header;
		bool is_match;
	} rows[] = {
		{NULL, false},
		{"", false},
		{"*", true},
		{"\"a\"", true},
		{"W/\"a\"", true},
		{"\"b\", \"a\"", true},
		{"\"b\",W/\"a\"", true},
		{"\"b\"", false},
		{"a", false},
		{"\"a", false},
		{"\"aa\"", false},
		{", ,", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(http_etag_matches(rows[i].header, "\"a\"") == rows[i].is_match,
			"row %zu", i);
}
END_TEST

START_TEST(reads_the_preferred_wait)
{
	static const struct {
		const char *header;
		unsigned wait;
	} rows[] = {
		{NULL, 0},
		{"", 0},
		{"wait=55", 55},
		{"Wait=5", 5},
		{"respond-async, wait=10", 10},
		{"wait=10, respond-async", 10},
		{"wait=", 0},
		{"wait=-1", 0},
		{"wait=1x", 0},
		{"wait=123456", 0},
		{"await=5", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(http_prefer_wait(rows[i].header) == rows[i].wait, "row %zu", i);
}
END_TEST

START_TEST(knows_targets_and_encodes_queries)
{
	struct vk_buf out;

	ck_assert(http_target_is_valid("/v1/changes?limit=10&after=a%20b"));
	ck_assert(!http_target_is_valid(""));
	ck_assert(!http_target_is_valid("v1"));
	ck_assert(!http_target_is_valid("/a b"));
	ck_assert(!http_target_is_valid("/a\r\nX: y"));
	vk_buf_init(&out, 100);
	http_query_encode(&out, "a b/\xc3\xa4+~");
	ck_assert_str_eq(out.data, "a%20b%2F%C3%A4%2B~");
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("http");
	TCase *tc = tcase_create("core");

	tcase_add_loop_test(tc, refuses_malformed_requests_however_they_are_split, 0,
		(int)(sizeof(bad_requests) / sizeof(bad_requests[0])));
	tcase_add_loop_test(tc, refuses_malformed_responses, 0,
		(int)(sizeof(bad_responses) / sizeof(bad_responses[0])));
	tcase_add_test(tc, refuses_a_nul_anywhere);
	tcase_add_test(tc, refuses_too_many_headers_and_too_long_heads);
	tcase_add_test(tc, reads_a_request_however_it_is_split);
	tcase_add_test(tc, takes_no_byte_of_the_next_message);
	tcase_add_test(tc, reads_the_root_path_and_connection_close);
	tcase_add_test(tc, reads_what_it_formats);
	tcase_add_test(tc, matches_etags);
	tcase_add_test(tc, reads_the_preferred_wait);
	tcase_add_test(tc, knows_targets_and_encodes_queries);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
