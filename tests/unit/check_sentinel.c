/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentinels: their schema, the groups that name them, and the files that are rendered for them. */
#include "config.h"

#include "common/config/fleet.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/acl_command.h"
#include "common/config/directive.h"
#include "common/config/render.h"
#include "common/config/secret_use.h"
#include "common/config/topology.h"
#include "tests/unit/tree_text.h"

#define FLEET "fleet: demo\nenvironments: [prod]\nvalkey: \"8.0\"\n"
#define GROUP "environment: prod\nkind: replicated\nmembers: [db1/main, db2/main]\n"
#define WATCHED GROUP "sentinels: [db1/watch, db2/watch, db3/watch]\n"
#define S "groups/g.yaml:"

static const char hosts[] =
	"hosts:\n"
	"  db1: {environment: prod, address: 10.0.0.1, instances: {main: {role: store},\n"
	"      watch: {role: watch}, lone: {role: tls-watch}}}\n"
	"  db2: {environment: prod, address: db2.example, instances: {main: {role: store},\n"
	"      watch: {role: watch}}}\n"
	"  db3: {environment: prod, address: 10.0.0.3, config: {maxmemory: 1gb, loglevel: "
	"warning},\n"
	"    users: {app: {rules: \"on ~a +get\", passwords: [\"sha256:" HASH_A "\"]}},\n"
	"    instances: {main: {role: store}, watch: {role: watch}}}\n";
static const char watch[] = "kind: sentinel\nconfig: {port: 26379, sentinel resolve-hostnames: "
			    "\"yes\"}\n";
static const char tls_watch[] = "kind: sentinel\nconfig: {port: 26380, tls-replication: \"yes\"}\n";
static const char pin[] = "version: 3\nsha256: \"" HASH_A "\"\n";

static struct cfg_tree *tree_of(const char *path, const char *text)
{
	struct cfg_tree_file files[] = {
		{"fleet.yaml", FLEET, strlen(FLEET)},
		{"hosts/all.yaml", hosts, strlen(hosts)},
		{"roles/store.yaml", "config: {maxmemory: 1gb}\n", 25},
		{"roles/watch.yaml", watch, strlen(watch)},
		{"roles/tls-watch.yaml", tls_watch, strlen(tls_watch)},
		{"secrets/prod/watcher.yaml", pin, strlen(pin)},
		{"groups/g.yaml", WATCHED, strlen(WATCHED)},
		{path, text, strlen(text)},
	};
	size_t count = sizeof(files) / sizeof(files[0]);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	for (size_t i = 0; i < count - 1; i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		files[i] = files[count - 1];
		count--;
	}
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	return tree;
}

/* The errors of the tree with one file replaced, one a line. */
static char *errors_of(const char *path, const char *text)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_tree *tree = tree_of(path, text);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *joined;

	vk_buf_init(&out, 1000000);
	assert_ok(cfg_validate(tree, findings, &err), err);
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		if (finding->severity != CFG_ERROR)
			continue;
		cfg_finding_format(finding, &out);
		vk_buf_addc(&out, '\n');
	}
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

static void assert_errors(const char *path, const char *text, const char *expected)
{
	char *found = errors_of(path, text);

	ck_assert_str_eq(found, expected);
	free(found);
}

START_TEST(refuses_sentinels_that_are_none)
{
	assert_errors("groups/g.yaml", GROUP "sentinels: [db1/main]\n",
		S "4:13: 'db1/main' is no Sentinel\n");
	assert_errors("groups/g.yaml", GROUP "sentinels: [db1/watch, db1/watch, db9/watch]\n",
		S "4:24: 'db1/watch' is in this list twice\n" S "4:35: there is no host 'db9'\n");
	assert_errors("groups/g.yaml",
		"environment: prod\nkind: replicated\nmembers: [db1/main, db2/watch]\n",
		S "3:21: 'db2/watch' is a Sentinel: it cannot be a member\n");
	assert_errors("groups/g.yaml", GROUP "quorum: 2\nsentinel: {parallel-syncs: 1}\n",
		S "4:9: 'quorum' without 'sentinels'\n" S "5:11: 'sentinel' without 'sentinels'\n");
	assert_errors("groups/g.yaml",
		"environment: prod\nkind: cluster\nshards: [[db1/main]]\nsentinels: [db1/watch]\n",
		S "3:11: 'db1/main' is no node of a cluster, group 'g' is one "
		  "(groups/g.yaml)\n" S "4:1: group: unknown key 'sentinels'\n");
}
END_TEST

START_TEST(refuses_a_quorum_that_cannot_be)
{
	assert_errors("groups/g.yaml", WATCHED "quorum: 4\n",
		S "5:9: quorum: expected a number from 1 to 3, as many as there are Sentinels, "
		  "found '4'\n");
	assert_errors("groups/g.yaml", WATCHED "quorum: 0\n",
		S "5:9: quorum: expected a number from 1 to 3, as many as there are Sentinels, "
		  "found '0'\n");
}
END_TEST

