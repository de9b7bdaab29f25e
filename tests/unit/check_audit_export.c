/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries that are looked for, and entries as other systems read them. */
#include "config.h"

#include "client/admin/audit_export.h"
#include "client/admin/audit_filter.h"

#include <string.h>

#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static const struct option_spec options[] = {{"actor", 0, "P", "", false},
	{"action", 0, "P", "", false}, {"object", 0, "P", "", false}, {"since", 0, "T", "", false},
	{"until", 0, "T", "", false}, {NULL, 0, NULL, NULL, false}};

static struct vk_err err;

/* Whether this command line finds an entry of alice's from 2026-11-23T01:33:05Z. */
static enum vk_rc find(char *const *words, int count, bool *is_found)
{
	const struct vk_audit_entry entry = {.action = "change.approve",
		.actor = "user/alice",
		.at = 1795397585,
		.object = "change/117",
		.result = "ok"};
	struct args *args = args_new();
	struct audit_filter filter;
	enum vk_rc rc;

	assert_ok(args_parse(args, words, count, options, NULL, &err), err);
	rc = audit_filter_parse(args, &filter, &err);
	if (rc == VK_OK)
		*is_found = audit_filter_matches(&filter, &entry);
	args_free(args);
	return rc;
}

START_TEST(refuses_what_is_no_time)
{
	static char *const bad[][2] = {{"--since", "yesterday"}, {"--until", "2026-13-01"},
		{"--since", "2026-11-23T01:33:05"}, {"--since", "2026-11-23T01:33:05Zjunk"},
		{"--since", ""}, {"--until", "2026-11-2"}};
	char *const backwards[] = {"--since", "2026-11-24", "--until", "2026-11-23"};
	bool is_found;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(find(bad[i], 2, &is_found), VK_EINPUT);
	assert_fails(find(backwards, 4, &is_found), VK_EINPUT);
}
END_TEST

START_TEST(finds_by_patterns_and_times)
{
	static const struct {
		char *const words[2];
		bool is_found;
	} cases[] = {
		{{"--actor", "user/alice"}, true},
		{{"--actor", "user/*"}, true},
		{{"--actor", "user/ali"}, false},
		{{"--actor", "host/*"}, false},
		{{"--action", "change.*"}, true},
		{{"--action", "change"}, false},
		{{"--object", "change/11?"}, true},
		{{"--object", "change/1"}, false},
		{{"--since", "2026-11-23"}, true},
		{{"--since", "2026-11-23T01:33:05Z"}, true},
		{{"--since", "2026-11-23T01:33:06Z"}, false},
		{{"--until", "2026-11-23T01:33:05Z"}, false},
		{{"--until", "2026-11-24"}, true},
	};
	bool is_found = false;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_ok(find(cases[i].words, 2, &is_found), err);
		ck_assert_msg(is_found == cases[i].is_found, "%s %s", cases[i].words[0],
			cases[i].words[1]);
	}
}
END_TEST

/* An entry whose texts try to end lines and fields. */
static void export(enum audit_format format, struct vk_buf *out)
{
	const struct audit_style style = {format, "de\"mo", "local host"};
	struct vkjson *detail = vkjson_object();
	const struct vk_audit_entry entry = {.action = "a|b\\c",
		.actor = "user/x=y",
		.at = 1000,
		.detail = detail,
		.object = "one\ntwo\x1b[2J act=forged",
		.result = "denied"};

	vkjson_set(detail, "message", vkjson_string("a=b\n|c]"));
	vk_buf_init(out, AUDIT_LINE_MAX_BYTES);
	audit_export_line(&style, 7, &entry, out);
	vkjson_free(detail);
}

START_TEST(no_text_ends_a_cef_field_or_line)
{
	struct vk_buf line;

	export(AUDIT_CEF, &line);
	ck_assert_str_eq(line.data, "CEF:0|vkcfg|vkcfgd|" PACKAGE_VERSION
				    "|a\\|b\\\\c|a\\|b\\\\c|6|externalId=7 rt=1000000"
				    " act=a|b\\\\c suser=user/x\\=y outcome=denied cs1Label=object"
				    " cs1=one\\ntwo\\n[2J act\\=forged cs2Label=detail"
				    " cs2={\"message\":\"a\\=b\\\\n|c]\"}\n");
	vk_buf_release(&line);
}
END_TEST

