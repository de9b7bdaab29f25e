/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/x509.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { START = 1700000000, END = START + 86400 };

static struct vk_err err = VK_ERR_INIT;
static struct x509_key *ca_key;
static struct x509_key *key;
static struct vk_buf ca;
static struct vk_buf spki;
static struct vk_buf pem;

static void set_up(void)
{
	vk_buf_init(&ca, 10000);
	vk_buf_init(&spki, 1000);
	vk_buf_init(&pem, 10000);
	assert_ok(x509_key_generate(&ca_key, &err), err);
	assert_ok(x509_key_generate(&key, &err), err);
	assert_ok(x509_make_ca(ca_key, "demo", START, END, &ca, &err), err);
	assert_ok(x509_key_public(key, &spki, &err), err);
}

static void tear_down(void)
{
	x509_key_free(ca_key);
	x509_key_free(key);
	vk_buf_release(&ca);
	vk_buf_release(&spki);
	vk_buf_release(&pem);
}

static struct x509_request request_for(enum x509_kind kind, const char *name)
{
	struct x509_request request = {
		.spki = spki.data,
		.spki_len = spki.len,
		.identity = {.fleet = "demo", .kind = kind},
		.not_before = START,
		.not_after = END,
	};

	ck_assert_uint_lt(strlen(name), sizeof(request.identity.name));
	memcpy(request.identity.name, name, strlen(name) + 1);
	return request;
}

START_TEST(refuses_to_issue_for_a_name_that_is_none)
{
	static const char *const names[] = {"", "A", "a/b", "a..b", "-a", "a,URI:x"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct x509_request request = request_for(X509_KIND_HOST, names[i]);

		assert_fails(x509_issue(&request, ca_key, ca.data, &pem, &err), VK_EINPUT);
	}
	ck_assert_uint_eq(pem.len, 0);
}
END_TEST

START_TEST(refuses_to_issue_for_server_names_that_are_none)
{
	static const char *const bad[] = {"", "a b", "a,DNS:b", "-x", ".x", "a..b", "*.a", "a\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const names[] = {"localhost", bad[i], NULL};
		struct x509_request request = request_for(X509_KIND_SERVER, "s");

		request.names = names;
		assert_fails(x509_issue(&request, ca_key, ca.data, &pem, &err), VK_EINPUT);
	}
}
END_TEST

