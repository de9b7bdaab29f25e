/* SPDX-License-Identifier: BSD-3-Clause */
/* The templates that vkcfg carries, and what roles can do with them. */
#include "config.h"

#include "common/config/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/baseline.h"
#include "common/config/directive.h"
#include "common/config/explain.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/template_nearest.h"
#include "common/config/template_show.h"
#include "common/digest.h"
#include "common/vkyaml.h"
#include "tests/unit/unit.h"

#define PIN "version: 1\nsha256: \"" PIN_DIGITS "\"\n"
#define PIN_DIGITS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* One host db1 with one instance of role r, all secrets that a template may want being pinned. */
static struct cfg_tree *tree_of(const char *version, const char *role)
{
	static const char hosts[] =
		"hosts: {db1: {environment: prod, instances: {main: {role: r}}}}\n";
	static const char *const secrets[] = {
		"app", "monitoring", "replication", "sentinel", "operator"};
	enum { SECRETS = sizeof(secrets) / sizeof(secrets[0]) };
	struct cfg_tree_file files[3 + SECRETS];
	char fleet[128], paths[SECRETS][64];
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	snprintf(fleet, sizeof(fleet), "fleet: demo\nenvironments: [prod]\nvalkey: \"%s\"\n",
		version);
	files[0] = (struct cfg_tree_file){"fleet.yaml", fleet, strlen(fleet)};
	files[1] = (struct cfg_tree_file){"roles/r.yaml", role, strlen(role)};
	files[2] = (struct cfg_tree_file){"hosts/all.yaml", hosts, strlen(hosts)};
	for (size_t i = 0; i < SECRETS; i++) {
		snprintf(paths[i], sizeof(paths[i]), "secrets/prod/r-%s-password.yaml", secrets[i]);
		files[3 + i] = (struct cfg_tree_file){paths[i], PIN, strlen(PIN)};
	}
	assert_ok(cfg_tree_from_files(files, 3 + SECRETS, &tree, &err), err);
	return tree;
}

/* The first error of a role; "" if there is none. */
static const char *first_error(const char *role)
{
	static char message[512];
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = tree_of("8.0", role);
	struct cfg_findings *findings = cfg_findings_new();

	assert_ok(cfg_validate(tree, findings, &err), err);
	message[0] = '\0';
	if (cfg_findings_check(findings, &err) != VK_OK)
		snprintf(message, sizeof(message), "%s", err.msg);
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	return message;
}

/* A file of the only bundle. */
static char *rendered_file(const char *version, const char *role, const char *path)
{
	struct cfg_tree *tree = tree_of(version, role);
	struct cfg_rendered *rendered = NULL;
	const struct vk_bundle_file *file;
	struct vk_bundle *bundle = NULL;
	struct vk_err err = VK_ERR_INIT;
	char *out;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	assert_ok(vk_bundle_parse(cfg_rendered_at(rendered, 0)->text,
			  cfg_rendered_at(rendered, 0)->len, &bundle, &err),
		err);
	file = vk_bundle_find(bundle, path);
	ck_assert_msg(file != NULL, "no %s", path);
	out = strdup(file->text);
	vk_bundle_free(bundle);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return out;
}

static void assert_has_line(const char *text, const char *line)
{
	ck_assert_msg(strstr(text, line) != NULL, "no '%s' in:\n%s", line, text);
}

/* ---- the language ---- */

