/* SPDX-License-Identifier: BSD-3-Clause */
/* Which certificate a real valkey-server serves, before and after an install. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/converge.h"
#include "client/pull/drift.h"
#include "client/pull/install.h"
#include "client/pull/listeners.h"
#include "client/pull/tls_expiry.h"
#include "client/pull/tls_proof.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/pki.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static struct pull_host host;
static struct pki pki;
static struct pki_leaf one, two;
static char *conf;
static struct values values;
static int64_t expires; /* as the last install has told */

static void set_up(void)
{
	unsigned port = pull_host_free_port();
	char *port_text = xasprintf("%u", port);

	pull_host_make(&host);
	pki_init(&pki, "valkeys");
	one = pki_issue(&pki, X509_KIND_SERVER, "one", HOUR);
	two = pki_issue(&pki, X509_KIND_SERVER, "two", 3 * DAY + HOUR);
	conf = xasprintf("tls-port %u\nbind 127.0.0.1\n"
			 "tls-cert-file \"@{generation}/tls/valkey.crt\"\n"
			 "tls-key-file \"@{generation}/tls/valkey.key\"\n"
			 "tls-ca-cert-file \"@{generation}/tls/ca.crt\"\n",
		port);
	values_init(&values);
	values_add(&values, "tls-port", port_text);
	values_add(&values, "bind", "127.0.0.1");
	values_sort(&values);
	free(port_text);
}

static void tear_down(void)
{
	values_release(&values);
	free(conf);
	pki_leaf_release(&one);
	pki_leaf_release(&two);
	pki_release(&pki);
	pull_host_remove(&host);
}

static void install(int64_t release, const char *more, const struct pki_leaf *cert,
	const struct pki_leaf *key, enum outcome_state state)
{
	char *text = xasprintf("%s%s", conf, more);
	const struct pull_bundle spec = {.conf = text,
		.tls_ca = pki.ca_pem,
		.tls_cert = cert->cert_pem,
		.tls_key = key->key_pem};
	struct generation_bundle bundle;
	struct outcome outcome;

	pull_host_bundle(&spec, &bundle);
	outcome_init(&outcome, "main");
	install_run(&host.instance, host.scratch, release, &bundle, &outcome);
	ck_assert_msg(outcome.state == state, "%s instead of %s: %s",
		outcome_state_name(outcome.state), outcome_state_name(state), outcome.failure.msg);
	expires = outcome.tls.expires;
	outcome_release(&outcome);
	generation_bundle_release(&bundle);
	free(text);
}

static char *current_path(const char *name)
{
	return xasprintf("%s/current/tls/%s", host.directory, name);
}

static void write_text(const char *name, const char *text)
{
	char *path = current_path(name);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, 0640, text, strlen(text), &err), err);
	free(path);
}

static enum tls_proof_verdict proof_against(const char *path)
{
	struct vk_err err = VK_ERR_INIT;
	struct tls_proof proof;

	values_drop(&values, "tls-cert-file");
	values_add(&values, "tls-cert-file", path);
	values_sort(&values);
	assert_ok(tls_proof_look(&host.instance, &values, &proof, &err), err);
	return proof.verdict;
}

static enum tls_proof_verdict proof(void)
{
	char *path = current_path("valkey.crt");
	enum tls_proof_verdict verdict = proof_against(path);

	free(path);
	return verdict;
}

START_TEST(knows_where_tls_is_served)
{
	static const struct {
		const char *port, *bind, *first, *second;
	} cases[] = {
		{"0", "127.0.0.1", NULL, NULL},
		{"6379", "", NULL, NULL},
		{"6379", NULL, "127.0.0.1", NULL},
		{"6379", "* -::*", "127.0.0.1", "::1"},
		{"6379", "-::1 10.0.0.1", "::1", "10.0.0.1"},
		{"6379", "0.0.0.0", "127.0.0.1", NULL},
		{"6379", "db1.example.com", "db1.example.com", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *wanted[] = {cases[i].first, cases[i].second};
		struct values given;

		values_init(&given);
		if (cases[i].bind != NULL)
			values_add(&given, "bind", cases[i].bind);
		values_add(&given, "tls-port", cases[i].port);
		for (size_t number = 0; number < 2; number++) {
			struct address address;
			bool is_there = tls_proof_address(&host.instance, &given, number, &address);

			ck_assert_int_eq(is_there, wanted[number] != NULL);
			if (is_there)
				ck_assert_str_eq(address.host, wanted[number]);
		}
		values_release(&given);
	}
}
END_TEST

START_TEST(says_when_nobody_shows_a_certificate)
{
	struct vk_err err = VK_ERR_INIT;
	struct tls_proof found;
	char *path = xasprintf("%s/one.crt", host.root);

	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, one.cert_pem, strlen(one.cert_pem), &err),
		err);
	values_add(&values, "tls-cert-file", path);
	values_sort(&values);
	assert_fails(tls_proof_look(&host.instance, &values, &found, &err), VK_EUNAVAIL);
	free(path);
}
END_TEST

