/* SPDX-License-Identifier: BSD-3-Clause */
/* Waivers and policy of an environment, and the baseline held against all of its instances. */
#include "config.h"

#include "common/config/lint.h"

#include <string.h>

#include "common/clock.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define WAIVER "reason: moves to TLS in spring, owner: ops, expires: 2027-01-31"

enum { TEXT_BYTES = 4096 };

/* Environments that are refused, with part of what is said and of the hint. */
static const struct {
	const char *yaml, *message, *hint;
} refused[] = {
	{"policy: {block: hihg}\n", "block: 'hihg' is no severity", "critical"},
	{"policy: {blok: high}\n", "blok", "block"},
	{"policy: high\n", "policy", ""},
	{"waivers: {rule: tls-enabled}\n", "expected a list", "waivers: ["},
	{"waivers: [tls-enabled]\n", "a waiver", ""},
	{"waivers: [{rule: tls-enabeld, " WAIVER "}]\n", "no rule 'tls-enabeld'",
		"did you mean 'tls-enabled'?"},
	{"waivers: [{rule: waiver-expired, " WAIVER "}]\n", "cannot be waived", ""},
	{"waivers: [{" WAIVER "}]\n", "needs 'rule'", "lint --rules"},
	{"waivers: [{rule: tls-enabled, owner: ops, expires: 2027-01-31}]\n", "needs 'reason'",
		"approvers"},
	{"waivers: [{rule: tls-enabled, reason: \"  \", owner: ops, expires: 2027-01-31}]\n",
		"needs 'reason'", ""},
	{"waivers: [{rule: tls-enabled, reason: x, expires: 2027-01-31}]\n", "needs 'owner'",
		"answers"},
	{"waivers: [{rule: tls-enabled, reason: x, owner: ops}]\n", "needs 'expires'", "last day"},
	{"waivers: [{rule: tls-enabled, reason: x, owner: ops, expires: 2027-02-29}]\n",
		"'2027-02-29' is no day", "YYYY-MM-DD"},
	{"waivers: [{rule: tls-enabled, reason: x, owner: ops, expires: tomorrow}]\n", "is no day",
		"YYYY-MM-DD"},
	{"waivers: [{rule: tls-enabled, where: db1, " WAIVER "}]\n", "'db1' names no instances",
		"HOST/INSTANCE"},
	{"waivers: [{rule: tls-enabled, where: \"db[1]/x\", " WAIVER "}]\n", "names no instances",
		"*"},
	{"waivers: [{rule: tls-enabled, where: a/b/c, " WAIVER "}]\n", "names no instances", ""},
	{"waivers: [{rule: tls-enabled, until: x, " WAIVER "}]\n", "until", ""},
};

enum { REFUSED_COUNT = sizeof(refused) / sizeof(refused[0]) };

static int64_t time_of(const char *text)
{
	int64_t out = 0;

	ck_assert(vk_time_parse(text, &out));
	return out;
}

static struct cfg_rendered *render(const char *yaml)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", yaml);
	struct cfg_rendered *out = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_render(tree, "prod", NULL, &out, &err), err);
	cfg_tree_free(tree);
	return out;
}

static struct cfg_lint *lint(const struct cfg_rendered *rendered, const char *now)
{
	struct cfg_lint *out = cfg_lint_new();
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_lint_add_rendered(out, rendered, time_of(now), &err), err);
	return out;
}

static const struct cfg_lint_item *find(struct cfg_lint *all, const char *rule, bool is_waived)
{
	for (size_t i = 0; i < cfg_lint_count(all); i++) {
		const struct cfg_lint_item *item = cfg_lint_at(all, i);

		if (strcmp(item->rule->id, rule) == 0 && (item->waiver != NULL) == is_waived)
			return item;
	}
	return NULL;
}

