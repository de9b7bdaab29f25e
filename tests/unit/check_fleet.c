/* SPDX-License-Identifier: BSD-3-Clause */
/* What validation says about trees that are wrong, each with its place. */
#include "config.h"

#include "common/config/fleet.h"

#include <stdio.h>
#include <string.h>

#include "common/config/explain.h"
#include "tests/unit/tree_text.h"

/* All findings of the tree with one file replaced, one line each: "FILE:L:C: message". */
static char *findings_of(const char *path, const char *text)
{
	const struct tree_part parts[] = {{path, text}, {NULL, NULL}};

	return tree_findings(parts);
}

struct refusal {
	const char *text;
	const char *message;
};

static void check_table(const char *path, const struct refusal *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *found = findings_of(path, table[i].text);
		char expected[1024];

		snprintf(expected, sizeof(expected), "%s%s\n", path, table[i].message);
		ck_assert_str_eq(found, expected);
		free(found);
	}
}

#define CHECK_TABLE(path, table) check_table(path, table, sizeof(table) / sizeof((table)[0]))

START_TEST(a_good_tree_has_no_findings)
{
	char *found = findings_of(NULL, NULL);

	ck_assert_str_eq(found, "");
	free(found);
}
END_TEST

START_TEST(refuses_broken_fleet_files)
{
	static const struct refusal table[] = {
		{"fleet: demo\nenvironments: [dev, prod]\nvalkey: \"8.0\"\nfleets: x\n",
			":4:1: fleet: unknown key 'fleets'"},
		{"fleet: ../x\nenvironments: [dev, prod]\nvalkey: \"8.0\"\n",
			":1:8: the fleet needs a name"},
		{"fleet: demo\nenvironments: [dev, prod, root]\nvalkey: \"8.0\"\n",
			":2:27: 'root' cannot be the name of an environment"},
		{"fleet: demo\nenvironments: [dev, prod, dev]\nvalkey: \"8.0\"\n",
			":2:27: environment 'dev' is there twice"},
		{"fleet: demo\nenvironments: [dev, prod]\nvalkey: \"3.2\"\n",
			":3:9: a version of Valkey that vkcfg knows is needed"},
	};

	CHECK_TABLE("fleet.yaml", table);
}
END_TEST

START_TEST(refuses_directives_that_a_tree_may_not_set)
{
	static const char *const names[] = {"include", "user", "aclfile", "dir", "daemonize",
		"supervised", "pidfile", "loadmodule", "sentinel", "replicaof", "slaveof",
		"requirepass", "primaryauth", "masterauth", "tls-key-file-pass",
		"tls-client-key-file-pass"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[128];
		char *found;

		snprintf(text, sizeof(text), "config:\n  %s: geheim\n", names[i]);
		found = findings_of("environments/prod.yaml", text);
		ck_assert_msg(strstr(found, "cannot be set in a tree") != NULL, "%s: %s", names[i],
			found);
		ck_assert_msg(strncmp(found, "environments/prod.yaml:2:3: ", 28) == 0, "%s", found);
		ck_assert_ptr_null(strstr(found, "geheim"));
		free(found);
	}
}
END_TEST

#define BAKE(found)                                                                                \
	":1:15: apply: bake: expected seconds (30s) or minutes (2m), at most 10m, found '" found "'"

