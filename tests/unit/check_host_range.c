/* SPDX-License-Identifier: BSD-3-Clause */
/* Many hosts in one entry: names, limits, keys and addresses of each. */
#include "config.h"

#include "common/config/host_range.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define HOSTS "hosts/all.yaml"
#define MORE "hosts/more.yaml"
#define BODY "{environment: prod, instances: {main: {role: cache}}}\n"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* All names of a range, with a blank behind each. */
static char *names_of(const char *text)
{
	struct arena *arena = arena_new();
	struct vk_err err = VK_ERR_INIT;
	struct cfg_range *range;
	struct vk_buf out;
	char *joined;

	assert_ok(cfg_range_parse(text, arena, &range, &err), err);
	vk_buf_init(&out, 1000000);
	for (size_t i = 0; i < cfg_range_count(range); i++)
		vk_buf_addf(&out, "%s ", cfg_range_name(range, i, arena));
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	arena_free(arena);
	return joined;
}

START_TEST(refuses_ranges_that_are_none)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"a[1-3", "'a[1-3': a bracket without the other"},
		{"a1-3]", "'a1-3]': a bracket without the other"},
		{"a[]", "'a[]': in brackets stand numbers, ranges of numbers and words"},
		{"a[1,]", "'a[1,]': in brackets stand numbers, ranges of numbers and words"},
		{"a[[1]]", "'a[[1]]': in brackets stand numbers, ranges of numbers and words"},
		{"a[a-c]", "'a[a-c]': in brackets stand numbers, ranges of numbers and words"},
		{"a[1-2-3]", "'a[1-2-3]': in brackets stand numbers, ranges of numbers and words"},
		{"a[1 -3]", "'a[1 -3]': in brackets stand numbers, ranges of numbers and words"},
		{"a[-1]", "'a[-1]': in brackets stand numbers, ranges of numbers and words"},
		{"a[3-1]", "'a[3-1]': a range that ends before it begins"},
		{"a[01-100]", "'a[01-100]': a range from and to a different number of digits"},
		{"a[1-0000000001]", "'a[1-0000000001]': a number of more than 9 digits"},
		{"[1][1][1][1][1]", "'[1][1][1][1][1]': more than 4 brackets"},
		{"a[1-200001]", "'a[1-200001]': more than 200000 hosts"},
		{"a[1-1000][1-1000]", "'a[1-1000][1-1000]': more than 200000 hosts"},
		{"a[0-999999999,0-999999999]",
			"'a[0-999999999,0-999999999]': more than 200000 hosts"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct arena *arena = arena_new();
		struct vk_err err = VK_ERR_INIT;
		struct cfg_range *range;

		ck_assert_int_ne(cfg_range_parse(table[i].text, arena, &range, &err), VK_OK);
		ck_assert_str_eq(err.msg, table[i].message);
		arena_free(arena);
	}
}
END_TEST

START_TEST(names_come_in_the_order_of_the_text)
{
	static const struct {
		const char *text, *names;
	} table[] = {
		{"cache[001-003]", "cache001 cache002 cache003 "},
		{"c[8-11].x", "c8.x c9.x c10.x c11.x "},
		{"c[08-11]", "c08 c09 c10 c11 "},
		{"db-[a,b]-[1-2,7]", "db-a-1 db-a-2 db-a-7 db-b-1 db-b-2 db-b-7 "},
		{"[0]", "0 "},
		{"a[0,9-11]", "a0 a9 a10 a11 "},
		{"a[00-01][x]", "a00x a01x "},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *names = names_of(table[i].text);

		ck_assert_str_eq(names, table[i].names);
		free(names);
	}
}
END_TEST

START_TEST(refuses_wrong_entries_of_ranges)
{
	static const struct tree_refusal table[] = {
		{"hosts:\n  c[1-2: " BODY, MORE ":2:3: 'c[1-2': a bracket without the other\n"},
		{"hosts:\n  C[1-2]: " BODY, MORE ":2:3: 'C1' cannot be the name of a host\n"},
		{"hosts:\n  c[1-2]: {environment: prd}\n",
			MORE ":2:25: there is no environment 'prd'\n"},
		{"hosts:\n  c[1-2]: {environment: prod, public-key: \"ed25519:" HASH_B "\"}\n",
			MORE ":2:43: public-key: these hosts cannot have the same key\n"},
		{"hosts:\n  c[1-2]: {environment: prod, address: 192.0.2.1}\n",
			MORE ":2:40: address: these hosts cannot have the same address\n"},
		{"hosts:\n  c[1-2]: {environment: prod, instances: {m: {role: cahce}}}\n",
			MORE ":2:53: there is no role 'cahce'\n"},
		{"hosts:\n  c[1-2,2]: " BODY, MORE ":2:3: host 'c2' is twice in this range\n"},
		{"hosts:\n  c[1-20]: " BODY "  c[15-30]: " BODY,
			MORE ":3:3: host 'c15' is in " MORE ":2 and in " MORE ":3\n"},
		{"hosts:\n  c[1-3]: " BODY "  c2: " BODY,
			MORE ":3:3: host 'c2' is in " MORE ":2 and in " MORE ":3\n"},
		{"hosts:\n  db[1-3]: " BODY,
			MORE ":2:3: host 'db1' is in " HOSTS ":2 and in " MORE ":2\n"},
		{"hosts:\n  c[1-200000]: {environment: prod}\n",
			MORE ":2:3: a fleet of more than 200000 hosts\n"},
		{"hosts:\n  c[1-150000]: {environment: prod, instances: {a: {role: cache}, "
		 "b: {role: cache}, c: {role: cache}}}\n",
			MORE ":2:3: a fleet of more than 400000 instances\n"},
	};

	TREE_CHECK_ALL(MORE, table);
}
END_TEST

