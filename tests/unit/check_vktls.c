/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vktls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/clock.h"

#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

enum { HOUR = 3600, MAX_STEPS = 1000 };

static struct pki pki;
static struct pki_leaf server_leaf;
static struct pki_leaf host_leaf;
static struct vktls_ctx *server_ctx;
static struct vktls_ctx *client_ctx;

/* Two ends of one connection and how far each came. */
static struct end {
	int fd;
	struct vktls *conn;
	enum vktls_result result;
} server, client;

static void set_up(void)
{
	pki_init(&pki, "demo");
	server_leaf = pki_issue(&pki, X509_KIND_SERVER, "vkcfgd", HOUR);
	host_leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	server_ctx = pki_server_ctx(&pki, &server_leaf);
	client_ctx = pki_client_ctx(&pki, &host_leaf);
}

static void close_end(struct end *end)
{
	vktls_free(end->conn);
	end->conn = NULL;
	if (end->fd > 0)
		close(end->fd);
	end->fd = 0;
}

static void tear_down(void)
{
	close_end(&server);
	close_end(&client);
	vktls_ctx_free(server_ctx);
	vktls_ctx_free(client_ctx);
	pki_leaf_release(&server_leaf);
	pki_leaf_release(&host_leaf);
	pki_release(&pki);
	vk_clock_set_for_test(0);
}

static void open_pair(const struct vktls_ctx *client_side, const char *name)
{
	int fds[2];

	close_end(&server);
	close_end(&client);
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	server.fd = fds[0];
	client.fd = fds[1];
	server.conn = vktls_new(server_ctx, server.fd, NULL);
	client.conn = client_side == NULL ? NULL : vktls_new(client_side, client.fd, name);
}

static bool is_waiting(enum vktls_result result)
{
	return result == VKTLS_WANT_READ || result == VKTLS_WANT_WRITE;
}

static enum vktls_result read_some(struct end *end, char *buf, size_t size, size_t *len)
{
	enum vktls_result result = vktls_read(end->conn, buf, size, len);

	return result;
}

/* Runs both handshakes as far as they go. TLS 1.3: the client is done before the server has seen
 * its certificate, and learns of a refusal when it reads. */
static void shake_hands(void)
{
	char byte;
	size_t len;

	server.result = VKTLS_WANT_READ;
	client.result = VKTLS_WANT_READ;
	for (int i = 0; i < MAX_STEPS && (is_waiting(server.result) || is_waiting(client.result));
		i++) {
		if (is_waiting(client.result))
			client.result = vktls_handshake(client.conn);
		if (is_waiting(server.result))
			server.result = vktls_handshake(server.conn);
		if (client.result == VKTLS_FAILED)
			shutdown(client.fd, SHUT_RDWR);
		if (server.result == VKTLS_FAILED)
			shutdown(server.fd, SHUT_RDWR);
	}
	if (client.result == VKTLS_DONE) {
		enum vktls_result result = read_some(&client, &byte, 1, &len);

		if (!is_waiting(result))
			client.result = result;
	}
}

static void connect_ok(const struct vktls_ctx *ctx)
{
	struct vk_err err = VK_ERR_INIT;

	open_pair(ctx, "localhost");
	shake_hands();
	if (server.result != VKTLS_DONE)
		vktls_error(server.conn, &err);
	else if (client.result != VKTLS_DONE)
		vktls_error(client.conn, &err);
	ck_assert_msg(
		server.result == VKTLS_DONE && client.result == VKTLS_DONE, "refused: %s", err.msg);
}

/* The server turns the client down with this code, and the client hears of it. */
static void assert_client_refused(const struct vktls_ctx *ctx, enum vk_rc rc, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;

	open_pair(ctx, "localhost");
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_FAILED);
	assert_fails(vktls_error(server.conn, &err), rc);
	ck_assert_msg(strstr(err.msg, msg) != NULL, "%s", err.msg);
	ck_assert_int_eq(client.result, VKTLS_FAILED);
	assert_fails(vktls_error(client.conn, &err), VK_EDENIED);
}