START_TEST(refuses_wrong_values_with_place_and_value)
{
	static const struct refusal table[] = {
		{"config:\n  log-format: legacy\n",
			":2:3: Valkey 8.0 has no directive 'log-format'"},
		{"config:\n  maxmemroy: 1gb\n", ":2:3: Valkey 8.0 has no directive 'maxmemroy'"},
		{"config:\n  maxmemory: 1t\n",
			":2:3: maxmemory: expected a size from 0 to 18446744073709551615 bytes, "
			"found '1t'"},
		{"config:\n  port: [1, 2]\n", ":2:3: port: expected one value, found a list"},
		{"config:\n  port: {a: b}\n", ":2:9: port: expected a text, found a map"},
		{"config:\n  proc-title-template: \"a\\nport 1\"\n",
			":2:24: proc-title-template: a control character (byte 0x0a) in the value"},
		{"config:\n  proc-title-template: \"a\\0b\"\n",
			":2:24: a NUL byte (\\0) in a text"},
		{"config:\n  proc-title-template: \"@{instance}\"\n",
			":2:3: proc-title-template: '@{' cannot stand in this value"},
		{"config:\n  logfile: /var/log/x\n",
			":2:3: logfile: '/var/log/x' is no path that a tree may name"},
		{"config:\n  logfile: \"@{data}/../x\"\n",
			":2:3: logfile: '@{data}/../x' is no path that a tree may name"},
		{"config:\n  logfile: \"@{data}\"\n",
			":2:3: logfile: '@{data}' is no path that a tree may name"},
		{"config:\n  logfile: \"@{agent-password}/x\"\n",
			":2:3: logfile: '@{agent-password}/x' is no path that a tree may name"},
		{"config:\n  tls-cert-file: \"@{generation}/tls/x.crt\"\n",
			":2:3: tls-cert-file: no layer adds a file 'tls/x.crt'"},
		{"config:\n  rename-command: [\"config \\\"\\\"\"]\n",
			":2:3: rename-command: CONFIG cannot be renamed, vkcfg itself needs it"},
		{"config:\n  rename-command: [\"KEYS K\", \"PING P\"]\n",
			":2:3: rename-command: PING cannot be renamed, vkcfg itself needs it"},
		{"config:\n  enable-module-command: local\n",
			":2:3: enable-module-command: it would let a client of Valkey load code or "
			"write files"},
		{"config:\n  enable-protected-configs: \"yes\"\n",
			":2:3: enable-protected-configs: it would let a client of Valkey load code "
			"or "
			"write files"},
		{"config:\n  slave-priority: 1\n  replica-priority: 2\n",
			":3:3: 'slave-priority' and 'replica-priority' are the same directive"},
		{"config:\n  port: 1\n  port: 2\n", ":3:3: key 'port' is already on line 2"},
		{"config:\n  maxmemory: ${memroy}\n",
			":2:3: role 'cache' has no parameter 'memroy'"},
		{"config:\n  maxmemory: ${memory\n",
			":2:3: '${' without the name of a parameter and '}'"},
		{"config: [a]\n", ":1:9: config: expected a map, found a list"},
		{"confg: {}\n", ":1:1: environment: unknown key 'confg'"},
		{"- a\n", ":1:1: environment: expected a map, found a list"},
		{"promotes-from: prod\n", ":1:16: 'prod' does not come before 'prod'"},
		{"parameters: {nothing: 1}\n", ":1:14: no role declares a parameter 'nothing'"},
		{"parameters: {memory: lots}\n",
			":1:22: parameter 'memory': expected memory, found 'lots'"},
		{"parameters: {memory: 9gb}\n",
			":1:22: parameter 'memory': expected 67108864 to 8589934592, found '9gb'"},
		{"apply: {drift: fix}\n",
			":1:16: apply: drift: expected report, alert or revert, found 'fix'"},
		{"apply: {bake: soon}\n", BAKE("soon")},
		{"apply: {bake: 30}\n", BAKE("30")},
		{"apply: {bake: 601s}\n", BAKE("601s")},
		{"apply: {bake: 11m}\n", BAKE("11m")},
		{"apply: {bake: -1s}\n", BAKE("-1s")},
		{"apply: {health: {}}\n", ":1:17: apply: health: expected 1 to 7 limits"},
		{"apply: {health: 1}\n", ":1:17: health: expected a map, found a text"},
		{"apply: {health: {latency: 1}}\n",
			":1:27: apply: health: latency: expected 2 to 1000, found '1'"},
		{"apply: {health: {evictoins: 1}}\n", ":1:18: health: unknown key 'evictoins'"},
		{"apply: {allow-data-loss: maybe}\n",
			":1:26: apply: allow-data-loss: expected false or true, found 'maybe'"},
		{"apply: {drfit: report}\n", ":1:9: apply: unknown key 'drfit'"},
		{"apply: {drift-of: {}}\n", ":1:19: apply: drift-of: expected 1 to 64 names"},
		{"apply: {drift-of: {maxmemroy: alert}}\n",
			":1:31: apply: drift-of: there is no directive 'maxmemroy'"},
		{"apply: {drift-of: {users.: alert}}\n",
			":1:28: apply: drift-of: there is no directive 'users.'"},
		{"apply: {drift-of: {\"*\": alert}}\n",
			":1:25: apply: drift-of: '*' is no pattern of names"},
		{"apply: {drift-of: {maxmemory: fight}}\n",
			":1:31: apply: drift-of: maxmemory: expected report, alert or revert, "
			"found "
			"'fight'"},
		{"apply: {restart-window: []}\n",
			":1:25: apply: restart-window: expected 1 to 16 windows"},
		{"apply: {restart-window: \"Sat 02:00\"}\n",
			":1:25: apply: restart-window: expected times like 02:00-04:00, found "
			"'02:00'"},
		{"apply: {restart-window: [\"02:00-04:00\", \"Sot 02:00-04:00\"]}\n",
			":1:41: apply: restart-window: expected a weekday, found 'Sot'"},
		{"apply: {restart-window: \"02:00-04:00 Europe/Berlinn\"}\n",
			":1:25: apply: restart-window: there is no time zone 'Europe/Berlinn'"},
		{"apply: {restart-window: \"02:00-04:00 ../../etc/passwd\"}\n",
			":1:25: apply: restart-window: expected a time zone, found "
			"'../../etc/passwd'"},
		{"apply: {drift: [report]}\n", ":1:16: drift: expected a text, found a list"},
		{"apply: {unmanaged-users: []}\n",
			":1:26: apply: unmanaged-users: expected 1 to 32 patterns"},
		{"apply: {unmanaged-users: [\"v-*\", \"*\"]}\n",
			":1:34: apply: unmanaged-users: '*' is no pattern of names"},
		{"apply: {unmanaged-users: [\"a b\"]}\n",
			":1:27: apply: unmanaged-users: 'a b' is no pattern of names"},
	};

	CHECK_TABLE("environments/prod.yaml", table);
}
END_TEST

