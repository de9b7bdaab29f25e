/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vkjson.h"

#include <string.h>

#include "common/digest.h"
#include "tests/unit/unit.h"

static struct vkjson *parse(const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *value = NULL;

	assert_ok(vkjson_parse(text, strlen(text), &value, &err), err);
	return value;
}

START_TEST(refuses_what_is_not_strict_json)
{
	static const char *const bad[] = {
		"",
		" ",
		"1",
		"\"x\"",
		"null",
		"{",
		"[1,]",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":1}x",
		"{\"a\":1}{}",
		"{\"a\":1,\"a\":2}",
		"{\"o\":{\"a\":1,\"a\":1}}",
		"\xef\xbb\xbf{}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\\u0000b\":1}",
		"{\"a\":\"\n\"}",
		"{\"a\":9223372036854775808}",
		"{\"a\":01}",
		"{\"a\":+1}",
		"{\"a\":0x1}",
		"{\"a\":NaN}",
		"{\"a\":.5}",
		"{\"a\":1e999}",
		"// c\n{}",
		"{\"a\":tru}",
	};
	struct vkjson *value = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = vkjson_parse(bad[i], strlen(bad[i]), &value, NULL);

		ck_assert_msg(rc == VK_EINPUT, "accepted: %s", bad[i]);
	}
	assert_fails(vkjson_parse("{}\0", 3, &value, NULL), VK_EINPUT);
}
END_TEST

START_TEST(refuses_every_truncation)
{
	static const char text[] = "{\"a\":[1,true,null,\"x\\n\\u00e9\"],\"b\":{\"c\":-2}}";
	struct vkjson *value = NULL;

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_fails(vkjson_parse(text, len, &value, NULL), VK_EINPUT);
	vkjson_free(parse(text));
}
END_TEST

START_TEST(refuses_deep_nesting)
{
	char text[2 * VKJSON_MAX_DEPTH + 2];
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *value = NULL;
	size_t depth = VKJSON_MAX_DEPTH;

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	assert_ok(vkjson_parse(text, 2 * depth, &value, &err), err);
	vkjson_free(value);
	memset(text, '[', depth + 1);
	memset(text + depth + 1, ']', depth + 1);
	assert_fails(vkjson_parse(text, 2 * depth + 2, &value, &err), VK_ELIMIT);
	assert_fails(
		vkjson_parse("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 36, &value, &err), VK_ELIMIT);
}
END_TEST

/* Text that is small for a peer to send and large for us to hold. */
START_TEST(refuses_too_many_values)
{
	static const char *const items[] = {"{}", "[]", "1", "\"\"", "{\"a\":0}"};
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *value = NULL;

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct vk_buf text;

		vk_buf_init(&text, SIZE_MAX / 2);
		vk_buf_addc(&text, '[');
		for (size_t n = 0; n < VKJSON_MAX_VALUES; n++)
			vk_buf_addf(&text, "%s,", items[i]);
		vk_buf_addf(&text, "%s]", items[i]);
		assert_fails(vkjson_parse(text.data, text.len, &value, &err), VK_ELIMIT);
		vk_buf_release(&text);
	}
	assert_ok(vkjson_parse("[\",,[{\"]", 8, &value, &err), err);
	vkjson_free(value);
}
END_TEST

START_TEST(brackets_in_strings_are_not_nesting)
{
	vkjson_free(parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[\"]"));
}
END_TEST

START_TEST(canonical_form_has_the_known_digests)
{
	static const struct {
		const char *text;
		const char *digest;
	} vectors[] = {
		{"{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		{"{\"b\":[1,-2,0],\"a\":{\"z\":null,\"y\":true,\"x\":false}}",
			"7d608d83c8df42f9b99962d55598f1125c275e14d96e0f4f3dab453158fe06c9"},
		{"{\"s\":\"a\\\"b\\\\c/d\\ne\\tf\\u0001\\u007f\"}",
			"43c823bd53324439dba79d1ffc17ef15e52692c3263e81a6b0a66b29524658e6"},
		{"{\"\\u00e9\":1,\"z\":2,\"\\uffee\":3,\"\\ud83d\\ude00\":4,\"A\":5,\"a\":6,\"\":"
		 "7}",
			"19404907b5c8ee23892adea05465706ec1ebbccb61ce97b2ac3b81bc4854fa0d"},
		{"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000001\"}}",
			"9abda18ec5971fd6120e35fab36cfc6c344dee49755a55efa6367c7ee9022ecb"},
		{"{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000001\"},"
		 "\"x-owner\":\"@ops\"}",
			"e5c6b85fc72573d31c192485799d4818ccf59021b9ea77935155c140e1342b0f"},
		{"[ -0 , 9223372036854775807 , -9223372036854775808 ] \n",
			"d836bf08379b32f931ed51135add4011f0fce8217523b3676f35432f0acc66af"},
	};
	struct vk_err err = VK_ERR_INIT;
	char digest[VK_SHA256_HEX_BYTES];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct vkjson *value = parse(vectors[i].text);
		struct vkjson *again = NULL;
		struct vk_buf out;

		vk_buf_init(&out, 1000);
		assert_ok(vkjson_canonical(value, &out, &err), err);
		vk_sha256_hex(out.data, out.len, digest);
		ck_assert_msg(strcmp(digest, vectors[i].digest) == 0, "%s: %s", out.data, digest);
		assert_ok(vkjson_parse_canonical(out.data, out.len, &again, &err), err);
		ck_assert(vkjson_equal(value, again));
		vkjson_free(again);
		vkjson_free(value);
		vk_buf_release(&out);
	}
}
END_TEST

START_TEST(canonical_form_refuses_reals_at_every_depth)
{
	static const char *const bad[] = {"[1.0]", "{\"a\":[1,{\"b\":1e3}]}", "[-0.0]", "[1E0]"};
	struct vk_buf out;

	vk_buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vkjson *value = parse(bad[i]);

		assert_fails(vkjson_canonical(value, &out, NULL), VK_EINPUT);
		vkjson_free(value);
	}
	vk_buf_release(&out);
}
END_TEST