START_TEST(no_text_ends_a_syslog_parameter_or_line)
{
	struct vk_buf line;

	export(AUDIT_SYSLOG, &line);
	ck_assert_str_eq(line.data,
		"<108>1 1970-01-01T00:16:40Z local?host vkcfgd - a|b\\c [vkcfg@32473"
		" fleet=\"de\\\"mo\" index=\"7\" actor=\"user/x=y\" action=\"a|b\\\\c\""
		" object=\"one?two?[2J act=forged\" result=\"denied\""
		" detail=\"{\\\"message\\\":\\\"a=b\\\\n|c\\]\\\"}\"]"
		" user/x=y a|b\\c one?two?[2J?act=forged: denied\n");
	vk_buf_release(&line);
}
END_TEST

START_TEST(a_syslog_header_keeps_to_its_lengths)
{
	const struct audit_style style = {AUDIT_SYSLOG, "demo", "vkcfg.example"};
	const struct vk_audit_entry entry = {
		.action = "an-action.with-a-name-of-more-than-32-bytes",
		.actor = "user/a",
		.at = 1795397585,
		.object = "o",
		.result = "ok"};
	struct vk_buf line;

	vk_buf_init(&line, AUDIT_LINE_MAX_BYTES);
	audit_export_line(&style, 0, &entry, &line);
	ck_assert_ptr_eq(strstr(line.data, "<109>1 2026-11-23T01:33:05Z vkcfg.example vkcfgd - "
					   "an-action.with-a-name-of-more-th [vkcfg@32473 "),
		line.data);
	ck_assert_ptr_nonnull(strstr(line.data, " detail=\"{}\"] user/a an-action."));
	vk_buf_release(&line);
}
END_TEST

START_TEST(the_host_is_that_of_the_server)
{
	static const char *const rows[][2] = {{"https://vkcfg.example:7443", "vkcfg.example"},
		{"https://vkcfg.example", "vkcfg.example"}, {"https://[::1]:7443", "[::1]"},
		{"https://127.0.0.1/", "127.0.0.1"}, {"", "-"}, {"https://", "-"},
		{"https://[::1", "-"}};
	char host[AUDIT_HOST_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		audit_host_of_url(rows[i][0], host);
		ck_assert_str_eq(host, rows[i][1]);
	}
}
END_TEST

START_TEST(a_json_line_is_one_line_and_parses)
{
	struct vkjson *parsed = NULL;
	struct vk_buf line;

	export(AUDIT_JSONL, &line);
	ck_assert_ptr_eq(strchr(line.data, '\n'), line.data + line.len - 1);
	assert_ok(vkjson_parse(line.data, line.len, &parsed, &err), err);
	ck_assert_int_eq(vkjson_integer(vkjson_get(parsed, "index")), 7);
	ck_assert_str_eq(vkjson_text(vkjson_get(parsed, "object")), "one\ntwo\x1b[2J act=forged");
	vkjson_free(parsed);
	vk_buf_release(&line);
}
END_TEST

START_TEST(knows_three_formats)
{
	enum audit_format format = AUDIT_CEF;

	assert_fails(audit_format_parse("xml", &format, &err), VK_EINPUT);
	assert_ok(audit_format_parse(NULL, &format, &err), err);
	ck_assert_int_eq(format, AUDIT_JSONL);
	assert_ok(audit_format_parse("cef", &format, &err), err);
	ck_assert_int_eq(format, AUDIT_CEF);
	assert_ok(audit_format_parse("syslog", &format, &err), err);
	ck_assert_int_eq(format, AUDIT_SYSLOG);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("audit_export");
	TCase *tc = tcase_create("audit_export");

	tcase_add_test(tc, refuses_what_is_no_time);
	tcase_add_test(tc, finds_by_patterns_and_times);
	tcase_add_test(tc, no_text_ends_a_cef_field_or_line);
	tcase_add_test(tc, no_text_ends_a_syslog_parameter_or_line);
	tcase_add_test(tc, a_syslog_header_keeps_to_its_lengths);
	tcase_add_test(tc, the_host_is_that_of_the_server);
	tcase_add_test(tc, a_json_line_is_one_line_and_parses);
	tcase_add_test(tc, knows_three_formats);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
