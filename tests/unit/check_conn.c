/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection: who may ask what, parked and deferred requests, large answers. */
#include "config.h"

#include "server/conn.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/view.h"
#include "tests/unit/conn_fixture.h"
#include "tests/unit/unit.h"

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
		conn_fixture_open_client();
		conn_fixture_send_text(rows[i].request);
		conn_fixture_expect(rows[i].start, rows[i].part);
		if (rows[i].is_closed) {
			conn_fixture_expect_closed();
		} else {
			conn_fixture_send_text(GET("/who"));
			conn_fixture_expect("HTTP/1.1 200 ", "\r\n\r\ndb1");
		}
	}
	ck_assert_int_eq(conn_fix.denied, 2);
}
END_TEST

START_TEST(a_refused_body_is_not_the_next_request)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POST("/enrol", "application/json", "36") GET("/who"));
	conn_fixture_expect("HTTP/1.1 403 ", "Connection: close");
	conn_fixture_expect_closed();
	ck_assert_uint_eq(conn_fix.client.len, 0);
}
END_TEST

START_TEST(a_self_signed_client_may_only_enrol)
{
	struct pki_leaf leaf = pki_self_signed();
	struct vktls_ctx *ctx = pki_client_ctx(&conn_fix.pki, &leaf);

	conn_fixture_open_client_as(ctx);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 403 ", "may only enrol");
	conn_fixture_expect_closed();
	conn_fixture_close_client();
	conn_fixture_open_client_as(ctx);
	conn_fixture_send_text(POST("/enrol", "application/json", "2") "{}");
	conn_fixture_expect("HTTP/1.1 200 ", "{}");
	conn_fixture_expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_stranger_who_says_nothing_is_not_waited_for)
{
	struct pki_leaf leaf = pki_self_signed();
	struct vktls_ctx *ctx = pki_client_ctx(&conn_fix.pki, &leaf);

	conn_fix.options.limits.head_ms = 50;
	conn_fixture_open_client_as(ctx);
	for (int i = 0; i < CONN_FIXTURE_TURNS && conn_fix.connections > 0; i++) {
		conn_fixture_turn_server();
		poll(NULL, 0, 1);
	}
	conn_fixture_expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(an_unknown_certificate_is_refused)
{
	struct pki_leaf leaf = pki_issue(&conn_fix.pki, X509_KIND_HOST, "db1", CONN_FIXTURE_HOUR);
	struct vktls_ctx *ctx = pki_client_ctx(&conn_fix.pki, &leaf);

	conn_fixture_open_client_as(ctx);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 401 ", "not known here");
	conn_fixture_expect_closed();
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_revocation_acts_on_the_next_request_of_an_open_connection)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 200 ", "db1");
	conn_fixture_publish(true);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 401 ", "revoked");
	conn_fixture_expect_closed();
}
END_TEST

START_TEST(a_revocation_acts_while_a_body_comes)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POST("/echo", "application/json", "2") "{");
	conn_fixture_publish(true);
	conn_fixture_send_text("}");
	conn_fixture_expect("HTTP/1.1 401 ", "revoked");
}
END_TEST

START_TEST(a_revocation_reaches_parked_requests)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POLL);
	ck_assert_uint_eq(conn_fixture_in_state(CONN_PARKED), 1);
	conn_fixture_publish(true);
	conn_env_wake_all(&conn_fix.env);
	conn_fixture_expect("HTTP/1.1 401 ", "revoked");
}
END_TEST

START_TEST(an_expired_certificate_is_refused_on_an_open_connection)
{
	conn_fixture_open_client();
	vk_clock_set_for_test(vk_clock_now() + 2 * CONN_FIXTURE_HOUR);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 401 ", "expired");
	vk_clock_set_for_test(0);
}
END_TEST

START_TEST(reads_requests_byte_by_byte_and_many_on_one_connection)
{
	static const char text[] =
		POST("/echo", "application/json; charset=utf-8", "7") "{\"a\":1}";

	conn_fixture_open_client();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i + 1 < sizeof(text); i++)
			conn_fixture_send_bytes(text + i, 1);
		conn_fixture_expect("HTTP/1.1 200 ", "\r\n\r\n{\"a\":1}");
	}
	ck_assert_uint_eq(conn_fix.env.stats.requests_total[0][2], 3);
}
END_TEST

START_TEST(says_continue_to_who_waits_for_it)
{
	conn_fixture_open_client();
	conn_fixture_send_text(
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
		"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	for (int i = 0; i < CONN_FIXTURE_TURNS && conn_fix.client.len == 0; i++)
		conn_fixture_turn_client();
	ck_assert_str_eq(conn_fix.client.reply, "HTTP/1.1 100 Continue\r\n\r\n");
	conn_fix.client.len = 0;
	conn_fixture_send_text("{}");
	conn_fixture_expect("HTTP/1.1 200 ", "{}");
}
END_TEST

START_TEST(a_client_that_does_not_wait_is_answered_once)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/who") GET("/who"));
	conn_fixture_expect("HTTP/1.1 200 ", "Connection: close");
	conn_fixture_expect_closed();
}
END_TEST