START_TEST(refuses_wrong_users)
{
	static const struct refusal table[] = {
		{"users: {app: {rules: on >geheim}}\n",
			":1:22: user 'app': a password in clear text (>...)"},
		{"users: {app: {rules: on, passwords: [geheim]}}\n",
			":1:38: user 'app': a password that is neither sealed nor a hash"},
		{"users: {app: {rules: on, passwords: geheim}}\n",
			":1:37: user 'app': passwords: expected a list, found a text"},
		{"users: {app: {rules: on +@raed}}\n",
			":1:22: user 'app': rule '+@raed': no such category of commands"},
		{"users: {app: {rules: on +gett}}\n",
			":1:22: user 'app': rule '+gett': Valkey 8.0 has no such command"},
		{"users: {app: {rules: \"on (~a -client|kil)\"}}\n",
			":1:22: user 'app': rule '-client|kil': Valkey 8.0 has no such command"},
		{"users: {app: {rules: \"on ~a\\nuser x on nopass +@all\"}}\n",
			":1:22: rules: a control character (byte 0x0a) in the value"},
		{"users: {app: {rules: \"on #@{agent-password}\"}}\n",
			":1:22: user 'app': '@{' cannot stand in its rules"},
		{"users: {default: {rules: on nopass ~* +@all}}\n",
			":1:26: user 'default' is open to everybody (nopass with commands)"},
		{"users: {default: {rules: on nopass ~* +@all, open: maybe}}\n",
			":1:52: user 'default': open: expected yes or no, found 'maybe'"},
		{"users: {default: {rules: on nopass ~* +@all, open: yes}}\n",
			":1:26: user 'default' lets everybody in (nopass)"},
		{"users: {app: {rules: on nopass +@read}}\n",
			":1:22: user 'app' lets everybody in (nopass)"},
		{"users: {vkcfg-agent: {rules: on}}\n",
			":1:9: user 'vkcfg-agent' belongs to vkcfg"},
		{"users: {a b: {rules: on}}\n", ":1:9: 'a b' cannot be the name of a user"},
		{"users: {app: {}}\n", ":1:9: user 'app': its rules are missing"},
		{"users: {app: {rules: on, pass: x}}\n", ":1:26: app: unknown key 'pass'"},
		{"users: {app: on}\n", ":1:14: app: expected a map, found a text"},
	};

	CHECK_TABLE("environments/prod.yaml", table);
}
END_TEST