START_TEST(refuses_what_sentinels_cannot_be_told)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"{down-after-milliseconds: 0}",
			"5:12: sentinel down-after-milliseconds: expected a whole number from 1 "
			"to 9223372036854775807, found '0'"},
		{"{down-after-miliseconds: 5}", "5:12: the Sentinel of Valkey 8.0 has no directive "
						"'down-after-miliseconds'"},
		{"{maxmemory: 1gb}",
			"5:12: the Sentinel of Valkey 8.0 has no directive 'maxmemory'"},
		{"{loglevel: notice}",
			"5:12: loglevel: a Sentinel has it once, not for each group"},
		{"{monitor: x}", "5:12: sentinel monitor cannot be set in a tree"},
		{"{notification-script: /bin/sh}",
			"5:12: sentinel notification-script cannot be set in a tree"},
		{"{auth-pass: geheim}", "5:12: sentinel auth-pass cannot be set in a tree"},
		{"{auth-user: \"a b\"}",
			"5:12: sentinel auth-user: a Sentinel could not read it again from the "
			"file that it writes"},
		{"{auth-user: \"secret:watcher\"}",
			"5:23: sentinel auth-user: its value cannot be a secret"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[512];
		char *found;

		snprintf(text, sizeof(text), WATCHED "sentinel: %s\n", table[i].text);
		found = errors_of("groups/g.yaml", text);
		ck_assert_msg(
			strstr(found, table[i].message) != NULL, "%s\n%s", table[i].text, found);
		ck_assert_ptr_null(strstr(found, "geheim"));
		free(found);
	}
}
END_TEST

START_TEST(refuses_roles_that_fit_no_sentinel)
{
	char *found;

	assert_errors("roles/watch.yaml", "kind: sentinal\nconfig: {port: 1}\n",
		"groups/g.yaml:4:13: 'db1/watch' is no Sentinel\n"
		"groups/g.yaml:4:24: 'db2/watch' is no Sentinel\n"
		"groups/g.yaml:4:35: 'db3/watch' is no Sentinel\n"
		"roles/watch.yaml:1:7: kind: expected valkey or sentinel, found 'sentinal'\n");
	assert_errors("roles/watch.yaml",
		"kind: sentinel\nconfig:\n  sentinel resolve-hostnames: \"yes\"\n  save: \"\"\n"
		"  failover-timeout: 3\n",
		"roles/watch.yaml:4:3: the Sentinel of Valkey 8.0 has no directive 'save'\n"
		"roles/watch.yaml:5:3: sentinel failover-timeout: a Sentinel has it once for each "
		"group\n");
	assert_errors("roles/watch.yaml",
		"kind: sentinel\nconfig: {sentinel resolve-hostnames: \"yes\"}\n"
		"users:\n  app: {rules: \"on +get\", passwords: [\"sha256:" HASH_A "\"]}\n",
		"roles/watch.yaml:4:16: user 'app': rule '+get': the Sentinel of Valkey 8.0 has no "
		"such command\n");
	found = errors_of("roles/watch.yaml", "kind: valkey\ntemplate: sentinel@1\n");
	ck_assert_ptr_nonnull(
		strstr(found, "roles/watch.yaml:1:7: kind: the template is for a sentinel\n"));
	free(found);
}
END_TEST

START_TEST(refuses_a_group_that_its_sentinel_cannot_reach)
{
	assert_errors("groups/g.yaml", GROUP "sentinels: [db1/lone]\n",
		S "3:11: 'db1/main' opens no port with TLS, which Sentinels of role 'tls-watch' "
		  "need\n" S
		  "3:21: 'db2/main' opens no port with TLS, which Sentinels of role 'tls-watch' "
		  "need\n" S
		  "3:21: Sentinels of role 'tls-watch' take no names, and the address of "
		  "'db2/main' is 'db2.example'\n");
}
END_TEST

static struct vk_bundle *bundle_of(const struct cfg_rendered *rendered, const char *id)
{
	const struct cfg_rendered_bundle *found = cfg_rendered_find(rendered, id, NULL);
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle;

	ck_assert_ptr_nonnull(found);
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	return bundle;
}

