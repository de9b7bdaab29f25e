/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/example.h"

#include <string.h>

#include "client/admin/difference.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/vkjson.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

enum { FILES_MAX = 16 };

/* The example with one file's text replaced (path may be NULL). */
static struct cfg_tree *tree_with(const char *path, const char *text)
{
	struct cfg_tree_file files[FILES_MAX];
	struct cfg_tree *tree = NULL;
	struct vk_err err = VK_ERR_INIT;
	size_t count = 0;

	for (; example_files[count].path != NULL; count++) {
		bool is_replaced = path != NULL && strcmp(path, example_files[count].path) == 0;

		ck_assert_uint_lt(count, FILES_MAX);
		files[count].path = example_files[count].path;
		files[count].text = is_replaced ? text : example_files[count].text;
		files[count].len = strlen(files[count].text);
	}
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	return tree;
}

static struct cfg_rendered *rendered_with(const char *path, const char *text)
{
	struct cfg_tree *tree = tree_with(path, text);
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_render(tree, "dev", NULL, &rendered, &err), err);
	cfg_tree_free(tree);
	return rendered;
}

START_TEST(has_no_findings)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_validate(tree, findings, &err), err);
	ck_assert_msg(cfg_findings_count(findings) == 0, "%s",
		cfg_findings_count(findings) > 0 ? cfg_findings_at(findings, 0)->message : "");
	cfg_findings_free(findings);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(renders_in_every_environment)
{
	static const char *const environments[] = {"dev", "staging", "prod"};
	struct cfg_tree *tree = tree_with(NULL, NULL);

	for (size_t i = 0; i < 3; i++) {
		struct cfg_rendered *rendered = NULL;
		struct vk_err err = VK_ERR_INIT;

		assert_ok(cfg_render(tree, environments[i], NULL, &rendered, &err), err);
		ck_assert_uint_eq(cfg_rendered_count(rendered), i == 0 ? 1 : 0);
		cfg_rendered_free(rendered);
	}
	cfg_tree_free(tree);
}
END_TEST

START_TEST(differs_in_nothing_from_itself)
{
	struct cfg_rendered *rendered = rendered_with(NULL, NULL);
	struct vkjson *difference = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(difference_of(rendered, rendered, &difference, &err), err);
	ck_assert(difference_is_empty(difference));
	vkjson_free(difference);
	cfg_rendered_free(rendered);
}
END_TEST

START_TEST(groups_equal_changes_of_two_instances)
{
	static const char two[] =
		"hosts:\n  db1:\n    environment: dev\n    instances:\n"
		"      main: {role: session-cache, config: {port: 6379}}\n"
		"      other: {role: session-cache, config: {port: 6380}}\n";
	static const char louder[] =
		"hosts:\n  db1:\n    environment: dev\n    config: {timeout: 42, databases: 4}\n"
		"    instances:\n"
		"      main: {role: session-cache, config: {port: 6379}}\n"
		"      other: {role: session-cache, config: {port: 6380}}\n";
	struct cfg_rendered *before = rendered_with("hosts/db1.yaml", two);
	struct cfg_rendered *after = rendered_with("hosts/db1.yaml", louder);
	struct vkjson *difference = NULL;
	const struct vkjson *group;
	struct vk_err err = VK_ERR_INIT;
	const char *way = NULL;

	assert_ok(difference_of(before, after, &difference, &err), err);
	ck_assert_uint_eq(vkjson_count(vkjson_get(difference, "groups")), 1);
	group = vkjson_at(vkjson_get(difference, "groups"), 0);
	ck_assert_uint_eq(vkjson_count(vkjson_get(group, "instances")), 2);
	ck_assert_uint_eq(vkjson_count(vkjson_get(group, "changes")), 2);
	assert_ok(vkjson_get_string(group, "way", &way, &err), err);
	ck_assert_str_eq(way, "restart"); /* databases cannot change live */
	vkjson_free(difference);
	cfg_rendered_free(before);
	cfg_rendered_free(after);
}
END_TEST