START_TEST(refuses_wrong_files)
{
	static const struct refusal table[] = {
		{"files: [{path: ../x, text: a}]\n", ":1:16: files: path '../x' is not allowed"},
		{"files: [{path: /etc/x, text: a}]\n",
			":1:16: files: path '/etc/x' is not allowed"},
		{"files: [{path: a/.b, text: a}]\n", ":1:16: files: path 'a/.b' is not allowed"},
		{"files: [{path: valkey.conf, text: a}]\n",
			":1:16: files: 'valkey.conf' is written by vkcfg"},
		{"files: [{path: a, text: a, mode: \"0777\"}]\n",
			":1:34: file 'a': mode '0777' is not allowed"},
		{"files: [{path: a, from: files/none}]\n",
			":1:25: file 'a': the tree has no 'files/none'"},
		{"files: [{path: a, from: fleet.yaml}]\n",
			":1:25: file 'a': the tree has no 'fleet.yaml'"},
		{"files: [{path: a, from: files/motd.txt, text: b}]\n",
			":1:9: file 'a': one of 'from', 'text' and 'secret' is needed"},
		{"files: [{path: a}]\n",
			":1:9: file 'a': one of 'from', 'text' and 'secret' is needed"},
		{"files: [{text: a}]\n", ":1:9: files: the path of a file is missing"},
		{"files: [{path: a, text: \"-----BEGIN PRIVATE KEY-----\"}]\n",
			":1:25: file 'a': a private key in clear text"},
		{"files: [{path: a, text: \"@{secret}\"}]\n",
			":1:25: file 'a': '@{' begins no placeholder that hosts know"},
		{"files: [{path: a, text: b}, {path: a, text: c}]\n",
			":1:8: files: path 'a' is there twice"},
		{"files: {a: b}\n", ":1:8: files: expected a list, found a map"},
		{"files: [a]\n", ":1:9: files: expected a map, found a text"},
	};

	CHECK_TABLE("environments/prod.yaml", table);
}
END_TEST

START_TEST(refuses_wrong_hosts)
{
	static const struct refusal table[] = {
		{"hosts: {a: {environment: prd}}\n", ":1:26: there is no environment 'prd'"},
		{"hosts: {a: {}}\n", ":1:9: host 'a': its environment is missing"},
		{"hosts: {a/b: {environment: prod}}\n", ":1:9: 'a/b' cannot be the name of a host"},
		{"hosts: {a: {environment: prod, public-key: x}}\n",
			":1:44: public-key: expected \"ed25519:\" and 64 hexadecimal digits"},
		{"hosts: {a: {environment: prod, instances: {m: {}}}}\n",
			":1:44: instance 'a/m': its role is missing"},
		{"hosts: {a: {environment: prod, instances: {m: {role: cahce}}}}\n",
			":1:54: there is no role 'cahce'"},
		{"hosts: {a: {environment: prod, instances: {\"..\": {role: cache}}}}\n",
			":1:44: '..' cannot be the name of an instance"},
		{"hosts: {a: {environment: prod, instances: {m: {role: cache, parameters: {x: "
		 "1}}}}}\n",
			":1:74: role 'cache' has no parameter 'x'"},
		{"hosts: {a: {environment: prod, parameters: {memory: 1gb}}}\n",
			":1:45: no role of this host declares a parameter 'memory'"},
		{"hosts: {a: {environment: prod, public-key: \"ed25519:" HASH_A "\"}, b: "
		 "{environment: prod, public-key: \"ed25519:" HASH_A "\"}}\n",
			":1:156: hosts 'a' and 'b' have the same public key"},
	};

	CHECK_TABLE("hosts/all.yaml", table);
}
END_TEST

