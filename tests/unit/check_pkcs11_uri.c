/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11_uri.h"

#include <string.h>

#include "tests/unit/unit.h"

#include "common/banned.h"

static struct vk_err err;
static struct pkcs11_uri uri;

static const struct {
	const char *text;
	const char *why;
} refused[] = {
	{"", "does not begin with pkcs11:"},
	{"PKCS11:token=a;object=b", "does not begin with pkcs11:"},
	{"pkcs11:", "names no token"},
	{"pkcs11:object=b", "names no token"},
	{"pkcs11:token=a", "names no key"},
	{"pkcs11:token=a;object=", "is empty"},
	{"pkcs11:token=a;object=b;object=c", "stands twice"},
	{"pkcs11:token=a;id=%01;id=%02", "stands twice"},
	{"pkcs11:token=a;id=", "is empty"},
	{"pkcs11:token=a;object=b%0", "not percent-encoded"},
	{"pkcs11:token=a;object=b%0g", "not percent-encoded"},
	{"pkcs11:token=a b;object=b", "not percent-encoded"},
	{"pkcs11:token=a;object=b%00c", "control character"},
	{"pkcs11:token=a;object=b%0ac", "control character"},
	{"pkcs11:token=a;object=b;type=public", "does not name a private key"},
	{"pkcs11:token=a;object=b;slot-id=1", "'slot-id' of the PKCS#11 URI is not understood"},
	{"pkcs11:token=a;;object=b", "is not understood"},
	{"pkcs11:token=a;object=b?module-name=softhsm2", "is not understood"},
	{"pkcs11:token=a;object=b?module-path=evil.so", "not absolute"},
	{"pkcs11:token=a;object=b?module-path=/a.so&module-path=/b.so", "stands twice"},
	{"pkcs11:token=a;object=b?pin-source=file:/etc/pin", "PIN"},
	{"pkcs11:token=a;object=b?pin-value=4711", "PIN"},
	{"pkcs11:token=a;object=b?module-path=/a.so&pin-value=4711", "PIN"},
	{"pkcs11:token=a;object=b;pin-value=4711", "is not understood"},
};

START_TEST(refuses_what_it_does_not_understand)
{
	enum vk_rc rc = pkcs11_uri_parse(refused[_i].text, &uri, &err);

	ck_assert_msg(rc == VK_EINPUT, "'%s': %s", refused[_i].text, vk_rc_name(rc));
	ck_assert_msg(
		strstr(err.msg, refused[_i].why) != NULL, "'%s': %s", refused[_i].text, err.msg);
	ck_assert_ptr_null(strstr(err.msg, "4711"));
	ck_assert_ptr_null(strstr(err.hint, "4711"));
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
	char text[PKCS11_URI_MAX_BYTES + 2];
	char id[] = "pkcs11:token=a;id="
		    "00000000000000000000000000000000000000000000000000000000000000000";

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_fails(pkcs11_uri_parse(text, &uri, &err), VK_ELIMIT);
	memcpy(text, "pkcs11:object=b;token=", 22);
	text[PKCS11_URI_VALUE_BYTES + 22] = '\0';
	assert_fails(pkcs11_uri_parse(text, &uri, &err), VK_ELIMIT);
	assert_fails(pkcs11_uri_parse(id, &uri, &err), VK_ELIMIT);
	id[sizeof(id) - 2] = '\0';
	assert_ok(pkcs11_uri_parse(id, &uri, &err), err);
	ck_assert_uint_eq(uri.id_len, PKCS11_URI_ID_MAX_BYTES);
}
END_TEST

START_TEST(reads_names_ids_and_the_module)
{
	assert_ok(pkcs11_uri_parse("pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;"
				   "serial=2f97;token=My%3bToken%3B;id=%00%fFa;object=k%C3%A4y;"
				   "type=private?module-path=/usr/lib/a.so",
			  &uri, &err),
		err);
	ck_assert_str_eq(uri.token, "My;Token;");
	ck_assert_str_eq(uri.model, "SoftHSM v2");
	ck_assert_str_eq(uri.manufacturer, "SoftHSM project");
	ck_assert_str_eq(uri.serial, "2f97");
	ck_assert_str_eq(uri.object, "k\xc3\xa4y");
	ck_assert_uint_eq(uri.id_len, 3);
	ck_assert_mem_eq(uri.id,
		"\0\xff"
		"a",
		3);
	ck_assert_str_eq(uri.module_path, "/usr/lib/a.so");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pkcs11_uri");
	TCase *tc = tcase_create("pkcs11_uri");

	tcase_add_loop_test(tc, refuses_what_it_does_not_understand, 0,
		(int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, refuses_what_is_too_long);
	tcase_add_test(tc, reads_names_ids_and_the_module);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
