/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/vkjson.h"
#include "tests/unit/unit.h"

static const char good[] =
	"{\"apply\":{\"drift\":\"revert\",\"restart\":\"allowed\",\"unmanaged-users\":\"keep\"},"
	"\"environment\":\"prod\",\"files\":[{\"mode\":\"0640\",\"path\":\"users.acl\",\"text\":"
	"\"user default off\n\"},{\"mode\":\"0640\",\"path\":\"valkey.conf\",\"text\":\"port "
	"1\n\"}],"
	"\"format\":1,\"instance\":\"db1/"
	"main\",\"kind\":\"valkey\",\"secrets\":[],\"valkey\":\"8.0\"}";

static const struct vk_bundle empty = {
	.environment = "prod", .instance = "db1/main", .valkey = "8.0"};

/* Formats by hand, past the checks of vk_bundle_format(), and parses. */
static enum vk_rc parse_with(const char *name, const char *json, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	struct vkjson *doc = NULL;
	struct vkjson *value = NULL;
	struct vk_buf out;
	enum vk_rc rc;

	vk_buf_init(&out, 8000000);
	assert_ok(vkjson_parse_canonical(good, strlen(good), &doc, err), *err);
	vkjson_unset(doc, name);
	if (json != NULL) {
		vk_buf_addf(&out, "[%s]", json);
		assert_ok(vkjson_parse(out.data, out.len, &value, err), *err);
		vkjson_set(doc, name, vkjson_ref(vkjson_at(value, 0)));
		vk_buf_reset(&out);
	}
	assert_ok(vkjson_canonical(doc, &out, err), *err);
	rc = vk_bundle_parse(out.data, out.len, &bundle, err);
	vk_bundle_free(bundle);
	vkjson_free(value);
	vkjson_free(doc);
	vk_buf_release(&out);
	return rc;
}

START_TEST(refuses_paths_that_leave_their_directory)
{
	static const char *const bad[] = {"", "/", "/etc/passwd", "..", "../x", "a/..", "a/../b",
		".", "./a", "a/./b", ".hidden", "a/.b", "a//b", "a/", "/a", "a b", "a\\\\b",
		"a\\nb", "a\\u0001", "a\\u007f", "\xc3\xa4", "a/b/c/d/e", "~", "a*", "$x", "a:b"};
	struct vk_err err = VK_ERR_INIT;
	char json[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc;

		snprintf(json, sizeof(json), "[{\"mode\":\"0640\",\"path\":\"%s\",\"text\":\"\"}]",
			bad[i]);
		rc = parse_with("files", json, &err);
		ck_assert_msg(rc == VK_EINPUT, "path '%s' was accepted", bad[i]);
	}
	assert_ok(parse_with("files",
			  "[{\"mode\":\"0400\",\"path\":\"a/B-1/_c/d..e\",\"text\":\"\"}]", &err),
		err);
}
END_TEST

START_TEST(refuses_a_path_that_is_too_long)
{
	char path[VK_BUNDLE_PATH_MAX_BYTES + 2];

	memset(path, 'a', sizeof(path));
	path[VK_BUNDLE_PATH_MAX_BYTES + 1] = '\0';
	ck_assert(!vk_bundle_path_is_valid(path));
	path[VK_BUNDLE_PATH_MAX_BYTES] = '\0';
	ck_assert(vk_bundle_path_is_valid(path));
}
END_TEST

START_TEST(refuses_every_other_mode)
{
	static const char *const bad[] = {
		"0644", "0777", "0660", "4640", "640", "00640", "", "0o640", "2755", "0000"};
	struct vk_err err = VK_ERR_INIT;
	char json[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(json, sizeof(json), "[{\"mode\":\"%s\",\"path\":\"a\",\"text\":\"\"}]",
			bad[i]);
		assert_fails(parse_with("files", json, &err), VK_EINPUT);
	}
	ck_assert(!vk_bundle_mode_is_valid(04640));
}
END_TEST

START_TEST(refuses_unsorted_double_and_nested_files)
{
	static const char *const bad[][2] = {
		{"b", "a"}, {"a", "a"}, {"a", "a/b"}, {"a-b", "a"}, {"users.acl", "users.ac"}};
	struct vk_err err = VK_ERR_INIT;
	char json[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(json, sizeof(json),
			"[{\"mode\":\"0640\",\"path\":\"%s\",\"text\":\"\"},"
			"{\"mode\":\"0640\",\"path\":\"%s\",\"text\":\"\"}]",
			bad[i][0], bad[i][1]);
		assert_fails(parse_with("files", json, &err), VK_EINPUT);
	}
}
END_TEST

