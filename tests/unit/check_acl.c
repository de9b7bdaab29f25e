/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/acl.h"
#include "common/config/acl_command.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void refuse(const char *rules, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *out = NULL;

	ck_assert_msg(cfg_acl_rules_parse(rules, NULL, NULL, 0, &out, &err) == VK_EINPUT,
		"took '%s'", rules);
	ck_assert_ptr_null(out);
	if (msg != NULL)
		ck_assert_str_eq(err.msg, msg);
}

static void accept(const char *rules, const char *expected)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *out;
	struct vk_buf text;

	for (int again = 0; again < 2; again++) { /* the normal form is its own normal form */
		vk_buf_init(&text, 100000);
		assert_ok(cfg_acl_rules_parse(again ? expected : rules, NULL, NULL, 0, &out, &err),
			err);
		cfg_acl_rules_format(out, &text);
		ck_assert_str_eq(text.data, expected);
		cfg_acl_rules_free(out);
		vk_buf_release(&text);
	}
}

START_TEST(refuses_passwords_in_clear_text_without_showing_them)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *out;

	refuse("on >geheim", "a password in clear text (>...)");
	refuse("on <geheim", "a password in clear text (<...)");
	refuse("on #geheim", "a password hash (#...) of the wrong form");
	assert_fails(cfg_acl_rules_parse("on >geheim", NULL, NULL, 0, &out, &err), VK_EINPUT);
	ck_assert_ptr_null(strstr(err.msg, "geheim"));
	ck_assert_ptr_null(strstr(err.hint, "geheim"));
}
END_TEST

START_TEST(refuses_hashes_that_valkey_refuses)
{
	refuse("#" HASH_A "a", NULL);
	refuse("#AAAA" HASH_A, NULL);
	refuse("#", NULL);
	refuse("!x", NULL);
}
END_TEST

START_TEST(refuses_commands_that_a_version_does_not_have)
{
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_acl_check_commands("on +@read +gett", "8.0", &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "rule '+gett': Valkey 8.0 has no such command");
	ck_assert_str_eq(err.hint, "did you mean '+get'?");
	assert_fails(cfg_acl_check_commands("on -config|st", "8.0", &err), VK_EINPUT);
	ck_assert_str_eq(err.hint, "did you mean '-config|set'?");
	assert_fails(cfg_acl_check_commands("on (+hexpire ~a)", "8.1", &err), VK_EINPUT);
	ck_assert_str_eq(err.hint, "Valkey 9.0 has it");
	assert_fails(cfg_acl_check_commands("on +get|", "8.1", &err), VK_EINPUT);
	assert_ok(cfg_acl_check_commands("on (+hexpire ~a)", "9.0.1", &err), err);
	/* A first argument; a command of a module. */
	assert_ok(cfg_acl_check_commands("on +select|0 -json.get ~+x &-y", "7.2", &err), err);
	assert_fails(cfg_acl_check_commands("on +client|0", "7.2", &err), VK_EINPUT);
	assert_ok(cfg_acl_check_commands("", "7.2", &err), err);
}
END_TEST

START_TEST(refuses_rules_that_do_not_exist)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *out;

	refuse("onn", "rule 'onn' is not known");
	refuse("+@raed", "rule '+@raed': no such category of commands");
	assert_fails(cfg_acl_rules_parse("+@raed", NULL, NULL, 0, &out, &err), VK_EINPUT);
	ck_assert_str_eq(err.hint, "did you mean '+@read'?");
	refuse("+", "rule '+': no command");
	refuse("+a|b|c", NULL);
	refuse("+get|", NULL);
	refuse("+get;", NULL);
	refuse("%X~a", NULL);
	refuse("%R", NULL);
	refuse("(+get ~a", "a selector without its closing parenthesis");
	refuse("(on +get)", "rule 'on' is not known inside a selector");
	refuse("(+get >pw)", NULL);
	refuse("+get)", NULL);
}
END_TEST

