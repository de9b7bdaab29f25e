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

#define COSIGNATURE                                                                                \
	"\xe2\x80\x94 witness.example.com/w1 fm9KqgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlC"  \
	"r9sJ57DLErur7K0yDXc2ArN+TIuotuB/HbuL3AJsp3bv/aNCQ=="

/* The checkpoint and time of the example in C2SP tlog-cosignature, signed with the key of RFC 8032,
 * section 7.1, test 1; the line was made with openssl pkeyutl and Python's hashlib. */
static const uint8_t witness_seed[VK_SEED_BYTES] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
	0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69,
	0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
static const struct note_checkpoint witnessed = {.size = 20852163,
	.root = {0x0a, 0xc5, 0x18, 0x6a, 0x91, 0x86, 0x3e, 0x8e, 0x1d, 0x90, 0xc8, 0x08, 0x01, 0x4a,
		0xa8, 0x9b, 0xf5, 0xda, 0x8e, 0x3e, 0xe1, 0xd9, 0xf0, 0x76, 0x30, 0xf0, 0x37, 0x8f,
		0x68, 0xf1, 0xab, 0x62}};

static enum vk_rc verify_cosignature(const char *line, size_t len,
	const struct note_checkpoint *cosigned, const char *name, int64_t *time)
{
	struct vk_signkey *witness = vk_signkey_from_seed(witness_seed);
	uint8_t witness_public[VK_PUBLIC_KEY_BYTES];

	vk_signkey_public(witness, witness_public);
	vk_signkey_free(witness);
	return note_verify_cosignature(line, len, "example.com/behind-the-sofa", cosigned, name,
		witness_public, time, &err);
}

START_TEST(cosigns_as_the_specification_says)
{
	struct vk_signkey *witness = vk_signkey_from_seed(witness_seed);
	int64_t time = 0;

	vk_buf_reset(&note);
	note_cosign("example.com/behind-the-sofa", &witnessed, 1679315147, "witness.example.com/w1",
		witness, &note);
	ck_assert_str_eq(note.data, COSIGNATURE "\n");
	assert_ok(verify_cosignature(
			  note.data, note.len, &witnessed, "witness.example.com/w1", &time),
		err);
	ck_assert_int_eq(time, 1679315147);
	vk_signkey_free(witness);
}
END_TEST

START_TEST(refuses_every_flipped_byte_of_a_cosignature)
{
	char line[] = COSIGNATURE;

	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		line[i] ^= 1;
		ck_assert_msg(verify_cosignature(line, sizeof(line) - 1, &witnessed,
				      "witness.example.com/w1", NULL) != VK_OK,
			"byte %zu", i);
		line[i] ^= 1;
		ck_assert_int_ne(verify_cosignature(
					 line, i, &witnessed, "witness.example.com/w1", NULL),
			VK_OK);
	}
	assert_ok(verify_cosignature(
			  line, sizeof(line) - 1, &witnessed, "witness.example.com/w1", NULL),
		err);
}
END_TEST

START_TEST(refuses_a_cosignature_of_another_history_or_witness)
{
	struct note_checkpoint other = witnessed;

	other.size++;
	assert_fails(verify_cosignature(COSIGNATURE, strlen(COSIGNATURE), &other,
			     "witness.example.com/w1", NULL),
		VK_EUNTRUSTED);
	other = witnessed;
	other.root[31] ^= 1;
	assert_fails(verify_cosignature(COSIGNATURE, strlen(COSIGNATURE), &other,
			     "witness.example.com/w1", NULL),
		VK_EUNTRUSTED);
	assert_fails(verify_cosignature(COSIGNATURE, strlen(COSIGNATURE), &witnessed,
			     "witness.example.com/w2", NULL),
		VK_ENOTFOUND);
	assert_fails(verify_cosignature("x", 1, &witnessed, "witness.example.com/w1", NULL),
		VK_EINPUT);
}
END_TEST

/* One key, two uses: neither kind of signature passes as the other. */
START_TEST(a_cosignature_is_no_signature_of_the_log)
{
	struct vk_buf text;

	vk_buf_init(&text, 1000);
	note_checkpoint_format("demo/log", &checkpoint, &text);
	vk_buf_addc(&text, '\n');
	note_cosign("demo/log", &checkpoint, 1, "demo/log", key, &text);
	ck_assert_int_eq(verify(text.data, text.len), VK_EUNTRUSTED);
	vk_buf_release(&text);
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
	tcase_add_test(tcase, refuses_every_flipped_byte_of_a_cosignature);
	tcase_add_test(tcase, refuses_a_cosignature_of_another_history_or_witness);
	tcase_add_test(tcase, a_cosignature_is_no_signature_of_the_log);
	tcase_add_test(tcase, cosigns_as_the_specification_says);
	tcase_add_test(tcase, formats_a_checkpoint_to_the_letter);
	tcase_add_test(tcase, signs_as_the_other_implementations_do);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