START_TEST(refuses_wrong_values_for_a_templates_parameters)
{
	static const struct {
		const char *role, *error;
	} table[] = {
		{"template: cahce@1\n", "roles/r.yaml:1:11: there is no template 'cahce@1'"},
		{"template: cache@1\nparameters: {memory: lots}\n",
			"roles/r.yaml:2:22: parameter 'memory': expected memory, found 'lots'"},
		{"template: cache@1\nparameters: {memory: 1kb}\n",
			"roles/r.yaml:2:22: parameter 'memory': expected 16777216 to "
			"4398046511104, found '1kb'"},
		{"template: cache@1\nparameters: {eviction: noeviction}\n",
			"roles/r.yaml:2:24: parameter 'eviction': expected one of "
			"allkeys-lru|allkeys-lfu|allkeys-random, found 'noeviction'"},
		{"template: cache@1\nparameters: {memroy: 1gb}\n",
			"roles/r.yaml:2:14: no template of role 'r' has a parameter 'memroy'"},
		{"template: cache@1\nparameters: {prefix: \"*\"}\n",
			"roles/r.yaml:2:22: parameter 'prefix': expected a word"},
		{"template: cache@1\nparameters: {prefix: \"a b\"}\n",
			"roles/r.yaml:2:22: parameter 'prefix': expected a word"},
		{"template: cache@1\nparameters: {app-password: \"S3cret!\"}\n",
			"roles/r.yaml:2:28: parameter 'app-password': expected the name of a "
			"secret"},
		{"template: cache@1\nparameters: {app-password: nowhere}\n",
			"templates/baseline@2.yaml:70:17: environment 'prod' has no secret "
			"'nowhere'"},
		{"template: development@1\nparameters: {address: 0.0.0.0}\n",
			"roles/r.yaml:2:14: no template of role 'r' has a parameter 'address'"},
		{"parameters: {p: ~}\n", "roles/r.yaml:1:17: parameter 'p': its type is missing"},
		{"parameters: {p: {type: word, min: 1}}\n",
			"roles/r.yaml:1:35: parameter 'p': '1' is no bound of type word"},
		{"config: {primaryauth: \"secret:${p}\"}\n",
			"roles/r.yaml:1:23: role 'r' has no parameter 'p'"},
		{"config: {primaryauth: \"secret:a${p}\"}\n",
			"roles/r.yaml:1:23: a reference to a secret without the name of one"},
		{"parameters: {p: {type: string, default: x}}\n"
		 "config: {primaryauth: \"secret:${p}\"}\n",
			"roles/r.yaml:2:23: parameter 'p' is not of type secret"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *error = first_error(table[i].role);

		ck_assert_msg(strncmp(error, table[i].error, strlen(table[i].error)) == 0,
			"got      %s\nexpected %s", error, table[i].error);
	}
}
END_TEST

START_TEST(names_the_template_that_was_meant_or_all)
{
	char hint[256];

	cfg_template_hint("cahce@1", hint, sizeof(hint));
	ck_assert_str_eq(hint, "did you mean 'cache@1'?");
	cfg_template_hint("xyz", hint, sizeof(hint));
	ck_assert_msg(
		strncmp(hint, "there are baseline@1, baseline@2, cache@1", 41) == 0, "%s", hint);
	for (size_t i = 0; i < cfg_template_count; i++)
		assert_has_line(hint, cfg_templates[i].name);
	ck_assert_ptr_null(cfg_template_find("cache"));
}
END_TEST

START_TEST(a_role_of_five_lines_is_a_whole_configuration)
{
	static const char role[] = "template: cache@1\n"
				   "parameters:\n"
				   "  memory: 2gb\n"
				   "  prefix: shop:cart\n"
				   "  address: 10.0.0.5\n";
	char *conf = rendered_file("8.0", role, "valkey.conf");
	char *acl = rendered_file("8.0", role, "users.acl");

	assert_has_line(conf, "\nmaxmemory 2147483648\n");
	assert_has_line(conf, "\nmaxmemory-policy allkeys-lru\n");
	assert_has_line(conf, "\nbind 10.0.0.5\n");
	assert_has_line(conf, "\nport 0\n");
	assert_has_line(conf, "\ntls-cert-file \"@{instance}/tls/server.crt\"\n");
	assert_has_line(acl, "user app on sanitize-payload #@{sha256:r-app-password@1} "
			     "~shop:cart:* resetchannels ");
	assert_has_line(acl, "user default off ");
	free(conf);
	free(acl);
}
END_TEST

START_TEST(certificates_can_come_from_the_tree)
{
	static const char role[] = "template: cache@1\n"
				   "parameters: {tls-files: generation}\n"
				   "files:\n"
				   "  - {path: tls/server.crt, text: x}\n"
				   "  - {path: tls/ca.crt, text: x}\n";
	static const char key[] = "  - {path: tls/server.key, secret: r-app-password}\n";
	char whole[512];
	char *conf;

	ck_assert_str_eq(first_error(role),
		"templates/baseline@2.yaml:27:3: tls-key-file: no layer adds a file "
		"'tls/server.key'");
	snprintf(whole, sizeof(whole), "%s%s", role, key);
	conf = rendered_file("8.0", whole, "valkey.conf");
	assert_has_line(conf, "\ntls-key-file \"@{generation}/tls/server.key\"\n");
	free(conf);
}
END_TEST

START_TEST(a_directives_secret_can_be_a_parameter)
{
	char *text = rendered_file("8.0", "template: replicated@1\n", "secrets.conf");

	ck_assert_str_eq(text, "primaryauth \"@{secret:r-replication-password@1}\"\n");
	free(text);
	text = rendered_file("8.0",
		"template: replicated@1\nparameters: {replication-password: r-sentinel-password}\n",
		"secrets.conf");
	ck_assert_str_eq(text, "primaryauth \"@{secret:r-sentinel-password@1}\"\n");
	free(text);
}
END_TEST

START_TEST(explains_which_template_says_what)
{
	struct cfg_tree *tree = tree_of("8.0", "template: cache@1\n");
	struct cfg_explanation *e = NULL;
	const struct cfg_explained *item;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_explain(tree, "db1/main", "maxmemory-policy", &e, &err), err);
	item = cfg_explanation_at(e, 0);
	ck_assert_uint_eq(item->count, 2);
	ck_assert_str_eq(item->origins[0].file, "templates/baseline@2.yaml");
	ck_assert_str_eq(item->origins[0].text, "noeviction");
	ck_assert_str_eq(item->origins[1].file, "templates/cache@1.yaml");
	ck_assert(item->origins[1].is_effective);
	ck_assert_str_eq(item->value, "allkeys-lru");
	cfg_explanation_free(e);
	cfg_tree_free(tree);
}
END_TEST