START_TEST(refuses_the_same_host_in_two_files)
{
	char *found = findings_of("hosts/more.yaml", "hosts: {db1: {environment: dev}}\n");

	ck_assert_str_eq(found, "hosts/more.yaml:1:9: host 'db1' is in hosts/all.yaml:2 and in "
				"hosts/more.yaml:1\n");
	free(found);
}
END_TEST

START_TEST(refuses_wrong_roles_and_parameters)
{
	static const struct refusal table[] = {
		{"template: baseline@9\n", ":1:11: there is no template 'baseline@9'"},
		{"valkey: \"6.2\"\n", ":1:9: Valkey version '6.2' is not known"},
		{"parameters: {p: {type: sting}}\n",
			":1:24: parameter 'p': there is no type 'sting'"},
		{"parameters: {p: {}}\n", ":1:17: parameter 'p': its type is missing"},
		{"parameters: {p: {type: string, min: 1}}\n",
			":1:37: parameter 'p': '1' is no bound of type string"},
		{"parameters: {p: {type: enum, default: a}}\n",
			":1:17: parameter 'p': an enum, and only an enum, has a list of values"},
		{"parameters: {p: {type: enum, values: [a, b], default: c}}\n",
			":1:55: parameter 'p': expected one of a|b, found 'c'"},
		{"parameters: {p: {type: integer, default: 5, max: 4}}\n",
			":1:42: parameter 'p': expected -9223372036854775808 to 4, found '5'"},
		{"parameters: {P: {type: integer}}\n",
			":1:17: 'P' cannot be the name of a parameter"},
		{"parameters: {p: {type: boolean, default: maybe}}\n",
			":1:42: parameter 'p': expected yes or no, found 'maybe'"},
		{"parameters: {p: {type: duration-seconds, default: -1}}\n",
			":1:51: parameter 'p': expected duration-seconds, found '-1'"},
		{"parameters: {p: {type: string, defalt: x}}\n", ":1:32: p: unknown key 'defalt'"},
	};

	CHECK_TABLE("roles/extra.yaml", table);
}
END_TEST

START_TEST(refuses_an_instance_whose_parameter_has_no_value)
{
	char *found = findings_of("roles/cache.yaml",
		"parameters: {memory: {type: memory}, size: {type: integer}}\n"
		"config: {maxmemory: \"${memory}\", port: \"${size}\"}\n");

	ck_assert_str_eq(found,
		"hosts/all.yaml:6:7: instance 'db1/main': parameter 'size' of role 'cache' has no "
		"value\n"
		"hosts/all.yaml:10:7: instance 'db1/b': parameter 'size' of role 'cache' has no "
		"value\n"
		"hosts/all.yaml:13:17: instance 'db-2/main': parameter 'memory' of role 'cache' "
		"has "
		"no value\n"
		"hosts/all.yaml:13:17: instance 'db-2/main': parameter 'size' of role 'cache' has "
		"no "
		"value\n");
	free(found);
}
END_TEST

START_TEST(what_a_parameter_brings_is_checked_where_it_is_used)
{
	char *found = findings_of("environments/prod.yaml",
		"parameters: {prefix: \"@{x}\"}\nconfig: {proc-title-template: \"${prefix}\"}\n");

	ck_assert_msg(strstr(found, "proc-title-template: '@{' cannot stand") != NULL, "%s", found);
	free(found);
}
END_TEST