/* What valkey-server 9.1.2 says of the same, and what crashes it. */
START_TEST(refuses_what_valkey_cannot_read_again)
{
	struct vk_err err = VK_ERR_INIT;

	refuse("!" HASH_A, "a password to be removed (!...) that is not there");
	refuse("(~a\"b +get)", "rule '~a\"b': a quote or a parenthesis inside a selector");
	refuse("(~a(b +get)", NULL);
	refuse("%RR~a", NULL);
	refuse("+config|get|x", "rule '+config|get|x': no first argument of a subcommand can be "
				"allowed");
	refuse("db=", NULL);
	refuse("db=0,", NULL);
	refuse("db=2147483648", "rule 'db=2147483648': no such number of a database");
	assert_fails(cfg_acl_check_commands("on -select|0", "8.0", &err), VK_EINPUT);
	assert_fails(cfg_acl_check_commands("on (db=1 +get)", "9.0", &err), VK_EINPUT);
	ck_assert_str_eq(err.hint, "Valkey 9.1 has them");
	assert_ok(cfg_acl_check_commands("on (db=1 +get)", "9.1", &err), err);
}
END_TEST

START_TEST(adds_up_databases_and_access_to_keys)
{
	accept("DB=3,1,3", "off sanitize-payload resetchannels db=1,3 -@all");
	accept("db=0 alldbs", "off sanitize-payload resetchannels -@all");
	accept("(resetdbs +get)", "off sanitize-payload resetchannels -@all (resetchannels "
				  "resetdbs -@all +get)");
	accept("%R~a %W~a %R~b", "off sanitize-payload ~a %R~b resetchannels -@all");
	accept("~a %R~* %W~*", "off sanitize-payload ~* resetchannels -@all");
}
END_TEST

START_TEST(refuses_patterns_behind_everything)
{
	refuse("~* ~a", NULL);
	refuse("allkeys %R~a", NULL);
	refuse("&* &a", NULL);
	accept("~* resetkeys ~a", "off sanitize-payload ~a resetchannels -@all");
}
END_TEST

START_TEST(refuses_control_characters)
{
	refuse("on ~a\nuser b on nopass +@all", NULL);
	refuse("on ~a\tb", NULL);
	refuse("on ~a\x01", NULL);
}
END_TEST

START_TEST(refuses_nopass_beside_passwords)
{
	static const char *const hashes[] = {HASH_A};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *out;

	assert_fails(cfg_acl_rules_parse("on nopass", NULL, hashes, 1, &out, &err), VK_EINPUT);
}
END_TEST

START_TEST(writes_what_acl_list_prints)
{
	accept("", "off sanitize-payload resetchannels -@all");
	accept("off", "off sanitize-payload resetchannels -@all");
	accept("on ~app:* resetchannels -@all +@read +@write -@dangerous",
		"on sanitize-payload ~app:* resetchannels -@all +@read +@write -@dangerous");
	accept("ON nopass allkeys allchannels allcommands",
		"on nopass sanitize-payload ~* &* +@all");
	accept("+GET +get", "off sanitize-payload resetchannels -@all +get");
	accept("+@all -@all +get", "off sanitize-payload resetchannels -@all +get");
	accept("+client|id -client", "off sanitize-payload resetchannels -@all -client");
	accept("-client +client|id", "off sanitize-payload resetchannels -@all -client +client|id");
	accept("%RW~x %R~r %w~w", "off sanitize-payload ~x %R~r %W~w resetchannels -@all");
	accept("&a &b &a", "off sanitize-payload resetchannels &a &b -@all");
	accept("on #" HASH_B " #" HASH_A " #" HASH_B,
		"on sanitize-payload #" HASH_B " #" HASH_A " resetchannels -@all");
	accept("#" HASH_A " #" HASH_B " !" HASH_A,
		"off sanitize-payload #" HASH_B " resetchannels -@all");
	accept("nopass #" HASH_A, "off sanitize-payload #" HASH_A " resetchannels -@all");
	accept("(+get ~sel*) (~a +set &c)",
		"off sanitize-payload resetchannels -@all (~sel* resetchannels -@all +get) "
		"(~a resetchannels &c -@all +set)");
	accept("( +get ) clearselectors", "off sanitize-payload resetchannels -@all");
	accept("on nopass ~* +@all reset", "off sanitize-payload resetchannels -@all");
	accept("skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all");
}
END_TEST

