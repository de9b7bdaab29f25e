/* SPDX-License-Identifier: BSD-3-Clause */
/* Client files: what applications and valkey-cli are told about an instance. */
#include "config.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define PIN "version: 1\nsha256: \"" HASH_A "\"\n"
#define TLS                                                                                        \
	"config: {port: 0, tls-port: 6380, tls-cert-file: \"@{instance}/c\", "                     \
	"tls-key-file: \"@{instance}/k\", tls-ca-cert-file: \"@{instance}/ca.crt\"}\n"

#define ONE_HOST "hosts: {db1: {environment: prod, instances: {main: {role: cache}}}}\n"

START_TEST(refuses_what_no_client_can_be)
{
	static const struct tree_refusal table[] = {
		{"clients: [app]\n",
			"environments/prod.yaml:1:10: clients: expected a map, found a list\n"},
		{"clients: {A: {user: app}}\n",
			"environments/prod.yaml:1:11: 'A' cannot be the name of a client\n"},
		{"clients: {app: {user: app, form: env}}\n",
			"environments/prod.yaml:1:28: app: unknown key 'form'\n"},
		{"clients: {app: {formats: env}}\n",
			"environments/prod.yaml:1:26: clients: formats: expected a list of "
			"env|json|valkey-cli\n"},
		{"clients: {app: {formats: [env, toml]}}\n",
			"environments/prod.yaml:1:32: clients: there is no format 'toml'\n"},
		{"clients: {app: {password: geheim}}\n",
			"environments/prod.yaml:1:27: clients: a password that is not sealed\n"},
		{"clients: {app: {user: vkcfg-agent}}\n",
			"environments/prod.yaml:1:23: clients: 'vkcfg-agent' is no user for a "
			"client\n"},
		{"clients: {c: {user: ap}}\n", "environments/prod.yaml:1:21: client 'c': instance "
					       "'db1/b' has no user 'ap'\n"
					       "environments/prod.yaml:1:21: client 'c': instance "
					       "'db1/main' has no user 'ap'\n"},
		{"clients: {app: {}}\nfiles: [{path: clients/app.env, text: x}]\n",
			"environments/prod.yaml:1:10: files: path 'clients/app.env' is there "
			"twice\n"},
		{"clients: {app: {password: \"secret:nowhere\"}}\n",
			"environments/prod.yaml:1:27: environment 'prod' has no secret "
			"'nowhere'\n"},
	};

	TREE_CHECK_ALL("environments/prod.yaml", table);
}
END_TEST

START_TEST(refuses_an_instance_without_a_port)
{
	const struct tree_part parts[] = {
		{"environments/prod.yaml",
			"clients: {app: {}}\nconfig: {port: 0, unixsocket: \"@{data}/s\"}\n"},
		{"hosts/all.yaml", ONE_HOST},
		{NULL, NULL},
	};
	char *found = tree_findings(parts);

	ck_assert_str_eq(found, "environments/prod.yaml:1:16: client 'app': instance 'db1/main' "
				"opens no port\n");
	free(found);
}
END_TEST

/* The text of a file of db1/main; NULL: there is none. */
static char *file_of(const struct tree_part *parts, const char *path)
{
	struct cfg_tree *tree = tree_with_parts(parts);
	struct cfg_rendered *rendered = NULL;
	const struct cfg_rendered_bundle *found;
	struct vk_err err = VK_ERR_INIT;
	const struct vk_bundle_file *file;
	struct vk_bundle *bundle = NULL;
	char *text = NULL;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	found = cfg_rendered_find(rendered, "db1/main", NULL);
	ck_assert_ptr_nonnull(found);
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	file = vk_bundle_find(bundle, path);
	if (file != NULL)
		text = strdup(file->text);
	vk_bundle_free(bundle);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return text;
}

static void assert_file(const struct tree_part *parts, const char *path, const char *expected)
{
	char *text = file_of(parts, path);

	ck_assert_msg(text != NULL, "there is no %s", path);
	ck_assert_str_eq(text, expected);
	free(text);
}

static void assert_no_file(const struct tree_part *parts, const char *path)
{
	char *text = file_of(parts, path);

	ck_assert_msg(text == NULL, "there is a file %s", path);
}