START_TEST(a_rotation_is_served)
{
	install(1, "", &one, &one, OUTCOME_COMMITTED);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	ck_assert_int_gt(expires, vk_clock_now());
	ck_assert_int_le(expires, vk_clock_now() + HOUR);
	install(2, "", &two, &two, OUTCOME_COMMITTED);
	ck_assert_int_gt(expires, vk_clock_now() + HOUR);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	write_text("valkey.crt", one.cert_pem);
	ck_assert_int_eq(proof(), TLS_PROOF_OTHER);
	ck_assert_int_eq(proof_against("/no/such/file"), TLS_PROOF_NONE);
}
END_TEST

START_TEST(a_rotation_reaches_the_bus_of_a_cluster)
{
	unsigned port = pull_host_free_port_after(pull_host_free_port());
	char *cluster = xasprintf("cluster-enabled yes\ntls-cluster yes\ncluster-port %u\n", port);
	const struct pki_leaf *leaves[] = {&one, &two};
	char *bus = xasprintf("%u", port);

	values_drop(&values, "tls-port");
	values_add(&values, "tls-port", bus);
	for (size_t i = 0; i < 2; i++) {
		install((int64_t)i + 1, cluster, leaves[i], leaves[i], OUTCOME_COMMITTED);
		ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	}
	free(bus);
	free(cluster);
}
END_TEST

START_TEST(sees_it_in_tls_1_2_of_a_server_that_wants_certificates)
{
	install(1, "tls-protocols \"TLSv1.2\"\ntls-auth-clients yes\n", &one, &one,
		OUTCOME_COMMITTED);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
}
END_TEST

START_TEST(refuses_a_key_that_is_not_the_certificates)
{
	install(1, "", &one, &one, OUTCOME_COMMITTED);
	install(2, "", &two, &one, OUTCOME_REFUSED);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
}
END_TEST

/* The files were others when Valkey loaded them, and have been put right since. */
START_TEST(loads_anew_what_is_stale)
{
	char *path = current_path("valkey.crt");

	install(1, "", &one, &one, OUTCOME_COMMITTED);
	write_text("valkey.crt", two.cert_pem);
	write_text("valkey.key", two.key_pem);
	pull_host_command(&host, VALKEY_ARGV("CONFIG", "SET", "tls-cert-file", path));
	write_text("valkey.crt", one.cert_pem);
	write_text("valkey.key", one.key_pem);
	ck_assert_int_eq(proof(), TLS_PROOF_OTHER);
	install(2, "hz 20\n", &one, &one, OUTCOME_COMMITTED);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	free(path);
}
END_TEST

