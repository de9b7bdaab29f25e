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

#define NO_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

static const struct vk_bundle empty = {
	.environment = "prod", .instance = "db1/main", .valkey = "8.0"};

/* The good one with another value of this member, or without it; the caller's. */
static char *with(const char *name, const char *json)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *doc = NULL;
	struct vkjson *value = NULL;
	struct vk_buf out;
	char *text;

	vk_buf_init(&out, 8000000);
	assert_ok(vkjson_parse_canonical(good, strlen(good), &doc, &err), err);
	vkjson_unset(doc, name);
	if (json != NULL) {
		vk_buf_addf(&out, "[%s]", json);
		assert_ok(vkjson_parse(out.data, out.len, &value, &err), err);
		vkjson_set(doc, name, vkjson_ref(vkjson_at(value, 0)));
		vk_buf_reset(&out);
	}
	assert_ok(vkjson_canonical(doc, &out, &err), err);
	text = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	vkjson_free(value);
	vkjson_free(doc);
	return text;
}

/* Formats by hand, past the checks of vk_bundle_format(), and parses. */
static enum vk_rc parse_with(const char *name, const char *json, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	char *text = with(name, json);
	enum vk_rc rc = vk_bundle_parse(text, strlen(text), &bundle, err);

	vk_bundle_free(bundle);
	free(text);
	return rc;
}

#define DRIFT_OF(json)                                                                             \
	"{\"drift\":\"report\",\"drift-of\":" json                                                 \
	",\"restart\":\"never\",\"unmanaged-users\":\"keep\"}"
#define BAKE(json)                                                                                 \
	"{\"bake\":" json                                                                          \
	",\"drift\":\"report\",\"restart\":\"never\",\"unmanaged-users\":\"keep\"}"
#define HEALTH(json)                                                                               \
	"{\"drift\":\"report\",\"health\":" json                                                   \
	",\"restart\":\"never\",\"unmanaged-users\":\"keep\"}"
#define WINDOWS(json)                                                                              \
	"{\"drift\":\"report\",\"restart\":\"allowed\",\"restart-window\":" json                   \
	",\"unmanaged-users\":\"keep\"}"
#define UNMANAGED(json) "{\"drift\":\"revert\",\"restart\":\"never\",\"unmanaged-users\":" json "}"

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