START_TEST(knows_whether_a_user_can_do_anything)
{
	static const struct {
		const char *rules;
		bool has_commands;
	} cases[] = {{"on nopass", false}, {"+ping", true}, {"+@all -@all", false},
		{"(+get)", true}, {"-@all -get", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vk_err err = VK_ERR_INIT;
		struct cfg_acl_rules *out;

		assert_ok(cfg_acl_rules_parse(cases[i].rules, NULL, NULL, 0, &out, &err), err);
		ck_assert_msg(
			cfg_acl_has_commands(out) == cases[i].has_commands, "%s", cases[i].rules);
		cfg_acl_rules_free(out);
	}
}
END_TEST

static void refuse_file(const char *text, size_t len, const char *msg)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl *acl = NULL;

	assert_fails(cfg_acl_parse("u.acl", text, len, &acl, &err), VK_EINPUT);
	ck_assert_ptr_null(acl);
	ck_assert_str_eq(err.msg, msg);
}

START_TEST(refuses_files_that_valkey_refuses)
{
	refuse_file("# x\n", 4, "u.acl:1: expected 'user NAME RULES'");
	refuse_file("user a on\nuser b on\nuser a off\n", 31, "u.acl:3: user 'a' is there twice");
	refuse_file("\nuser a onn\n", 12, "u.acl:2: rule 'onn' is not known");
	refuse_file("user", 4, "u.acl:1: expected 'user NAME RULES'");
	refuse_file("user a\0b", 8, "u.acl:1: a NUL byte");
}
END_TEST

START_TEST(reads_users_sorted_by_name)
{
	static const char text[] = "user b on ~b\r\n\nuser a off\nuser vkcfg-agent on "
				   "#@{agent-password} +ping";
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl *acl;

	assert_ok(cfg_acl_parse("u.acl", text, strlen(text), &acl, &err), err);
	ck_assert_uint_eq(cfg_acl_count(acl), 3);
	ck_assert_str_eq(cfg_acl_at(acl, 0)->name, "a");
	ck_assert_uint_eq(cfg_acl_at(acl, 1)->line, 1);
	ck_assert_str_eq(cfg_acl_at(acl, 1)->rules, "on sanitize-payload ~b resetchannels -@all");
	ck_assert_str_eq(cfg_acl_find(acl, "vkcfg-agent")->rules,
		"on sanitize-payload #@{agent-password} resetchannels -@all +ping");
	ck_assert_ptr_null(cfg_acl_find(acl, "c"));
	cfg_acl_free(acl);
}
END_TEST

START_TEST(hides_hashes)
{
	struct vk_buf text;

	vk_buf_init(&text, 1000);
	cfg_acl_format_hidden("on #" HASH_A " #" HASH_B " ~a", &text);
	ck_assert_str_eq(text.data, "on #... #... ~a");
	vk_buf_release(&text);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("acl");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_passwords_in_clear_text_without_showing_them);
	tcase_add_test(tc, refuses_hashes_that_valkey_refuses);
	tcase_add_test(tc, refuses_rules_that_do_not_exist);
	tcase_add_test(tc, refuses_commands_that_a_version_does_not_have);
	tcase_add_test(tc, refuses_what_valkey_cannot_read_again);
	tcase_add_test(tc, adds_up_databases_and_access_to_keys);
	tcase_add_test(tc, refuses_patterns_behind_everything);
	tcase_add_test(tc, refuses_control_characters);
	tcase_add_test(tc, refuses_nopass_beside_passwords);
	tcase_add_test(tc, writes_what_acl_list_prints);
	tcase_add_test(tc, knows_whether_a_user_can_do_anything);
	tcase_add_test(tc, refuses_files_that_valkey_refuses);
	tcase_add_test(tc, reads_users_sorted_by_name);
	tcase_add_test(tc, hides_hashes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
