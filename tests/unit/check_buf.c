/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/buf.h"

#include <string.h>

#include "tests/unit/unit.h"

START_TEST(grows_and_stays_terminated)
{
	struct vk_buf buf;

	vk_buf_init(&buf, 100000);
	for (int i = 0; i < 10000; i++)
		vk_buf_addf(&buf, "%d,", i % 10);
	ck_assert_uint_eq(buf.len, 20000);
	ck_assert_uint_eq(strlen(buf.data), 20000);
	ck_assert(!buf.is_overflowed);
	vk_buf_release(&buf);
}
END_TEST

START_TEST(overflow_is_reported_and_sticky)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf buf;

	vk_buf_init(&buf, 10);
	vk_buf_adds(&buf, "0123456789");
	assert_ok(vk_buf_check(&buf, "text", &err), err);
	vk_buf_addc(&buf, 'x');
	vk_buf_consume(&buf, 5);
	vk_buf_addc(&buf, 'y');
	assert_fails(vk_buf_check(&buf, "text", &err), VK_ELIMIT);
	ck_assert_str_eq(err.msg, "text is larger than 10 bytes");
	ck_assert_str_eq(buf.data, "56789");
	vk_buf_release(&buf);
}
END_TEST

START_TEST(detach_hands_over_and_leaves_an_empty_buffer)
{
	struct vk_buf buf;
	size_t len;
	char *text;

	vk_buf_init(&buf, 1000);
	vk_buf_add_hex(&buf, "\x00\xff\x5a", 3);
	text = vk_buf_detach(&buf, &len);
	ck_assert_str_eq(text, "00ff5a");
	ck_assert_uint_eq(len, 6);
	ck_assert_uint_eq(buf.len, 0);
	free(text);
	vk_buf_release(&buf);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("buf");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, grows_and_stays_terminated);
	tcase_add_test(tc, overflow_is_reported_and_sticky);
	tcase_add_test(tc, detach_hands_over_and_leaves_an_empty_buffer);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