START_TEST(keeps_users_that_match_a_pattern)
{
	static const struct {
		const char *pattern, *name;
		bool is_kept;
	} table[] = {
		{"v-*", "v-", true},
		{"v-*", "v", false},
		{"v-*", "xv-1", false},
		{"*-ro", "a-ro-b-ro", true},
		{"*-ro", "a-ro-b", false},
		{"a?c*e", "abcdde", true},
		{"a?c*e", "ace", false},
		{"**a**", "bab", true},
		{"x", "x", true},
		{"x", "X", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct vk_bundle bundle = {.unmanaged_users = VK_UNMANAGED_REMOVE,
			.kept_count = 1,
			.kept = &table[i].pattern};

		ck_assert_msg(vk_bundle_keeps_user(&bundle, table[i].name) == table[i].is_kept,
			"%s %s", table[i].pattern, table[i].name);
	}
	ck_assert(vk_bundle_keeps_user(
		&(struct vk_bundle){.unmanaged_users = VK_UNMANAGED_KEEP}, "x"));
	ck_assert(!vk_bundle_keeps_user(
		&(struct vk_bundle){.unmanaged_users = VK_UNMANAGED_REMOVE}, "x"));
}
END_TEST

START_TEST(patterns_come_back_as_they_went)
{
	static const char *const kept[] = {"a?", "v-token-*"};
	struct vk_bundle bundle = empty, *back;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	bundle.unmanaged_users = VK_UNMANAGED_REMOVE;
	bundle.kept = kept;
	bundle.kept_count = 2;
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	ck_assert_ptr_nonnull(strstr(out.data, "\"unmanaged-users\":[\"a?\",\"v-token-*\"]}"));
	assert_ok(vk_bundle_parse(out.data, out.len, &back, &err), err);
	ck_assert_int_eq(back->unmanaged_users, VK_UNMANAGED_REMOVE);
	ck_assert_uint_eq(back->kept_count, 2);
	ck_assert_str_eq(back->kept[1], "v-token-*");
	vk_bundle_free(back);
	vk_buf_release(&out);
}
END_TEST

START_TEST(windows_come_back_as_they_went)
{
	static const char *const windows[] = {
		"02:00-04:00 UTC", "Sat,Sun 22:00-02:00 Europe/Berlin"};
	struct vk_bundle bundle = empty, *back;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 100000);
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	ck_assert_ptr_null(strstr(out.data, "window")); /* the same bytes as ever */
	vk_buf_reset(&out);
	bundle.windows = windows;
	bundle.window_count = 2;
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	ck_assert_ptr_nonnull(strstr(out.data, "\"restart-window\":[\"02:00-04:00 UTC\","));
	assert_ok(vk_bundle_parse(out.data, out.len, &back, &err), err);
	ck_assert_uint_eq(back->window_count, 2);
	ck_assert_str_eq(back->windows[1], windows[1]);
	vk_bundle_free(back);
	vk_buf_release(&out);
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
		{"apply", "{\"allow-data-loss\":false,\"drift\":\"revert\",\"restart\":\"never\","
			  "\"unmanaged-users\":\"keep\"}"},
		{"apply", BAKE("0")},
		{"apply", BAKE("601")},
		{"apply", BAKE("\"30s\"")},
		{"apply", HEALTH("{}")},
		{"apply", HEALTH("[]")},
		{"apply", HEALTH("{\"denials\":-1}")},
		{"apply", HEALTH("{\"latency\":1}")},
		{"apply", HEALTH("{\"memory\":101}")},
		{"apply", HEALTH("{\"nothing\":1}")},
		{"apply", DRIFT_OF("{}")},
		{"apply", DRIFT_OF("[]")},
		{"apply", DRIFT_OF("{\"maxmemory\":\"fight\"}")},
		{"apply", DRIFT_OF("{\"maxmemory\":1}")},
		{"apply", DRIFT_OF("{\"*\":\"alert\"}")},
		{"apply", DRIFT_OF("{\"a b\":\"alert\"}")},
		{"apply", WINDOWS("[]")},
		{"apply", WINDOWS("null")},
		{"apply", WINDOWS("\"02:00-04:00 UTC\"")},
		{"apply", WINDOWS("[1]")},
		{"apply", WINDOWS("[\"\"]")},
		{"apply", WINDOWS("[\"02:00-04:00\"]")},
		{"apply", WINDOWS("[\"02:00-04:00  UTC\"]")},
		{"apply", WINDOWS("[\"02:00-04:00 ../x\"]")},
		{"apply", WINDOWS("[\"Sun,Sat 02:00-04:00 UTC\"]")},
		{"apply", WINDOWS("[\"03:00-04:00 UTC\",\"02:00-04:00 UTC\"]")},
		{"apply", WINDOWS("[\"02:00-04:00 UTC\",\"02:00-04:00 UTC\"]")},
		{"apply", UNMANAGED("[]")},
		{"apply", UNMANAGED("[1]")},
		{"apply", UNMANAGED("[\"*\"]")},
		{"apply", UNMANAGED("[\"\"]")},
		{"apply", UNMANAGED("[\"a b\"]")},
		{"apply", UNMANAGED("[\"b\",\"a\"]")},
		{"apply", UNMANAGED("[\"a\",\"a\"]")},
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
		{"secrets", "[{}]"},
		{"secrets", "[{\"name\":\"a\",\"sha256\":\"" NO_DIGEST "\",\"version\":1}]"},
		{"files", "[{\"mode\":\"0640\",\"path\":\"a\",\"text\":\"@{secret:a@1}\"}]"},
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

START_TEST(a_bake_and_its_limits_come_back)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle = NULL, plain = {.bake_s = 0};
	struct vk_buf text;
	char *json = with("apply", BAKE("30"));

	ck_assert_int_eq(vk_bundle_parse(json, strlen(json), &bundle, &err), VK_OK);
	ck_assert_int_eq(bundle->bake_s, 30);
	ck_assert(vk_health_is_empty(&bundle->health));
	ck_assert_int_eq(vk_bundle_health_limit(bundle, VK_HEALTH_EVICTIONS),
		vk_bundle_health_limit(&plain, VK_HEALTH_EVICTIONS));
	vk_bundle_free(bundle);
	free(json);

	json = with("apply", HEALTH("{\"denials\":7,\"evictions\":0}"));
	ck_assert_int_eq(vk_bundle_parse(json, strlen(json), &bundle, &err), VK_OK);
	ck_assert_int_eq(vk_bundle_health_limit(bundle, VK_HEALTH_DENIALS), 7);
	ck_assert_int_eq(vk_bundle_health_limit(bundle, VK_HEALTH_EVICTIONS), 0);
	ck_assert_int_eq(vk_bundle_health_limit(bundle, VK_HEALTH_LATENCY), 10);
	vk_buf_init(&text, VK_BUNDLE_MAX_BYTES);
	vk_health_format(&bundle->health, &text);
	ck_assert_str_eq(text.data, "denials: 7, evictions: 0");
	vk_buf_reset(&text);
	ck_assert_int_eq(vk_bundle_format(bundle, &text, &err), VK_OK);
	ck_assert_str_eq(text.data, json);
	vk_buf_release(&text);
	vk_bundle_free(bundle);
	free(json);
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

/* Formats a bundle of one file and of version 3 of the secret a. */
static enum vk_rc format_one(const char *path, const char *text, struct vk_err *err)
{
	const struct vk_bundle_file file = {path, text, 0640};
	const struct vk_bundle_secret secret = {.name = "a", .version = 3};
	struct vk_bundle bundle = empty;
	struct vk_buf out;
	enum vk_rc rc;

	bundle.files = &file;
	bundle.file_count = 1;
	bundle.secrets = &secret;
	bundle.secret_count = 1;
	vk_buf_init(&out, 10000);
	rc = vk_bundle_format(&bundle, &out, err);
	vk_buf_release(&out);
	return rc;
}

START_TEST(refuses_secrets_where_they_cannot_stand)
{
	static const char *const bad[][2] = {
		{"a", ""},
		{"a", "@{secret:a}"},
		{"a", "@{secret:a@}"},
		{"a", "@{secret:a@03}"},
		{"a", "@{secret:a@3"},
		{"a", "@{secret:a@-3}"},
		{"a", "@{secret:a@99999999999}"},
		{"a", "@{secret:A@3}"},
		{"a", "@{secret:a@2}"},
		{"a", "@{secret:b@3}"},
		{"a", "@{sha256:a@3}"},
		{"a", "@{secret:a@3}\n"},
		{"a", " @{secret:a@3}"},
		{"a", "@{secret:a@3}@{secret:a@3}"},
		{"users.acl", "user x on @{sha256:a@3}"},
		{"users.acl", "user x on #@{secret:a@3}"},
		{"users.acl", "@{sha256:a@3}"},
		{"valkey.conf", "requirepass \"@{secret:a@3}\"\n"},
		{"valkey.conf", "@{secret:a@3}"},
		{"secrets.conf", "@{secret:a@3}"},
		{"secrets.conf", "requirepass @{secret:a@3}\n"},
		{"secrets.conf", "requirepass \"x@{secret:a@3}\"\n"},
		{"secrets.conf", "requirepass \"@{sha256:a@3}\"\n"},
	};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vk_rc rc = format_one(bad[i][0], bad[i][1], &err);

		ck_assert_msg(rc == VK_EINPUT, "%s with '%s' was accepted", bad[i][0], bad[i][1]);
	}
	assert_ok(format_one("a", "@{secret:a@3}", &err), err);
	assert_ok(format_one("users.acl", "user x on #@{sha256:a@3} +@all\n", &err), err);
	assert_ok(format_one("secrets.conf", "requirepass \"@{secret:a@3}\"\n", &err), err);
}
END_TEST