static void assert_server_refused(
	const struct vktls_ctx *ctx, const char *name, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;

	open_pair(ctx, name);
	shake_hands();
	ck_assert_int_eq(client.result, VKTLS_FAILED);
	assert_fails(vktls_error(client.conn, &err), VK_EUNTRUSTED);
	ck_assert_msg(strstr(err.msg, msg) != NULL, "%s", err.msg);
	ck_assert_int_eq(server.result, VKTLS_FAILED);
}

START_TEST(refuses_a_client_certificate_of_another_ca)
{
	struct pki other;
	struct pki_leaf leaf;
	struct vktls_ctx *ctx;
	const struct vktls_client_options options = {.ca_pem = pki.ca_pem};
	struct vktls_client_options with = options;

	pki_init(&other, "demo");
	leaf = pki_issue(&other, X509_KIND_HOST, "db1", HOUR);
	with.cert_pem = leaf.cert_pem;
	with.key_pem = leaf.key_pem;
	ck_assert_int_eq(vktls_client_new(&with, &ctx, NULL), VK_OK);
	assert_client_refused(ctx, VK_EUNTRUSTED, "unable to get local issuer certificate");
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
	pki_release(&other);
}
END_TEST

START_TEST(refuses_an_expired_client_certificate)
{
	struct pki_leaf leaf = pki_issue(&pki, X509_KIND_HOST, "db1", -60);
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &leaf);

	assert_client_refused(ctx, VK_EUNTRUSTED, "certificate has expired");
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(refuses_a_server_certificate_as_a_client_s)
{
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &server_leaf);

	assert_client_refused(ctx, VK_EUNTRUSTED, "certificate purpose");
	vktls_ctx_free(ctx);
}
END_TEST

/* A client that is not ours: plain OpenSSL, without certificate or with an old protocol. */
static void shake_foreign(int max_version)
{
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	SSL_CTX_set_max_proto_version(ssl_ctx, max_version);
	open_pair(NULL, NULL);
	ssl = SSL_new(ssl_ctx);
	SSL_set_fd(ssl, client.fd);
	SSL_set_connect_state(ssl);
	server.result = VKTLS_WANT_READ;
	for (int i = 0; i < MAX_STEPS && is_waiting(server.result); i++) {
		SSL_do_handshake(ssl);
		server.result = vktls_handshake(server.conn);
	}
	SSL_free(ssl);
	SSL_CTX_free(ssl_ctx);
}

START_TEST(refuses_a_client_without_a_certificate)
{
	struct vk_err err = VK_ERR_INIT;

	shake_foreign(TLS1_3_VERSION);
	ck_assert_int_eq(server.result, VKTLS_FAILED);
	assert_fails(vktls_error(server.conn, &err), VK_EUNTRUSTED);
	ck_assert_str_eq(err.msg, "the peer shows no certificate: peer did not return a certificate");
}
END_TEST

START_TEST(refuses_tls_1_2)
{
	struct vk_err err = VK_ERR_INIT;

	shake_foreign(TLS1_2_VERSION);
	ck_assert_int_eq(server.result, VKTLS_FAILED);
	assert_fails(vktls_error(server.conn, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "TLS: unsupported protocol");
}
END_TEST

START_TEST(refuses_what_is_not_tls_at_all)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct vk_err err = VK_ERR_INIT;

	open_pair(NULL, NULL);
	ck_assert_int_eq(write(client.fd, text, sizeof(text) - 1), sizeof(text) - 1);
	ck_assert_int_eq(vktls_handshake(server.conn), VKTLS_FAILED);
	assert_fails(vktls_error(server.conn, &err), VK_EINPUT);
}
END_TEST

START_TEST(says_when_the_peer_hangs_up_in_the_handshake)
{
	struct vk_err err = VK_ERR_INIT;

	open_pair(NULL, NULL);
	shutdown(client.fd, SHUT_RDWR);
	ck_assert_int_eq(vktls_handshake(server.conn), VKTLS_FAILED);
	assert_fails(vktls_error(server.conn, &err), VK_EUNAVAIL);
}
END_TEST