START_TEST(canonical_form_is_bounded)
{
	struct vkjson *value = parse("{\"a\":\"0123456789\"}");
	struct vkjson *nested = vkjson_array();
	struct vk_buf out;

	vk_buf_init(&out, 10);
	assert_fails(vkjson_canonical(value, &out, NULL), VK_ELIMIT);
	vk_buf_release(&out);
	vk_buf_init(&out, 1000);
	for (int i = 0; i < VKJSON_MAX_DEPTH; i++) {
		struct vkjson *outer = vkjson_array();

		vkjson_append(outer, nested);
		nested = outer;
	}
	assert_fails(vkjson_canonical(nested, &out, NULL), VK_ELIMIT);
	vk_buf_release(&out);
	vkjson_free(nested);
	vkjson_free(value);
}
END_TEST

START_TEST(refuses_canonical_json_that_is_not)
{
	static const char *const bad[] = {
		"{} ",
		"{ }",
		"{\"b\":1,\"a\":2}",
		"{\"a\":\"\\n\"}",
		"{\"a\":\"\\u0041\"}",
		"{\"a\":\"\\/\"}",
		"{\"a\":-0}",
		"{\"a\":1.0}",
		"{\"a\":\"\\\n\"}",
		"\n{}",
		"{\"a\":\"\x01",
		"{\"a\n\":\"\\t\"}",
	};
	struct vkjson *value = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(
			vkjson_parse_canonical(bad[i], strlen(bad[i]), &value, NULL), VK_EINPUT);
}
END_TEST

START_TEST(canonical_json_holds_raw_control_characters)
{
	static const char text[] = "{\"\t\":\"a\nb\\\"\n\\\\\x1f\"}";
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *value = NULL;
	const char *content = NULL;

	assert_ok(vkjson_parse_canonical(text, sizeof(text) - 1, &value, &err), err);
	assert_ok(vkjson_get_string(value, "\t", &content, &err), err);
	ck_assert_str_eq(content, "a\nb\"\n\\\x1f");
	vkjson_free(value);
}
END_TEST

