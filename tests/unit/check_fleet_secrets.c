/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets in a tree: what is refused, what bundles then hold, and who may open what. */
#include "config.h"

#include "common/config/secret_use.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/diff.h"
#include "common/config/explain.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/name.h"
#include "tests/unit/tree_text.h"

#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KEY_D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define KEY_E "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define HASH_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char fleet_yaml[] = "fleet: demo\nenvironments: [dev, prod]\nvalkey: \"8.0\"\n";
static const char prod_yaml[] =
	"keepers:\n  bob: \"ed25519:" HASH_B "\"\n  alice: \"ed25519:" HASH_C "\"\n";
static const char role_yaml[] =
	"config: {masterauth: \"secret:replication\"}\n"
	"users:\n"
	"  app: {rules: \"on ~* +@read\", passwords: [\"secret:app\", \"sha256:" HASH_A "\"]}\n"
	"files: [{path: tls/server.key, secret: tls-key}]\n";
static const char hosts_yaml[] =
	"hosts:\n"
	"  db1: {environment: prod, public-key: \"ed25519:" KEY_D "\",\n"
	"        instances: {a: {role: cache}, b: {role: cache}}}\n"
	"  db2: {environment: prod, public-key: \"ed25519:" KEY_E "\",\n"
	"        instances: {main: {role: cache, config: {primaryauth: ~}}}}\n";
static const char app_yaml[] = "version: 4\nsha256: " HASH_A "\n"
			       "next: {version: 5, sha256: " HASH_B "}\n";
static const char replication_yaml[] = "version: 2\nsha256: " HASH_B "\n";
static const char key_yaml[] = "version: 1\nsha256: " HASH_C "\n";

/* A tree with three secrets, one file replaced (added if it is new, left out if text is NULL). */
static struct cfg_tree *secret_tree(const char *path, const char *text)
{
	struct cfg_tree_file files[] = {
		{"fleet.yaml", fleet_yaml, strlen(fleet_yaml)},
		{"environments/prod.yaml", prod_yaml, strlen(prod_yaml)},
		{"hosts/all.yaml", hosts_yaml, strlen(hosts_yaml)},
		{"roles/cache.yaml", role_yaml, strlen(role_yaml)},
		{"secrets/prod/app.yaml", app_yaml, strlen(app_yaml)},
		{"secrets/prod/replication.yaml", replication_yaml, strlen(replication_yaml)},
		{"secrets/prod/tls-key.yaml", key_yaml, strlen(key_yaml)},
		{path, text, text != NULL ? strlen(text) : 0},
	};
	size_t count = sizeof(files) / sizeof(files[0]) - 1, i = 0;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	while (i < count && (path == NULL || strcmp(files[i].path, path) != 0))
		i++;
	if (path != NULL && text != NULL) {
		files[i] = files[count];
		count += i == count;
	} else if (path != NULL) {
		files[i] = files[--count];
	}
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	return tree;
}

/* All findings with one file replaced: "FILE:L:C: message (hint)", one a line. */
static char *findings_of(const char *path, const char *text)
{
	struct cfg_tree *tree = secret_tree(path, text);
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *joined;

	vk_buf_init(&out, 1000000);
	assert_ok(cfg_validate(tree, findings, &err), err);
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		cfg_finding_format(finding, &out);
		vk_buf_addf(&out, "%s%s%s\n", finding->hint[0] != '\0' ? " (" : "", finding->hint,
			finding->hint[0] != '\0' ? ")" : "");
	}
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

struct refusal {
	const char *path, *text, *expected;
};

static void check_table(const struct refusal *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *found = findings_of(table[i].path, table[i].text);

		ck_assert_str_eq(found, table[i].expected);
		free(found);
	}
}

#define CHECK_TABLE(table) check_table(table, sizeof(table) / sizeof((table)[0]))
#define PIN_HINT " ('vkcfg secret set' writes this file)\n"