START_TEST(a_self_signed_client_is_flagged_also_when_it_resumes)
{
	struct pki_leaf leaf = pki_self_signed();
	struct vktls_ctx *ctx = pki_client_ctx(&pki, &leaf);
	struct vk_buf session;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	connect_ok(ctx);
	ck_assert(vktls_peer_is_self_signed(server.conn));
	vktls_session_save(client.conn, &session);
	open_pair(ctx, "localhost");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_DONE);
	ck_assert(vktls_is_resumed(server.conn));
	ck_assert(vktls_peer_is_self_signed(server.conn));
	vk_buf_release(&session);
	vktls_ctx_free(ctx);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_client_of_the_fleet_is_known_by_its_fingerprint)
{
	uint8_t seen[VKTLS_FINGERPRINT_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct x509_key *key = NULL;
	struct x509_info info;
	struct vk_buf spki;
	struct vk_buf expected;

	vk_buf_init(&spki, 1000);
	vk_buf_init(&expected, 1000);
	connect_ok(client_ctx);
	ck_assert(!vktls_peer_is_self_signed(server.conn));
	vktls_peer_fingerprint(server.conn, seen);
	assert_ok(x509_parse_identity(
			  host_leaf.cert_pem, strlen(host_leaf.cert_pem), &info, &err),
		err);
	ck_assert_mem_eq(seen, info.fingerprint, sizeof(seen));
	ck_assert_int_eq(vktls_peer_not_after(server.conn), info.not_after);
	assert_ok(x509_key_parse(host_leaf.key_pem, strlen(host_leaf.key_pem), &key, &err), err);
	assert_ok(x509_key_public(key, &expected, &err), err);
	vktls_peer_public_key(server.conn, &spki);
	ck_assert_uint_eq(spki.len, expected.len);
	ck_assert_mem_eq(spki.data, expected.data, spki.len);
	x509_key_free(key);
	vk_buf_release(&spki);
	vk_buf_release(&expected);
}
END_TEST

START_TEST(resumption_keeps_the_fingerprint)
{
	uint8_t first[VKTLS_FINGERPRINT_BYTES];
	uint8_t second[VKTLS_FINGERPRINT_BYTES];
	struct vk_buf session;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	connect_ok(client_ctx);
	ck_assert(!vktls_is_resumed(server.conn));
	vktls_peer_fingerprint(server.conn, first);
	vktls_session_save(client.conn, &session);
	ck_assert_uint_gt(session.len, 0);

	open_pair(client_ctx, "localhost");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_DONE);
	ck_assert_int_eq(client.result, VKTLS_DONE);
	ck_assert(vktls_is_resumed(server.conn));
	ck_assert(vktls_is_resumed(client.conn));
	vktls_peer_fingerprint(server.conn, second);
	ck_assert_mem_eq(first, second, sizeof(first));
	vk_buf_release(&session);
}
END_TEST

START_TEST(a_resumed_connection_brings_no_ticket_but_the_old_one_stays_good)
{
	struct vk_buf session, another;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	vk_buf_init(&another, VKTLS_MAX_SESSION_BYTES);
	connect_ok(client_ctx);
	vktls_session_save(client.conn, &session);
	for (int i = 0; i < 3; i++) {
		open_pair(client_ctx, "localhost");
		vktls_session_load(client.conn, session.data, session.len);
		shake_hands();
		ck_assert_int_eq(client.result, VKTLS_DONE);
		ck_assert(vktls_is_resumed(server.conn));
		vktls_session_save(client.conn, &another);
		ck_assert_uint_eq(another.len, 0);
	}
	vk_buf_release(&session);
	vk_buf_release(&another);
}
END_TEST

START_TEST(a_session_is_not_used_elsewhere)
{
	struct pki_leaf other_leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	struct vktls_ctx *other_ctx = pki_client_ctx(&pki, &other_leaf);
	struct vk_buf session;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	connect_ok(client_ctx);
	vktls_session_save(client.conn, &session);

	/* with another own certificate, and with another name for the server */
	open_pair(other_ctx, "localhost");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_DONE);
	ck_assert(!vktls_is_resumed(server.conn));
	open_pair(client_ctx, "127.0.0.1");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_DONE);
	ck_assert(!vktls_is_resumed(server.conn));

	vk_buf_release(&session);
	vktls_ctx_free(other_ctx);
	pki_leaf_release(&other_leaf);
}
END_TEST

