/* SPDX-License-Identifier: BSD-3-Clause */
/* What one connection may not do: too many, too much, too slow; and draining. */
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

START_TEST(more_connections_than_allowed_are_told_so)
{
	struct vktls_ctx *ctx = pki_client_ctx(&conn_fix.pki, &conn_fix.user_leaf);
	int fds[2][2];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[i]), 0);
		conn_accept(&conn_fix.env, fds[i][0], NULL);
	}
	conn_fix.options.limits.connections = 16; /* two more are told, from here on: 16 + 16 / 8 */
	conn_fixture_open_client_as(ctx);
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 200 ", "alice");
	conn_fix.options.limits.connections = 2;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[0]), 0);
	conn_accept(&conn_fix.env, fds[0][0], NULL);
	ck_assert_uint_eq(conn_fix.connections, 3); /* closed without a word */
	ck_assert_uint_eq(conn_fix.env.stats.refused_total, 1);
	vktls_ctx_free(ctx);
	close(fds[0][1]);
}
END_TEST

START_TEST(more_connections_of_one_identity_than_allowed_are_told_so)
{
	struct vktls *first[2];
	int fds[2];

	conn_fix.options.limits.connections = 100;
	for (int i = 0; i < 2; i++) {
		conn_fixture_open_client();
		first[i] = conn_fix.client.tls;
		fds[i] = conn_fix.client.fd;
		conn_fix.client.tls = NULL;
		conn_fix.client.fd = 0;
	}
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 503 ", "Retry-After: ");
	conn_fixture_expect_closed();
	for (int i = 0; i < 2; i++) {
		vktls_free(first[i]);
		close(fds[i]);
	}
	conn_fixture_turn_server();
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/who"));
	conn_fixture_expect("HTTP/1.1 200 ", "db1");
}
END_TEST

START_TEST(more_bodies_at_once_than_allowed_are_put_off)
{
	conn_fix.options.limits.connections = 10;
	atomic_store(&conn_fix.body_bytes, 1000); /* of others */
	conn_fixture_open_client();
	conn_fixture_send_text(POST("/echo", "application/json", "25"));
	conn_fixture_expect("HTTP/1.1 503 ", "Retry-After: ");
	conn_fixture_expect_closed();
	conn_fixture_open_client();
	for (int i = 0; i < 3; i++) {
		conn_fixture_send_text(POST("/echo", "application/json", "24") "{");
		ck_assert_uint_eq(conn_fix.body_bytes, 1024);
		conn_fixture_send_text("                      }");
		conn_fixture_expect("HTTP/1.1 200 ", "}");
		ck_assert_uint_eq(conn_fix.body_bytes, 1000);
	}
	conn_fixture_send_text(POST("/echo", "application/json", "24") "{");
	conn_fixture_close_client();
	conn_fixture_turn_server();
	ck_assert_uint_eq(conn_fix.body_bytes, 1000);
}
END_TEST

START_TEST(a_slow_sender_is_closed)
{
	conn_fix.options.limits.head_ms = 50;
	conn_fixture_open_client();
	conn_fixture_send_text("GET /who HTTP/1.1\r\n");
	for (int i = 0; i < CONN_FIXTURE_TURNS && conn_fix.connections > 0; i++) {
		size_t written;

		/* A byte now and then does not help. */
		if (i % 100 == 0 &&
			vktls_write(conn_fix.client.tls, "x", 1, &written) != VKTLS_DONE)
			break;
		conn_fixture_turn_server();
		poll(NULL, 0, 1);
	}
	conn_fixture_expect_closed();
	ck_assert_uint_eq(conn_fix.env.stats.timeouts_total, 1);
}
END_TEST

START_TEST(an_unfinished_handshake_is_closed)
{
	int fds[2];

	conn_fix.options.limits.handshake_ms = 50;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	conn_accept(&conn_fix.env, fds[0], NULL);
	ck_assert_int_eq(write(fds[1], "\x16\x03\x01", 3), 3);
	while (conn_fix.connections > 0) {
		event_base_loop(conn_fix.env.base, EVLOOP_ONCE);
		conn_env_reap(&conn_fix.env);
	}
	ck_assert_uint_eq(conn_fix.env.stats.timeouts_total, 1);
	close(fds[1]);
}
END_TEST

START_TEST(what_is_not_tls_is_closed)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	conn_accept(&conn_fix.env, fds[0], NULL);
	ck_assert_int_eq(write(fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	conn_fixture_turn_server();
	ck_assert_uint_eq(conn_fixture_in_state(CONN_LINGER), 1);
	close(fds[1]);
	conn_fixture_turn_server();
	ck_assert_uint_eq(conn_fix.connections, 0);
	ck_assert_uint_eq(conn_fix.env.stats.handshake_failures_total, 1);
}
END_TEST

START_TEST(draining_answers_parked_requests_and_ends_idle_connections)
{
	conn_fixture_open_client();
	conn_fixture_send_text(POLL);
	conn_env_drain(&conn_fix.env);
	conn_fixture_expect("HTTP/1.1 503 ", "Retry-After: ");
	conn_fixture_expect_closed();
}
END_TEST

START_TEST(draining_finishes_what_is_in_flight)
{
	conn_fixture_open_client();
	conn_fixture_send_text(GET("/defer"));
	conn_env_drain(&conn_fix.env);
	ck_assert_uint_eq(conn_fix.connections, 1);
	reply_empty(conn_fix.deferred);
	conn_fixture_expect("HTTP/1.1 204 ", "Connection: close");
	conn_fixture_expect_closed();
	conn_fixture_close_client();
	conn_fixture_turn_server();
	ck_assert(TAILQ_EMPTY(&conn_fix.env.conns));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("conn_limits");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, conn_fixture_init, conn_fixture_release);
	tcase_set_timeout(tc, 60);
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