START_TEST(refuses_wrong_pins)
{
	static const struct refusal table[] = {
		{"secrets/prod/app.yaml", "",
			"secrets/prod/app.yaml:1:1: secret: 'version' is missing" PIN_HINT},
		{"secrets/prod/app.yaml", "version: 1\n",
			"secrets/prod/app.yaml:1:1: secret: 'sha256' is missing" PIN_HINT},
		{"secrets/prod/app.yaml", "version: 0\nsha256: " HASH_A "\n",
			"secrets/prod/app.yaml:1:10: version: expected a number, found '0' (1, 2, "
			"3...)\n"},
		{"secrets/prod/app.yaml", "version: 01\nsha256: " HASH_A "\n",
			"secrets/prod/app.yaml:1:10: version: expected a number, found '01' (1, 2, "
			"3...)\n"},
		{"secrets/prod/app.yaml", "version: 1\nsha256: hunter2\n",
			"secrets/prod/app.yaml:2:9: sha256: expected 64 hexadecimal digits in "
			"lower case" PIN_HINT},
		{"secrets/prod/app.yaml", "version: 1\nsha256: " HASH_A "\nvalue: hunter2\n",
			"secrets/prod/app.yaml:3:1: secret: unknown key 'value' (allowed: "
			"version|sha256|next|previous)\n"},
		{"secrets/prod/app.yaml",
			"version: 2\nsha256: " HASH_A "\nnext: {version: 2, sha256: " HASH_B "}\n",
			"secrets/prod/app.yaml:3:7: next: its version is not later than version "
			"2\n"},
		{"secrets/prod/app.yaml",
			"version: 2\nsha256: " HASH_A "\nprevious: {version: 3, sha256: " HASH_B
			"}\n",
			"secrets/prod/app.yaml:3:11: previous: its version is not earlier than "
			"version 2\n"},
		{"secrets/prod/app.yaml",
			"version: 2\nsha256: " HASH_A "\nnext: {version: 3, sha256: " HASH_A "}\n",
			"secrets/prod/app.yaml:3:7: next: it has the sha256 of version 2\n"},
		{"secrets/prod/app.yaml",
			"version: 2\nsha256: " HASH_A "\nnext: {version: 3, sha256: " HASH_B
			"}\nprevious: {version: 1, sha256: " HASH_C "}\n",
			"secrets/prod/app.yaml:3:7: secret: 'next' and 'previous' exclude each "
			"other ('vkcfg secret rotate' shows where a rotation stands)\n"},
		{"secrets/porod/app.yaml", app_yaml,
			"secrets/porod/app.yaml: there is no environment 'porod' (did you mean "
			"'prod'?)\n"},
		{"secrets/prod/App.yaml", app_yaml,
			"secrets/prod/App.yaml: 'App' cannot be a name (lower-case letters, "
			"digits, '.', '_' and '-', at most 63)\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *found = findings_of(table[i].path, table[i].text);
		char *own = strstr(found, table[i].expected);

		ck_assert_msg(own != NULL, "'%s' instead of '%s'", found, table[i].expected);
		ck_assert_ptr_null(strstr(found, "hunter2"));
		free(found);
	}
}
END_TEST

START_TEST(refuses_references_to_what_is_not_there)
{
	static const struct refusal table[] = {
		{"secrets/prod/app.yaml", NULL,
			"roles/cache.yaml:3:44: environment 'prod' has no secret 'app' (vkcfg "
			"secret set prod app)\n"},
		{"secrets/prod/replication.yaml", NULL,
			"roles/cache.yaml:1:22: environment 'prod' has no secret 'replication' "
			"(vkcfg secret set prod replication)\n"},
		{"secrets/prod/tls-key.yaml", NULL,
			"roles/cache.yaml:4:40: environment 'prod' has no secret 'tls-key' (vkcfg "
			"secret set prod tls-key)\n"},
		{"environments/prod.yaml",
			"keepers: {a: \"ed25519:" HASH_A "\"}\n"
			"users: {x: {rules: on, passwords: [\"secret:ap\"]}}\n",
			"environments/prod.yaml:2:36: environment 'prod' has no secret 'ap' (did "
			"you mean 'app'?)\n"},
	};

	CHECK_TABLE(table);
}
END_TEST

START_TEST(refuses_secrets_where_none_can_be)
{
	static const struct {
		const char *text, *expected;
	} table[] = {
		{"config: {loglevel: \"secret:app\"}",
			":1:20: loglevel: its value cannot be a secret"},
		{"config: {requirepass: hunter2}", ":1:10: requirepass cannot be set in a tree"},
		{"config: {requirepass: [\"secret:app\"]}",
			":1:24: requirepass: a secret cannot stand in a list"},
		{"config: {primaryauth: \"secret:${app}\"}",
			":1:23: role 'cache' has no parameter 'app'"},
		{"config: {primaryauth: \"secret:x${app}\"}",
			":1:23: a reference to a secret without the name of one"},
		{"config: {primaryauth: \"secret:hunter2 \"}",
			":1:23: a reference to a secret without the name of one"},
		{"config: {primaryauth: \"secret:app@4\"}",
			":1:23: a reference to a secret without the name of one"},
		{"config: {primaryuser: \"@{secret:app@4}\"}",
			":1:10: primaryuser: '@{' cannot stand in this value"},
		{"users: {x: {rules: on, passwords: [\"secret:\"]}}",
			":1:36: a reference to a secret without the name of one"},
		{"users: {x: {rules: \"on #@{sha256:app@4}\"}}",
			":1:20: user 'x': '@{' cannot stand in its rules"},
		{"users: {x: {rules: on nopass, passwords: [\"secret:app\"]}}",
			":1:20: user 'x': nopass and passwords exclude each other"},
		{"files: [{path: a, text: \"@{secret:app@4}\"}]",
			":1:25: file 'a': the placeholder of a secret cannot stand in a text"},
		{"files: [{path: secrets.conf, text: \"\"}]",
			":1:16: files: 'secrets.conf' is written by vkcfg"},
		{"files: [{path: a, text: \"\", secret: app}]",
			":1:9: file 'a': one of 'from', 'text' and 'secret' is needed"},
		{"files: [{path: a, secret: \"secret:app\"}]",
			":1:27: a reference to a secret without the name of one"},
		{"keepers: {eve: hunter2}",
			":1:16: keepers: expected \"ed25519:\" and 64 hexadecimal digits"},
		{"keepers: {EVE: \"ed25519:" HASH_A "\"}",
			":1:11: 'EVE' cannot be the name of a keeper"},
		{"keepers: {eve: \"ed25519:" KEY_D "\"}",
			":1:11: keeper 'eve' has the public key of host 'db1'"},
		{"keepers: {a: \"ed25519:" HASH_C "\", b: \"ed25519:" HASH_C "\"}",
			":1:90: keepers 'a' and 'b' have the same public key"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *found = findings_of("environments/prod.yaml", table[i].text);

		ck_assert_msg(strstr(found, table[i].expected) != NULL, "'%s' instead of '%s'",
			found, table[i].expected);
		free(found);
	}
}
END_TEST

START_TEST(a_role_without_instances_may_name_secrets)
{
	char *found = findings_of("roles/other.yaml",
		"config: {tls-key-file-pass: \"secret:nowhere\"}\n"
		"users: {x: {rules: on, passwords: [\"secret:nowhere\"]}}\n");

	ck_assert_str_eq(found, "");
	free(found);
}
END_TEST

START_TEST(warns_about_what_somebody_should_look_at)
{
	static const struct refusal table[] = {
		{NULL, NULL, ""},
		{"secrets/prod/old.yaml", "version: 1\nsha256: " HASH_A "\n",
			"secrets/prod/old.yaml:1:1: no instance of environment 'prod' uses secret "
			"'old' (vkcfg secret remove prod old)\n"},
		{"secrets/dev/app.yaml", "version: 1\nsha256: " HASH_A "\n",
			"environments/dev.yaml: environment 'dev' has secrets and no keepers: "
			"nobody can seal them to a new host (keepers: {alice: \"ed25519:...\"})\n"
			"secrets/dev/app.yaml:1:1: no instance of environment 'dev' uses secret "
			"'app' (vkcfg secret remove dev app)\n"},
		{"hosts/new.yaml",
			"hosts: {db3: {environment: prod, instances: {main: {role: cache}}}}\n",
			"hosts/new.yaml:1:9: host 'db3' uses secrets and has no public-key: "
			"nothing can be sealed to it ('vkcfg host add NAME' writes the key of an "
			"enrolled host)\n"},
	};
	char *found;

	CHECK_TABLE(table);
	found = findings_of("environments/prod.yaml",
		"keepers: {a: \"ed25519:" HASH_C "\"}\nconfig: {requirepass: \"secret:app\"}\n");
	ck_assert_ptr_nonnull(strstr(found,
		"environments/prod.yaml:2:23: requirepass: users.acl defines 'default', and what "
		"it says there counts"));
	free(found);
}
END_TEST

/* ---- bundles ---- */

static struct vk_bundle *bundle_of(const struct cfg_tree *tree, const char *id)
{
	const struct cfg_rendered_bundle *found;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct vk_bundle *bundle;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	found = cfg_rendered_find(rendered, id, NULL);
	ck_assert_ptr_nonnull(found);
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	cfg_rendered_free(rendered);
	return bundle;
}

START_TEST(bundles_name_the_versions_that_they_need)
{
	struct cfg_tree *tree = secret_tree(NULL, NULL);
	struct vk_bundle *bundle = bundle_of(tree, "db1/a");
	const char *conf = vk_bundle_find(bundle, "valkey.conf")->text;
	uint8_t digest[VK_SHA256_BYTES];

	ck_assert_str_eq(vk_bundle_find(bundle, "secrets.conf")->text,
		"primaryauth \"@{secret:replication@2}\"\n");
	ck_assert_uint_eq(vk_bundle_find(bundle, "secrets.conf")->mode, 0640);
	ck_assert_str_eq(vk_bundle_find(bundle, "tls/server.key")->text, "@{secret:tls-key@1}");
	ck_assert_ptr_nonnull(strstr(vk_bundle_find(bundle, "users.acl")->text,
		"user app on sanitize-payload #" HASH_A
		" #@{sha256:app@4} #@{sha256:app@5} ~* resetchannels -@all +@read\n"));
	ck_assert_ptr_nonnull(strstr(conf, "include \"@{generation}/secrets.conf\"\n"
					   "include \"@{instance}/runtime.conf\"\n"));
	ck_assert_ptr_null(strstr(conf, "primaryauth"));
	ck_assert_uint_eq(bundle->secret_count, 4);
	memset(digest, 0xbb, sizeof(digest));
	ck_assert_str_eq(bundle->secrets[1].name, "app");
	ck_assert_int_eq(bundle->secrets[1].version, 5);
	ck_assert_mem_eq(bundle->secrets[1].sha256, digest, sizeof(digest));
	vk_bundle_free(bundle);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(directives_have_the_name_of_their_version)
{
	static const char old_fleet[] = "fleet: demo\nenvironments: [dev, prod]\nvalkey: \"7.2\"\n";
	struct cfg_tree *tree = secret_tree("fleet.yaml", old_fleet);
	struct vk_bundle *bundle = bundle_of(tree, "db1/a");

	ck_assert_str_eq(vk_bundle_find(bundle, "secrets.conf")->text,
		"masterauth \"@{secret:replication@2}\"\n");
	vk_bundle_free(bundle);
	cfg_tree_free(tree);
	tree = secret_tree("fleet.yaml", old_fleet);
	bundle = bundle_of(tree, "db2/main"); /* primaryauth: ~ takes masterauth away */
	ck_assert_ptr_null(vk_bundle_find(bundle, "secrets.conf"));
	vk_bundle_free(bundle);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(what_a_layer_takes_away_is_gone)
{
	struct cfg_tree *tree = secret_tree(NULL, NULL);
	struct vk_bundle *bundle = bundle_of(tree, "db2/main");

	ck_assert_ptr_null(vk_bundle_find(bundle, "secrets.conf"));
	ck_assert_ptr_null(strstr(vk_bundle_find(bundle, "valkey.conf")->text, "secrets.conf"));
	ck_assert_ptr_null(vk_bundle_find_secret(bundle, "replication", 2));
	ck_assert_uint_eq(bundle->secret_count, 3);
	vk_bundle_free(bundle);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(both_versions_of_a_rotation_are_passwords)
{
	static const char switched[] = "version: 5\nsha256: " HASH_B "\n"
				       "previous: {version: 4, sha256: " HASH_A "}\n";
	struct cfg_tree *tree = secret_tree("secrets/prod/app.yaml", switched);
	struct vk_bundle *bundle = bundle_of(tree, "db1/b");

	ck_assert_ptr_nonnull(strstr(
		vk_bundle_find(bundle, "users.acl")->text, " #@{sha256:app@4} #@{sha256:app@5} "));
	vk_bundle_free(bundle);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(too_many_secrets_are_a_finding)
{
	struct cfg_tree_file files[VK_BUNDLE_MAX_SECRETS + 5];
	char paths[VK_BUNDLE_MAX_SECRETS + 1][CFG_PINS_PATH_BYTES];
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;
	struct vk_buf role;
	size_t count = 0;

	vk_buf_init(&role, 100000);
	vk_buf_adds(&role, "users: {x: {rules: on, passwords: [\"sha256:" HASH_A "\"");
	for (size_t i = 0; i <= VK_BUNDLE_MAX_SECRETS; i++) {
		char name[VK_NAME_BYTES];

		snprintf(name, sizeof(name), "s%zu", i);
		cfg_pins_path("prod", name, paths[i]);
		vk_buf_addf(&role, ", \"secret:%s\"", name);
		files[count++] = (struct cfg_tree_file){paths[i], key_yaml, strlen(key_yaml)};
	}
	vk_buf_adds(&role, "]}}\n");
	files[count++] = (struct cfg_tree_file){"fleet.yaml", fleet_yaml, strlen(fleet_yaml)};
	files[count++] = (struct cfg_tree_file){"hosts/a.yaml", hosts_yaml, strlen(hosts_yaml)};
	files[count++] = (struct cfg_tree_file){"roles/cache.yaml", role.data, role.len};
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	assert_fails(cfg_render(tree, "prod", NULL, &rendered, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 64 versions of secrets"));
	cfg_tree_free(tree);
	vk_buf_release(&role);
}
END_TEST

START_TEST(explains_which_secret_a_directive_is)
{
	struct cfg_tree *tree = secret_tree(NULL, NULL);
	struct cfg_explanation *e = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_explain(tree, "db1/a", "primaryauth", &e, &err), err);
	ck_assert_str_eq(cfg_explanation_at(e, 0)->value, "secret:replication (version 2)");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->origins[0].text, "secret:replication");
	cfg_explanation_free(e);
	cfg_tree_free(tree);
}
END_TEST

/* The changes of an instance from one tree to another, one line each. */
static char *changes(struct cfg_tree *before, struct cfg_tree *after, const char *id)
{
	struct cfg_rendered *rendered[2];
	const struct cfg_rendered_bundle *bundle[2];
	struct vk_err err = VK_ERR_INIT;
	struct cfg_diff *diff;
	struct vk_buf out;
	char *joined;

	vk_buf_init(&out, 100000);
	for (int i = 0; i < 2; i++) {
		struct cfg_tree *tree = i == 0 ? before : after;

		assert_ok(cfg_render(tree, "prod", NULL, &rendered[i], &err), err);
		bundle[i] = cfg_rendered_find(rendered[i], id, NULL);
		cfg_tree_free(tree);
	}
	assert_ok(cfg_diff_bundles(bundle[0]->text, bundle[0]->len, bundle[1]->text, bundle[1]->len,
			  0, &diff, &err),
		err);
	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *c = cfg_diff_at(diff, i);

		vk_buf_addf(&out, "%d %s: %s -> %s%s\n", (int)c->kind, c->name,
			c->old_text != NULL ? c->old_text : "-",
			c->new_text != NULL ? c->new_text : "-",
			c->way == CFG_WAY_LIVE		      ? ""
			: c->way == CFG_WAY_RESTART_PREFERRED ? " (preferred)"
							      : " (restart)");
	}
	cfg_diff_free(diff);
	cfg_rendered_free(rendered[0]);
	cfg_rendered_free(rendered[1]);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

START_TEST(a_rotation_is_one_change_and_no_noise)
{
	static const struct {
		const char *path, *text, *expected;
	} table[] = {
		{"secrets/prod/app.yaml", app_yaml, ""},
		{"secrets/prod/app.yaml", "version: 4\nsha256: " HASH_A "\n",
			"5 app: versions 4 and 5 -> version 4\n"},
		{"secrets/prod/app.yaml",
			"version: 5\nsha256: " HASH_B "\nprevious: {version: 4, sha256: " HASH_A
			"}\n",
			""},
		{"secrets/prod/replication.yaml", "version: 3\nsha256: " HASH_A "\n",
			"5 replication: version 2 -> version 3\n"},
		{"secrets/prod/replication.yaml", "version: 2\nsha256: " HASH_C "\n",
			"5 replication: version 2 (sha256 bbbbbbbb...) -> version 2 (sha256 "
			"cccccccc...)\n"},
		{"secrets/prod/tls-key.yaml", "version: 9\nsha256: " HASH_C "\n",
			"5 tls-key: version 1 -> version 9\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *found = changes(secret_tree(NULL, NULL),
			secret_tree(table[i].path, table[i].text), "db1/a");

		ck_assert_str_eq(found, table[i].expected);
		free(found);
	}
}
END_TEST

START_TEST(shows_what_begins_and_ends_to_be_a_secret)
{
	char *found = changes(
		secret_tree("roles/cache.yaml",
			"users: {app: {rules: \"on ~* +@read\", passwords: [\"sha256:" HASH_A
			"\"]}}\n"
			"files: [{path: tls/server.key, text: \"x\"}]\n"),
		secret_tree(NULL, NULL), "db1/a");

	ck_assert_str_eq(found,
		"0 primaryauth: - -> secret:replication\n"
		"1 app: on sanitize-payload #password-1 ~* resetchannels -@all +@read -> on "
		"sanitize-payload #password-1 #secret:app ~* resetchannels -@all +@read\n"
		"2 tls/server.key: sha256:"
		"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 0640 -> "
		"secret:tls-key 0640\n"
		"5 app: - -> versions 4 and 5\n"
		"5 replication: - -> version 2\n"
		"5 tls-key: - -> version 1\n");
	free(found);
}
END_TEST

/* ---- uses and recipients ---- */

START_TEST(knows_who_uses_a_secret_and_who_may_open_it)
{
	struct cfg_tree *tree = secret_tree(NULL, NULL);
	const struct cfg_secret_info *info;
	struct cfg_secrets *secrets = NULL;
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	vk_buf_init(&text, 1000);
	assert_ok(cfg_secrets_read(tree, "prod", NULL, &secrets, &err), err);
	ck_assert_str_eq(cfg_secrets_fleet(secrets), "demo");
	ck_assert_uint_eq(cfg_secrets_count(secrets), 3);
	info = cfg_secrets_find(secrets, "app");
	ck_assert_ptr_eq(info, cfg_secrets_at(secrets, 0));
	ck_assert_str_eq(info->file, "secrets/prod/app.yaml");
	ck_assert_int_eq(cfg_pins_rotation(&info->pins), CFG_ROTATION_ADDED);
	ck_assert_uint_eq(info->use_count, 3);
	ck_assert_uint_eq(info->host_count, 2);
	ck_assert_str_eq(cfg_secret_use_at(info, 1)->instance, "db1/b");
	ck_assert_str_eq(cfg_secret_use_at(info, 1)->file, "roles/cache.yaml");
	ck_assert_uint_eq(cfg_secret_use_at(info, 1)->line, 3);
	cfg_secret_use_format(cfg_secret_use_at(info, 1), &text);
	ck_assert_str_eq(text.data, "user app");
	ck_assert_str_eq(cfg_secret_host_at(info, 0)->label, "host/db1");
	ck_assert_str_eq(cfg_secret_host_at(info, 1)->public_key, "ed25519:" KEY_E);
	info = cfg_secrets_find(secrets, "replication");
	ck_assert_uint_eq(info->use_count, 2);
	ck_assert_uint_eq(info->host_count, 1);
	ck_assert_uint_eq(cfg_keeper_count(secrets), 2);
	ck_assert_str_eq(cfg_keeper_at(secrets, 0)->label, "keeper/alice");
	ck_assert_ptr_null(cfg_secrets_find(secrets, "nothing"));
	cfg_secrets_free(secrets);
	vk_buf_release(&text);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(a_secret_that_is_not_set_yet_is_no_error_for_whoever_sets_it)
{
	struct cfg_tree *tree = secret_tree("secrets/prod/app.yaml", NULL);
	struct cfg_secrets *secrets = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_secrets_read(tree, "staging", NULL, &secrets, &err), VK_ENOTFOUND);
	assert_ok(cfg_secrets_read(tree, "prod", NULL, &secrets, &err), err);
	ck_assert_int_eq(cfg_secrets_find(secrets, "app")->pins.current.version, 0);
	ck_assert_uint_eq(cfg_secrets_find(secrets, "app")->host_count, 2);
	cfg_secrets_free(secrets);
	assert_ok(cfg_secrets_read(tree, "dev", NULL, &secrets, &err), err);
	ck_assert_uint_eq(cfg_secrets_count(secrets), 0);
	cfg_secrets_free(secrets);
	cfg_secrets_free(NULL);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(pins_come_back_from_their_file)
{
	static const char *const texts[] = {app_yaml, replication_yaml,
		"version: 5\nsha256: " HASH_B "\nprevious: {version: 4, sha256: " HASH_A "}\n"};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_pin valid[CFG_PINS_MAX];
	struct cfg_pins pins, again;
	struct vk_buf out;

	vk_buf_init(&out, 10000);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		vk_buf_reset(&out);
		assert_ok(cfg_pins_parse("x.yaml", texts[i], strlen(texts[i]), &pins, &err), err);
		cfg_pins_format(&pins, &out);
		assert_ok(cfg_pins_parse("x.yaml", out.data, out.len, &again, &err), err);
		ck_assert_int_eq(again.current.version, pins.current.version);
		ck_assert_str_eq(again.next.sha256, pins.next.sha256);
		ck_assert_int_eq(again.previous.version, pins.previous.version);
	}
	ck_assert_uint_eq(cfg_pins_valid(&pins, valid), 2);
	ck_assert_int_eq(valid[0].version, 4);
	ck_assert_int_eq(cfg_pins_rotation(&pins), CFG_ROTATION_SWITCHED);
	assert_fails(cfg_pins_parse("x.yaml", "- 1\n", 4, &pins, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "x.yaml:1:1: "));
	vk_buf_release(&out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("fleet_secrets");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_wrong_pins);
	tcase_add_test(tc, refuses_references_to_what_is_not_there);
	tcase_add_test(tc, refuses_secrets_where_none_can_be);
	tcase_add_test(tc, too_many_secrets_are_a_finding);
	tcase_add_test(tc, a_role_without_instances_may_name_secrets);
	tcase_add_test(tc, warns_about_what_somebody_should_look_at);
	tcase_add_test(tc, bundles_name_the_versions_that_they_need);
	tcase_add_test(tc, directives_have_the_name_of_their_version);
	tcase_add_test(tc, what_a_layer_takes_away_is_gone);
	tcase_add_test(tc, both_versions_of_a_rotation_are_passwords);
	tcase_add_test(tc, a_rotation_is_one_change_and_no_noise);
	tcase_add_test(tc, shows_what_begins_and_ends_to_be_a_secret);
	tcase_add_test(tc, explains_which_secret_a_directive_is);
	tcase_add_test(tc, knows_who_uses_a_secret_and_who_may_open_it);
	tcase_add_test(tc, a_secret_that_is_not_set_yet_is_no_error_for_whoever_sets_it);
	tcase_add_test(tc, pins_come_back_from_their_file);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
