/* SPDX-License-Identifier: BSD-3-Clause */
/* What a value may take from the host that it is for: names, address, shares of its memory. */
#include "config.h"

#include "common/config/fleet.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define PROD "environments/prod.yaml"
#define HOSTS "hosts/all.yaml"
#define ROLE "roles/cache.yaml"
#define MEMORY_ROLE "parameters: {memory: {type: memory, default: 50%, min: 1gb, max: 30gb}}\n"
#define ONE_HOST(keys) "hosts: {h: {environment: prod, " keys "instances: {m: {role: cache}}}}\n"

/* The file of instance h/m; the caller frees it. */
static char *file_of(const struct tree_part *parts, const char *path)
{
	struct cfg_tree *tree = tree_with_parts(parts);
	const struct cfg_rendered_bundle *rendered;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *all;
	struct vk_bundle *bundle;
	char *text;

	assert_ok(cfg_render(tree, "prod", NULL, &all, &err), err);
	rendered = cfg_rendered_find(all, "h/m", NULL);
	ck_assert_ptr_nonnull(rendered);
	assert_ok(vk_bundle_parse(rendered->text, rendered->len, &bundle, &err), err);
	text = strdup(vk_bundle_find(bundle, path)->text);
	vk_bundle_free(bundle);
	cfg_rendered_free(all);
	cfg_tree_free(tree);
	return text;
}

static void check_findings(const struct tree_part *parts, const char *expected)
{
	char *found = tree_findings(parts);

	ck_assert_str_eq(found, expected);
	free(found);
}

START_TEST(refuses_wrong_addresses_and_memory)
{
	static const struct tree_refusal table[] = {
		{ONE_HOST("address: a b, "),
			HOSTS ":1:41: address: 'a b' is no address of a host\n"},
		{ONE_HOST("address: -x, "), HOSTS ":1:41: address: '-x' is no address of a host\n"},
		{ONE_HOST("address: \"${host.nme}.x\", "),
			HOSTS ":1:41: address: '${host.nme}.x' is no address of a host\n"},
		{ONE_HOST("address: [x], "),
			HOSTS ":1:41: address: expected a text, found a list\n"},
		{ONE_HOST("memory: lots, "), HOSTS
			":1:40: memory: expected a size from 1 byte to 1 PiB, found 'lots'\n"},
		{ONE_HOST("memory: 0, "),
			HOSTS ":1:40: memory: expected a size from 1 byte to 1 PiB, found '0'\n"},
		{ONE_HOST("memory: 1048577gb, "), HOSTS
			":1:40: memory: expected a size from 1 byte to 1 PiB, found '1048577gb'\n"},
	};

	TREE_CHECK_ALL(HOSTS, table);
}
END_TEST

START_TEST(refuses_variables_that_stand_for_nothing)
{
	static const struct tree_refusal environments[] = {
		{"config: {proc-title-template: \"${host.nmae}\"}\n",
			PROD ":1:10: '${host.nmae}' stands for nothing\n"},
		{"config: {proc-title-template: \"${instance.role}\"}\n",
			PROD ":1:10: '${instance.role}' stands for nothing\n"},
	};
	static const struct tree_refusal roles[] = {
		{"parameters:\n  memory: {type: memory, default: 1gb}\n  host.rack: {type: "
		 "string}\n",
			ROLE ":3:14: 'host.rack' cannot be the name of a parameter: vkcfg's own "
			     "begin like that\n"},
	};
	static const struct tree_part hosts[] = {
		{HOSTS, ONE_HOST("")},
		{PROD, "files: [{path: x, text: \"${host.address}\"}]\n"},
		{NULL, NULL},
	};

	TREE_CHECK_ALL(PROD, environments);
	check_findings(
		hosts, HOSTS ":1:9: the host has no 'address', which " PROD ":1:9 asks for\n");
	TREE_CHECK_ALL(ROLE, roles);
}
END_TEST

START_TEST(names_and_addresses_become_values)
{
	static const struct tree_part parts[] = {
		{HOSTS, ONE_HOST("address: \"${host.name}.example.com\", ")},
		{ROLE, "users: {app: {rules: \"on ~${instance.name}:* +@read\"}}\n"
		       "config: {bind: [\"${host.address}\", 127.0.0.1]}\n"
		       "files: [{path: x, text: \"${host.name} ${instance.name} "
		       "${environment.name} $${host.name}\"}]\n"},
		{PROD, "{}\n"},
		{NULL, NULL},
	};
	char *conf = file_of(parts, VK_BUNDLE_CONF), *acl = file_of(parts, VK_BUNDLE_ACL);
	char *text = file_of(parts, "x");

	ck_assert_ptr_nonnull(strstr(conf, "\nbind h.example.com 127.0.0.1\n"));
	ck_assert_ptr_nonnull(strstr(acl, " ~m:* "));
	ck_assert_str_eq(text, "h m prod ${host.name}");
	free(conf);
	free(acl);
	free(text);
}
END_TEST

START_TEST(refuses_shares_of_unknown_memory)
{
	static const struct tree_part directive[] = {
		{HOSTS, ONE_HOST("")},
		{PROD, "config: {maxmemory: 60%}\n"},
		{NULL, NULL},
	};
	static const struct tree_part parameter[] = {
		{HOSTS, ONE_HOST("")},
		{PROD, "parameters: {memory: 60%}\n"},
		{ROLE, MEMORY_ROLE},
		{NULL, NULL},
	};

	check_findings(directive,
		HOSTS ":1:9: the host has no 'memory', of which " PROD ":1:10 takes 60%\n");
	check_findings(parameter,
		HOSTS ":1:9: the host has no 'memory', of which " PROD ":1:22 takes 60%\n");
}
END_TEST