START_TEST(policies_and_waivers_that_are_wrong_are_refused_with_their_place)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", refused[_i].yaml);
	struct cfg_findings *findings = cfg_findings_new();
	const struct cfg_finding *first;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_validate(tree, findings, &err), err);
	ck_assert_uint_ge(cfg_findings_errors(findings), 1);
	first = cfg_findings_at(findings, 0);
	ck_assert_str_eq(first->file, "environments/prod.yaml");
	ck_assert_uint_eq(first->line, 1);
	ck_assert_msg(strstr(first->message, refused[_i].message) != NULL, "%s", first->message);
	ck_assert_msg(strstr(first->hint, refused[_i].hint) != NULL, "%s", first->hint);
	cfg_findings_free(findings);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(every_fault_of_a_waiver_is_found_in_one_run)
{
	struct cfg_tree *tree = tree_with(
		"environments/prod.yaml", "waivers: [{rule: nonsense, where: x, expires: y}]\n");
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_validate(tree, findings, &err), err);
	ck_assert_uint_eq(cfg_findings_errors(findings), 5);
	cfg_findings_free(findings);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(patterns_stand_for_characters_but_not_for_a_slash)
{
	ck_assert(cfg_pattern_matches("db1/main", "db1/main"));
	ck_assert(cfg_pattern_matches("db*/*", "db17/main"));
	ck_assert(cfg_pattern_matches("*1/*a*n", "db1/main"));
	ck_assert(cfg_pattern_matches("*/**", "db1/main"));
	ck_assert(!cfg_pattern_matches("db*", "db1/main"));
	ck_assert(!cfg_pattern_matches("*/main", "db1/main2"));
	ck_assert(!cfg_pattern_matches("*/m", "db1/"));
	ck_assert(!cfg_pattern_matches("", "db1/main"));
	/* Not exponential. */
	ck_assert(!cfg_pattern_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*b/x",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x"));
}
END_TEST

START_TEST(policy_and_waivers_change_no_bundle)
{
	struct cfg_rendered *plain = render("config: {loglevel: debug}\n");
	struct cfg_rendered *waived = render("config: {loglevel: debug}\npolicy: {block: low}\n"
					     "waivers: [{rule: log-level, " WAIVER "}]\n");

	ck_assert(!cfg_rendered_policy(plain)->has_block);
	ck_assert_int_eq(cfg_rendered_policy(waived)->block, CFG_RISK_LOW);
	ck_assert_mem_eq(cfg_rendered_root(plain), cfg_rendered_root(waived), 32);
	cfg_rendered_free(plain);
	cfg_rendered_free(waived);
}
END_TEST

START_TEST(instances_with_the_same_finding_are_one_item)
{
	struct cfg_rendered *rendered = render("config: {loglevel: debug}\n");
	struct cfg_lint *all = lint(rendered, "2026-12-01T00:00:00Z");
	const struct cfg_lint_item *item = find(all, "log-level", false);

	ck_assert_ptr_nonnull(item);
	ck_assert_uint_eq(item->where_count, 2);
	ck_assert_str_eq(item->where[0], "db1/b");
	ck_assert_str_eq(item->where[1], "db1/main");
	ck_assert_uint_eq(cfg_lint_subjects(all), 2);
	for (size_t i = 1; i < cfg_lint_count(all); i++)
		ck_assert_int_le(
			cfg_lint_at(all, i)->rule->risk, cfg_lint_at(all, i - 1)->rule->risk);
	cfg_rendered_free(rendered); /* nothing of it is needed any more */
	ck_assert_str_eq(find(all, "log-level", false)->where[1], "db1/main");
	cfg_lint_free(all);
}
END_TEST