START_TEST(a_parameter_never_becomes_a_second_rule_of_a_user)
{
	char *found =
		findings_of("environments/prod.yaml", "parameters: {prefix: \"x +@all ~y\"}\n");

	ck_assert_str_eq(found,
		"roles/cache.yaml:10:12: parameter 'prefix': 'x +@all ~y' holds a blank or "
		"parenthesis\n");
	free(found);
}
END_TEST

START_TEST(a_value_too_long_after_replacement_is_refused_and_not_cut)
{
	struct vk_buf prod;
	char *found;

	vk_buf_init(&prod, 100000);
	vk_buf_adds(&prod, "parameters: {prefix: ");
	for (int i = 0; i < 9000; i++)
		vk_buf_addc(&prod, 'x');
	vk_buf_adds(&prod, "}\nconfig: {bind: [\"127.0.0.1 ${prefix}\", \"::1\"]}\n");
	found = findings_of("environments/prod.yaml", prod.data);
	ck_assert_msg(strstr(found, "bind: the value is too long") != NULL, "%s", found);
	free(found);
	vk_buf_release(&prod);
}
END_TEST

START_TEST(reports_every_finding_of_a_tree)
{
	char *found = findings_of("environments/prod.yaml",
		"config: {port: x, maxmemory: y, savee: z}\napply: {drift: no}\n");

	ck_assert_str_eq(found,
		"environments/prod.yaml:1:10: port: expected a whole number from 0 to 65535, found "
		"'x'\n"
		"environments/prod.yaml:1:19: maxmemory: expected a size from 0 to "
		"18446744073709551615 bytes, found 'y'\n"
		"environments/prod.yaml:1:33: Valkey 8.0 has no directive 'savee'\n"
		"environments/prod.yaml:2:16: apply: drift: expected report, alert or revert, "
		"found "
		"'no'\n");
	free(found);
}
END_TEST

START_TEST(answers_about_a_fleet)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_host_info host;
	struct cfg_fleet *fleet;

	assert_ok(cfg_fleet_parse(tree, NULL, &fleet, &err), err);
	ck_assert_str_eq(cfg_fleet_name(fleet), "demo");
	ck_assert_uint_eq(cfg_fleet_environment_count(fleet), 2);
	ck_assert_str_eq(cfg_fleet_environment_at(fleet, 1), "prod");
	ck_assert_str_eq(cfg_fleet_promotes_from(fleet, "prod"), "dev");
	ck_assert_ptr_null(cfg_fleet_promotes_from(fleet, "dev"));
	ck_assert_uint_eq(cfg_fleet_host_count(fleet), 2);
	ck_assert_str_eq(cfg_fleet_host_at(fleet, 0).name, "db-2");
	ck_assert(cfg_fleet_host_find(fleet, "db1", &host));
	ck_assert_str_eq(host.environment, "prod");
	ck_assert_str_eq(host.public_key, HASH_A);
	ck_assert_uint_eq(host.instance_count, 2);
	ck_assert_str_eq(cfg_fleet_instance_name(fleet, 1, 0), "b");
	ck_assert_str_eq(cfg_fleet_instance_role(fleet, 1, 1), "cache");
	ck_assert(!cfg_fleet_host_find(fleet, "db3", &host));
	cfg_fleet_free(fleet);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(says_which_parameter_was_meant)
{
	static const struct tree_part trees[][2] = {
		{{"environments/prod.yaml", "parameters: {memroy: 2gb}\n"}, {NULL, NULL}},
		{{"environments/prod.yaml", "config: {maxmemory: \"${memroy}\"}\n"}, {NULL, NULL}},
		{{"hosts/all.yaml",
			 "hosts: {db1: {environment: prod, instances: {main: {role: cache, "
			 "parameters: {memroy: 1gb}}}}}\n"},
			{NULL, NULL}},
	};

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct cfg_findings *findings = cfg_findings_new();
		struct cfg_tree *tree = tree_with_parts(trees[i]);
		struct vk_err err = VK_ERR_INIT;

		assert_ok(cfg_validate(tree, findings, &err), err);
		ck_assert_uint_ge(cfg_findings_count(findings), 1);
		ck_assert_str_eq(cfg_findings_at(findings, 0)->hint, "did you mean 'memory'?");
		cfg_findings_free(findings);
		cfg_tree_free(tree);
	}
}
END_TEST

