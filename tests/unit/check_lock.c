/* SPDX-License-Identifier: BSD-3-Clause */
/* What a layer locks, no later layer says anything about. */
#include "config.h"

#include "common/config/fleet.h"

#include <string.h>

#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define PROD "environments/prod.yaml"
#define PARAMETERS "parameters:\n  memory: {type: memory, default: 256mb}\n"

START_TEST(refuses_to_change_what_an_earlier_layer_locks)
{
	static const struct tree_refusal table[] = {
		{"lock: [loglevel, users.app, files.extra/motd.txt, apply.drift, "
		 "parameters.memory]\n"
		 "config: {loglevel: warning}\n",
			"hosts/all.yaml:8:22: parameters.memory: the environment locks it (" PROD
			":1:64)\n"},
		{"lock: [port]\n",
			"hosts/all.yaml:9:18: port: the environment locks it (" PROD ":1:8)\n"},
		{"lock: [tcp-keepalive]\n", /* null is a change, too */
			"hosts/all.yaml:9:30: tcp-keepalive: the environment locks it (" PROD
			":1:8)\n"},
	};

	TREE_CHECK_ALL(PROD, table);
}
END_TEST

START_TEST(a_role_locks_against_its_environment)
{
	static const struct tree_refusal table[] = {
		{"lock: [slave-priority]\nconfig: {replica-priority: 5}\n" PARAMETERS, ""},
		{"lock: [loglevel]\n" PARAMETERS,
			PROD ":3:10: loglevel: the role locks it (roles/cache.yaml:1:8)\n"},
		{"lock: [users.app, files.a/b, apply.restart]\n" PARAMETERS, ""},
	};

	TREE_CHECK_ALL("roles/cache.yaml", table);
}
END_TEST

START_TEST(every_kind_of_thing_can_be_locked)
{
	static const char environment[] =
		"users: {app: {rules: on}, x: ~}\n"
		"files:\n  - {path: a/b, text: x}\n  - {path: c, text: ~}\n"
		"apply: {restart: never}\nparameters: {memory: 1gb}\nconfig: {slave-priority: 1}\n";
	static const struct tree_part parts[] = {
		{PROD, environment},
		{"roles/cache.yaml",
			"lock: [users.app, users.x, files.a/b, files.c, apply.restart, "
			"parameters.memory,\n"
			"       replica-priority]\n" PARAMETERS},
		{NULL, NULL},
	};
	char *found = tree_findings(parts);

	ck_assert_str_eq(found,
		PROD ":1:9: users.app: the role locks it (roles/cache.yaml:1:8)\n" PROD
		     ":1:27: users.x: the role locks it (roles/cache.yaml:1:19)\n" PROD
		     ":3:12: files.a/b: the role locks it (roles/cache.yaml:1:28)\n" PROD
		     ":4:12: files.c: the role locks it (roles/cache.yaml:1:39)\n" PROD
		     ":5:9: apply.restart: the role locks it (roles/cache.yaml:1:48)\n" PROD
		     ":6:14: parameters.memory: the role locks it (roles/cache.yaml:1:63)\n" PROD
		     ":7:10: replica-priority: the role locks it (roles/cache.yaml:2:8)\n"
		     "hosts/all.yaml:8:22: parameters.memory: the role locks it "
		     "(roles/cache.yaml:1:63)\n");
	free(found);
}
END_TEST

START_TEST(a_host_locks_against_its_instances)
{
	static const struct tree_refusal table[] = {
		{"hosts:\n  h:\n    environment: prod\n    lock: [port]\n    config: {port: 1}\n"
		 "    instances: {a: {role: cache}, b: {role: cache, config: {port: 2}}}\n",
			"hosts/all.yaml:6:61: port: the host locks it (hosts/all.yaml:4:12)\n"},
		{"hosts:\n  h:\n    environment: prod\n"
		 "    instances: {a: {role: cache, lock: [port]}}\n",
			"hosts/all.yaml:4:34: instance: unknown key 'lock'\n"},
	};

	TREE_CHECK_ALL("hosts/all.yaml", table);
}
END_TEST

START_TEST(refuses_words_that_name_nothing)
{
	static const struct tree_refusal table[] = {
		{"lock: [maxmemroy]\n", PROD ":1:8: lock: there is no directive 'maxmemroy'\n"},
		{"lock: [users.]\n", PROD ":1:8: lock: 'users.' names nothing\n"},
		{"lock: [\"users.a b\"]\n", PROD ":1:8: lock: 'users.a b' names nothing\n"},
		{"lock: [files.../x]\n", PROD ":1:8: lock: 'files.../x' names nothing\n"},
		{"lock: [apply.drfit]\n", PROD ":1:8: lock: apply has no key 'drfit'\n"},
		{"lock: [parameters.memroy]\n",
			PROD ":1:8: no role declares a parameter 'memroy'\n"},
		{"lock: port\n", PROD ":1:7: lock: expected a list, found a text\n"},
		{"lock: [[port]]\n", PROD ":1:8: lock: expected a text, found a list\n"},
		{"lock: [\"a\\nb\"]\n",
			PROD ":1:8: lock: a control character (byte 0x0a) in the value\n"},
		{"lock: [log-format]\n", ""}, /* of 9.0: nobody can set it here */
		{"lock: ~\n", ""},
	};

	TREE_CHECK_ALL(PROD, table);
}
END_TEST

START_TEST(a_lock_alone_changes_no_byte)
{
	struct cfg_tree *without = tree_with(NULL, NULL);
	struct cfg_tree *with = tree_with(PROD, PROD_YAML "lock: [hz, loglevel, users.app]\n");
	struct cfg_rendered *a, *b;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_render(without, "prod", NULL, &a, &err), err);
	assert_ok(cfg_render(with, "prod", NULL, &b, &err), err);
	ck_assert_mem_eq(cfg_rendered_root(a), cfg_rendered_root(b), 32);
	cfg_rendered_free(a);
	cfg_rendered_free(b);
	cfg_tree_free(without);
	cfg_tree_free(with);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_to_change_what_an_earlier_layer_locks);
	tcase_add_test(tc, a_role_locks_against_its_environment);
	tcase_add_test(tc, every_kind_of_thing_can_be_locked);
	tcase_add_test(tc, a_host_locks_against_its_instances);
	tcase_add_test(tc, refuses_words_that_name_nothing);
	tcase_add_test(tc, a_lock_alone_changes_no_byte);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