START_TEST(refuses_shares_out_of_range)
{
	static const struct tree_refusal table[] = {
		{"config: {maxmemory: 0%}\n", PROD
			":1:10: maxmemory: expected 1% to 100% of the host's memory, found '0%'\n"},
		{"config: {maxmemory: 101%}\n", PROD ":1:10: maxmemory: expected 1% to 100% of the "
						     "host's memory, found '101%'\n"},
		{"config: {maxmemory: 60.5%}\n",
			PROD ":1:10: maxmemory: expected a size from 0 to 18446744073709551615 "
			     "bytes, found '60.5%'\n"},
		{"config: {repl-backlog-size: 5%}\n",
			PROD ":1:10: repl-backlog-size: expected a size from 1 to "
			     "9223372036854775807 bytes, found '5%'\n"},
		{"parameters: {memory: 999999999999999999%}\n",
			PROD ":1:22: memory: expected 1% to 100% of the host's memory, found "
			     "'999999999999999999%'\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct tree_part parts[] = {
			{PROD, table[i].text}, {HOSTS, ONE_HOST("memory: 64gb, ")}, {NULL, NULL}};

		check_findings(parts, table[i].findings);
	}
}
END_TEST

START_TEST(bounds_are_checked_on_bytes)
{
	static const struct tree_part high[] = {
		{HOSTS, ONE_HOST("memory: 64gb, parameters: {memory: 90%}, ")},
		{ROLE, MEMORY_ROLE},
		{PROD, "{}\n"},
		{NULL, NULL},
	};
	static const struct tree_part fallback[] = {
		{HOSTS, ONE_HOST("memory: 1gb, ")},
		{ROLE, MEMORY_ROLE},
		{PROD, "{}\n"},
		{NULL, NULL},
	};

	check_findings(high, HOSTS ":1:67: parameter 'memory': expected 1073741824 to 32212254720, "
				   "found '90%', which is 61847529062\n");
	check_findings(fallback, ROLE ":1:22: parameter 'memory': expected 1073741824 to "
				      "32212254720, found '50%', which is 536870912\n");
}
END_TEST

START_TEST(shares_are_rendered_as_bytes)
{
	static const struct tree_part directive[] = {
		{HOSTS, ONE_HOST("memory: 64gb, ")},
		{PROD, "config: {maxmemory: 60%}\n"},
		{NULL, NULL},
	};
	static const struct tree_part parameter[] = {
		{HOSTS, ONE_HOST("memory: 10gb, ")},
		{ROLE, MEMORY_ROLE "config: {maxmemory: \"${memory}\"}\n"},
		{PROD, "{}\n"},
		{NULL, NULL},
	};
	char *conf = file_of(directive, VK_BUNDLE_CONF);

	ck_assert_ptr_nonnull(strstr(conf, "\nmaxmemory 41231686041\n"));
	free(conf);
	conf = file_of(parameter, VK_BUNDLE_CONF);
	ck_assert_ptr_nonnull(strstr(conf, "\nmaxmemory 5368709120\n"));
	free(conf);
}
END_TEST

START_TEST(warns_where_instances_want_more_than_there_is)
{
	static const struct tree_part parts[] = {
		{HOSTS, "hosts:\n  h:\n    environment: prod\n    memory: 8gb\n    instances:\n"
			"      a: {role: cache, config: {maxmemory: 50%}}\n"
			"      b: {role: cache, config: {maxmemory: 4gb}}\n"},
		{PROD, "{}\n"},
		{NULL, NULL},
	};
	static const struct tree_part fits[] = {
		{HOSTS, "hosts:\n  h:\n    environment: prod\n    memory: 8gb\n    instances:\n"
			"      a: {role: cache, config: {maxmemory: 49%}}\n"
			"      b: {role: cache, config: {maxmemory: 49%}}\n"},
		{PROD, "{}\n"},
		{NULL, NULL},
	};

	check_findings(parts, HOSTS ":2:3: the host's instances may take 8724152320 bytes "
				    "(maxmemory, and 64mb for each), it has 8589934592\n");
	check_findings(fits, "");
}
END_TEST

START_TEST(answers_what_a_host_has)
{
	struct cfg_tree *tree =
		tree_with(HOSTS, ONE_HOST("memory: 64gb, address: \"2001:db8::1\", "));
	struct vk_err err = VK_ERR_INIT;
	struct cfg_host_info host;
	struct cfg_fleet *fleet;

	assert_ok(cfg_fleet_parse(tree, NULL, &fleet, &err), err);
	ck_assert(cfg_fleet_host_find(fleet, "h", &host));
	ck_assert_uint_eq(host.memory, 64ULL << 30);
	ck_assert_str_eq(host.address, "2001:db8::1");
	ck_assert_uint_eq(cfg_fleet_memory_of(fleet, "h/m"), 64ULL << 30);
	ck_assert_uint_eq(cfg_fleet_memory_of(fleet, "x/m"), 0);
	ck_assert_uint_eq(cfg_fleet_memory_of(fleet, "h"), 0);
	cfg_fleet_free(fleet);
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("host_values");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_wrong_addresses_and_memory);
	tcase_add_test(tc, refuses_variables_that_stand_for_nothing);
	tcase_add_test(tc, names_and_addresses_become_values);
	tcase_add_test(tc, refuses_shares_of_unknown_memory);
	tcase_add_test(tc, refuses_shares_out_of_range);
	tcase_add_test(tc, bounds_are_checked_on_bytes);
	tcase_add_test(tc, shares_are_rendered_as_bytes);
	tcase_add_test(tc, warns_where_instances_want_more_than_there_is);
	tcase_add_test(tc, answers_what_a_host_has);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