START_TEST(a_waiver_covers_what_it_names_until_its_last_day)
{
	struct cfg_rendered *rendered =
		render("config: {loglevel: debug}\n"
		       "waivers:\n  - {rule: log-level, where: \"*/ma*\", " WAIVER "}\n");
	struct cfg_lint *all = lint(rendered, "2027-01-31T23:59:59Z");

	ck_assert_str_eq(find(all, "log-level", false)->where[0], "db1/b");
	ck_assert_str_eq(find(all, "log-level", true)->where[0], "db1/main");
	ck_assert_str_eq(find(all, "log-level", true)->waiver->owner, "ops");
	ck_assert_ptr_null(find(all, "waiver-expired", false));
	cfg_lint_free(all);

	all = lint(rendered, "2027-02-01T00:00:00Z");
	ck_assert_uint_eq(find(all, "log-level", false)->where_count, 2);
	ck_assert_ptr_null(find(all, "log-level", true));
	ck_assert_str_eq(find(all, "waiver-expired", false)->where[0], "environments/prod.yaml");
	ck_assert_uint_eq(find(all, "waiver-expired", false)->line, 3);
	cfg_lint_free(all);
	cfg_rendered_free(rendered);
}
END_TEST

START_TEST(waivers_that_cover_nothing_or_hold_for_years_are_found)
{
	struct cfg_rendered *rendered =
		render("config: {loglevel: debug}\nwaivers:\n"
		       "  - {rule: tls-protocols, where: db9/*, " WAIVER "}\n"
		       "  - {rule: log-level, reason: x, owner: ops, expires: 2099-01-01}\n");
	struct cfg_lint *all = lint(rendered, "2026-12-01T00:00:00Z");

	ck_assert_uint_eq(find(all, "waiver-unused", false)->line, 3);
	ck_assert_ptr_nonnull(
		strstr(find(all, "waiver-unused", false)->detail, "tls-protocols in db9/*"));
	ck_assert_uint_eq(find(all, "waiver-long", false)->line, 4);
	cfg_lint_free(all);
	cfg_rendered_free(rendered);
}
END_TEST

START_TEST(a_policy_keeps_open_findings_out_and_no_others)
{
	struct cfg_rendered *rendered =
		render("config: {loglevel: debug, enable-debug-command: \"yes\"}\n"
		       "policy: {block: high}\n");
	struct cfg_lint *all = lint(rendered, "2026-12-01T00:00:00Z");
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_lint_judge(all, rendered, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "the policy of prod (block: high)"));
	ck_assert_ptr_nonnull(strstr(err.msg, "cmd-debug (high) in db1/b and 1 more"));
	ck_assert_ptr_nonnull(strstr(err.hint, "environments/prod.yaml"));
	cfg_lint_free(all);
	cfg_rendered_free(rendered);

	rendered = render("config: {loglevel: debug, enable-debug-command: \"yes\"}\n"
			  "policy: {block: high}\nwaivers: [{rule: cmd-debug, " WAIVER "}]\n");
	all = lint(rendered, "2026-12-01T00:00:00Z");
	assert_ok(cfg_lint_judge(all, rendered, &err), err); /* log-level is low */
	cfg_lint_free(all);
	all = lint(rendered, "2027-02-01T00:00:00Z");
	assert_fails(cfg_lint_judge(all, rendered, &err), VK_EINPUT);
	cfg_lint_free(all);
	cfg_rendered_free(rendered);

	rendered = render("config: {enable-debug-command: \"yes\"}\n");
	all = lint(rendered, "2026-12-01T00:00:00Z");
	assert_ok(cfg_lint_judge(all, rendered, &err), err); /* no policy */
	cfg_lint_free(all);
	cfg_rendered_free(rendered);
}
END_TEST

