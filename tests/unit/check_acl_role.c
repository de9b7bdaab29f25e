/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of users under names of their own. */
#include "config.h"

#include "common/config/fleet.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define PROD "environments/prod.yaml"
#define ACL "acl.yaml"
#define USED "users: {u: {acl-roles: [read]}}\n"

static void check_with(const char *acl, const char *prod, const char *expected)
{
	const struct tree_part parts[] = {{ACL, acl}, {PROD, prod}, {NULL, NULL}};
	char *found = tree_findings(parts);

	ck_assert_str_eq(found, expected);
	free(found);
}

START_TEST(refuses_wrong_roles)
{
	static const struct tree_refusal table[] = {
		{"acl-roles: {read: {rules: on +@read}}\n",
			ACL ":1:27: ACL role 'read': it can only say what a user may do\n"},
		{"acl-roles: {read: {rules: +@read >geheim}}\n",
			ACL ":1:27: ACL role 'read': it can only say what a user may do\n"},
		{"acl-roles: {read: {rules: \"~a (+get NoPass)\"}}\n",
			ACL ":1:27: ACL role 'read': it can only say what a user may do\n"},
		{"acl-roles: {read: {rules: +@raed}}\n",
			ACL ":1:27: ACL role 'read': rule '+@raed': no such category of "
			    "commands\n"},
		{"acl-roles: {read: {}}\n", ACL ":1:13: ACL role 'read': its rules are missing\n"},
		{"acl-roles: {read: {rules: [a]}}\n",
			ACL ":1:27: rules: expected a text, found a list\n"},
		{"acl-roles: {read: +@read}\n",
			ACL ":1:13: ACL role 'read': its rules are missing\n" ACL
			    ":1:19: read: expected a map, found a text\n"},
		{"acl-roles: {read: {rules: +@read, rule: x}}\n",
			ACL ":1:27: no user has ACL role 'read': nobody has looked up its "
			    "commands\n" ACL ":1:35: read: unknown key 'rule'\n"},
		{"acl-roles: {a b: {rules: +@read}}\n",
			ACL ":1:13: 'a b' cannot be the name of an ACL role\n"},
		{"acl-roles: [read]\n", ACL ":1:12: acl-roles: expected a map, found a list\n"},
		{"roles: {}\n", ACL ":1:1: acl: unknown key 'roles'\n"},
	};

	TREE_CHECK_ALL(ACL, table);
}
END_TEST

START_TEST(refuses_users_with_wrong_roles)
{
	static const char acl[] = "acl-roles: {read: {rules: ~a +@read}, odd: {rules: +gett}}\n";

	check_with(acl, "users: {u: {acl-roles: [raed]}, v: {acl-roles: [read, odd]}}\n",
		PROD ":1:25: there is no ACL role 'raed'\n" PROD
		     ":1:48: user 'v': rule '+gett': Valkey 8.0 has no such command\n");
	check_with(acl, "users: {u: {acl-roles: [read, read]}}\n",
		ACL ":1:52: no user has ACL role 'odd': nobody has looked up its commands\n" PROD
		    ":1:31: user 'u': ACL role 'read' is there twice\n");
	check_with("acl-roles: {read: {rules: +@read}}\n", "users: {u: {acl-roles: read}}\n",
		ACL ":1:27: no user has ACL role 'read': nobody has looked up its commands\n" PROD
		    ":1:24: user 'u': acl-roles: expected a list of at most 16 names\n");
	check_with("acl-roles: {read: {rules: +@read}}\n", USED, "");
}
END_TEST

START_TEST(the_rules_of_roles_come_first)
{
	static const struct tree_part parts[] = {
		{ACL, "acl-roles:\n  read: {rules: \"~${prefix}:* -@all +@read\", help: reads}\n"
		      "  tidy: {rules: \"+del\"}\n"},
		{PROD, "users:\n  plain: {acl-roles: [read]}\n"
		       "  both: {acl-roles: [read, tidy], rules: \"off ~x -get\"}\n"},
		{NULL, NULL},
	};
	struct cfg_tree *tree = tree_with_parts(parts);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	const char *text;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	text = cfg_rendered_find(rendered, "db1/main", NULL)->text;
	ck_assert_ptr_nonnull(strstr(
		text, "\nuser plain on sanitize-payload ~app:* resetchannels -@all +@read\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nuser both off sanitize-payload ~app:* ~x "
					   "resetchannels -@all +@read +del -get\n"));
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("acl_role");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_wrong_roles);
	tcase_add_test(tc, refuses_users_with_wrong_roles);
	tcase_add_test(tc, the_rules_of_roles_come_first);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
