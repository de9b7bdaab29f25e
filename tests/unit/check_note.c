/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/note.h"

#include <string.h>

#include <sodium.h>

#include "tests/unit/unit.h"

static struct vk_signkey *key;
static uint8_t public_key[VK_PUBLIC_KEY_BYTES];
static struct note_checkpoint checkpoint = {.size = 17, .root = {0xab, 0xcd}};
static struct vk_buf note;
static struct vk_err err;

static void setup(void)
{
	const uint8_t seed[VK_SEED_BYTES] = {7};
	struct vk_buf text;

	key = vk_signkey_from_seed(seed);
	vk_signkey_public(key, public_key);
	vk_buf_init(&text, 1000);
	vk_buf_init(&note, 100000);
	note_checkpoint_format("demo/log", &checkpoint, &text);
	note_sign(text.data, "demo/log", key, &note);
	vk_buf_release(&text);
}

static void teardown(void)
{
	vk_buf_release(&note);
	vk_signkey_free(key);
}

static enum vk_rc verify(const char *text, size_t len)
{
	struct note_checkpoint out;

	return note_verify_checkpoint(text, len, "demo/log", public_key, &out, &err);
}

/* The vector of golang.org/x/mod/sumdb/note, whose format C2SP signed-note is: Ed25519 is
 * deterministic, so the whole note must come out to the byte. */
START_TEST(signs_as_the_other_implementations_do)
{
	static const char text[] = "If you think cryptography is the answer to your problem,\n"
				   "then you don't know what your problem is.\n";
	static const char seed[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
	static const char line[] =
		"\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pA"
		"cElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	struct vk_signkey *peter;
	uint8_t raw[1 + VK_SEED_BYTES]; /* the algorithm, then the seed */
	size_t len = 0;

	ck_assert_int_eq(sodium_base642bin(raw, sizeof(raw), seed, strlen(seed), NULL, &len, NULL,
				 sodium_base64_VARIANT_ORIGINAL),
		0);
	ck_assert_uint_eq(len, sizeof(raw));
	peter = vk_signkey_from_seed(raw + 1);
	vk_buf_reset(&note);
	note_sign(text, "PeterNeumann", peter, &note);
	ck_assert_int_eq(strncmp(note.data, text, strlen(text)), 0);
	ck_assert_str_eq(note.data + strlen(text), line);
	vk_signkey_free(peter);
}
END_TEST

START_TEST(formats_a_checkpoint_to_the_letter)
{
	static const char expected[] = "demo/log\n17\n"
				       "q80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
				       "\xe2\x80\x94 demo/log ";
	struct note_checkpoint out;

	ck_assert_int_eq(strncmp(note.data, expected, strlen(expected)), 0);
	ck_assert_uint_eq(note.data[note.len - 1], '\n');
	assert_ok(note_verify_checkpoint(note.data, note.len, "demo/log", public_key, &out, &err),
		err);
	ck_assert_uint_eq(out.size, 17);
	ck_assert_mem_eq(out.root, checkpoint.root, sizeof(out.root));
}
END_TEST

START_TEST(refuses_every_truncation_and_every_flipped_byte)
{
	for (size_t len = 0; len < note.len; len++)
		ck_assert_int_ne(verify(note.data, len), VK_OK);
	for (size_t i = 0; i < note.len; i++) {
		note.data[i] ^= 1;
		ck_assert_msg(verify(note.data, note.len) != VK_OK, "byte %zu", i);
		note.data[i] ^= 1;
	}
	ck_assert_int_eq(verify(note.data, note.len), VK_OK);
}
END_TEST

START_TEST(refuses_another_log_or_key)
{
	const uint8_t seed[VK_SEED_BYTES] = {8};
	struct vk_signkey *other = vk_signkey_from_seed(seed);
	struct note_checkpoint out;
	uint8_t other_public[VK_PUBLIC_KEY_BYTES];

	vk_signkey_public(other, other_public);
	assert_fails(
		note_verify_checkpoint(note.data, note.len, "demo/log", other_public, &out, &err),
		VK_EUNTRUSTED);
	assert_fails(
		note_verify_checkpoint(note.data, note.len, "other/log", public_key, &out, &err),
		VK_EUNTRUSTED);
	vk_signkey_free(other);
}
END_TEST

START_TEST(refuses_bodies_that_are_no_checkpoint)
{
	static const char *const bad[] = {
		"demo/log\n17\n",
		"demo/log\n017\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"demo/log\n-1\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"demo/log\n\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"demo/log\n99999999999999999999\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"demo/log\n17\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"demo/log\n17\nq80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n",
		"demo/log\n17\n?80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vk_buf_reset(&note);
		note_sign(bad[i], "demo/log", key, &note);
		ck_assert_msg(verify(note.data, note.len) == VK_EINPUT, "accepted: %s", bad[i]);
	}
}
END_TEST

START_TEST(other_signatures_are_ignored_and_a_second_wrong_one_is_not)
{
	const uint8_t zero[VK_PUBLIC_KEY_BYTES] = {0};
	const uint8_t sig[VK_SIGNATURE_BYTES] = {0};

	note_add_signature("witness/one", zero, sig, &note);
	note_add_signature("demo/log", zero, sig, &note); /* the same name, another key */
	ck_assert_int_eq(verify(note.data, note.len), VK_OK);
	note_add_signature("demo/log", public_key, sig, &note);
	ck_assert_int_eq(verify(note.data, note.len), VK_EUNTRUSTED);
	vk_buf_adds(&note, "no signature line\n");
	ck_assert_int_eq(verify(note.data, note.len), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_malformed_and_too_many_signatures)
{
	size_t len = note.len;
	static const char *const bad[] = {"x\n", "\xe2\x80\x94\n", "\xe2\x80\x94 demo/log\n",
		"\xe2\x80\x94 a b c\n", "\xe2\x80\x94 a+b AAAA\n", "- a AAAA\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vk_buf_adds(&note, bad[i]);
		ck_assert_int_eq(verify(note.data, note.len), VK_EINPUT);
		note.len = len;
		note.data[len] = '\0';
	}
	for (int i = 0; i < NOTE_MAX_SIGNATURES; i++)
		vk_buf_adds(&note, "\xe2\x80\x94 a AAAAAAAA\n");
	ck_assert_int_eq(verify(note.data, note.len), VK_ELIMIT);
	while (note.len <= NOTE_MAX_BYTES)
		vk_buf_adds(&note, "\xe2\x80\x94 a AAAAAAAA\n");
	ck_assert_int_eq(verify(note.data, note.len), VK_ELIMIT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("note");
	TCase *tcase = tcase_create("note");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, refuses_every_truncation_and_every_flipped_byte);
	tcase_add_test(tcase, refuses_another_log_or_key);
	tcase_add_test(tcase, refuses_bodies_that_are_no_checkpoint);
	tcase_add_test(tcase, refuses_malformed_and_too_many_signatures);
	tcase_add_test(tcase, other_signatures_are_ignored_and_a_second_wrong_one_is_not);
	tcase_add_test(tcase, formats_a_checkpoint_to_the_letter);
	tcase_add_test(tcase, signs_as_the_other_implementations_do);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