START_TEST(refuses_to_issue_for_a_public_key_cut_or_altered)
{
	struct x509_request request = request_for(X509_KIND_HOST, "db1");

	for (size_t len = 0; len < spki.len; len++) {
		request.spki_len = len;
		assert_fails(x509_issue(&request, ca_key, ca.data, &pem, &err), VK_EINPUT);
	}
	request.spki_len = spki.len;
	spki.data[40] ^= 1; /* a point that is not on the curve */
	assert_fails(x509_issue(&request, ca_key, ca.data, &pem, &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_to_issue_with_a_key_that_is_not_the_ca_s)
{
	struct x509_request request = request_for(X509_KIND_HOST, "db1");

	assert_fails(x509_issue(&request, key, ca.data, &pem, &err), VK_EIO);
}
END_TEST

START_TEST(refuses_certificates_without_an_identity)
{
	struct x509_info info;

	assert_fails(x509_parse_identity("", 0, &info, &err), VK_EINPUT);
	assert_fails(x509_parse_identity("x", 1, &info, &err), VK_EINPUT);
	assert_fails(x509_parse_identity(ca.data, ca.len, &info, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "the certificate has no valid vkcfg identity");
	assert_ok(x509_self_signed(key, START, END, &pem, &err), err);
	assert_fails(x509_parse_identity(pem.data, pem.len, &info, &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_a_certificate_cut_at_any_byte)
{
	struct x509_request request = request_for(X509_KIND_HOST, "db1");
	struct x509_info info;

	assert_ok(x509_issue(&request, ca_key, ca.data, &pem, &err), err);
	for (size_t len = 0; len + 1 < pem.len; len++) /* the last newline is not needed */
		assert_fails(x509_parse_identity(pem.data, len, &info, &err), VK_EINPUT);
}
END_TEST

START_TEST(reads_the_identity_that_it_issued)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "::1", NULL};

	for (int kind = X509_KIND_HOST; kind <= X509_KIND_SERVER; kind++) {
		struct x509_request request = request_for((enum x509_kind)kind, "db1.example-x");
		uint8_t fingerprint[X509_FINGERPRINT_BYTES];
		struct x509_info info;

		vk_buf_reset(&pem);
		request.names = kind == X509_KIND_SERVER ? names : NULL;
		assert_ok(x509_issue(&request, ca_key, ca.data, &pem, &err), err);
		assert_ok(x509_parse_identity(pem.data, pem.len, &info, &err), err);
		ck_assert_str_eq(info.identity.fleet, "demo");
		ck_assert_str_eq(info.identity.name, "db1.example-x");
		ck_assert_int_eq(info.identity.kind, kind);
		ck_assert_int_eq(info.not_before, START);
		ck_assert_int_eq(info.not_after, END);
		ck_assert_uint_eq(strlen(info.serial), 32);
		assert_ok(x509_fingerprint(pem.data, pem.len, fingerprint, &err), err);
		ck_assert_mem_eq(fingerprint, info.fingerprint, sizeof(fingerprint));
	}
}
END_TEST

START_TEST(reads_the_names_of_a_server_as_they_were_written)
{
	static const char *const written[] = {"localhost", "127.0.0.1", "::1", NULL};
	struct x509_request request = request_for(X509_KIND_SERVER, "main");
	struct x509_names names;

	vk_buf_reset(&pem);
	request.names = written;
	assert_ok(x509_issue(&request, ca_key, ca.data, &pem, &err), err);
	assert_ok(x509_read_names(pem.data, pem.len, &names, &err), err);
	ck_assert_uint_eq(names.count, 3);
	for (size_t i = 0; i < names.count; i++)
		ck_assert_str_eq(names.texts[i], written[i]);
	assert_ok(x509_read_names(ca.data, ca.len, &names, &err), err);
	ck_assert_uint_eq(names.count, 0);
	assert_fails(x509_read_names("none", 4, &names, &err), VK_EINPUT);
}
END_TEST

START_TEST(a_key_survives_its_text_form)
{
	struct x509_key *again = NULL;
	struct vk_buf text;

	vk_buf_init(&text, 10000);
	assert_ok(x509_key_format(key, &text, &err), err);
	assert_ok(x509_key_parse(text.data, text.len, &again, &err), err);
	assert_ok(x509_self_signed(again, START, END, &pem, &err), err);
	assert_ok(x509_check_key(pem.data, key, &err), err);
	assert_fails(x509_check_key(pem.data, ca_key, &err), VK_EINPUT);
	x509_key_free(again);
	vk_buf_release_wiped(&text);
}
END_TEST

START_TEST(refuses_keys_of_another_kind)
{
	/* Ed25519, and a P-256 key that is encrypted: neither may lead to a question on a tty. */
	static const char ed25519[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIDN1c3BlY3QgdGVzdCBrZXkgbm90IGEgc2VjcmV0IQ==\n"
		"-----END PRIVATE KEY-----\n";
	static const char encrypted[] =
		"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n"
		"-----END EC PRIVATE KEY-----\n";
	struct x509_key *out = NULL;

	assert_fails(x509_key_parse(ed25519, strlen(ed25519), &out, &err), VK_EINPUT);
	assert_fails(x509_key_parse(encrypted, strlen(encrypted), &out, &err), VK_EINPUT);
	assert_fails(x509_key_parse("", 0, &out, &err), VK_EINPUT);
	ck_assert_ptr_null(out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("x509");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, refuses_to_issue_for_a_name_that_is_none);
	tcase_add_test(tc, refuses_to_issue_for_server_names_that_are_none);
	tcase_add_test(tc, refuses_to_issue_for_a_public_key_cut_or_altered);
	tcase_add_test(tc, refuses_to_issue_with_a_key_that_is_not_the_ca_s);
	tcase_add_test(tc, refuses_certificates_without_an_identity);
	tcase_add_test(tc, refuses_a_certificate_cut_at_any_byte);
	tcase_add_test(tc, reads_the_identity_that_it_issued);
	tcase_add_test(tc, reads_the_names_of_a_server_as_they_were_written);
	tcase_add_test(tc, a_key_survives_its_text_form);
	tcase_add_test(tc, refuses_keys_of_another_kind);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
