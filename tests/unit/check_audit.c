/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/audit.h"

#include <string.h>

#include "common/vkjson.h"
#include "tests/unit/unit.h"

static const char good[] = "{\"action\":\"change.approve\",\"actor\":\"user/alice\","
			   "\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{\"keyid\":\"ab\n\"},"
			   "\"format\":1,\"object\":\"change/117\",\"result\":\"ok\"}";

START_TEST(refuses_entries_that_are_none)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{},"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\",\"x\":1}",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":[],"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\"}",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{},"
		"\"format\":2,\"object\":\"o\",\"result\":\"ok\"}",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23\",\"detail\":{},"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\"}",
		"{\"action\":\"ab\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{},"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\"}",
		"{\"action\":\"a.b\",\"actor\":\"u\nv\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":"
		"{},"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\"}",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{},"
		"\"format\":1,\"object\":\"\",\"result\":\"ok\"}",
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":{},"
		"\"format\":1,\"object\":\"o\",\"result\":\"not ok\"}",
	};
	struct vk_audit_entry *entry = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = vk_audit_entry_parse(bad[i], strlen(bad[i]), &entry, NULL);

		ck_assert_msg(rc == VK_EINPUT, "accepted: %s", bad[i]);
	}
	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_fails(vk_audit_entry_parse(good, len, &entry, NULL), VK_EINPUT);
}
END_TEST

START_TEST(refuses_to_format_forged_lines)
{
	struct vk_audit_entry entry = {
		.action = "change.approve", .actor = "user/a\nb", .object = "x", .result = "ok"};
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *detail;
	struct vk_buf out;

	vk_buf_init(&out, 200000);
	assert_fails(vk_audit_entry_format(&entry, &out, &err), VK_EINPUT);
	entry.actor = "user/alice";
	entry.action = "Approve";
	assert_fails(vk_audit_entry_format(&entry, &out, &err), VK_EINPUT);
	entry.action = "change.approve";
	detail = vkjson_object();
	for (int i = 0; i < 2000; i++) {
		char name[8] = {
			(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676), 0};

		vkjson_set(detail, name, vkjson_string("01234567890123456789012345678901"));
	}
	entry.detail = detail;
	assert_fails(vk_audit_entry_format(&entry, &out, &err), VK_ELIMIT);
	vkjson_free(detail);
	vk_buf_release(&out);
}
END_TEST

START_TEST(formatting_gives_the_same_bytes)
{
	struct vk_audit_entry *entry = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	assert_ok(vk_audit_entry_parse(good, strlen(good), &entry, &err), err);
	assert_ok(vk_audit_entry_format(entry, &out, &err), err);
	ck_assert_str_eq(out.data, good);
	vk_buf_reset(&out);
	entry->detail = NULL;
	assert_ok(vk_audit_entry_format(entry, &out, &err), err);
	ck_assert_ptr_nonnull(strstr(out.data, "\"detail\":{}"));
	vk_audit_entry_free(entry);
	vk_audit_entry_free(NULL);
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("audit");
	TCase *tcase = tcase_create("audit");

	tcase_add_test(tcase, refuses_entries_that_are_none);
	tcase_add_test(tcase, refuses_to_format_forged_lines);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
