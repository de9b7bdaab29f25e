/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/diff.h"

#include <string.h>

#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* The changes of db1/b from one text of environments/prod.yaml to another, one line each. */
static char *changes(const char *old_prod, const char *new_prod)
{
	struct cfg_rendered *rendered[2] = {NULL, NULL};
	const struct cfg_rendered_bundle *bundle[2] = {NULL, NULL};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_diff *diff;
	struct vk_buf out;
	char *joined;

	for (size_t i = 0; i < 2; i++) {
		const char *prod = i == 0 ? old_prod : new_prod;
		struct cfg_tree *tree;

		if (prod == NULL)
			continue;
		tree = tree_with("environments/prod.yaml", prod);
		assert_ok(cfg_render(tree, "prod", NULL, &rendered[i], &err), err);
		bundle[i] = cfg_rendered_find(rendered[i], "db1/b", NULL);
		cfg_tree_free(tree);
	}
	assert_ok(cfg_diff_bundles(bundle[0] != NULL ? bundle[0]->text : NULL,
			  bundle[0] != NULL ? bundle[0]->len : 0,
			  bundle[1] != NULL ? bundle[1]->text : NULL,
			  bundle[1] != NULL ? bundle[1]->len : 0, &diff, &err),
		err);
	vk_buf_init(&out, 100000);
	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *c = cfg_diff_at(diff, i);

		vk_buf_addf(&out, "%d %s: %s -> %s%s\n", (int)c->kind, c->name,
			c->old_text != NULL ? c->old_text : "-",
			c->new_text != NULL ? c->new_text : "-", c->is_live ? "" : " (restart)");
	}
	vk_buf_adds(&out, cfg_diff_needs_restart(diff) ? "restart" : "live");
	ck_assert_str_eq(cfg_diff_instance(diff), "db1/b");
	cfg_diff_free(diff);
	cfg_rendered_free(rendered[0]);
	cfg_rendered_free(rendered[1]);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

static void expect(const char *old_prod, const char *new_prod, const char *expected)
{
	char *found = changes(old_prod, new_prod);

	ck_assert_str_eq(found, expected);
	free(found);
}

START_TEST(refuses_what_is_no_bundle)
{
	struct cfg_diff *diff = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_diff_bundles("{}", 2, NULL, 0, &diff, &err), VK_EINPUT);
	ck_assert_ptr_null(diff);
}
END_TEST

START_TEST(sees_no_change_where_only_the_spelling_differs)
{
	expect("{}", "{}", "live");
	expect("config: {maxmemory: 1gb}", "config: {maxmemory: 1073741824}", "live");
	expect("config: {slave-priority: 5}", "config: {replica-priority: 5}", "live");
	expect("users: {a: {rules: on +get +GET}}", "users: {a: {rules: ON -@all +get}}", "live");
}
END_TEST

START_TEST(says_what_is_live_and_what_needs_a_restart)
{
	expect("config: {maxmemory: 1gb}", "config: {maxmemory: 2gb}",
		"0 maxmemory: 1gb -> 2gb\nlive");
	expect("{}", "config: {databases: 32}", "0 databases: - -> 32 (restart)\nrestart");
	expect("config: {databases: 32, hz: 20}", "{}",
		"0 databases: 32 -> - (restart)\n0 hz: 20 -> -\nrestart");
	/* The line goes away, the value stays: 16 is the default. */
	expect("config: {databases: 16}", "{}", "0 databases: 16 -> -\nlive");
}
END_TEST

START_TEST(shows_users_without_their_hashes)
{
	expect("users: {a: {rules: on, passwords: [\"sha256:" HASH_A "\"]}}",
		"users: {a: {rules: on, passwords: [\"sha256:" HASH_B "\"]}}",
		"1 a: on sanitize-payload #aaaaaaaa... resetchannels -@all -> on sanitize-payload "
		"#bbbbbbbb... resetchannels -@all\nlive");
	expect("users: {a: {rules: on}}", "users: {b: {rules: off}}",
		"1 a: on sanitize-payload resetchannels -@all -> -\n"
		"1 b: - -> off sanitize-payload resetchannels -@all\nlive");
}
END_TEST

START_TEST(shows_files_by_digest_and_policies_by_word)
{
	expect("files: [{path: x, text: a}]", "files: [{path: x, text: a, mode: \"0600\"}]",
		"2 x: sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 0640 "
		"-> sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 0600\n"
		"live");
	expect("apply: {restart: never}", "apply: {drift: report}",
		"3 drift: revert -> report\n3 restart: never -> allowed\nlive");
}
END_TEST

START_TEST(an_instance_that_comes_or_goes_changes_in_full)
{
	char *found = changes(NULL, "{}");

	ck_assert_ptr_nonnull(strstr(found, "0 maxmemory: - -> 256mb\n"));
	ck_assert_ptr_nonnull(strstr(found, "1 vkcfg-agent: - -> on "));
	ck_assert_ptr_nonnull(strstr(found, "4 valkey: - -> 8.0\n"));
	free(found);
	found = changes("{}", NULL);
	ck_assert_ptr_nonnull(strstr(found, "0 maxmemory: 256mb -> -\n"));
	free(found);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("diff");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_is_no_bundle);
	tcase_add_test(tc, sees_no_change_where_only_the_spelling_differs);
	tcase_add_test(tc, says_what_is_live_and_what_needs_a_restart);
	tcase_add_test(tc, shows_users_without_their_hashes);
	tcase_add_test(tc, shows_files_by_digest_and_policies_by_word);
	tcase_add_test(tc, an_instance_that_comes_or_goes_changes_in_full);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