START_TEST(a_poll_without_wait_is_answered_at_once)
{
	conn_fixture_open_client();
	conn_fixture_send_text("GET /poll HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\n\r\n");
	conn_fixture_expect("HTTP/1.1 304 ", "ETag: \"1\"");
	conn_fixture_send_text(GET("/poll"));
	conn_fixture_expect("HTTP/1.1 200 ", "new");
}
END_TEST

START_TEST(a_parked_request_is_woken_by_a_change_only)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POLL);
	conn_env_wake_all(&conn_fix.env); /* nothing that it waits for */
	conn_fixture_turn_server();
	ck_assert_uint_eq(conn_fixture_in_state(CONN_PARKED), 1);
	memcpy(conn_fix.etag, "\"2\"", 4);
	conn_env_wake_all(&conn_fix.env);
	conn_fixture_expect("HTTP/1.1 200 ", "ETag: \"2\"");
	ck_assert_uint_eq(conn_fixture_in_state(CONN_PARKED), 0);
	ck_assert_uint_eq(conn_fixture_in_state(CONN_IDLE), 1);
}
END_TEST

START_TEST(a_parked_request_is_answered_at_its_deadline)
{
	conn_fix.options.limits.max_wait_s = 1;
	conn_fixture_open_client();
	conn_fixture_send_text(POLL);
	ck_assert_uint_eq(conn_fixture_in_state(CONN_PARKED), 1);
	event_base_loop(conn_fix.env.base, EVLOOP_ONCE); /* until the deadline */
	conn_fixture_expect("HTTP/1.1 304 ", "ETag: \"1\"");
}
END_TEST

START_TEST(a_parked_client_that_goes_is_forgotten)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POLL);
	ck_assert_uint_eq(conn_fixture_in_state(CONN_PARKED), 1);
	conn_fixture_close_client();
	conn_fixture_turn_server();
	ck_assert_uint_eq(conn_fix.connections, 0);
	conn_env_wake_all(&conn_fix.env);
	conn_fixture_turn_server();
}
END_TEST

START_TEST(a_deferred_request_is_answered_later)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/defer"));
	ck_assert_ptr_nonnull(conn_fix.deferred);
	ck_assert(!request_is_gone(conn_fix.deferred));
	ck_assert_uint_eq(conn_fix.env.stats.deferred, 1);
	conn_fixture_publish(true); /* the view that the handler saw stays */
	ck_assert_str_eq(request_identity(conn_fix.deferred)->name, "db1");
	reply_bytes(conn_fix.deferred, 201, "text/plain", "done", 4);
	conn_fixture_expect("HTTP/1.1 201 ", "done");
	ck_assert_uint_eq(conn_fix.env.stats.deferred, 0);
}
END_TEST

START_TEST(a_deferred_request_outlives_its_connection)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/defer"));
	conn_env_close_all(&conn_fix.env);
	conn_env_reap(&conn_fix.env);
	ck_assert_uint_eq(conn_fix.connections, 0);
	ck_assert(request_is_gone(conn_fix.deferred));
	ck_assert_str_eq(request_identity(conn_fix.deferred)->name, "db1");
	reply_send(conn_fix.deferred, &(struct reply){.status = 200,
					      .body = conn_fix.big,
					      .body_len = CONN_FIXTURE_BIG_BYTES,
					      .release = conn_fixture_free_body,
					      .owner = &conn_fix.released});
	ck_assert_int_eq(conn_fix.released, 1);
	conn_env_reap(&conn_fix.env);
	ck_assert(TAILQ_EMPTY(&conn_fix.env.conns));
}
END_TEST

START_TEST(a_handler_may_defer_and_answer_at_once)
{
	conn_fixture_open_client();
	for (int i = 0; i < 3; i++) {
		conn_fixture_send_text(GET("/defer-and-answer"));
		conn_fixture_expect("HTTP/1.1 204 ", "");
	}
}
END_TEST

START_TEST(requests_that_came_while_deferred_are_served_then)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/defer"));
	conn_fixture_send_text(GET("/who"));
	conn_fixture_turn_server();
	reply_empty(conn_fix.deferred);
	for (int i = 0; i < CONN_FIXTURE_TURNS && strstr(conn_fix.client.reply, "db1") == NULL;
		i++) {
		conn_fixture_turn_client();
		conn_fixture_turn_server();
	}
	ck_assert_ptr_nonnull(strstr(conn_fix.client.reply, "\r\n\r\ndb1"));
}
END_TEST

START_TEST(a_large_answer_is_borrowed_until_it_is_out)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/big"));
	ck_assert_int_eq(conn_fix.released, 0); /* more than the socket takes at once */
	ck_assert_uint_eq(conn_fixture_in_state(CONN_WRITE), 1);
	conn_fixture_expect("HTTP/1.1 200 ", "Content-Length: 300000");
	ck_assert_int_eq(conn_fix.released, 1);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 200 ", "db1");
}
END_TEST

START_TEST(a_large_answer_to_who_hangs_up_is_released)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/big"));
	conn_fixture_close_client();
	conn_fixture_turn_server();
	ck_assert_int_eq(conn_fix.released, 1);
	ck_assert_uint_eq(conn_fix.connections, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("conn");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, conn_fixture_init, conn_fixture_release);
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
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