/* The explanation of one directive of db1/main. */
static struct cfg_explanation *explain_main(const struct cfg_tree *tree, const char *directive)
{
	struct cfg_explanation *e = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_explain(tree, "db1/main", directive, &e, &err), err);
	return e;
}

START_TEST(explains_where_a_value_comes_from)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct vk_err err = VK_ERR_INIT;
	const struct cfg_explained *item;
	struct cfg_explanation *e = NULL;

	assert_fails(cfg_explain(tree, "db1/none", "port", &e, &err), VK_ENOTFOUND);
	assert_fails(cfg_explain(tree, "db1/main", "prot", &e, &err), VK_ENOTFOUND);
	ck_assert_str_eq(err.hint, "did you mean 'port'?");
	e = explain_main(tree, "port");
	ck_assert_uint_eq(cfg_explanation_count(e), 1);
	item = cfg_explanation_at(e, 0);
	ck_assert_str_eq(item->value, "7000");
	ck_assert_uint_eq(item->count, 2);
	ck_assert_str_eq(item->origins[0].layer, "template");
	ck_assert_str_eq(item->origins[0].file, "templates/baseline@1.yaml");
	ck_assert(!item->origins[0].is_effective);
	ck_assert_str_eq(item->origins[1].layer, "instance");
	ck_assert_uint_eq(item->origins[1].line, 9);
	ck_assert(item->origins[1].is_effective);
	cfg_explanation_free(e);
	e = explain_main(tree, "maxmemory");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->value, "1073741824");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->origins[0].text, "${memory}");
	cfg_explanation_free(e);
	e = explain_main(tree, "tcp-keepalive");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->value, "300");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->origins[1].text, "null");
	cfg_explanation_free(e);
	e = explain_main(tree, "hz");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->value, "10");
	ck_assert_uint_eq(cfg_explanation_at(e, 0)->count, 0);
	cfg_explanation_free(e);
	cfg_tree_free(tree);
}
END_TEST

/* "VALUE [LAYER:FILE:LINE TEXT]...", the strongest layer last. */
static void assert_explained(const struct cfg_tree *tree, const char *word, const char *expected)
{
	struct cfg_explanation *e = explain_main(tree, word);
	const struct cfg_explained *item = cfg_explanation_at(e, 0);
	struct vk_buf text;

	ck_assert_uint_eq(cfg_explanation_count(e), 1);
	vk_buf_init(&text, 100000);
	vk_buf_adds(&text, item->value);
	for (size_t i = 0; i < item->count; i++)
		vk_buf_addf(&text, " [%s:%s:%u %s]", item->origins[i].layer, item->origins[i].file,
			item->origins[i].line, item->origins[i].text);
	ck_assert_str_eq(text.data, expected);
	vk_buf_release(&text);
	cfg_explanation_free(e);
}

START_TEST(explains_users_files_apply_and_parameters)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_explanation *e = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_explained(tree, "users.app",
		"on sanitize-payload #... ~app:* resetchannels -@all +@read +@write -@dangerous "
		"[role:roles/cache.yaml:9 on ~${prefix}:* -@all +@read +@write -@dangerous; "
		"passwords (1 not shown)]");
	assert_explained(tree, "files.extra/motd.txt",
		"mode 0440, 16 bytes [role:roles/cache.yaml:13 mode 0440, 16 bytes]");
	assert_explained(tree, "apply.drift",
		"revert [template:templates/baseline@1.yaml:43 report] "
		"[role:roles/cache.yaml:14 revert]");
	assert_explained(tree, "parameters.memory",
		"1gb [template:templates/baseline@1.yaml:4 type memory, default 256mb, min 1mb] "
		"[role:roles/cache.yaml:3 type memory, default 256mb, min 64mb, max 8gb] "
		"[environment:environments/prod.yaml:2 2gb] "
		"[instance:hosts/all.yaml:8 1gb]");
	assert_fails(cfg_explain(tree, "db1/main", "users.nobody", &e, &err), VK_ENOTFOUND);
	assert_fails(cfg_explain(tree, "db1/main", "apply.speed", &e, &err), VK_ENOTFOUND);
	assert_fails(cfg_explain(tree, "db1/mian", "port", &e, &err), VK_ENOTFOUND);
	ck_assert_str_eq(err.hint, "did you mean 'db1/main'?");
	cfg_tree_free(tree);
}
END_TEST

