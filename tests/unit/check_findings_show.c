/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/findings_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/vkjson.h"
#include "tests/unit/tree_text.h"

enum { TEXT_MAX_BYTES = 100000 };

static const char secret_line[] = "config: {maxmemory: 1t, requirepass: geheim}\n";

/* What is printed about a tree in which prod.yaml holds text. */
static char *print(const char *text)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", text);
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_err err = VK_ERR_INIT;
	struct cli cli = {0};
	char *out = NULL;
	size_t size;

	assert_ok(cfg_validate(tree, findings, &err), err);
	cli.out = open_memstream(&out, &size);
	findings_print(&cli, findings, tree);
	fclose(cli.out);
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	return out;
}

static struct cfg_findings *find(const char *text)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", text);
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_validate(tree, findings, &err), err);
	cfg_tree_free(tree);
	return findings;
}

START_TEST(never_shows_a_line_that_may_hold_a_secret)
{
	char *out = print(secret_line);

	ck_assert_ptr_null(strstr(out, "geheim"));
	ck_assert_ptr_nonnull(strstr(out, "maxmemory: expected a size"));
	ck_assert_ptr_null(strstr(out, "|"));
	free(out);
}
END_TEST

START_TEST(refuses_a_format_that_is_none)
{
	enum findings_format format;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(findings_format_parse("xml", &format, &err), VK_EINPUT);
	assert_fails(findings_format_parse("", &format, &err), VK_EINPUT);
	assert_ok(findings_format_parse("junit", &format, &err), err);
	ck_assert_int_eq(format, FINDINGS_JUNIT);
}
END_TEST

START_TEST(underlines_what_is_wrong)
{
	char *out = print("config:\n  loglevel: \"notic\"\n");

	ck_assert_ptr_nonnull(strstr(out, "    2 |   loglevel: \"notic\"\n"
					  "      |              ^^^^^\n"
					  "  hint: did you mean 'notice'?\n"));
	free(out);
}
END_TEST

START_TEST(underlines_behind_wide_characters)
{
	char *out = print("config: {syslog-ident: \"\xc3\xa4\", loglevell: notice}\n");

	ck_assert_msg(strstr(out, "      |                             ^^^^^^^^^\n") != NULL,
		"%s", out);
	free(out);
}
END_TEST

START_TEST(writes_a_result_with_its_place_for_each_finding)
{
	struct cfg_findings *findings = find("config:\n  loglevel: notic\n");
	struct vkjson *log = findings_sarif(findings);
	const struct vkjson *result, *place;

	ck_assert_str_eq(vkjson_text(vkjson_get(log, "version")), "2.1.0");
	result = vkjson_at(vkjson_get(vkjson_at(vkjson_get(log, "runs"), 0), "results"), 0);
	ck_assert_str_eq(vkjson_text(vkjson_get(result, "level")), "error");
	place = vkjson_get(vkjson_at(vkjson_get(result, "locations"), 0), "physicalLocation");
	ck_assert_str_eq(vkjson_text(vkjson_get(vkjson_get(place, "artifactLocation"), "uri")),
		"environments/prod.yaml");
	vkjson_free(log);
	cfg_findings_free(findings);
}
END_TEST

START_TEST(escapes_what_xml_would_read)
{
	struct cfg_findings *findings = find("config:\n  loglevel: \"<a&\\\"b>\"\n");
	struct vk_buf out;

	vk_buf_init(&out, TEXT_MAX_BYTES);
	findings_junit(findings, &out);
	ck_assert_ptr_nonnull(strstr(out.data, "tests=\"1\" failures=\"1\""));
	ck_assert_ptr_nonnull(strstr(out.data, "&lt;a&amp;&quot;b&gt;"));
	ck_assert_ptr_null(strstr(out.data, "<a&"));
	vk_buf_release(&out);
	cfg_findings_free(findings);
}
END_TEST

START_TEST(a_good_tree_is_one_passed_case)
{
	struct cfg_findings *findings = find("config: {}\n");
	struct vk_buf out;

	vk_buf_init(&out, TEXT_MAX_BYTES);
	findings_junit(findings, &out);
	ck_assert_ptr_nonnull(strstr(out.data, "tests=\"1\" failures=\"0\""));
	ck_assert_ptr_nonnull(strstr(out.data, "<testcase classname=\"tree\" name=\"validate\"/>"));
	vk_buf_release(&out);
	cfg_findings_free(findings);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("findings_show");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, never_shows_a_line_that_may_hold_a_secret);
	tcase_add_test(tc, refuses_a_format_that_is_none);
	tcase_add_test(tc, underlines_what_is_wrong);
	tcase_add_test(tc, underlines_behind_wide_characters);
	tcase_add_test(tc, writes_a_result_with_its_place_for_each_finding);
	tcase_add_test(tc, escapes_what_xml_would_read);
	tcase_add_test(tc, a_good_tree_is_one_passed_case);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
