/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole server in one process: how it starts, reloads and stops. */
#include "config.h"

#include "server/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/vktls.h"
#include "common/x509.h"
#include "server/publish.h"
#include "server/server_settings.h"
#include "tests/unit/fleet_fixture.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

enum { DAY_S = 86400 };

static struct fleet_fixture fix;
static char config[128];
static uint16_t port;
static struct server *server;

static void write_file(const char *name, const char *text, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fix.store.dir, name);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, len, &fix.err), fix.err);
}

static void read_file(const char *name, struct vk_buf *out)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fix.store.dir, name);
	vk_buf_init(out, X509_MAX_PEM_BYTES);
	assert_ok(vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, out, &fix.err), fix.err);
}

/* server.key and server.crt by the fleet's CA, valid for so many days. */
static void make_server_certificate(int days)
{
	static const char *const names[] = {"127.0.0.1", "vkcfg.example", NULL};
	struct x509_key *ca = NULL, *key = NULL;
	struct vk_buf ca_key, ca_pem, spki, pem;
	struct x509_request request = {
		.identity = {.fleet = FIXTURE_FLEET, .kind = X509_KIND_SERVER, .name = "main"},
		.names = names,
		.not_before = vk_clock_now() - 300,
		.not_after = vk_clock_now() + (int64_t)days * DAY_S,
	};

	read_file("online/ca.key", &ca_key);
	read_file("ca.crt", &ca_pem);
	vk_buf_init(&spki, X509_MAX_PEM_BYTES);
	vk_buf_init(&pem, X509_MAX_PEM_BYTES);
	assert_ok(x509_key_parse(ca_key.data, ca_key.len, &ca, &fix.err), fix.err);
	assert_ok(x509_key_generate(&key, &fix.err), fix.err);
	assert_ok(x509_key_public(key, &spki, &fix.err), fix.err);
	request.spki = spki.data;
	request.spki_len = spki.len;
	assert_ok(x509_issue(&request, ca, ca_pem.data, &pem, &fix.err), fix.err);
	write_file("server.crt", pem.data, pem.len);
	vk_buf_reset(&pem);
	assert_ok(x509_key_format(key, &pem, &fix.err), fix.err);
	write_file("server.key", pem.data, pem.len);
	x509_key_free(key);
	x509_key_free(ca);
	vk_buf_release(&ca_key);
	vk_buf_release(&ca_pem);
	vk_buf_release(&spki);
	vk_buf_release(&pem);
}

static enum vk_rc run_fleet(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct writer_audit audit = {
		.actor = "server/main", .action = "fleet.init", .object = "fleet/" FIXTURE_FLEET};
	enum vk_rc rc = store_set_fleet(writer_tx_store(tx), FIXTURE_FLEET, writer_tx_now(tx), err);

	(void)command;
	return rc == VK_OK ? writer_tx_audit(tx, &audit, err) : rc;
}

static enum vk_rc run_trust(
	struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	struct publish_file files[] = {{.name = "1.root.json"}, {.name = "1.targets.json"}};
	struct vk_buf root, targets;
	enum vk_rc rc;

	(void)command;
	vk_buf_init(&root, TUF_ROOT_MAX_BYTES);
	vk_buf_init(&targets, TUF_TARGETS_MAX_BYTES);
	fleet_fixture_root(&fix, 1, 2, &root);
	fleet_fixture_targets(&fix, 1, 2, &targets);
	files[0].text = root.data;
	files[0].len = root.len;
	files[1].text = targets.data;
	files[1].len = targets.len;
	rc = publish_trust(tx, "user/alice", files, 2, PUBLISH_TRUST, err);
	vk_buf_release(&root);
	vk_buf_release(&targets);
	return rc;
}

static uint16_t find_free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void write_settings(void)
{
	char text[256];

	port = find_free_port();
	snprintf(
		text, sizeof(text), "state: %s\nlisten: [\"127.0.0.1:%u\"]\n", fix.store.dir, port);
	write_file("vkcfgd.yaml", text, strlen(text));
	snprintf(config, sizeof(config), "%s/vkcfgd.yaml", fix.store.dir);
}

/* A fleet with a trusted root, which nobody serves any more. */
static void setup(void)
{
	fleet_fixture_init(&fix);
	assert_ok(fleet_fixture_run(&fix, run_fleet), fix.err);
	assert_ok(fleet_fixture_run(&fix, run_trust), fix.err);
	writer_free(fix.writer);
	fix.writer = NULL;
	signer_stop(fix.signer);
	fix.signer = NULL;
	make_server_certificate(700);
	write_settings();
	server = NULL;
}

static void teardown(void)
{
	server_free(server);
	fleet_fixture_release(&fix);
}

static void start(void)
{
	struct settings *settings = NULL;

	assert_ok(server_settings_load(config, &settings, &fix.err), fix.err);
	server = server_new(config, settings);
	assert_ok(server_open(server, &fix.err), fix.err);
	assert_ok(server_start_signer(server, &fix.err), fix.err);
	assert_ok(server_start(server, &fix.err), fix.err);
}

START_TEST(signals_that_come_while_it_starts_wait_for_the_loop)
{
	start();
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	assert_ok(server_loop(server, &fix.err), fix.err);
}
END_TEST

