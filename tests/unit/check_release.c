/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/release.h"

#include <string.h>

#include "common/vkjson.h"
#include "tests/unit/unit.h"

static const char good[] =
	"{\"_type\":\"release\",\"author\":\"carol\",\"base\":41,\"bundles\":{\"count\":2,\"root\":"
	"\"1111111111111111111111111111111111111111111111111111111111111111\"},"
	"\"change\":\"0123456789abcdef\",\"created\":\"2026-11-23T01:33:05Z\","
	"\"environment\":\"prod\",\"fallback\":{\"release\":41,\"sha256\":"
	"\"2222222222222222222222222222222222222222222222222222222222222222\"},"
	"\"fleet\":\"demo\",\"format\":1,\"message\":\"raise \\\"maxmemory\\\"\nagain\","
	"\"number\":42,\"renderer\":\"1\",\"rollout\":{\"waves\":[]},"
	"\"source\":{\"commit\":\"3333333333333333333333333333333333333333\"},\"tree\":"
	"\"4444444444444444444444444444444444444444444444444444444444444444\"}";

static struct vk_release *parse_good(void)
{
	struct vk_release *release = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_release_parse(good, strlen(good), &release, &err), err);
	return release;
}

/* Parses the good document with one member changed (JSON text; NULL: removed). */
static enum vk_rc parse_with(const char *name, const char *json, struct vk_err *err)
{
	struct vk_release *release = NULL;
	struct vkjson *doc = NULL;
	struct vkjson *value = NULL;
	struct vk_buf out;
	enum vk_rc rc;

	vk_buf_init(&out, 100000);
	assert_ok(vkjson_parse_canonical(good, strlen(good), &doc, err), *err);
	vkjson_unset(doc, name);
	if (json != NULL) {
		vk_buf_addf(&out, "[%s]", json);
		assert_ok(vkjson_parse(out.data, out.len, &value, err), *err);
		vkjson_set(doc, name, vkjson_ref(vkjson_at(value, 0)));
		vk_buf_reset(&out);
	}
	assert_ok(vkjson_canonical(doc, &out, err), *err);
	rc = vk_release_parse(out.data, out.len, &release, err);
	vk_release_free(release);
	vkjson_free(value);
	vkjson_free(doc);
	vk_buf_release(&out);
	return rc;
}

START_TEST(refuses_every_wrong_member)
{
	static const struct {
		const char *name, *json;
	} bad[] = {
		{"_type", "\"bundle\""},
		{"_type", NULL},
		{"format", "2"},
		{"format", NULL},
		{"author", "\"\""},
		{"author", "\"Carol\""},
		{"author", "1"},
		{"author", NULL},
		{"base", "-1"},
		{"base", "42"},
		{"base", "40"},
		{"base", "0"},
		{"base", "true"},
		{"bundles", "{}"},
		{"bundles", "[]"},
		{"bundles", "{\"count\":2,\"root\":\"11\"}"},
		{"change", "\"0123\""},
		{"change", "\"0123456789ABCDEF\""},
		{"change", NULL},
		{"created", "\"2026-11-23\""},
		{"created", "\"2026-02-30T00:00:00Z\""},
		{"environment", "\"root\""},
		{"environment", "\"../x\""},
		{"environment", NULL},
		{"fallback", NULL},
		{"fallback", "{}"},
		{"fallback", "null"},
		{"fallback",
			"{\"release\":40,\"sha256\":"
			"\"2222222222222222222222222222222222222222222222222222222222222222\"}"},
		{"fleet", "\"a/b\""},
		{"fleet", NULL},
		{"message", "\"\""},
		{"message", NULL},
		{"message", "\"\\u001b[31m\""},
		{"message", "\"a\\rb\""},
		{"message", "\"\\u007f\""},
		{"number", "0"},
		{"number", "41"},
		{"number", "\"42\""},
		{"renderer", "1"},
		{"renderer", "\"\""},
		{"rollout", "[]"},
		{"rollout", NULL},
		{"source", NULL},
		{"source", "{\"commit\":\"abc\"}"},
		{"source", "{\"x\":1}"},
		{"tree", "\"44\""},
		{"tree", NULL},
		{"extra", "1"},
	};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = parse_with(bad[i].name, bad[i].json, &err);

		ck_assert_msg(rc == VK_EINPUT, "%s = %s was accepted", bad[i].name, bad[i].json);
	}
	assert_ok(parse_with("source", "{}", &err), err);
	assert_ok(parse_with("rollout", "{\"waves\":[1]}", &err), err);
}
END_TEST

START_TEST(refuses_what_is_not_canonical)
{
	struct vk_release *release = NULL;
	char text[sizeof(good) + 1];

	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_fails(vk_release_parse(good, len, &release, NULL), VK_EINPUT);
	memcpy(text, good, sizeof(good));
	text[sizeof(good) - 1] = '\n';
	assert_fails(vk_release_parse(text, sizeof(good), &release, NULL), VK_EINPUT);
}
END_TEST

START_TEST(refuses_to_format_what_it_would_not_parse)
{
	struct vk_release *release = parse_good();
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	release->message = "";
	assert_fails(vk_release_format(release, &out, NULL), VK_EINPUT);
	release->message = "x";
	release->has_fallback = false;
	assert_fails(vk_release_format(release, &out, NULL), VK_EINPUT);
	ck_assert_uint_eq(out.len, 0);
	vk_release_free(release);
	vk_buf_release(&out);
}
END_TEST

START_TEST(formatting_gives_the_same_bytes)
{
	struct vk_release *release = parse_good();
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	assert_ok(vk_release_format(release, &out, &err), err);
	ck_assert_str_eq(out.data, good);
	ck_assert_str_eq(release->message, "raise \"maxmemory\"\nagain");
	ck_assert_int_eq(release->created, 1795397585);
	ck_assert_int_eq(release->bundle_count, 2);
	vk_release_free(release);
	vk_release_free(NULL);
	vk_buf_release(&out);
}
END_TEST

START_TEST(a_first_release_has_no_fallback)
{
	const struct vk_release first = {
		.fleet = "demo",
		.environment = "dev",
		.number = 1,
		.author = "carol",
		.message = "begin",
		.change = "00112233aabbccdd",
		.renderer = "1",
	};
	struct vk_release *again = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	assert_ok(vk_release_format(&first, &out, &err), err);
	assert_ok(vk_release_parse(out.data, out.len, &again, &err), err);
	ck_assert(!again->has_fallback);
	ck_assert_ptr_null(again->commit);
	ck_assert_ptr_nonnull(vkjson_get(again->rollout, "waves"));
	vk_release_free(again);
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("release");
	TCase *tcase = tcase_create("release");

	tcase_add_test(tcase, refuses_every_wrong_member);
	tcase_add_test(tcase, refuses_what_is_not_canonical);
	tcase_add_test(tcase, refuses_to_format_what_it_would_not_parse);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	tcase_add_test(tcase, a_first_release_has_no_fallback);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