START_TEST(tells_how_a_server_with_tls_is_reached)
{
	const struct tree_part parts[] = {
		{"environments/prod.yaml",
			TLS "clients: {web: {user: app, formats: [env, json, valkey-cli], "
			    "password: \"secret:app-password\"}}\n"},
		{"secrets/prod/app-password.yaml", PIN},
		{"hosts/all.yaml",
			"hosts: {db1: {environment: prod, address: \"fd00::1\", public-key: "
			"\"ed25519:" HASH_A "\", instances: {main: {role: cache}}}}\n"},
		{NULL, NULL},
	};

	assert_file(parts, "clients/web.env",
		"VALKEY_HOST=fd00::1\nVALKEY_PORT=6380\nVALKEY_TLS=yes\nVALKEY_USERNAME=app\n"
		"VALKEY_URL=valkeys://app@[fd00::1]:6380\nVALKEY_CA_FILE=@{instance}/ca.crt\n"
		"VALKEY_PASSWORD_FILE=@{generation}/clients/web.password\n");
	assert_file(parts, "clients/web.json",
		"{\n  \"ca_file\": \"@{instance}/ca.crt\",\n  \"host\": \"fd00::1\",\n"
		"  \"password_file\": \"@{generation}/clients/web.password\",\n  \"port\": 6380,\n"
		"  \"tls\": true,\n  \"username\": \"app\"\n}\n");
	assert_file(parts, "clients/web.valkey-cli",
		"-h fd00::1 -p 6380 --user app --tls --cacert @{instance}/ca.crt\n");
	assert_file(parts, "clients/web.password", "@{secret:app-password@1}");
}
END_TEST

START_TEST(names_the_members_of_a_group)
{
	const struct tree_part parts[] = {
		{"environments/prod.yaml", "clients: {app: {formats: [env, json]}}\n"},
		{"hosts/all.yaml",
			"hosts:\n"
			"  db[1-2]: {environment: prod, address: \"${host.name}.example\", "
			"instances: {main: {role: cache}}}\n"},
		{"groups/store.yaml", "environment: prod\nkind: replicated\nmembers: [db1/main, "
				      "db2/main]\n"},
		{NULL, NULL},
	};
	char *json;

	assert_file(parts, "clients/app.env",
		"VALKEY_HOST=db1.example\nVALKEY_PORT=6379\nVALKEY_TLS=no\nVALKEY_USERNAME=app\n"
		"VALKEY_URL=valkey://app@db1.example:6379\nVALKEY_GROUP=store\n"
		"VALKEY_GROUP_KIND=replicated\n"
		"VALKEY_NODES=db1.example:6379,db2.example:6379\n");
	json = file_of(parts, "clients/app.json");
	ck_assert_ptr_nonnull(strstr(json, "\"kind\": \"replicated\""));
	ck_assert_ptr_nonnull(strstr(json, "\"host\": \"db2.example\""));
	free(json);
	assert_no_file(parts, "clients/app.password");
}
END_TEST

START_TEST(a_later_layer_takes_the_place_of_the_whole_client)
{
	const struct tree_part parts[] = {
		{"environments/prod.yaml", "clients: {app: {formats: [env, json], password: "
					   "\"secret:p\"}, gone: {user: "
					   "app}}\n"},
		{"secrets/prod/p.yaml", PIN},
		{"hosts/all.yaml", "hosts: {db1: {environment: prod, clients: {app: {formats: "
				   "[valkey-cli]}, gone: ~}, instances: {main: {role: cache}}}}\n"},
		{NULL, NULL},
	};

	assert_file(parts, "clients/app.valkey-cli", "-h 127.0.0.1 -p 6379 --user app\n");
	assert_no_file(parts, "clients/app.env");
	assert_no_file(parts, "clients/app.json");
	assert_no_file(parts, "clients/app.password");
	assert_no_file(parts, "clients/gone.env");
}
END_TEST

START_TEST(a_locked_client_stays)
{
	const struct tree_part parts[] = {
		{"environments/prod.yaml", "clients: {app: {}}\nlock: [files.clients/app.env]\n"},
		{"hosts/all.yaml", "hosts: {db1: {environment: prod, clients: {app: ~}, instances: "
				   "{main: {role: cache}}}}\n"},
		{NULL, NULL},
	};
	char *found = tree_findings(parts);

	ck_assert_str_eq(found,
		"hosts/all.yaml:1:44: files.clients/app.env: the environment locks it "
		"(environments/prod.yaml:2:8)\n");
	free(found);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("client_file");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_no_client_can_be);
	tcase_add_test(tc, refuses_an_instance_without_a_port);
	tcase_add_test(tc, tells_how_a_server_with_tls_is_reached);
	tcase_add_test(tc, names_the_members_of_a_group);
	tcase_add_test(tc, a_later_layer_takes_the_place_of_the_whole_client);
	tcase_add_test(tc, a_locked_client_stays);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(make_suite)
