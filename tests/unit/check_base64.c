/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/base64.h"

#include <string.h>

#include "tests/unit/unit.h"

START_TEST(refuses_what_encoding_would_not_write)
{
	static const char *const bad[] = {"A", "AA", "AA=", "AB==", "AAB=", "AAA==", "AA==\n",
		" AA==", "A A=", "AA==AA==", "====", "-_==", "AA\xff=", "\xc3\xa4",
		"\x80\x80\x80\x80"};
	static const char *const bad_url[] = {
		"A", "AB", "AAB", "AA==", "+/AA", "AA\n", "A\xff", "\xad\xff"};
	char out[100];
	size_t len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vk_base64_decode(
				      VK_BASE64, bad[i], strlen(bad[i]), out, sizeof(out), &len),
			"accepted: %s", bad[i]);
	for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++)
		ck_assert_msg(!vk_base64_decode(VK_BASE64_URL, bad_url[i], strlen(bad_url[i]), out,
				      sizeof(out), &len),
			"accepted: %s", bad_url[i]);
	ck_assert(!vk_base64_decode(VK_BASE64, "AAAA", 4, out, 2, &len));
}
END_TEST

/* RFC 4648, section 10. */
START_TEST(knows_the_vectors_of_the_rfc)
{
	static const char *const texts[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	struct vk_buf out;
	char bytes[8];
	size_t len;

	vk_buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		vk_buf_reset(&out);
		vk_base64_encode(VK_BASE64, "foobar", i, &out);
		ck_assert_str_eq(out.data, texts[i]);
		ck_assert(vk_base64_decode(
			VK_BASE64, texts[i], strlen(texts[i]), bytes, sizeof(bytes), &len));
		ck_assert_uint_eq(len, i);
		ck_assert_mem_eq(bytes, "foobar", len);
	}
	vk_buf_reset(&out);
	vk_base64_encode(VK_BASE64_URL, "\xff\xfe\xfd\xfc", 4, &out);
	ck_assert_str_eq(out.data, "__79_A");
	vk_buf_release(&out);
	vk_buf_init(&out, 3);
	vk_base64_encode(VK_BASE64, "foobar", 6, &out);
	ck_assert(out.is_overflowed);
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("base64");
	TCase *tcase = tcase_create("base64");

	tcase_add_test(tcase, refuses_what_encoding_would_not_write);
	tcase_add_test(tcase, knows_the_vectors_of_the_rfc);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