START_TEST(a_server_that_has_lost_its_view_fails)
{
	start();
	ck_assert_int_eq(store_fixture_tamper(&fix.store,
				 "UPDATE tuf_files SET expires = 1 WHERE role = 'timestamp';"
				 "DROP TABLE environments"),
		0);
	assert_fails(server_loop(server, &fix.err), VK_EIO);
	ck_assert_ptr_nonnull(strstr(fix.err.msg, "view"));
}
END_TEST

static void *run_loop(void *arg)
{
	struct vk_err err = VK_ERR_INIT;

	(void)arg;
	assert_ok(server_loop(server, &err), err);
	return NULL;
}

/* The certificate that a new connection is shown, by its fingerprint. */
static void see_certificate(uint8_t out[VKTLS_FINGERPRINT_BYTES])
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port)};
	struct vktls_client_options options = {.fleet = FIXTURE_FLEET};
	struct pki_leaf self = pki_self_signed();
	struct vktls_ctx *ctx = NULL;
	struct vktls *tls;
	struct vk_buf ca;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	read_file("ca.crt", &ca);
	options.ca_pem = ca.data;
	options.cert_pem = self.cert_pem;
	options.key_pem = self.key_pem;
	assert_ok(vktls_client_new(&options, &ctx, &fix.err), fix.err);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	tls = vktls_new(ctx, fd, "127.0.0.1");
	ck_assert_int_eq(vktls_handshake(tls), VKTLS_DONE); /* the socket blocks */
	vktls_peer_fingerprint(tls, out);
	vktls_free(tls);
	close(fd);
	vktls_ctx_free(ctx);
	pki_leaf_release(&self);
	vk_buf_release(&ca);
}

/* The fingerprint of what lies in server.crt. */
static void read_certificate(uint8_t out[VKTLS_FINGERPRINT_BYTES])
{
	struct vk_buf pem;

	read_file("server.crt", &pem);
	assert_ok(x509_fingerprint(pem.data, pem.len, out, &fix.err), fix.err);
	vk_buf_release(&pem);
}

/* Until new connections see the certificate that lies there; the test's timeout is the bound. */
static void wait_for_certificate(void)
{
	uint8_t wanted[VKTLS_FINGERPRINT_BYTES], seen[VKTLS_FINGERPRINT_BYTES];

	read_certificate(wanted);
	do
		see_certificate(seen);
	while (memcmp(wanted, seen, sizeof(seen)) != 0);
}

START_TEST(a_hangup_takes_a_new_certificate_and_keeps_the_old_one_if_it_is_wrong)
{
	uint8_t before[VKTLS_FINGERPRINT_BYTES], after[VKTLS_FINGERPRINT_BYTES];
	pthread_t loop;

	start();
	ck_assert_int_eq(pthread_create(&loop, NULL, run_loop, NULL), 0);
	wait_for_certificate();
	read_certificate(before);
	make_server_certificate(600);
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	wait_for_certificate();
	see_certificate(after);
	ck_assert_mem_ne(before, after, sizeof(before));
	write_file("server.crt", "none", 4);
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ck_assert_int_eq(pthread_join(loop, NULL), 0);
}
END_TEST

START_TEST(a_certificate_of_which_little_is_left_is_renewed_at_the_start)
{
	struct x509_info info;
	struct x509_names names;
	struct vk_buf pem;
	pthread_t loop;

	make_server_certificate(0);
	start();
	read_file("server.crt", &pem);
	assert_ok(x509_parse_identity(pem.data, pem.len, &info, &fix.err), fix.err);
	ck_assert_int_gt(info.not_after, vk_clock_now() + 729 * DAY_S);
	ck_assert_str_eq(info.identity.name, "main");
	assert_ok(x509_read_names(pem.data, pem.len, &names, &fix.err), fix.err);
	ck_assert_uint_eq(names.count, 2);
	ck_assert_str_eq(names.texts[0], "127.0.0.1");
	ck_assert_str_eq(names.texts[1], "vkcfg.example");
	vk_buf_release(&pem);
	ck_assert_int_eq(store_fixture_number(&fix.store,
				 "SELECT COUNT(*) FROM log_entries"
				 " WHERE entry LIKE '%certificate.renew%server/main%'"),
		1);
	ck_assert_int_eq(pthread_create(&loop, NULL, run_loop, NULL), 0);
	wait_for_certificate();
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ck_assert_int_eq(pthread_join(loop, NULL), 0);
}
END_TEST

START_TEST(a_certificate_that_lasts_is_left_alone)
{
	uint8_t before[VKTLS_FINGERPRINT_BYTES], after[VKTLS_FINGERPRINT_BYTES];

	read_certificate(before);
	start();
	read_certificate(after);
	ck_assert_mem_eq(before, after, sizeof(before));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("server");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, signals_that_come_while_it_starts_wait_for_the_loop);
	tcase_add_test(tc, a_hangup_takes_a_new_certificate_and_keeps_the_old_one_if_it_is_wrong);
	tcase_add_test(tc, a_certificate_of_which_little_is_left_is_renewed_at_the_start);
	tcase_add_test(tc, a_certificate_that_lasts_is_left_alone);
	tcase_add_test(tc, a_server_that_has_lost_its_view_fails);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