START_TEST(shows_all_of_a_first_release_as_added)
{
	struct cfg_rendered *rendered = rendered_with(NULL, NULL);
	struct vkjson *difference = NULL;
	struct vk_err err = VK_ERR_INIT;
	const char *presence = NULL;

	assert_ok(difference_of(NULL, rendered, &difference, &err), err);
	ck_assert(!difference_is_empty(difference));
	assert_ok(vkjson_get_string(vkjson_at(vkjson_get(difference, "groups"), 0), "presence",
			  &presence, &err), err);
	ck_assert_str_eq(presence, "added");
	vkjson_free(difference);
	cfg_rendered_free(rendered);
}
END_TEST

START_TEST(shows_a_host_key_that_changes_although_no_bundle_does)
{
	static const char keyed[] =
		"hosts:\n  db1:\n    environment: dev\n    public-key: \"ed25519:"
		"0000000000000000000000000000000000000000000000000000000000000001\"\n"
		"    instances:\n      main:\n        role: session-cache\n"
		"        config: {port: 6379, bind: [127.0.0.1]}\n";
	struct cfg_tree *before = tree_with(NULL, NULL);
	struct cfg_tree *after = tree_with("hosts/db1.yaml", keyed);
	struct cfg_rendered *old = rendered_with(NULL, NULL);
	struct cfg_rendered *new = rendered_with("hosts/db1.yaml", keyed);
	struct vkjson *difference = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(difference_of(old, new, &difference, &err), err);
	ck_assert(difference_is_empty(difference));
	assert_ok(difference_add_parts(difference, before, after, &err), err);
	ck_assert(!difference_is_empty(difference));
	assert_ok(difference_add_parts(difference, after, after, &err), err);
	ck_assert(difference_is_empty(difference));
	vkjson_free(difference);
	cfg_rendered_free(old);
	cfg_rendered_free(new);
	cfg_tree_free(before);
	cfg_tree_free(after);
}
END_TEST

START_TEST(shows_a_keeper_that_comes_although_no_bundle_changes)
{
	static const char kept[] =
		"keepers:\n  eve: \"ed25519:"
		"0000000000000000000000000000000000000000000000000000000000000001\"\n";
	struct cfg_tree *before = tree_with("environments/dev.yaml", "{}\n");
	struct cfg_tree *after = tree_with("environments/dev.yaml", kept);
	struct cfg_rendered *old = rendered_with("environments/dev.yaml", "{}\n");
	struct cfg_rendered *new = rendered_with("environments/dev.yaml", kept);
	struct vkjson *difference = NULL;
	struct vk_err err = VK_ERR_INIT;
	const struct vkjson *keeper;

	assert_ok(difference_of(old, new, &difference, &err), err);
	assert_ok(difference_add_parts(difference, before, after, &err), err);
	ck_assert(!difference_is_empty(difference));
	keeper = vkjson_at(vkjson_get(difference, "keepers"), 0);
	ck_assert_str_eq(vkjson_text(vkjson_get(keeper, "keeper")), "eve");
	ck_assert_ptr_null(vkjson_get(keeper, "old"));
	assert_ok(difference_add_parts(difference, after, after, &err), err);
	ck_assert(difference_is_empty(difference));
	vkjson_free(difference);
	cfg_rendered_free(old);
	cfg_rendered_free(new);
	cfg_tree_free(before);
	cfg_tree_free(after);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("example");
	TCase *tc = tcase_create("example");

	tcase_add_test(tc, has_no_findings);
	tcase_add_test(tc, renders_in_every_environment);
	tcase_add_test(tc, differs_in_nothing_from_itself);
	tcase_add_test(tc, groups_equal_changes_of_two_instances);
	tcase_add_test(tc, shows_all_of_a_first_release_as_added);
	tcase_add_test(tc, shows_a_host_key_that_changes_although_no_bundle_does);
	tcase_add_test(tc, shows_a_keeper_that_comes_although_no_bundle_changes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
