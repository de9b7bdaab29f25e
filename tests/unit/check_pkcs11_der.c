/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11_der.h"

#include <string.h>

#include "common/num.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

/* RFC 6979, A.2.5: P-256, SHA-256, message "sample". */
static const char public_x[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
static const char public_y[] = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char sig_r[] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
static const char sig_s[] = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

static struct vk_err err;
static uint8_t point[TUF_KEY_P256_POINT_BYTES];

static void set_hex(uint8_t *out, const char *hex)
{
	ck_assert(vk_parse_hex(hex, strlen(hex), out, strlen(hex) / 2));
}

static void setup(void)
{
	point[0] = 0x04;
	set_hex(point + 1, public_x);
	set_hex(point + 33, public_y);
}

START_TEST(refuses_points_that_are_none)
{
	uint8_t wrapped[2 + TUF_KEY_P256_POINT_BYTES] = {0x04, TUF_KEY_P256_POINT_BYTES};
	uint8_t out[TUF_KEY_P256_POINT_BYTES];
	struct tuf_key *key = NULL;

	memcpy(wrapped + 2, point, sizeof(point));
	for (size_t len = 0; len < sizeof(wrapped); len++) {
		if (len != sizeof(point))
			ck_assert(!pkcs11_der_p256_point(wrapped, len, out));
		if (len != VK_PUBLIC_KEY_BYTES)
			ck_assert(!pkcs11_der_ed25519_point(wrapped, len, out));
	}
	wrapped[2] = 0x02; /* compressed */
	ck_assert(!pkcs11_der_p256_point(wrapped, sizeof(wrapped), out));
	point[64] ^= 1; /* not on the curve */
	assert_fails(tuf_key_new_p256(point, "alice", &key, &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_other_curves)
{
	static const uint8_t p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};

	ck_assert(!pkcs11_der_is_p256(p384, sizeof(p384)));
	ck_assert(!pkcs11_der_is_ed25519(p384, sizeof(p384)));
	ck_assert(!pkcs11_der_is_p256(p384, 0));
}
END_TEST

START_TEST(makes_signatures_that_tuf_verifies)
{
	uint8_t wrapped[2 + TUF_KEY_P256_POINT_BYTES] = {0x04, TUF_KEY_P256_POINT_BYTES};
	uint8_t raw[PKCS11_P256_SIGNATURE_BYTES];
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES];
	uint8_t out[TUF_KEY_P256_POINT_BYTES];
	struct tuf_key *key = NULL;
	struct tuf_key *again = NULL;
	struct vk_buf text;
	size_t len;

	memcpy(wrapped + 2, point, sizeof(point));
	ck_assert(pkcs11_der_p256_point(wrapped, sizeof(wrapped), out));
	ck_assert_mem_eq(out, point, sizeof(point));
	assert_ok(tuf_key_new_p256(point, "alice", &key, &err), err);
	set_hex(raw, sig_r);
	set_hex(raw + 32, sig_s);
	len = pkcs11_der_signature(raw, sig);
	ck_assert_uint_eq(len, TUF_SIGNATURE_MAX_BYTES); /* both numbers begin with a 1 bit */
	ck_assert(tuf_key_verify(key, "sample", 6, sig, len));
	ck_assert(!tuf_key_verify(key, "simple", 6, sig, len));
	/* The public key file, read again, is the same key. */
	vk_buf_init(&text, 4096);
	vkjson_format(tuf_key_json(key), false, &text);
	assert_ok(tuf_key_parse_text(text.data, text.len, &again, &err), err);
	ck_assert_str_eq(tuf_key_id(again), tuf_key_id(key));
	ck_assert_str_eq(tuf_key_user(again), "alice");
	vk_buf_release(&text);
	tuf_key_free(again);
	tuf_key_free(key);
}
END_TEST

START_TEST(writes_numbers_as_short_as_der_demands)
{
	static const uint8_t expected[] = {0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x02, 0x00, 0x80};
	uint8_t raw[PKCS11_P256_SIGNATURE_BYTES] = {0};
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES];

	raw[31] = 1;
	raw[63] = 0x80;
	ck_assert_uint_eq(pkcs11_der_signature(raw, sig), sizeof(expected));
	ck_assert_mem_eq(sig, expected, sizeof(expected));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("pkcs11_der");
	TCase *tc = tcase_create("pkcs11_der");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, refuses_points_that_are_none);
	tcase_add_test(tc, refuses_other_curves);
	tcase_add_test(tc, makes_signatures_that_tuf_verifies);
	tcase_add_test(tc, writes_numbers_as_short_as_der_demands);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
