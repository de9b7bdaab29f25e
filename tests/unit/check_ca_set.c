/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/ca_set.h"

#include <string.h>

#include "common/x509.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

static struct vk_err err = VK_ERR_INIT;
static struct pki old, new;
static struct ca_set set, offered, next;
static struct ca_list list;

static void add_to_list(const struct pki *pki)
{
	assert_ok(x509_fingerprint(pki->ca_pem, strlen(pki->ca_pem), list.digests[list.count++], &err),
		err);
}

static void parse(struct ca_set *out, const struct pki *pki)
{
	assert_ok(ca_set_parse(out, pki->ca_pem, strlen(pki->ca_pem), &err), err);
}

static void set_up(void)
{
	pki_init(&old, "demo");
	pki_init(&new, "demo"); /* the same name, another key */
	ca_set_init(&set);
	ca_set_init(&offered);
	ca_set_init(&next);
	list.count = 0;
}

static void tear_down(void)
{
	ca_set_release(&set);
	ca_set_release(&offered);
	ca_set_release(&next);
	pki_release(&old);
	pki_release(&new);
}

START_TEST(refuses_what_is_no_certificate)
{
	static const char *const bad[] = {"", "hello",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(ca_set_parse(&set, bad[i], strlen(bad[i]), &err), VK_EINPUT);
	for (size_t len = 0; len < strlen(old.ca_pem) - 2; len++)
		ck_assert_int_ne(ca_set_parse(&set, old.ca_pem, len, &err), VK_OK);
	ck_assert_uint_eq(set.count, 0);
}
END_TEST

START_TEST(refuses_a_certificate_that_is_not_a_cas)
{
	struct pki_leaf leaf = pki_issue(&old, X509_KIND_HOST, "db1", 3600);

	assert_fails(ca_set_parse(&set, leaf.cert_pem, strlen(leaf.cert_pem), &err), VK_EINPUT);
	pki_leaf_release(&leaf);
}
END_TEST

START_TEST(refuses_more_than_the_limit)
{
	for (int i = 0; i <= CA_SET_MAX; i++) {
		struct pki pki;

		pki_init(&pki, "demo");
		if (i < CA_SET_MAX)
			parse(&set, &pki);
		else
			assert_fails(ca_set_parse(&set, pki.ca_pem, strlen(pki.ca_pem), &err),
				VK_ELIMIT);
		pki_release(&pki);
	}
	ck_assert_uint_eq(set.count, CA_SET_MAX);
}
END_TEST

START_TEST(follows_nothing_that_the_list_does_not_name)
{
	size_t missing = 0;

	parse(&set, &old);
	parse(&offered, &new);
	add_to_list(&old);
	assert_ok(ca_set_follow(&set, &offered, &list, &next, &missing, &err), err);
	ck_assert_uint_eq(next.count, 1);
	ck_assert_uint_eq(missing, 0);
	ck_assert(ca_set_is(&next, &list));
	ck_assert_ptr_null(ca_set_find(&next, offered.items[0].digest));
}
END_TEST

START_TEST(never_ends_with_nothing)
{
	size_t missing;

	parse(&set, &old);
	add_to_list(&new);
	assert_fails(
		ca_set_follow(&set, &offered, &list, &next, &missing, &err), VK_EUNTRUSTED);
	ck_assert_uint_eq(next.count, 0);
}
END_TEST

START_TEST(follows_the_list_in_its_order_and_tells_what_is_missing)
{
	size_t missing = 0;
	struct vk_buf text;

	parse(&set, &new);
	parse(&offered, &old);
	add_to_list(&old);
	add_to_list(&new);
	memset(list.digests[list.count++], 7, VK_SHA256_BYTES);
	ck_assert(!ca_set_is(&set, &list));
	assert_ok(ca_set_follow(&set, &offered, &list, &next, &missing, &err), err);
	ck_assert_uint_eq(missing, 1);
	ck_assert_uint_eq(next.count, 2);
	ck_assert_int_eq(memcmp(next.items[0].digest, list.digests[0], VK_SHA256_BYTES), 0);
	list.count = 2;
	ck_assert(ca_set_is(&next, &list));

	vk_buf_init(&text, CA_SET_MAX_BYTES);
	ca_set_format(&next, &text);
	ca_set_release(&set);
	assert_ok(ca_set_parse(&set, text.data, text.len, &err), err);
	assert_ok(ca_set_parse(&set, text.data, text.len, &err), err); /* none twice */
	ck_assert(ca_set_is(&set, &list));
	vk_buf_release(&text);
}
END_TEST

START_TEST(tells_cas_of_one_name_apart_by_what_they_have_signed)
{
	struct pki_leaf leaf = pki_issue(&new, X509_KIND_HOST, "db1", 3600);
	struct pki other;

	parse(&set, &old);
	ck_assert_ptr_null(ca_set_issuer(&set, leaf.cert_pem));
	parse(&set, &new);
	ck_assert_ptr_eq(ca_set_issuer(&set, leaf.cert_pem), &set.items[1]);
	ck_assert_ptr_null(ca_set_issuer(&set, "no certificate"));
	pki_leaf_release(&leaf);
	pki_init(&other, "other");
	leaf = pki_issue(&other, X509_KIND_HOST, "db1", 3600);
	ck_assert_ptr_null(ca_set_issuer(&set, leaf.cert_pem));
	pki_leaf_release(&leaf);
	pki_release(&other);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("ca_set");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, refuses_what_is_no_certificate);
	tcase_add_test(tc, refuses_a_certificate_that_is_not_a_cas);
	tcase_add_test(tc, refuses_more_than_the_limit);
	tcase_add_test(tc, follows_nothing_that_the_list_does_not_name);
	tcase_add_test(tc, never_ends_with_nothing);
	tcase_add_test(tc, follows_the_list_in_its_order_and_tells_what_is_missing);
	tcase_add_test(tc, tells_cas_of_one_name_apart_by_what_they_have_signed);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