START_TEST(tells_what_expires_first)
{
	struct vk_err err = VK_ERR_INIT;
	struct tls_expiry expiry;
	struct vk_buf text;
	char *cert = xasprintf("%s/two.crt", host.root);
	char *client = xasprintf("%s/one.crt", host.root);

	assert_ok(vk_file_replace(AT_FDCWD, cert, 0600, two.cert_pem, strlen(two.cert_pem), &err),
		err);
	assert_ok(vk_file_replace(AT_FDCWD, client, 0600, one.cert_pem, strlen(one.cert_pem), &err),
		err);
	values_add(&values, "tls-cert-file", cert);
	values_sort(&values);
	tls_expiry_look(&values, &expiry);
	ck_assert_str_eq(expiry.directive, "tls-cert-file");
	ck_assert_int_eq(tls_expiry_days(&expiry, vk_clock_now()), 3);
	ck_assert_int_eq(tls_expiry_days(&expiry, expiry.expires), 0);
	ck_assert_int_eq(tls_expiry_days(&expiry, expiry.expires + 1), -1);
	ck_assert_int_eq(tls_expiry_days(&expiry, expiry.expires + DAY), -1);
	values_add(&values, "tls-client-cert-file", client);
	values_sort(&values);
	tls_expiry_look(&values, &expiry);
	ck_assert_str_eq(expiry.directive, "tls-client-cert-file");
	vk_buf_init(&text, 256);
	tls_expiry_describe(&expiry, expiry.expires, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "tls-client-cert-file has expired 20"));
	vk_buf_release(&text);
	/* without TLS nobody uses them */
	values_drop(&values, "tls-port");
	tls_expiry_look(&values, &expiry);
	ck_assert_int_eq(expiry.expires, 0);
	free(cert);
	free(client);
}
END_TEST

/* Valkey opens and closes them one after the other. */
START_TEST(ports_pass_from_one_listener_to_the_other)
{
	static const struct {
		int port, tls_port; /* of two numbers: 1, 2; 0: none */
	} steps[] = {
		{1, 0}, {0, 1}, {1, 0}, {1, 2}, {2, 1}, {2, 0}, {1, 2}, {0, 2}, {2, 1}, {0, 0}};
	unsigned numbers[3] = {0, pull_host_free_port(), 0};
	int64_t release = 0;
	char *run_id = NULL;

	numbers[2] = pull_host_free_port_after(numbers[1]);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char *more = xasprintf("port %u\ntls-port %u\n", numbers[steps[i].port],
			numbers[steps[i].tls_port]);
		char *now;

		install(++release, more, &one, &one, OUTCOME_COMMITTED);
		now = pull_host_run_id(&host);
		if (run_id != NULL)
			ck_assert_str_eq(now, run_id);
		free(run_id);
		run_id = now;
		free(more);
	}
	free(run_id);
}
END_TEST

/* The agent comes by TLS, and does not believe the CA of the release. */
START_TEST(does_not_lock_itself_out_by_a_certificate)
{
	char *ca = xasprintf("%s/ca.crt", host.root);
	char *address = xasprintf("tls:127.0.0.1:%s", values_get(&values, "tls-port"));
	struct address socket = host.instance.address;
	struct vk_err err = VK_ERR_INIT;
	struct pki other;
	struct pki_leaf leaf;
	char *run_id, *after;

	pki_init(&other, "others");
	leaf = pki_issue(&other, X509_KIND_SERVER, "v", HOUR);
	assert_ok(vk_file_replace(AT_FDCWD, ca, 0600, pki.ca_pem, strlen(pki.ca_pem), &err), err);
	install(1, "tls-auth-clients no\nsave \"\"\n", &one, &one, OUTCOME_COMMITTED);
	run_id = pull_host_run_id(&host);
	host.instance.tls.ca = ca;
	assert_ok(address_parse(address, &host.instance.address, &err), err);
	install(2, "tls-auth-clients no\nsave \"\"\n", &leaf, &leaf, OUTCOME_ROLLED_BACK);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	install(3, "tls-auth-clients no\nsave \"\"\n", &two, &two, OUTCOME_COMMITTED);
	host.instance.address = socket;
	after = pull_host_run_id(&host);
	ck_assert_str_eq(after, run_id);
	free(after);
	free(run_id);
	pki_leaf_release(&leaf);
	pki_release(&other);
	free(address);
	free(ca);
}
END_TEST

static void add_item(
	struct difference *difference, const char *name, const char *actual, const char *wanted)
{
	const struct difference_item item = {
		.kind = DIFFERENCE_VALUE, .name = name, .actual = actual, .expected = wanted};

	difference_add(difference, &item);
}

