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
	int64_t at;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = vk_audit_entry_parse(bad[i], strlen(bad[i]), &entry, NULL);

		ck_assert_msg(rc == VK_EINPUT, "accepted: %s", bad[i]);
		ck_assert_msg(
			!vk_audit_entry_scan(bad[i], strlen(bad[i]), &at), "scanned: %s", bad[i]);
	}
	for (size_t len = 0; len < sizeof(good) - 1; len++) {
		assert_fails(vk_audit_entry_parse(good, len, &entry, NULL), VK_EINPUT);
		ck_assert(!vk_audit_entry_scan(good, len, &at));
	}
	ck_assert(vk_audit_entry_scan(good, sizeof(good) - 1, &at));
}
END_TEST

/* The entry with this detail. */
static enum vk_rc parse_detail(const char *detail, bool *is_scanned)
{
	struct vk_audit_entry *entry = NULL;
	int64_t at = 0;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 10000);
	vk_buf_addf(&text,
		"{\"action\":\"a.b\",\"actor\":\"u\",\"at\":\"2026-11-23T01:33:05Z\",\"detail\":%s,"
		"\"format\":1,\"object\":\"o\",\"result\":\"ok\"}",
		detail);
	rc = vk_audit_entry_parse(text.data, text.len, &entry, NULL);
	*is_scanned = vk_audit_entry_scan(text.data, text.len, &at);
	ck_assert(!*is_scanned || at == 1795397585);
	vk_audit_entry_free(entry);
	vk_buf_release(&text);
	return rc;
}

START_TEST(the_scanner_refuses_what_the_parser_refuses)
{
	static const char *const details[] = {"", "[]", "1", "{", "}", "{}", "{ }", "{}}",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1}", "{\"a\":01}", "{\"a\":-0}",
		"{\"a\":-}", "{\"a\":-1}", "{\"a\":1.0}", "{\"a\":1e3}", "{\"a\":+1}",
		"{\"a\":9223372036854775807}", "{\"a\":9223372036854775808}",
		"{\"a\":-9223372036854775808}", "{\"a\":-9223372036854775809}",
		"{\"a\":999999999999999999999999}", "{\"a\":1,\"a\":2}", "{\"b\":1,\"a\":2}",
		"{\"a\":1,\"aa\":2}", "{\"aa\":1,\"a\":2}", "{\"\":1,\"a\":2}", "{\"A\":1,\"a\":2}",
		"{\"a\":1,\"\xc3\xa4\":2}", "{\"\\\"\":1,\"#\":2}", "{\"#\":1,\"\\\"\":2}",
		"{\"\\\\\":1,\"]\":2}", "{\"[\":1,\"\\\\\":2}", "{\"a\":\"\\n\"}",
		"{\"a\":\"\n\t\x01\x7f/\"}", "{\"a\":\"\\/\"}", "{\"a\":\"\\u0041\"}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\xf0\x9f\x98\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
		"{\"a\":\"\xe0\x80\x80\"}", "{\"a\":\"\xef\xbf\xbf\"}", "{\"a\":\"\xe2\x82\"}",
		"{\"a\":true}", "{\"a\":tru}", "{\"a\":null}", "{\"a\":False}",
		"{\"a\":[1,2,\"x\",[]]}", "{\"a\":[1,]}", "{\"a\":[,]}", "{\"a\":[1 ,2]}",
		"{\"a\":{\"b\":{\"c\":[{}]}}}"};
	size_t accepted = 0;
	bool is_scanned;

	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		enum vk_rc rc = parse_detail(details[i], &is_scanned);

		ck_assert_msg((rc == VK_OK) == is_scanned, "not agreed on: %s", details[i]);
		accepted += is_scanned;
	}
	ck_assert_uint_ge(accepted, 18);
}
END_TEST

START_TEST(the_scanner_goes_as_deep_as_the_parser)
{
	size_t deepest = 0;

	for (size_t depth = 0; depth < 40; depth++) {
		char detail[200] = "{\"a\":";
		bool is_scanned;

		memset(detail + 5, '[', depth + 1);
		memset(detail + 6 + depth, ']', depth + 1);
		detail[7 + 2 * depth] = '}';
		ck_assert((parse_detail(detail, &is_scanned) == VK_OK) == is_scanned);
		if (is_scanned)
			deepest = depth;
	}
	ck_assert_uint_gt(deepest, 20);
	ck_assert_uint_lt(deepest, 39);
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
	tcase_add_test(tcase, the_scanner_refuses_what_the_parser_refuses);
	tcase_add_test(tcase, the_scanner_goes_as_deep_as_the_parser);
	tcase_add_test(tcase, refuses_to_format_forged_lines);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
