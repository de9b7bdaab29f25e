/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/signkey.h"

#include <stdio.h>
#include <string.h>

#include "common/digest.h"
#include "common/num.h"
#include "tests/unit/unit.h"

/* RFC 8032, section 7.1, test 2. */
static const char seed_hex[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
static const char public_hex[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char sig_hex[] = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
			      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

START_TEST(refuses_every_flipped_bit)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint8_t sig[VK_SIGNATURE_BYTES];

	ck_assert(vk_parse_hex(public_hex, 64, public_key, sizeof(public_key)));
	ck_assert(vk_parse_hex(sig_hex, 128, sig, sizeof(sig)));
	ck_assert(vk_verify_ed25519(public_key, "\x72", 1, sig));
	ck_assert(!vk_verify_ed25519(public_key, "\x73", 1, sig));
	ck_assert(!vk_verify_ed25519(public_key, "\x72", 0, sig));
	for (size_t i = 0; i < 8 * sizeof(sig); i++) {
		sig[i / 8] ^= (uint8_t)(1U << i % 8);
		ck_assert(!vk_verify_ed25519(public_key, "\x72", 1, sig));
		sig[i / 8] ^= (uint8_t)(1U << i % 8);
	}
}
END_TEST

START_TEST(refuses_a_key_that_everything_verifies_with)
{
	/* The neutral element as key and R, S = 0: valid for every message without the check. */
	uint8_t public_key[VK_PUBLIC_KEY_BYTES] = {1};
	uint8_t sig[VK_SIGNATURE_BYTES] = {1};

	ck_assert(!vk_verify_ed25519(public_key, "x", 1, sig));
}
END_TEST

START_TEST(signs_as_the_rfc_says)
{
	uint8_t expected[VK_SIGNATURE_BYTES];
	uint8_t sig[VK_SIGNATURE_BYTES];
	uint8_t seed[VK_SEED_BYTES];
	uint8_t again[VK_SEED_BYTES];
	struct vk_signkey *key;

	ck_assert(vk_parse_hex(seed_hex, 64, seed, sizeof(seed)));
	key = vk_signkey_from_seed(seed);
	vk_signkey_sign(key, "\x72", 1, sig);
	ck_assert(vk_parse_hex(sig_hex, 128, expected, sizeof(expected)));
	ck_assert_mem_eq(sig, expected, sizeof(sig));
	vk_signkey_public(key, again);
	ck_assert(vk_parse_hex(public_hex, 64, seed, sizeof(seed)));
	ck_assert_mem_eq(again, seed, sizeof(seed));
	vk_signkey_free(key);
}
END_TEST

START_TEST(generated_keys_differ_and_come_back_from_their_seed)
{
	struct vk_signkey *a = vk_signkey_generate();
	struct vk_signkey *b = vk_signkey_generate();
	uint8_t public_a[VK_PUBLIC_KEY_BYTES];
	uint8_t public_b[VK_PUBLIC_KEY_BYTES];
	uint8_t seed[VK_SEED_BYTES];
	struct vk_signkey *again;

	vk_signkey_public(a, public_a);
	vk_signkey_public(b, public_b);
	ck_assert_mem_ne(public_a, public_b, sizeof(public_a));
	vk_signkey_seed(a, seed);
	again = vk_signkey_from_seed(seed);
	vk_signkey_public(again, public_b);
	ck_assert_mem_eq(public_a, public_b, sizeof(public_a));
	vk_signkey_free(a);
	vk_signkey_free(b);
	vk_signkey_free(again);
	vk_signkey_free(NULL);
}
END_TEST

START_TEST(digests_are_the_known_ones)
{
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct vk_sha256_stream stream;
	uint8_t digest[VK_SHA512_BYTES];
	char hex[VK_SHA256_HEX_BYTES];

	vk_sha256_hex("abc", 3, hex);
	ck_assert_str_eq(hex, abc);
	vk_sha256_init(&stream);
	vk_sha256_add(&stream, "a", 1);
	vk_sha256_add(&stream, "", 0);
	vk_sha256_add(&stream, "bc", 2);
	vk_sha256_final(&stream, digest);
	vk_digest_format(digest, hex);
	ck_assert_str_eq(hex, abc);
	vk_sha512("abc", 3, digest);
	ck_assert_uint_eq(digest[0], 0xdd);
	ck_assert_uint_eq(digest[63], 0x9f);
}
END_TEST

START_TEST(refuses_other_spellings_of_a_public_key)
{
	static const char *const bad[] = {"",
		"ed25519:", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		"ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660",
		"ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c0",
		"ed25519:3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C",
		"Ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"};
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	char text[VK_PUBLIC_KEY_TEXT_BYTES], again[VK_PUBLIC_KEY_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert(!vk_public_key_parse(bad[i], public_key));
	snprintf(text, sizeof(text), "ed25519:%s", public_hex);
	ck_assert(vk_public_key_parse(text, public_key));
	vk_public_key_format(public_key, again);
	ck_assert_str_eq(again, text);
}
END_TEST

START_TEST(opens_boxes_for_its_own_key_only)
{
	uint8_t box[5 + VK_BOX_OVERHEAD_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint8_t small_order[VK_PUBLIC_KEY_BYTES] = {1};
	char out[5] = "";
	struct vk_signkey *key = vk_signkey_generate();
	struct vk_signkey *other = vk_signkey_generate();

	vk_signkey_public(key, public_key);
	ck_assert(!vk_public_key_box(small_order, "hello", 5, box));
	ck_assert(vk_public_key_box(public_key, "hello", 5, box));
	ck_assert(!vk_signkey_unbox(other, box, sizeof(box), (uint8_t *)out));
	ck_assert(!vk_signkey_unbox(key, box, sizeof(box) - 1, (uint8_t *)out));
	ck_assert(vk_signkey_unbox(key, box, sizeof(box), (uint8_t *)out));
	ck_assert_mem_eq(out, "hello", 5);
	vk_signkey_free(key);
	vk_signkey_free(other);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("signkey");
	TCase *tcase = tcase_create("signkey");

	tcase_add_test(tcase, refuses_every_flipped_bit);
	tcase_add_test(tcase, refuses_a_key_that_everything_verifies_with);
	tcase_add_test(tcase, refuses_other_spellings_of_a_public_key);
	tcase_add_test(tcase, opens_boxes_for_its_own_key_only);
	tcase_add_test(tcase, signs_as_the_rfc_says);
	tcase_add_test(tcase, generated_keys_differ_and_come_back_from_their_seed);
	tcase_add_test(tcase, digests_are_the_known_ones);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
