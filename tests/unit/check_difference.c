/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/instance_ranges.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "tests/unit/tree_text.h"

#include "common/banned.h"

/* ---- ranges ---- */

static char *ranges(const char *ids)
{
	struct vkjson *array = vkjson_array();
	char *copy = xstrdup(ids), *rest = copy, *word;
	struct instance_range *found;
	struct vk_buf out;
	char *joined;
	size_t count, sum = 0, all;

	while ((word = strsep(&rest, " ")) != NULL)
		vkjson_append(array, vkjson_string(word));
	found = instance_ranges_of(array, &count);
	vk_buf_init(&out, 100000);
	for (size_t i = 0; i < count; i++) {
		vk_buf_addf(&out, "%s%s", i > 0 ? " " : "", found[i].text);
		sum += found[i].count;
	}
	all = vkjson_count(array);
	ck_assert_uint_eq(sum, all);
	instance_ranges_free(found, count);
	vkjson_free(array);
	free(copy);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

START_TEST(writes_hosts_that_are_numbered_as_a_range)
{
	static const struct {
		const char *ids, *expected;
	} table[] = {
		{"db1/main", "db1/main"},
		{"db1/main db2/main", "db1/main db2/main"},
		{"db1/main db2/main db3/main", "db[1-3]/main"},
		{"db10/main db11/main db8/main db9/main", "db[8-11]/main"},
		{"c098/a c099/a c100/a c101/a", "c[098-101]/a"},
		{"c1/a c1/b c2/a c2/b c3/a c3/b", "c[1-3]/a c[1-3]/b"},
		{"c1/a c2/a c3/a c5/a", "c5/a c[1-3]/a"},
		/* 9 and 010 are not of one width. */
		{"c010/a c011/a c8/a c9/a", "c010/a c011/a c8/a c9/a"},
		{"a1-x/m a2-x/m a3-x/m", "a[1-3]-x/m"},
		{"r1-c1/m r1-c2/m r1-c3/m r2-c1/m", "r1-c[1-3]/m r2-c1/m"},
		{"host/main other/main", "host/main other/main"},
		{"c99999999999999999999/a c99999999999999999998/a",
			"c99999999999999999998/a c99999999999999999999/a"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *found = ranges(table[i].ids);

		ck_assert_str_eq(found, table[i].expected);
		free(found);
	}
}
END_TEST

/* ---- differences ---- */

#define HOST(name) "  " name ": {environment: prod, instances: {main: {role: cache}}}\n"
#define FOUR_HOSTS "hosts:\n" HOST("c1") HOST("c2") HOST("c3") HOST("c4")

static struct cfg_rendered *render(const char *hosts, const char *prod)
{
	struct cfg_tree_file files[] = {
		{"fleet.yaml", FLEET_YAML, strlen(FLEET_YAML)},
		{"roles/cache.yaml", "config: {maxmemory: 1gb}\n", 0},
		{"roles/queue.yaml", "config: {maxmemory: 2gb}\n", 0},
		{"environments/prod.yaml", prod, strlen(prod)},
		{"hosts/all.yaml", hosts, strlen(hosts)},
	};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct cfg_tree *tree;

	for (size_t i = 1; i < 3; i++)
		files[i].len = strlen(files[i].text);
	assert_ok(cfg_tree_from_files(files, 5, &tree, &err), err);
	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	cfg_tree_free(tree);
	return rendered;
}

static struct vkjson *difference(
	const char *old_hosts, const char *old_prod, const char *new_hosts, const char *new_prod)
{
	struct cfg_rendered *before = render(old_hosts, old_prod);
	struct cfg_rendered *after = render(new_hosts, new_prod);
	struct vk_err err = VK_ERR_INIT;
	struct vkjson *out;

	assert_ok(difference_of(before, after, &out, &err), err);
	cfg_rendered_free(before);
	cfg_rendered_free(after);
	return out;
}

/* As it is printed. Takes it. */
static char *printed(struct vkjson *difference, bool is_verbose)
{
	struct cli cli;
	char *text = NULL;
	size_t len = 0;

	cli_init(&cli);
	cli.is_color = false;
	cli.is_verbose = is_verbose;
	cli.out = open_memstream(&text, &len);
	difference_print(&cli, difference);
	fclose(cli.out);
	cli_release(&cli);
	vkjson_free(difference);
	return text;
}

static void expect(struct vkjson *difference, const char *expected)
{
	char *text = printed(difference, false);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(the_same_change_on_many_instances_is_one_group)
{
	char *text;

	expect(difference(FOUR_HOSTS, "{}", FOUR_HOSTS, "config: {maxmemory: 2gb, databases: 32}"),
		"prod: 4 instances (c[1-4]/main, all of role cache): restart\n"
		"  databases: 16 (default) -> 32  restart\n"
		"  maxmemory: 1gb -> 2gb  live\n"
		"prod: instances that change: 4, of them with a restart: 4, that stay as they are: "
		"0\n");
	text = printed(difference(FOUR_HOSTS, "{}", FOUR_HOSTS, "config: {maxmemory: 2gb}"), true);
	ck_assert_msg(strncmp(text,
			      "prod: 4 instances (c1/main, c2/main, c3/main, c4/main, all of role "
			      "cache): live\n",
			      strlen("prod: 4 instances (c1/main, c2/main, c3/main, c4/main, all "
				     "of role cache): live\n")) == 0,
		"%s", text);
	free(text);
}
END_TEST

START_TEST(groups_say_which_roles_they_are_of)
{
	const char *mixed = "hosts:\n" HOST("c1")
		HOST("c2") "  c3: {environment: prod, instances: {main: {role: queue}}}\n";
	const char *one =
		"hosts:\n" HOST("c1") HOST("c2") "  c3: {environment: prod, instances: {main: "
						 "{role: queue, config: {hz: 20}}}}\n";

	expect(difference(mixed, "{}", mixed, "config: {hz: 20}"),
		"prod: 3 instances (c[1-3]/main): live\n"
		"  hz: 10 (default) -> 20  live\n"
		"prod: instances that change: 3, of them with a restart: 0, that stay as they are: "
		"0\n");
	expect(difference(mixed, "{}", one, "{}"),
		"prod: c3/main: live\n"
		"  hz: 10 (default) -> 20  live\n"
		"prod: instances that change: 1, of them with a restart: 0, that stay as they are: "
		"2\n");
}
END_TEST

START_TEST(another_text_of_the_same_meaning_is_no_difference)
{
	struct vkjson *same =
		difference(FOUR_HOSTS, "{}", FOUR_HOSTS, "config: {databases: 16, hz: 10}");

	ck_assert(difference_is_empty(same));
	expect(same, "nothing changes in prod, instances that only get another text of the same "
		     "meaning: 4\n");
}
END_TEST

START_TEST(says_where_a_restart_is_preferred_or_forbidden)
{
	expect(difference(FOUR_HOSTS, "{}", FOUR_HOSTS, "config: {tls-auth-clients: optional}"),
		"prod: 4 instances (c[1-4]/main, all of role cache): live, restart preferred\n"
		"  tls-auth-clients: yes (default) -> optional  live, restart preferred\n"
		"prod: instances that change: 4, of them with a restart: 0, live, restart "
		"preferred: 4, that stay as they are: 0\n");
	expect(difference(FOUR_HOSTS, "apply: {restart: never}", FOUR_HOSTS,
		       "{apply: {restart: never}, config: {databases: 32}}"),
		"prod: 4 instances (c[1-4]/main, all of role cache): restart, which apply.restart "
		"forbids\n"
		"  databases: 16 (default) -> 32  restart\n"
		"prod: instances that change: 4, of them with a restart: 0, with a restart that "
		"apply.restart forbids: 4, that stay as they are: 0\n");
}
END_TEST

START_TEST(passwords_that_look_alike_are_not_one_group)
{
#define USER(name, hash)                                                                           \
	"  " name ": {environment: prod, instances: {main: {role: cache, users: {a: {rules: on, "  \
	"passwords: [\"sha256:" hash "\"]}}}}}\n"
	const char *hosts = "hosts:\n" USER("c1", HASH_A) USER("c2", HASH_A)
		USER("c3", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	struct vkjson *found =
		difference("hosts:\n" HOST("c1") HOST("c2") HOST("c3"), "{}", hosts, "{}");

	ck_assert_uint_eq(vkjson_count(vkjson_get(found, "groups")), 2);
	vkjson_free(found);
}
END_TEST

START_TEST(many_groups_are_found_again)
{
	enum { HOSTS = 300 };
	struct vk_buf before, after;
	struct vkjson *found;

	vk_buf_init(&before, 1000000);
	vk_buf_init(&after, 1000000);
	vk_buf_adds(&before, "hosts:\n");
	vk_buf_adds(&after, "hosts:\n");
	for (int i = 0; i < HOSTS; i++) {
		vk_buf_addf(&before,
			"  h%03d: {environment: prod, instances: {main: {role: cache}}}\n", i);
		vk_buf_addf(&after,
			"  h%03d: {environment: prod, instances: {main: {role: cache, config: "
			"{timeout: %d}}}}\n",
			i, 1 + i % 150);
	}
	found = difference(before.data, "{}", after.data, "{}");
	ck_assert_uint_eq(vkjson_count(vkjson_get(found, "groups")), 150);
	for (size_t i = 0; i < 150; i++)
		ck_assert_uint_eq(vkjson_count(vkjson_get(
					  vkjson_at(vkjson_get(found, "groups"), i), "instances")),
			2);
	vkjson_free(found);
	vk_buf_release(&before);
	vk_buf_release(&after);
}
END_TEST

/* Neighbours that have the same files share a diff; what is in a value is no name. */
START_TEST(takes_no_value_for_the_name_of_an_instance)
{
#define NAMED(name, ident)                                                                         \
	"  " name                                                                                  \
	": {environment: prod, instances: {main: {role: cache, config: {syslog-ident: " ident      \
	"}}}}\n"
	struct vkjson *found = difference("hosts:\n" HOST("c1") HOST("c2") HOST("c3"), "{}",
		"hosts:\n" NAMED("c1", "c1/main") NAMED("c2", "c2/main") NAMED("c3", "c2/main"),
		"{}");

	ck_assert_uint_eq(vkjson_count(vkjson_get(found, "groups")), 2);
	ck_assert_str_eq(
		vkjson_text(vkjson_get(
			vkjson_at(vkjson_get(vkjson_at(vkjson_get(found, "groups"), 1), "changes"),
				0),
			"new")),
		"c2/main");
	vkjson_free(found);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("difference");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, writes_hosts_that_are_numbered_as_a_range);
	tcase_add_test(tc, the_same_change_on_many_instances_is_one_group);
	tcase_add_test(tc, groups_say_which_roles_they_are_of);
	tcase_add_test(tc, another_text_of_the_same_meaning_is_no_difference);
	tcase_add_test(tc, says_where_a_restart_is_preferred_or_forbidden);
	tcase_add_test(tc, passwords_that_look_alike_are_not_one_group);
	tcase_add_test(tc, takes_no_value_for_the_name_of_an_instance);
	tcase_add_test(tc, many_groups_are_found_again);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
