/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/report.h"

#include <string.h>

#include "common/mem.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#define ID "\"id\":\"00112233445566778899aabbccddeeff\""
#define INSTANCE "\"name\":\"main\",\"release\":3,\"state\":\"committed\",\"health\":\"ok\""
#define DRIFT(more)                                                                                \
	"{" ID ",\"instances\":[{" INSTANCE ",\"drift\":[{\"kind\":\"value\",\"name\":\"hz\","     \
	"\"action\":\"report\"," more "}]}]}"

#define MEMBER(json) "{" ID ",\"instances\":[{" INSTANCE ",\"member\":" json "}]}"

static enum vk_rc parse(const char *text, struct arena *arena, struct vkjson **body,
	struct store_report *out, struct vk_err *err)
{
	assert_ok(vkjson_parse(text, strlen(text), body, err), *err);
	return report_parse(*body, "db1", arena, out, err);
}

START_TEST(refuses_what_the_format_does_not_know)
{
	static const struct {
		const char *text;
		enum vk_rc rc;
	} wrong[] = {
		{"{}", VK_EINPUT},
		{"{" ID "}", VK_EINPUT},
		{"{\"id\":\"00\",\"instances\":[]}", VK_EINPUT},
		{"{" ID ",\"instances\":{}}", VK_EINPUT},
		{"{" ID ",\"instances\":[{}]}", VK_EINPUT},
		{"{" ID ",\"instances\":[{\"name\":\"../x\",\"release\":1,\"state\":\"failed\","
		 "\"health\":\"ok\"}]}",
			VK_EINPUT},
		{"{" ID ",\"instances\":[{\"name\":\"main\",\"release\":-1,\"state\":\"failed\","
		 "\"health\":\"ok\"}]}",
			VK_EINPUT},
		{"{" ID ",\"instances\":[{\"name\":\"main\",\"release\":1,\"state\":\"fine\","
		 "\"health\":\"ok\"}]}",
			VK_EINPUT},
		{"{" ID ",\"instances\":[{" INSTANCE "},{" INSTANCE "}]}", VK_EINPUT},
		{"{" ID ",\"instances\":[{" INSTANCE ",\"drift\":[{\"kind\":\"value\"}]}]}",
			VK_EINPUT},
		{DRIFT("\"cause\":\"mine\""), VK_EINPUT},
		{MEMBER("[]"), VK_EINPUT},
		{MEMBER("{\"hz\":1}"), VK_EINPUT},
		{MEMBER("{\"hz\":\"0123456789abcde\"}"), VK_EINPUT},
		{MEMBER("{\"hz\":\"0123456789abcdeF\"}"), VK_EINPUT},
		{DRIFT("\"cause\":1"), VK_EINPUT},
		{DRIFT("\"until\":\"tomorrow\""), VK_EINPUT},
		{DRIFT("\"ticket\":1"), VK_EINPUT},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct arena *arena = arena_new();
		struct store_report report;
		struct vkjson *body = NULL;

		assert_fails(parse(wrong[i].text, arena, &body, &report, &err), wrong[i].rc);
		vkjson_free(body);
		arena_free(arena);
	}
}
END_TEST

START_TEST(refuses_texts_beyond_the_limit)
{
	struct vk_err err = VK_ERR_INIT;
	struct arena *arena = arena_new();
	struct store_report report;
	struct vkjson *body = NULL;
	char *large = xcalloc(1, REPORT_TEXT_MAX_BYTES + 2), *text;

	memset(large, 'x', REPORT_TEXT_MAX_BYTES + 1);
	text = xasprintf("{" ID ",\"instances\":[{" INSTANCE ",\"detail\":\"%s\"}]}", large);
	assert_fails(parse(text, arena, &body, &report, &err), VK_ELIMIT);
	vkjson_free(body);
	free(text);
	large[REPORT_COSIGNATURE_MAX_BYTES + 1] = '\0';
	text = xasprintf("{" ID ",\"cosignature\":\"%s\",\"instances\":[]}", large);
	assert_fails(parse(text, arena, &body, &report, &err), VK_ELIMIT);
	vkjson_free(body);
	arena_free(arena);
	free(text);
	free(large);
}
END_TEST

START_TEST(reads_what_members_have_in_common)
{
	struct vk_err err = VK_ERR_INIT;
	struct arena *arena = arena_new();
	struct store_report report;
	struct vkjson *body = NULL;

	assert_ok(parse(MEMBER("{ \"hz\" : \"0123456789abcdef\", \"b\":\"0000000000000000\"}"),
			  arena, &body, &report, &err),
		err);
	ck_assert_str_eq(report.instances[0].facts,
		"{\"b\":\"0000000000000000\",\"hz\":\"0123456789abcdef\"}");
	vkjson_free(body);
	arena_free(arena);
}
END_TEST

START_TEST(reads_a_report_with_drift)
{
	struct vk_err err = VK_ERR_INIT;
	struct arena *arena = arena_new();
	struct store_report report;
	struct vkjson *body = NULL;

	assert_ok(parse("{" ID ",\"agent\":\"0.1.0\",\"log_size\":17,\"instances\":[{" INSTANCE
			",\"drift\":[{\"kind\":\"value\",\"name\":\"maxmemory\",\"expected\":\"1\","
			"\"actual\":\"2\",\"action\":\"reverted\"},{\"kind\":\"acl\","
			"\"name\":\"app\",\"action\":\"report\",\"cause\":\"emergency\","
			"\"ticket\":\"INC-1\",\"until\":\"2026-12-01T00:00:00Z\"}]}]}",
			  arena, &body, &report, &err),
		err);
	ck_assert_str_eq(report.host, "db1");
	ck_assert_int_eq(report.log_size, 17);
	ck_assert_str_eq(report.cosignature, "");
	ck_assert_uint_eq(report.instance_count, 1);
	ck_assert_str_eq(report.instances[0].generation, "");
	ck_assert_uint_eq(report.instances[0].drift_count, 2);
	ck_assert_str_eq(report.instances[0].drift[0].actual, "2");
	ck_assert_str_eq(report.instances[0].drift[0].cause, "unauthorised");
	ck_assert_str_eq(report.instances[0].drift[1].cause, "emergency");
	ck_assert_str_eq(report.instances[0].drift[1].ticket, "INC-1");
	ck_assert_int_eq(report.instances[0].drift[1].until, 1796083200);
	vkjson_free(body);
	arena_free(arena);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_the_format_does_not_know);
	tcase_add_test(tc, refuses_texts_beyond_the_limit);
	tcase_add_test(tc, reads_what_members_have_in_common);
	tcase_add_test(tc, reads_a_report_with_drift);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