START_TEST(renders_the_file_of_a_sentinel)
{
	struct cfg_tree *tree = tree_of("groups/g.yaml",
		WATCHED "quorum: 2\nsentinel: {auth-user: watcher, auth-pass: \"secret:watcher\", "
			"rename-command: [\"SLAVEOF hidden\"], parallel-syncs: 2}\n");
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct vk_bundle *bundle;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	bundle = bundle_of(rendered, "db3/watch");
	ck_assert_int_eq(bundle->kind, VK_KIND_SENTINEL);
	ck_assert_ptr_null(bundle->group);
	ck_assert_ptr_null(vk_bundle_find(bundle, VK_BUNDLE_CONF));
	ck_assert_str_eq(vk_bundle_find(bundle, VK_BUNDLE_SENTINEL)->text,
		"# db3/watch in prod, written by vkcfg: what is changed here is drift.\n"
		"loglevel warning\n"
		"port 26379\n"
		"sentinel resolve-hostnames yes\n"
		"aclfile \"@{generation}/users.acl\"\n"
		"dir \"@{data}\"\n"
		"sentinel monitor g 10.0.0.1 6379 2\n"
		"sentinel auth-user g watcher\n"
		"sentinel parallel-syncs g 2\n"
		"sentinel rename-command g SLAVEOF hidden\n"
		"include \"@{generation}/secrets.conf\"\n");
	ck_assert_str_eq(vk_bundle_find(bundle, VK_BUNDLE_SECRETS)->text,
		"sentinel auth-pass g \"@{secret:watcher@3}\"\n");
	ck_assert_ptr_null(strstr(vk_bundle_find(bundle, VK_BUNDLE_ACL)->text, "user app"));
	ck_assert_uint_eq(bundle->secret_count, 1);
	vk_bundle_free(bundle);
	bundle = bundle_of(rendered, "db2/main");
	ck_assert_uint_eq(bundle->group->sentinel_count, 3);
	ck_assert_str_eq(bundle->group->sentinels[2].instance, "db3/watch");
	ck_assert_int_eq(bundle->group->sentinels[2].port, 26379);
	vk_bundle_free(bundle);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(a_sentinels_host_is_sealed_the_groups_password)
{
	struct cfg_tree *tree =
		tree_of("groups/g.yaml", WATCHED "sentinel: {auth-pass: \"secret:watcher\"}\n");
	struct cfg_secrets *secrets = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_secrets_read(tree, "prod", NULL, &secrets, &err), err);
	ck_assert_uint_eq(cfg_secrets_count(secrets), 1);
	ck_assert_uint_eq(cfg_secrets_at(secrets, 0)->use_count, 3);
	ck_assert_uint_eq(cfg_secrets_at(secrets, 0)->host_count, 3);
	cfg_secrets_free(secrets);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(only_a_new_replica_is_told_its_primary)
{
	struct cfg_tree *tree = tree_of("groups/g.yaml", WATCHED);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct vk_bundle *bundle;
	struct vk_buf text;

	vk_buf_init(&text, 1000);
	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	bundle = bundle_of(rendered, "db2/main");
	assert_ok(cfg_first_topology(bundle, &text, &err), err);
	ck_assert_str_eq(text.data, "replicaof 10.0.0.1 6379\n");
	vk_bundle_free(bundle);
	vk_buf_reset(&text);
	bundle = bundle_of(rendered, "db1/main");
	assert_ok(cfg_first_topology(bundle, &text, &err), err);
	vk_bundle_free(bundle);
	bundle = bundle_of(rendered, "db3/main");
	assert_ok(cfg_first_topology(bundle, &text, &err), err);
	vk_bundle_free(bundle);
	ck_assert_str_eq(text.data, "");
	vk_buf_release(&text);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(knows_the_directives_and_commands_of_a_sentinel)
{
	const struct cfg_directive *d = cfg_directive_find("sentinel auth-user", "sentinel 8.0");

	ck_assert_ptr_nonnull(d);
	ck_assert_ptr_eq(cfg_directive_find("auth-user", "sentinel 8.0"), d);
	ck_assert_ptr_null(cfg_directive_find("sentinel auth-user", "8.0"));
	ck_assert_ptr_null(cfg_directive_find("maxmemory", "sentinel 8.0"));
	ck_assert_ptr_nonnull(cfg_directive_find("port", "sentinel 8.0"));
	ck_assert_ptr_null(cfg_directive_find("port", "sentinel 6.2"));
	ck_assert(!cfg_version_is_known("sentinel 8.0"));
	ck_assert(cfg_command_is_known("sentinel|masters", "sentinel 7.2"));
	ck_assert(!cfg_command_is_known("sentinel|primaries", "sentinel 7.2"));
	ck_assert(cfg_command_is_known("sentinel|primaries", "sentinel 8.0"));
	ck_assert(!cfg_command_is_known("sentinel|mastres", "sentinel 8.0"));
	ck_assert(!cfg_command_is_known("sentinel|masters", "8.0"));
	ck_assert(!cfg_command_is_known("get", "sentinel 8.0"));
	ck_assert(cfg_command_is_known("acl|list", "sentinel 8.0"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sentinel");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_sentinels_that_are_none);
	tcase_add_test(tc, refuses_a_quorum_that_cannot_be);
	tcase_add_test(tc, refuses_what_sentinels_cannot_be_told);
	tcase_add_test(tc, refuses_roles_that_fit_no_sentinel);
	tcase_add_test(tc, refuses_a_group_that_its_sentinel_cannot_reach);
	tcase_add_test(tc, renders_the_file_of_a_sentinel);
	tcase_add_test(tc, a_sentinels_host_is_sealed_the_groups_password);
	tcase_add_test(tc, only_a_new_replica_is_told_its_primary);
	tcase_add_test(tc, knows_the_directives_and_commands_of_a_sentinel);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