START_TEST(a_session_cut_or_altered_does_no_harm)
{
	struct vk_buf session;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	connect_ok(client_ctx);
	vktls_session_save(client.conn, &session);
	for (size_t len = 0; len < session.len; len += 7) {
		open_pair(client_ctx, "localhost");
		vktls_session_load(client.conn, session.data, len);
	}
	memset(session.data + 40, 'x', 20);
	open_pair(client_ctx, "localhost");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_DONE);
	ck_assert(!vktls_is_resumed(server.conn));
	vk_buf_release(&session);
}
END_TEST

START_TEST(a_client_refuses_a_server_of_another_ca)
{
	struct pki other;
	struct vktls_ctx *ctx;

	pki_init(&other, "demo");
	ctx = pki_client_ctx(&other, &host_leaf);
	assert_server_refused(ctx, "localhost", "self-signed certificate in certificate chain");
	vktls_ctx_free(ctx);
	pki_release(&other);
}
END_TEST

START_TEST(a_client_refuses_another_name)
{
	assert_server_refused(client_ctx, "example.org", "hostname mismatch");
	assert_server_refused(client_ctx, "127.0.0.2", "IP address mismatch");
}
END_TEST

START_TEST(a_client_refuses_what_is_not_the_fleet_s_server)
{
	struct pki_leaf leaf = pki_issue(&pki, X509_KIND_HOST, "db1", HOUR);
	struct vktls_client_options options = {.ca_pem = pki.ca_pem,
		.fleet = "other",
		.cert_pem = leaf.cert_pem,
		.key_pem = leaf.key_pem};
	struct vktls_ctx *ctx;

	ck_assert_int_eq(vktls_client_new(&options, &ctx, NULL), VK_OK);
	assert_server_refused(ctx, "localhost", "not that of a vkcfg server of this fleet");
	vktls_ctx_free(ctx);

	vktls_ctx_free(server_ctx);
	server_ctx = pki_server_ctx(&pki, &leaf); /* a host that plays the server */
	assert_server_refused(client_ctx, "localhost", "purpose");
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(a_client_refuses_an_expired_server_also_when_it_resumes)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf session;

	vk_buf_init(&session, VKTLS_MAX_SESSION_BYTES);
	connect_ok(client_ctx);
	vktls_session_save(client.conn, &session);
	vk_clock_set_for_test(vk_clock_now() + 2 * HOUR);
	open_pair(client_ctx, "localhost");
	vktls_session_load(client.conn, session.data, session.len);
	shake_hands();
	ck_assert_int_eq(client.result, VKTLS_FAILED);
	assert_fails(vktls_error(client.conn, &err), VK_EUNTRUSTED);
	ck_assert_str_eq(err.msg, "the resumed session is no longer good");
	assert_server_refused(client_ctx, "localhost", "certificate has expired");
	vk_buf_release(&session);
}
END_TEST