/* The second of two commands is refused: the first is undone. */
START_TEST(a_swap_that_is_refused_is_undone)
{
	unsigned a = pull_host_free_port(), b = pull_host_free_port_after(a);
	char *port = xasprintf("%u", a), *tls_port = xasprintf("%u", b);
	char *conf_before = xasprintf("port %u\ntls-port %u\n", a, b);
	const struct converge_options options = {.scope = CONVERGE_ALL, .current = "/nowhere"};
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	struct difference difference;
	struct expected expected;
	char *found;

	install(1, conf_before, &one, &one, OUTCOME_COMMITTED);
	expected_init(&expected);
	difference_init(&difference);
	add_item(&difference, "maxmemory-policy", "noeviction", "no-such-policy");
	add_item(&difference, "port", port, tls_port);
	add_item(&difference, "tls-port", tls_port, port);
	assert_ok(instance_connect_as_agent(&host.instance, &valkey, &err), err);
	assert_fails(converge_values(valkey, &difference, &expected, &options, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "maxmemory-policy"));
	valkey_free(valkey);
	found = pull_host_config(&host, "port");
	ck_assert_str_eq(found, port);
	values_drop(&values, "tls-port");
	values_add(&values, "tls-port", tls_port);
	ck_assert_int_eq(proof(), TLS_PROOF_SAME);
	difference_release(&difference);
	expected_release(&expected);
	free(found);
	free(conf_before);
	free(tls_port);
	free(port);
}
END_TEST

START_TEST(a_swap_is_seen_in_the_difference)
{
	static const struct {
		const char *port[2], *tls_port[2]; /* actual, expected; NULL: no difference */
		enum listeners_order order;
	} cases[] = {
		{{"1", "2"}, {NULL, NULL}, LISTENERS_ANY},
		{{"1", "0"}, {"0", "2"}, LISTENERS_ANY},
		{{"0", "1"}, {"1", "0"}, LISTENERS_TLS_FIRST},
		{{"1", "0"}, {"0", "1"}, LISTENERS_PORT_FIRST},
		{{"1", "2"}, {"2", "3"}, LISTENERS_TLS_FIRST},
		{{"1", "2"}, {"2", "1"}, LISTENERS_SWAP},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct difference difference;

		difference_init(&difference);
		add_item(&difference, "port", cases[i].port[0], cases[i].port[1]);
		if (cases[i].tls_port[0] != NULL)
			add_item(&difference, "tls-port", cases[i].tls_port[0],
				cases[i].tls_port[1]);
		ck_assert_int_eq(listeners_judge(&difference), cases[i].order);
		difference_release(&difference);
	}
}
END_TEST

START_TEST(drift_names_a_certificate_that_only_the_disk_has)
{
	struct outcome outcome;

	install(1, "", &one, &one, OUTCOME_COMMITTED);
	outcome_init(&outcome, "main");
	drift_check(&host.instance, host.scratch, DRIFT_LOOK_ONLY, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 0);
	outcome_release(&outcome);
	write_text("valkey.crt", two.cert_pem);
	drift_check(&host.instance, host.scratch, DRIFT_LOOK_ONLY, &outcome);
	ck_assert_uint_eq(outcome.drift_count, 2);
	ck_assert_int_eq(outcome.drift[0].kind, OUTCOME_DRIFT_FILE);
	ck_assert_int_eq(outcome.drift[1].kind, OUTCOME_DRIFT_CERTIFICATE);
	ck_assert_str_eq(outcome.drift[1].name, "tls-cert-file");
	ck_assert_str_ne(outcome.drift[1].expected, outcome.drift[1].actual);
	outcome_release(&outcome);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pull_tls");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, knows_where_tls_is_served);
	tcase_add_test(tc, says_when_nobody_shows_a_certificate);
	tcase_add_test(tc, tells_what_expires_first);
	tcase_add_test(tc, a_swap_is_seen_in_the_difference);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, refuses_a_key_that_is_not_the_certificates);
		tcase_add_test(tc, a_rotation_is_served);
		tcase_add_test(tc, a_swap_that_is_refused_is_undone);
		tcase_add_test(tc, ports_pass_from_one_listener_to_the_other);
		tcase_add_test(tc, a_rotation_reaches_the_bus_of_a_cluster);
		tcase_add_test(tc, sees_it_in_tls_1_2_of_a_server_that_wants_certificates);
		tcase_add_test(tc, loads_anew_what_is_stale);
		tcase_add_test(tc, does_not_lock_itself_out_by_a_certificate);
		tcase_add_test(tc, drift_names_a_certificate_that_only_the_disk_has);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