START_TEST(refuses_unsorted_double_and_too_many_secrets)
{
	static const struct vk_bundle_secret bad[][2] = {
		{{.name = "b", .version = 1}, {.name = "a", .version = 1}},
		{{.name = "a", .version = 2}, {.name = "a", .version = 1}},
		{{.name = "a", .version = 1}, {.name = "a", .version = 1}},
		{{.name = "a", .version = 0}, {.name = "b", .version = 1}},
		{{.name = "A", .version = 1}, {.name = "b", .version = 1}},
	};
	struct vk_bundle_secret many[VK_BUNDLE_MAX_SECRETS + 1] = {{.name = "a", .version = 1}};
	struct vk_bundle bundle = empty;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	bundle.secret_count = 2;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bundle.secrets = bad[i];
		assert_fails(vk_bundle_format(&bundle, &out, &err), VK_EINPUT);
	}
	bundle.secrets = many;
	bundle.secret_count = VK_BUNDLE_MAX_SECRETS + 1;
	assert_fails(vk_bundle_format(&bundle, &out, &err), VK_ELIMIT);
	vk_buf_release(&out);
}
END_TEST

START_TEST(secrets_come_back)
{
	static const struct vk_bundle_file files[] = {{"tls/server.key", "@{secret:key@1}", 0640},
		{"users.acl", "user x on #@{sha256:app@3} #@{sha256:app@4}\n", 0640}};
	static const struct vk_bundle_secret secrets[] = {{.name = "app", .version = 3},
		{.name = "app", .version = 4, .sha256 = {1}}, {.name = "key", .version = 1}};
	struct vk_bundle bundle = empty, *parsed = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	bundle.files = files;
	bundle.file_count = 2;
	bundle.secrets = secrets;
	bundle.secret_count = 3;
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	assert_ok(vk_bundle_parse(out.data, out.len, &parsed, &err), err);
	ck_assert_uint_eq(parsed->secret_count, 3);
	ck_assert_uint_eq(vk_bundle_find_secret(parsed, "app", 4)->sha256[0], 1);
	ck_assert_ptr_null(vk_bundle_find_secret(parsed, "app", 5));
	ck_assert_ptr_null(vk_bundle_find_secret(parsed, "ap", 4));
	vk_bundle_free(parsed);
	vk_buf_release(&out);
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

#define MEMBER(id) "{\"address\":\"10.0.0.1\",\"instance\":\"" id "\",\"port\":1,\"tls-port\":0}"
#define GROUP(kind, members, seeds, sentinels, shard)                                              \
	"{\"kind\":\"" kind "\",\"members\":[" members "],\"name\":\"g\",\"seeds\":[" seeds        \
	"],\"sentinels\":[" sentinels "],\"shard\":" shard "}"

START_TEST(refuses_groups_that_no_renderer_writes)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		GROUP("ring", MEMBER("db1/main"), "", "", "0"),
		GROUP("replicated", "", "", "", "0"),
		GROUP("replicated", MEMBER("db2/main"), "", "", "0"),
		GROUP("replicated", MEMBER("db1/main"), "", "", "1"),
		GROUP("replicated", MEMBER("db1/main"), MEMBER("db2/main"), "", "0"),
		GROUP("cluster", MEMBER("db1/main"), "", MEMBER("s1/watch"), "0"),
		GROUP("cluster", MEMBER("db1/main"), "", "", "1000"),
		GROUP("cluster", MEMBER("db1/main"), "", "", "-1"),
		GROUP("cluster", MEMBER("db1/main") "," MEMBER("db1/main"), "", "", "0"),
		GROUP("cluster", MEMBER("db1/main") "," MEMBER("../x"), "", "", "0"),
		GROUP("cluster",
			MEMBER("db1/main") ",{\"address\":\"a\\nport "
					   "1\",\"instance\":\"db2/"
					   "main\",\"port\":1,\"tls-port\":0}",
			"", "", "0"),
		GROUP("cluster",
			MEMBER("db1/main") ",{\"address\":\"a\",\"instance\":\"db2/"
					   "main\",\"port\":0,\"tls-port\":0}",
			"", "", "0"),
		GROUP("cluster",
			MEMBER("db1/main") ",{\"address\":\"a\",\"instance\":\"db2/"
					   "main\",\"port\":65536,\"tls-port\":0}",
			"", "", "0"),
	};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
			parse_with("group", bad[i], &err) == VK_EINPUT, "%s was accepted", bad[i]);
	assert_ok(parse_with("group",
			  GROUP("replicated", MEMBER("db1/main") "," MEMBER("db2/main"), "",
				  MEMBER("s1/watch"), "0"),
			  &err),
		err);
	assert_ok(
		parse_with("group",
			GROUP("cluster", MEMBER("db1/main"), MEMBER("db2/main"), "", "999"), &err),
		err);
}
END_TEST