START_TEST(a_pinned_ca_is_found_among_what_the_server_sends)
{
	struct vktls_client_options options = {
		.fleet = "demo", .cert_pem = host_leaf.cert_pem, .key_pem = host_leaf.key_pem};
	uint8_t digest[VKTLS_FINGERPRINT_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct vktls_ctx *ctx;

	assert_ok(x509_fingerprint(pki.ca_pem, strlen(pki.ca_pem), digest, &err), err);
	options.ca_sha256 = digest;
	assert_ok(vktls_client_new(&options, &ctx, &err), err);
	connect_ok(ctx);
	assert_server_refused(ctx, "example.org", "hostname mismatch");
	vktls_ctx_free(ctx);
	digest[0] ^= 1;
	assert_ok(vktls_client_new(&options, &ctx, &err), err);
	assert_server_refused(ctx, "localhost", "self-signed certificate in certificate chain");
	vktls_ctx_free(ctx);
}
END_TEST

START_TEST(refuses_keys_that_do_not_fit)
{
	struct vktls_server_options options = {.ca_pem = pki.ca_pem,
		.cert_pem = server_leaf.cert_pem,
		.key_pem = host_leaf.key_pem};
	struct vktls_ctx *ctx = NULL;

	assert_fails(vktls_server_new(&options, &ctx, NULL), VK_EINPUT);
	options.key_pem = "";
	assert_fails(vktls_server_new(&options, &ctx, NULL), VK_EINPUT);
	options.key_pem = server_leaf.key_pem;
	options.ca_pem = "";
	assert_fails(vktls_server_new(&options, &ctx, NULL), VK_EINPUT);
	ck_assert_ptr_null(ctx);
}
END_TEST

START_TEST(bytes_arrive_and_the_end_is_seen)
{
	enum { BULK = 300000 };
	char *sent = calloc(1, BULK);
	char got[8192];
	size_t out = 0;
	size_t in = 0;

	memset(sent, 'x', BULK);
	connect_ok(client_ctx);
	for (int i = 0; i < MAX_STEPS && in < BULK; i++) {
		size_t len;

		if (out < BULK && vktls_write(server.conn, sent + out, BULK - out, &len) == VKTLS_DONE)
			out += len;
		while (vktls_read(client.conn, got, sizeof(got), &len) == VKTLS_DONE)
			in += len;
	}
	ck_assert_uint_eq(in, BULK);
	ck_assert_int_eq(vktls_shutdown(server.conn), VKTLS_DONE);
	ck_assert_int_eq(vktls_read(client.conn, got, sizeof(got), &in), VKTLS_CLOSED);
	close_end(&client);
	/* A write to nobody is an error, not a signal. */
	for (int i = 0; i < 3 && server.result != VKTLS_FAILED; i++)
		server.result = vktls_write(server.conn, sent, BULK, &out);
	ck_assert_int_eq(server.result, VKTLS_FAILED);
	free(sent);
}
END_TEST

START_TEST(a_look_sees_the_certificate_of_whoever_it_is)
{
	uint8_t seen[VKTLS_FINGERPRINT_BYTES], expected[VKTLS_FINGERPRINT_BYTES];
	struct vktls_ctx *ctx = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vktls_look_new(&ctx, &err), err);
	open_pair(ctx, "203.0.113.1"); /* for which no certificate was made */
	ck_assert(!vktls_has_seen_peer(client.conn));
	shake_hands();
	ck_assert_int_eq(server.result, VKTLS_FAILED); /* it wants one of ours */
	ck_assert(vktls_has_seen_peer(client.conn));
	vktls_peer_fingerprint(client.conn, seen);
	assert_ok(x509_fingerprint(server_leaf.cert_pem, strlen(server_leaf.cert_pem), expected,
			  &err),
		err);
	ck_assert_mem_eq(seen, expected, sizeof(seen));
	ck_assert_int_gt(vktls_peer_not_after(client.conn), vk_clock_now());
	vktls_ctx_free(ctx);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("vktls");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, refuses_a_client_certificate_of_another_ca);
	tcase_add_test(tc, refuses_an_expired_client_certificate);
	tcase_add_test(tc, refuses_a_server_certificate_as_a_client_s);
	tcase_add_test(tc, refuses_a_client_without_a_certificate);
	tcase_add_test(tc, refuses_tls_1_2);
	tcase_add_test(tc, refuses_what_is_not_tls_at_all);
	tcase_add_test(tc, says_when_the_peer_hangs_up_in_the_handshake);
	tcase_add_test(tc, a_self_signed_client_is_flagged_also_when_it_resumes);
	tcase_add_test(tc, a_client_of_the_fleet_is_known_by_its_fingerprint);
	tcase_add_test(tc, resumption_keeps_the_fingerprint);
	tcase_add_test(tc, a_resumed_connection_brings_no_ticket_but_the_old_one_stays_good);
	tcase_add_test(tc, a_session_is_not_used_elsewhere);
	tcase_add_test(tc, a_session_cut_or_altered_does_no_harm);
	tcase_add_test(tc, a_client_refuses_a_server_of_another_ca);
	tcase_add_test(tc, a_look_sees_the_certificate_of_whoever_it_is);
	tcase_add_test(tc, a_client_refuses_another_name);
	tcase_add_test(tc, a_client_refuses_what_is_not_the_fleet_s_server);
	tcase_add_test(tc, a_client_refuses_an_expired_server_also_when_it_resumes);
	tcase_add_test(tc, a_pinned_ca_is_found_among_what_the_server_sends);
	tcase_add_test(tc, refuses_keys_that_do_not_fit);
	tcase_add_test(tc, bytes_arrive_and_the_end_is_seen);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