START_TEST(explains_who_locks_a_word)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml",
		"parameters: {memory: 2gb}\nlock: [users.app, maxmemory-policy]\n");
	struct cfg_explanation *e = explain_main(tree, "maxmemory-policy");

	ck_assert_str_eq(cfg_explanation_at(e, 0)->lock->layer, "environment");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->lock->file, "environments/prod.yaml");
	ck_assert_uint_eq(cfg_explanation_at(e, 0)->lock->line, 2);
	cfg_explanation_free(e);
	e = explain_main(tree, "users.app");
	ck_assert_str_eq(cfg_explanation_at(e, 0)->lock->layer, "environment");
	cfg_explanation_free(e);
	e = explain_main(tree, "users.default");
	ck_assert_ptr_null(cfg_explanation_at(e, 0)->lock);
	cfg_explanation_free(e);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(explains_all_that_an_instance_sets)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_explanation *e = explain_main(tree, NULL);
	bool has_policy = false, has_user = false;

	ck_assert_uint_gt(cfg_explanation_count(e), 3);
	for (size_t i = 0; i < cfg_explanation_count(e); i++) {
		const struct cfg_explained *item = cfg_explanation_at(e, i);

		has_user = has_user || strcmp(item->word, "users.app") == 0;
		if (item->directive == NULL)
			continue;
		ck_assert_uint_ge(item->count, 1);
		ck_assert(i == 0 || strcmp(cfg_explanation_at(e, i - 1)->directive->name,
					    item->directive->name) < 0);
		ck_assert_str_ne(item->directive->name, "tcp-keepalive"); /* taken away again */
		has_policy =
			has_policy || (strcmp(item->directive->name, "maxmemory-policy") == 0 &&
					      strcmp(item->value, "allkeys-lru") == 0);
	}
	ck_assert(has_policy && has_user);
	cfg_explanation_free(e);
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("fleet");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_good_tree_has_no_findings);
	tcase_add_test(tc, refuses_broken_fleet_files);
	tcase_add_test(tc, refuses_directives_that_a_tree_may_not_set);
	tcase_add_test(tc, refuses_wrong_values_with_place_and_value);
	tcase_add_test(tc, refuses_wrong_users);
	tcase_add_test(tc, refuses_wrong_files);
	tcase_add_test(tc, refuses_wrong_hosts);
	tcase_add_test(tc, refuses_the_same_host_in_two_files);
	tcase_add_test(tc, refuses_wrong_roles_and_parameters);
	tcase_add_test(tc, refuses_an_instance_whose_parameter_has_no_value);
	tcase_add_test(tc, what_a_parameter_brings_is_checked_where_it_is_used);
	tcase_add_test(tc, a_parameter_never_becomes_a_second_rule_of_a_user);
	tcase_add_test(tc, a_value_too_long_after_replacement_is_refused_and_not_cut);
	tcase_add_test(tc, reports_every_finding_of_a_tree);
	tcase_add_test(tc, answers_about_a_fleet);
	tcase_add_test(tc, says_which_parameter_was_meant);
	tcase_add_test(tc, explains_where_a_value_comes_from);
	tcase_add_test(tc, explains_users_files_apply_and_parameters);
	tcase_add_test(tc, explains_who_locks_a_word);
	tcase_add_test(tc, explains_all_that_an_instance_sets);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