/* ---- what we carry ---- */

/* Trees that were signed render with these bytes. A published template never changes: what is to
 * be better goes into the next number. */
START_TEST(published_templates_are_what_they_were)
{
	static const struct {
		const char *name, *sha256;
	} published[] = {
		{"baseline@1", "3ff92262c691f43b2c90f0567068a63fd2c3a3fe83187d71beb0fb45e4e122ef"},
		{"baseline@2", "624b9155d08674e36a3f1770c16961c5aaee31ab16ccfd3310209019067ca99a"},
		{"cache@1", "f9a23b6c48362ac57fa39cb89f9a1a5c819f8680be1a7422bb29f8afeeb8f3b5"},
		{"cluster-node@1",
			"e94c2d37335412ab56082b1ce59ef0ee3980c36e9c66987589c714845edd1b4c"},
		{"development@1",
			"008474d9dc0d827a2a07285240316a30704997da2572807b495fa371f4444044"},
		{"durable@1", "2f14bb9671642d3b0d3e4e598ea33fa5530811cb8260e7312bb58a3fb72db909"},
		{"queue@1", "f088c3efdbfa85b67ef4a13029dc9dbccb4fe049cd338095a4389253001e77d3"},
		{"replicated@1",
			"ec17a9bc0bbd428510bab1bb6674900bfe4d90656f2441eda894229c03cfdf04"},
		{"sentinel@1", "596fde74b8dc19d3f7ab6ca1fbd19a4d023fa3ff0e0323b9f4e78b01ffd856cd"},
		{"session@1", "9834b684fa7bd138e3a1c07f7d93bfdf4be658a033498a2ee573b2095deb62f9"},
	};

	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		const struct cfg_template *template = cfg_template_find(published[i].name);
		char digest[VK_SHA256_HEX_BYTES];

		ck_assert_msg(template != NULL, "%s is gone", published[i].name);
		vk_sha256_hex(template->text, strlen(template->text), digest);
		ck_assert_msg(strcmp(digest, published[i].sha256) == 0, "%s has changed: %s",
			published[i].name, digest);
	}
	ck_assert_uint_eq(cfg_template_count, sizeof(published) / sizeof(published[0]));
}
END_TEST