START_TEST(the_instances_of_a_host_are_added_up)
{
	struct cfg_tree *tree = tree_with("hosts/all.yaml",
		"hosts: {db1: {environment: prod, memory: 3gb,\n"
		"  instances: {a: {role: cache}, b: {role: cache}}}}\n");
	struct cfg_rendered *rendered = NULL;
	struct cfg_lint *all;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	all = lint(rendered, "2026-12-01T00:00:00Z");
	ck_assert_uint_eq(find(all, "data-host-memory", false)->where_count, 2);
	ck_assert_ptr_nonnull(
		strstr(find(all, "data-host-memory", false)->detail, "it has 3221225472"));
	cfg_lint_free(all);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

/* The tree with two servers in a replicated group, and a Sentinel that watches it. */
static struct cfg_lint *lint_group(const char *role, const char *sentinel)
{
	struct cfg_tree_file files[] = {
		{"fleet.yaml", "fleet: demo\nenvironments: [prod]\nvalkey: \"8.0\"\n", 0},
		{"roles/store.yaml", role, 0},
		{"roles/watch.yaml", sentinel, 0},
		{"hosts/all.yaml",
			"hosts:\n"
			"  db1: {environment: prod, address: 10.0.0.1, instances: {main: {role: "
			"store}, "
			"w: {role: watch}}}\n"
			"  db2: {environment: prod, address: 10.0.0.2, instances: {main: {role: "
			"store}}}\n",
			0},
		{"groups/orders.yaml",
			"environment: prod\nkind: replicated\nmembers: [db1/main, db2/main]\n"
			"sentinels: [db1/w]\nquorum: 1\n",
			0},
	};
	struct cfg_rendered *rendered = NULL;
	struct cfg_tree *tree = NULL;
	struct cfg_lint *out;
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		files[i].len = strlen(files[i].text);
	assert_ok(cfg_tree_from_files(files, sizeof(files) / sizeof(files[0]), &tree, &err), err);
	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	out = lint(rendered, "2026-12-01T00:00:00Z");
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return out;
}

#define OFF "users: {default: {rules: \"off\"}}\n"

START_TEST(members_of_a_group_need_a_login_and_replicas)
{
	struct cfg_lint *all = lint_group(
		"config: {port: 6379}\n" OFF, "kind: sentinel\nconfig: {port: 26379}\n" OFF);

	ck_assert_uint_eq(find(all, "auth-replica-login", false)->where_count, 2);
	ck_assert_uint_eq(find(all, "data-min-replicas", false)->where_count, 2);
	cfg_lint_free(all);
	all = lint_group("config: {port: 6379, min-replicas-to-write: 1}\n" OFF,
		"kind: sentinel\nconfig: {port: 26379}\n" OFF);
	ck_assert_ptr_null(find(all, "data-min-replicas", false));
	cfg_lint_free(all);
}
END_TEST

START_TEST(the_sentinels_of_a_tree_are_judged_as_sentinels)
{
	struct cfg_lint *all = lint_group("config: {port: 6379}\n" OFF,
		"kind: sentinel\nconfig: {port: 26379, \"sentinel deny-scripts-reconfig\": "
		"\"no\"}\n" OFF);

	ck_assert_ptr_nonnull(find(all, "cmd-sentinel-scripts", false));
	ck_assert_str_eq(find(all, "cmd-sentinel-scripts", false)->where[0], "db1/w");
	ck_assert_ptr_nonnull(find(all, "cmd-sentinel-auth", false));
	for (size_t i = 0; i < find(all, "data-maxmemory", false)->where_count; i++)
		ck_assert_str_ne(find(all, "data-maxmemory", false)->where[i], "db1/w");
	cfg_lint_free(all);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lint");
	TCase *tc = tcase_create("core");

	tcase_add_loop_test(tc, policies_and_waivers_that_are_wrong_are_refused_with_their_place, 0,
		REFUSED_COUNT);
	tcase_add_test(tc, every_fault_of_a_waiver_is_found_in_one_run);
	tcase_add_test(tc, patterns_stand_for_characters_but_not_for_a_slash);
	tcase_add_test(tc, policy_and_waivers_change_no_bundle);
	tcase_add_test(tc, instances_with_the_same_finding_are_one_item);
	tcase_add_test(tc, a_waiver_covers_what_it_names_until_its_last_day);
	tcase_add_test(tc, waivers_that_cover_nothing_or_hold_for_years_are_found);
	tcase_add_test(tc, a_policy_keeps_open_findings_out_and_no_others);
	tcase_add_test(tc, the_instances_of_a_host_are_added_up);
	tcase_add_test(tc, members_of_a_group_need_a_login_and_replicas);
	tcase_add_test(tc, the_sentinels_of_a_tree_are_judged_as_sentinels);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