START_TEST(refuses_keys_and_addresses_of_nobody)
{
	static const struct tree_refusal table[] = {
		{"public-keys: {db3: \"ed25519:" HASH_B "\"}\n",
			MORE ":1:15: public-keys: there is no host 'db3'\n"},
		{"public-keys: {db1: \"ed25519:" HASH_B "\"}\n",
			MORE ":1:15: public-keys: host 'db1' has one already (" HOSTS ":4:17)\n"},
		{"public-keys: {db-2: \"ed25519:" HASH_A "\"}\n",
			HOSTS ":4:17: hosts 'db-2' and 'db1' have the same public key\n"},
		{"public-keys: {db-2: x}\n", MORE
			":1:21: public-keys: expected \"ed25519:\" and 64 hexadecimal digits\n"},
		{"addresses: {db-3: a}\n", MORE ":1:13: addresses: there is no host 'db-3'\n"},
		{"addresses: {db1: \"a b\"}\n",
			MORE ":1:18: address: 'a b' is no address of a host\n"},
		{"addresses: [a]\n", MORE ":1:12: addresses: expected a map, found a list\n"},
	};

	TREE_CHECK_ALL(MORE, table);
}
END_TEST

START_TEST(each_host_of_a_range_has_its_own)
{
	static const struct tree_part parts[] = {
		{MORE, "hosts:\n  c[01-03]:\n    environment: prod\n"
		       "    address: ${host.name}.example.com\n    config: {hz: 20}\n"
		       "    instances: {b: {role: cache}, a: {role: cache, config: {bind: "
		       "\"${host.address}\"}}}\n"},
		{"hosts/keys.yaml", "public-keys: {c02: \"ed25519:" HASH_B "\"}\n"
				    "addresses: {db1: 192.0.2.7}\n"},
		{NULL, NULL},
	};
	struct cfg_tree *tree = tree_with_parts(parts);
	const struct cfg_rendered_bundle *bundle;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct cfg_host_info info;
	struct cfg_fleet *fleet;

	assert_ok(cfg_fleet_parse(tree, NULL, &fleet, &err), err);
	ck_assert_uint_eq(cfg_fleet_host_count(fleet), 5);
	ck_assert(cfg_fleet_host_find(fleet, "c02", &info));
	ck_assert_str_eq(info.public_key, HASH_B);
	ck_assert_str_eq(info.address, "c02.example.com");
	ck_assert_str_eq(info.file, MORE);
	ck_assert_uint_eq(info.line, 2);
	ck_assert(cfg_fleet_host_find(fleet, "c03", &info));
	ck_assert_str_eq(info.public_key, "");
	ck_assert(cfg_fleet_host_find(fleet, "db1", &info));
	ck_assert_str_eq(info.address, "192.0.2.7");
	cfg_fleet_free(fleet);
	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	ck_assert_uint_eq(cfg_rendered_count(rendered), 8);
	bundle = cfg_rendered_find(rendered, "c03/a", NULL);
	ck_assert_ptr_nonnull(bundle);
	ck_assert_ptr_nonnull(strstr(bundle->text, "\nbind c03.example.com\n"));
	ck_assert_ptr_nonnull(strstr(bundle->text, "\nhz 20\n"));
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(a_range_is_what_its_hosts_would_be)
{
	struct cfg_tree *one = tree_with(MORE, "hosts:\n  c[1-2]: " BODY);
	struct cfg_tree *two = tree_with(MORE, "hosts:\n  c2: " BODY "  c1: " BODY);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *a, *b;

	assert_ok(cfg_render(one, "prod", NULL, &a, &err), err);
	assert_ok(cfg_render(two, "prod", NULL, &b, &err), err);
	ck_assert_mem_eq(cfg_rendered_root(a), cfg_rendered_root(b), 32);
	cfg_rendered_free(a);
	cfg_rendered_free(b);
	cfg_tree_free(one);
	cfg_tree_free(two);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("host_range");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_ranges_that_are_none);
	tcase_add_test(tc, names_come_in_the_order_of_the_text);
	tcase_add_test(tc, refuses_wrong_entries_of_ranges);
	tcase_add_test(tc, refuses_keys_and_addresses_of_nobody);
	tcase_add_test(tc, each_host_of_a_range_has_its_own);
	tcase_add_test(tc, a_range_is_what_its_hosts_would_be);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