static struct cfg_template_shown *show(const struct cfg_template *template)
{
	struct cfg_template_shown *shown = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_template_show(template, &shown, &err), err);
	return shown;
}

START_TEST(every_choice_and_every_parameter_says_why)
{
	for (size_t i = 0; i < cfg_template_count; i++) {
		struct cfg_template_shown *shown = show(&cfg_templates[i]);

		ck_assert_msg(shown->summary != NULL, "%s", shown->name);
		ck_assert_msg(shown->use != NULL || strcmp(shown->name, "baseline@1") == 0, "%s",
			shown->name);
		ck_assert_uint_gt(shown->choice_count, 20);
		for (size_t k = 0; k < shown->choice_count; k++)
			ck_assert_msg(shown->choices[k].reason != NULL &&
					      strlen(shown->choices[k].reason) > 10,
				"%s: %s %s has no reason", shown->name, shown->choices[k].section,
				shown->choices[k].name);
		for (size_t k = 0; k < shown->parameter_count; k++)
			ck_assert_msg(shown->parameters[k].help != NULL, "%s: %s has no help",
				shown->name, shown->parameters[k].name);
		cfg_template_shown_free(shown);
	}
}
END_TEST

START_TEST(every_reason_has_its_choice)
{
	static const char *const sections[] = {"config", "users", "apply"};

	for (size_t i = 0; i < cfg_template_count; i++) {
		const struct cfg_template *t = &cfg_templates[i];
		struct vk_err err = VK_ERR_INIT;
		struct vkyaml *doc = NULL;
		const struct vkyaml_node *reasons;

		assert_ok(vkyaml_parse(t->name, t->text, strlen(t->text), &doc, &err), err);
		reasons = vkyaml_get(vkyaml_root(doc), "reasons");
		for (size_t s = 0; reasons != NULL && s < 3; s++) {
			const struct vkyaml_node *map = vkyaml_get(reasons, sections[s]);
			const struct vkyaml_node *set = vkyaml_get(vkyaml_root(doc), sections[s]);

			for (size_t k = 0; map != NULL && k < vkyaml_count(map); k++)
				ck_assert_msg(vkyaml_get(set, vkyaml_key(map, k)) != NULL,
					"%s: a reason for %s, which it does not set", t->name,
					vkyaml_key(map, k));
		}
		vkyaml_free(doc);
	}
}
END_TEST

/* What the baseline finds in a template that is taken as it is: "rule rule", medium and above. */
static void find_violations(const char *version, const char *name, struct vk_buf *out)
{
	char role[64], *conf, *acl;
	struct cfg_violations *violations = NULL;
	struct vk_err err = VK_ERR_INIT;

	snprintf(role, sizeof(role), "template: %s\n", name);
	conf = rendered_file(version, role, "valkey.conf");
	acl = rendered_file(version, role, "users.acl");
	assert_ok(cfg_baseline_check(&(struct cfg_subject){.version = version,
					     .conf = conf,
					     .conf_len = strlen(conf),
					     .acl = acl,
					     .acl_len = strlen(acl)},
			  &violations, &err),
		err);
	for (size_t i = 0; i < cfg_violations_count(violations); i++) {
		const struct cfg_rule *rule = cfg_violations_at(violations, i)->rule;

		if (rule->risk >= CFG_RISK_MEDIUM)
			vk_buf_addf(out, "%s ", rule->id);
	}
	cfg_violations_free(violations);
	free(conf);
	free(acl);
}

