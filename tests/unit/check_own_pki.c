/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/own_pki.h"

#include <string.h>

#include "common/x509.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

static struct vk_err err = VK_ERR_INIT;
static struct own_pki *pki;
static struct pki ca;

static void set_up(void)
{
	pki_init(&ca, "demo");
	pki = NULL;
}

static void tear_down(void)
{
	own_pki_free(pki);
	pki_release(&ca);
}

static bool identify(enum x509_kind kind, const char *name, uint8_t key[VK_SHA256_BYTES])
{
	struct pki_leaf leaf = pki_issue(&ca, kind, name, 3600);
	bool is_somebody = own_pki_identify(pki, leaf.cert_pem, strlen(leaf.cert_pem), key);

	pki_leaf_release(&leaf);
	return is_somebody;
}

START_TEST(refuses_patterns_that_name_no_place)
{
	static const char *const bad[] = {"", "{name}", "uri:", "uri:vkcfg://demo/host/", "ip:{name}",
		"dns:{name}.{name}", "DNS:{name}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(own_pki_new("demo", bad[i], NULL, &pki, &err), VK_EINPUT);
}
END_TEST

START_TEST(takes_no_bytes_for_somebody)
{
	uint8_t key[VK_SHA256_BYTES], nobody[VK_SHA256_BYTES];

	assert_ok(own_pki_new("demo", NULL, NULL, &pki, &err), err);
	ck_assert(!own_pki_identify(pki, "", 0, nobody));
	ck_assert(!own_pki_identify(pki, "no certificate", 14, key));
	ck_assert_int_eq(memcmp(key, nobody, sizeof(key)), 0);
}
END_TEST

START_TEST(takes_a_name_of_another_fleet_or_kind_for_nobody)
{
	uint8_t key[VK_SHA256_BYTES];

	assert_ok(own_pki_new("other", NULL, NULL, &pki, &err), err);
	ck_assert(!identify(X509_KIND_HOST, "db1", key));
	own_pki_free(pki);
	assert_ok(own_pki_new("demo", NULL, NULL, &pki, &err), err);
	ck_assert(!identify(X509_KIND_SERVER, "db1", key));
}
END_TEST

START_TEST(a_certificate_that_is_host_and_user_is_nobody)
{
	uint8_t key[VK_SHA256_BYTES];

	assert_ok(own_pki_new("demo", NULL, "cn:{name}", &pki, &err), err);
	ck_assert(!identify(X509_KIND_HOST, "db1", key));
	ck_assert(identify(X509_KIND_USER, "alice", key)); /* by its common name alone */
}
END_TEST

START_TEST(every_certificate_of_a_name_is_the_same_identity)
{
	uint8_t first[VK_SHA256_BYTES], second[VK_SHA256_BYTES], expected[VK_SHA256_BYTES];

	assert_ok(own_pki_new("demo", NULL, NULL, &pki, &err), err);
	ck_assert(identify(X509_KIND_HOST, "db1", first));
	ck_assert(identify(X509_KIND_HOST, "db1", second));
	ck_assert_int_eq(memcmp(first, second, sizeof(first)), 0);
	own_pki_key(IDENTITY_HOST, "db1", expected);
	ck_assert_int_eq(memcmp(first, expected, sizeof(first)), 0);
	ck_assert(identify(X509_KIND_HOST, "db2", second));
	ck_assert_int_ne(memcmp(first, second, sizeof(first)), 0);
	ck_assert(identify(X509_KIND_USER, "db1", second));
	ck_assert_int_ne(memcmp(first, second, sizeof(first)), 0);
}
END_TEST

START_TEST(patterns_find_names_where_they_say)
{
	uint8_t key[VK_SHA256_BYTES], expected[VK_SHA256_BYTES];

	assert_ok(own_pki_new("demo", "dns:local{name}", "uri:x-{name}", &pki, &err), err);
	ck_assert(identify(X509_KIND_SERVER, "main", key)); /* DNS:localhost */
	own_pki_key(IDENTITY_HOST, "host", expected);
	ck_assert_int_eq(memcmp(key, expected, sizeof(key)), 0);
	own_pki_free(pki);
	assert_ok(own_pki_new("demo", "cn:d{name}1", "uri:x-{name}", &pki, &err), err);
	ck_assert(identify(X509_KIND_HOST, "db1", key));
	own_pki_key(IDENTITY_HOST, "b", expected);
	ck_assert_int_eq(memcmp(key, expected, sizeof(key)), 0);
	ck_assert(!identify(X509_KIND_HOST, "d1", key)); /* nothing is left */
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("own_pki");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, refuses_patterns_that_name_no_place);
	tcase_add_test(tc, takes_no_bytes_for_somebody);
	tcase_add_test(tc, takes_a_name_of_another_fleet_or_kind_for_nobody);
	tcase_add_test(tc, a_certificate_that_is_host_and_user_is_nobody);
	tcase_add_test(tc, every_certificate_of_a_name_is_the_same_identity);
	tcase_add_test(tc, patterns_find_names_where_they_say);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