START_TEST(refuses_every_wrong_member)
{
	static const struct {
		const char *name, *json;
	} bad[] = {
		{"apply", NULL},
		{"apply", "{}"},
		{"environment", "\"snapshot\""},
		{"apply", "{\"drift\":\"x\",\"restart\":\"allowed\",\"unmanaged-users\":\"keep\"}"},
		{"apply", "{\"drift\":\"revert\",\"restart\":1,\"unmanaged-users\":\"keep\"}"},
		{"apply", "{\"drift\":\"revert\",\"restart\":\"never\",\"unmanaged-users\":\"\"}"},
		{"environment", NULL},
		{"files", NULL},
		{"files", "{}"},
		{"files", "[1]"},
		{"files", "[{\"mode\":\"0640\",\"path\":\"a\"}]"},
		{"files", "[{\"mode\":\"0640\",\"path\":\"a\",\"text\":\"\",\"owner\":\"root\"}]"},
		{"format", "2"},
		{"format", "true"},
		{"instance", "\"db1\""},
		{"instance", "\"db1/a/b\""},
		{"instance", "\"../main\""},
		{"instance", NULL},
		{"kind", "\"redis\""},
		{"kind", NULL},
		{"secrets", "[\"x\"]"},
		{"secrets", NULL},
		{"valkey", "\"8\""},
		{"valkey", "\"8.0.1\""},
		{"valkey", "\"\""},
		{"valkey", "8"},
		{"command", "\"reboot\""},
	};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = parse_with(bad[i].name, bad[i].json, &err);

		ck_assert_msg(rc == VK_EINPUT, "%s = %s was accepted", bad[i].name, bad[i].json);
	}
}
END_TEST

START_TEST(refuses_too_many_files_and_too_much_text)
{
	struct vk_bundle_file files[VK_BUNDLE_MAX_FILES + 1];
	struct vk_bundle bundle = empty;
	struct vk_bundle *again = NULL;
	char paths[VK_BUNDLE_MAX_FILES + 1][8];
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *text = malloc(VK_BUNDLE_MAX_TEXT_BYTES + 2);

	ck_assert_ptr_nonnull(text);
	memset(text, '"', VK_BUNDLE_MAX_TEXT_BYTES + 1);
	text[VK_BUNDLE_MAX_TEXT_BYTES + 1] = '\0';
	vk_buf_init(&out, VK_BUNDLE_MAX_BYTES);
	for (size_t i = 0; i <= VK_BUNDLE_MAX_FILES; i++) {
		snprintf(paths[i], sizeof(paths[i]), "f%03zu", i);
		files[i] = (struct vk_bundle_file){paths[i], "", 0640};
	}
	bundle.files = files;
	bundle.file_count = VK_BUNDLE_MAX_FILES + 1;
	assert_fails(vk_bundle_format(&bundle, &out, &err), VK_ELIMIT);
	bundle.file_count = VK_BUNDLE_MAX_FILES;
	files[0].text = text;
	assert_fails(vk_bundle_format(&bundle, &out, &err), VK_ELIMIT);
	text[VK_BUNDLE_MAX_TEXT_BYTES] = '\0';
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	assert_ok(vk_bundle_parse(out.data, out.len, &again, &err), err);
	vk_bundle_free(again);
	vk_buf_release(&out);
	free(text);
}
END_TEST

START_TEST(refuses_every_truncation)
{
	struct vk_bundle *bundle = NULL;

	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_fails(vk_bundle_parse(good, len, &bundle, NULL), VK_EINPUT);
}
END_TEST

START_TEST(formatting_gives_the_same_bytes)
{
	struct vk_bundle *bundle = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	assert_ok(vk_bundle_parse(good, strlen(good), &bundle, &err), err);
	ck_assert_int_eq(bundle->drift, VK_DRIFT_REVERT);
	ck_assert_str_eq(vk_bundle_find(bundle, "valkey.conf")->text, "port 1\n");
	ck_assert_ptr_null(vk_bundle_find(bundle, "valkey"));
	assert_ok(vk_bundle_format(bundle, &out, &err), err);
	ck_assert_str_eq(out.data, good);
	vk_bundle_free(bundle);
	vk_bundle_free(NULL);
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("bundle");
	TCase *tcase = tcase_create("bundle");

	tcase_add_test(tcase, refuses_paths_that_leave_their_directory);
	tcase_add_test(tcase, refuses_a_path_that_is_too_long);
	tcase_add_test(tcase, refuses_every_other_mode);
	tcase_add_test(tcase, refuses_unsorted_double_and_nested_files);
	tcase_add_test(tcase, refuses_every_wrong_member);
	tcase_add_test(tcase, refuses_too_many_files_and_too_much_text);
	tcase_add_test(tcase, refuses_every_truncation);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