START_TEST(refuses_a_group_that_is_too_large)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf members;

	vk_buf_init(&members, 100000);
	vk_buf_adds(&members, "{\"kind\":\"cluster\",\"members\":[" MEMBER("db1/main"));
	for (int i = 0; i < VK_BUNDLE_MAX_MEMBERS; i++)
		vk_buf_addf(&members, "," MEMBER("h%d/main"), i);
	vk_buf_adds(&members, "],\"name\":\"g\",\"seeds\":[],\"sentinels\":[],\"shard\":0}");
	assert_fails(parse_with("group", members.data, &err), VK_ELIMIT);
	vk_buf_release(&members);
}
END_TEST

START_TEST(a_group_comes_back)
{
	static const struct vk_bundle_member members[] = {
		{"db1/main", "10.0.0.1", 6379, 0}, {"db2/main", "fd00::2", 0, 6380}};
	static const struct vk_bundle_group group = {.name = "g",
		.kind = VK_GROUP_CLUSTER,
		.shard = 7,
		.max_unavailable = 3,
		.member_count = 2,
		.members = members};
	struct vk_bundle bundle = empty, *parsed = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;

	bundle.group = &group;
	vk_buf_init(&out, 10000);
	assert_ok(vk_bundle_format(&bundle, &out, &err), err);
	assert_ok(vk_bundle_parse(out.data, out.len, &parsed, &err), err);
	ck_assert_str_eq(parsed->group->name, "g");
	ck_assert_int_eq(parsed->group->shard, 7);
	ck_assert_int_eq(parsed->group->max_unavailable, 3);
	ck_assert_uint_eq(parsed->group->member_count, 2);
	ck_assert_str_eq(parsed->group->members[1].address, "fd00::2");
	ck_assert_int_eq(parsed->group->members[1].tls_port, 6380);
	vk_bundle_free(parsed);
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
	tcase_add_test(tcase, keeps_users_that_match_a_pattern);
	tcase_add_test(tcase, patterns_come_back_as_they_went);
	tcase_add_test(tcase, a_bake_and_its_limits_come_back);
	tcase_add_test(tcase, windows_come_back_as_they_went);
	tcase_add_test(tcase, refuses_too_many_files_and_too_much_text);
	tcase_add_test(tcase, refuses_secrets_where_they_cannot_stand);
	tcase_add_test(tcase, refuses_unsorted_double_and_too_many_secrets);
	tcase_add_test(tcase, refuses_groups_that_no_renderer_writes);
	tcase_add_test(tcase, refuses_a_group_that_is_too_large);
	tcase_add_test(tcase, a_group_comes_back);
	tcase_add_test(tcase, refuses_every_truncation);
	tcase_add_test(tcase, secrets_come_back);
	tcase_add_test(tcase, formatting_gives_the_same_bytes);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(make_suite)