START_TEST(the_baseline_finds_nothing_in_them_in_any_version)
{
	struct vk_buf found;

	vk_buf_init(&found, 10000);
	for (size_t i = 0; i < cfg_template_count; i++) {
		const char *name = cfg_templates[i].name;
		bool is_lax = strcmp(name, "development@1") == 0;

		if (strcmp(name, "sentinel@1") == 0)
			continue; /* the baseline is about Valkeys */

		for (size_t v = 0; v < cfg_version_count(); v++) {
			vk_buf_reset(&found);
			find_violations(cfg_version_at(v), name, &found);
			/* As its text says, and nothing else. */
			ck_assert_msg(
				strcmp(found.data, is_lax ? "auth-app-no-dangerous "
							    "auth-app-no-script auth-key-scope "
							  : "") == 0,
				"%s on %s: %s", name, cfg_version_at(v), found.data);
		}
	}
	vk_buf_release(&found);
}
END_TEST

static struct cfg_template_match nearest_to(const char *version, const char *conf)
{
	struct cfg_template_match match;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_template_nearest(version, conf, strlen(conf), &match, &err), err);
	return match;
}

START_TEST(refuses_to_compare_what_is_no_configuration)
{
	struct cfg_template_match match;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_template_nearest("8.0", "save \"1", 7, &match, &err), VK_EINPUT);
}
END_TEST

START_TEST(each_template_is_nearest_to_itself)
{
	for (size_t i = 0; i < cfg_template_count; i++) {
		char role[64], *conf;
		struct cfg_template_match match;

		if (cfg_template_successor(&cfg_templates[i]) != NULL ||
			strcmp(cfg_templates[i].name, "sentinel@1") == 0)
			continue; /* nobody starts with them; no Valkey is like a Sentinel */
		snprintf(role, sizeof(role), "template: %s\n", cfg_templates[i].name);
		for (size_t v = 0; v < cfg_version_count(); v++) {
			conf = rendered_file(cfg_version_at(v), role, "valkey.conf");
			match = nearest_to(cfg_version_at(v), conf);
			if (strcmp(cfg_templates[i].name, "development@1") == 0) {
				ck_assert_str_eq(match.template->name, "baseline@2");
				ck_assert_uint_gt(match.differing, 0);
			} else {
				ck_assert_str_eq(match.template->name, cfg_templates[i].name);
				ck_assert_uint_eq(match.differing, 0);
			}
			ck_assert_uint_gt(match.compared, 20);
			free(conf);
		}
	}
}
END_TEST

START_TEST(knows_what_an_old_file_is_for)
{
	static const struct {
		const char *conf, *template;
	} table[] = {
		{"port 6379\nmaxmemory 2gb\nmaxmemory-policy allkeys-lfu\nsave \"\"\n"
		 "lazyfree-lazy-eviction yes\n",
			"cache@1"},
		{"cluster-enabled yes\ncluster-node-timeout 5000\nappendonly yes\n"
		 "cluster-migration-barrier 1\n",
			"cluster-node@1"},
		{"appendonly yes\nappendfsync always\nmaxmemory 1gb\n", "durable@1"},
		{"appendonly yes\nmaxmemory-policy volatile-ttl\n", "session@1"},
		{"bind 10.0.0.1\nsave 3600 1 300 100 60 10000\n", "baseline@2"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_str_eq(
			nearest_to("8.0", table[i].conf).template->name, table[i].template);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("template");
	TCase *tc = tcase_create("template");

	tcase_add_test(tc, refuses_wrong_values_for_a_templates_parameters);
	tcase_add_test(tc, names_the_template_that_was_meant_or_all);
	tcase_add_test(tc, a_role_of_five_lines_is_a_whole_configuration);
	tcase_add_test(tc, certificates_can_come_from_the_tree);
	tcase_add_test(tc, a_directives_secret_can_be_a_parameter);
	tcase_add_test(tc, explains_which_template_says_what);
	tcase_add_test(tc, published_templates_are_what_they_were);
	tcase_add_test(tc, every_choice_and_every_parameter_says_why);
	tcase_add_test(tc, every_reason_has_its_choice);
	tcase_add_test(tc, the_baseline_finds_nothing_in_them_in_any_version);
	tcase_add_test(tc, refuses_to_compare_what_is_no_configuration);
	tcase_add_test(tc, each_template_is_nearest_to_itself);
	tcase_add_test(tc, knows_what_an_old_file_is_for);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(suite)