START_TEST(getters_name_the_member_that_is_wrong)
{
	struct vkjson *obj =
		parse("{\"s\":\"x\",\"i\":5,\"r\":5.0,\"t\":true,\"h\":\"0A\",\"n\":null}");
	struct vk_err err = VK_ERR_INIT;
	const struct vkjson *value;
	const char *text;
	int64_t number;
	uint8_t byte;
	bool flag;

	assert_fails(vkjson_get_string(obj, "i", &text, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "member 'i': expected a string");
	assert_fails(vkjson_get_string(obj, "none", &text, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "member 'none' is missing");
	assert_fails(vkjson_get_string(obj, "n", &text, &err), VK_EINPUT);
	assert_fails(vkjson_get_int(obj, "r", 0, 9, &number, &err), VK_EINPUT);
	assert_fails(vkjson_get_int(obj, "t", 0, 9, &number, &err), VK_EINPUT);
	assert_fails(vkjson_get_int(obj, "i", 6, 9, &number, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "member 'i': expected an integer from 6 to 9");
	assert_fails(vkjson_get_opt_int(obj, "i", 0, 4, 0, &number, &err), VK_EINPUT);
	assert_fails(vkjson_get_opt_int(obj, "s", 0, 4, 0, &number, &err), VK_EINPUT);
	assert_fails(vkjson_get_bool(obj, "i", &flag, &err), VK_EINPUT);
	assert_fails(vkjson_get_array(obj, "s", &value, &err), VK_EINPUT);
	assert_fails(vkjson_get_object(obj, "s", &value, &err), VK_EINPUT);
	assert_fails(vkjson_get_hex(obj, "h", &byte, 1, &err), VK_EINPUT);
	assert_fails(vkjson_get_time(obj, "s", &number, &err), VK_EINPUT);
	assert_fails(vkjson_get_string(NULL, "s", &text, &err), VK_EINPUT);
	vkjson_free(obj);
}
END_TEST

START_TEST(optional_members_have_a_fallback)
{
	struct vkjson *obj = parse("{}");
	struct vk_err err = VK_ERR_INIT;
	const struct vkjson *value;
	const char *text;
	int64_t number;
	bool flag;

	assert_ok(vkjson_get_opt_string(obj, "x", NULL, &text, &err), err);
	ck_assert_ptr_null(text);
	assert_ok(vkjson_get_opt_int(obj, "x", 1, 2, -7, &number, &err), err);
	ck_assert_int_eq(number, -7);
	assert_ok(vkjson_get_opt_bool(obj, "x", true, &flag, &err), err);
	ck_assert(flag);
	assert_ok(vkjson_get_opt_array(obj, "x", &value, &err), err);
	ck_assert_ptr_null(value);
	assert_ok(vkjson_get_opt_object(obj, "x", &value, &err), err);
	ck_assert_ptr_null(value);
	vkjson_free(obj);
}
END_TEST

START_TEST(unknown_members_are_found)
{
	static const char *const names[] = {"a", "b", NULL};
	struct vkjson *obj = parse("{\"a\":1}");
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vkjson_check_members(obj, names, &err), err);
	vkjson_set(obj, "c", vkjson_null());
	assert_fails(vkjson_check_members(obj, names, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "unknown member 'c'");
	assert_fails(vkjson_check_members(NULL, names, &err), VK_EINPUT);
	vkjson_free(obj);
}
END_TEST

START_TEST(builds_and_formats)
{
	struct vkjson *obj = vkjson_object();
	struct vkjson *arr = vkjson_array();
	size_t members = 0;
	struct vk_buf out;

	vkjson_append(arr, vkjson_hex("\x00\xff", 2));
	vkjson_append(arr, vkjson_time(1795397585));
	vkjson_append(arr, vkjson_null());
	vkjson_set(obj, "z", arr);
	vkjson_set(obj, "bad\xff", vkjson_string("\xc3\x28\xe2\x82\xac"));
	vkjson_set(obj, "m", vkjson_stringn("a\0b", 3));
	vkjson_set(obj, "gone", vkjson_int(1));
	vkjson_unset(obj, "gone");
	vk_buf_init(&out, 1000);
	vkjson_format(obj, false, &out);
	ck_assert_str_eq(out.data, "{\"bad\xef\xbf\xbd\":\"\xef\xbf\xbd(\xe2\x82\xac\","
				   "\"m\":\"a\xef\xbf\xbd"
				   "b\",\"z\":[\"00ff\",\"2026-11-23T01:33:05Z\",null]}");
	for (struct vkjson_iter it = vkjson_iter(obj); vkjson_next(&it);)
		members += vkjson_get(obj, it.name) == it.value;
	ck_assert_uint_eq(members, 3);
	vk_buf_release(&out);
	vkjson_free(obj);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("vkjson");
	TCase *tcase = tcase_create("vkjson");

	tcase_add_test(tcase, refuses_what_is_not_strict_json);
	tcase_add_test(tcase, refuses_every_truncation);
	tcase_add_test(tcase, refuses_deep_nesting);
	tcase_add_test(tcase, refuses_too_many_values);
	tcase_add_test(tcase, brackets_in_strings_are_not_nesting);
	tcase_add_test(tcase, canonical_form_refuses_reals_at_every_depth);
	tcase_add_test(tcase, canonical_form_is_bounded);
	tcase_add_test(tcase, refuses_canonical_json_that_is_not);
	tcase_add_test(tcase, getters_name_the_member_that_is_wrong);
	tcase_add_test(tcase, unknown_members_are_found);
	tcase_add_test(tcase, canonical_form_has_the_known_digests);
	tcase_add_test(tcase, canonical_json_holds_raw_control_characters);
	tcase_add_test(tcase, optional_members_have_a_fallback);
	tcase_add_test(tcase, builds_and_formats);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
