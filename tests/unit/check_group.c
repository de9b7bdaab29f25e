/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups: who is whose replica, who is a node of which shard. */
#include "config.h"

#include "common/config/fleet.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/explain.h"
#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define FLEET "fleet: demo\nenvironments: [dev, prod]\nvalkey: \"8.0\"\n"
#define REPLICATED "environment: prod\nkind: replicated\n"
#define CLUSTER "environment: prod\nkind: cluster\n"

static const char hosts[] =
	"hosts:\n"
	"  db1:\n"
	"    environment: prod\n"
	"    address: 10.0.0.1\n"
	"    instances: {main: {role: store}, a: {role: node, config: {port: 7001}},\n"
	"      b: {role: node, config: {port: 7002}}}\n"
	"  db2:\n"
	"    environment: prod\n"
	"    address: \"fd00::2\"\n"
	"    instances: {main: {role: store}, a: {role: node}, b: {role: node},\n"
	"      small: {role: store, config: {maxmemory: 1gb}},\n"
	"      shut: {role: store, config: {port: 0}}}\n"
	"  db3:\n"
	"    environment: prod\n"
	"    address: db3.example.net\n"
	"    instances: {main: {role: store, config: {tls-port: 6380}}, a: {role: node},\n"
	"      b: {role: node}, key: {role: store, config: {primaryauth: \"secret:other\"}}}\n"
	"  here: {environment: prod, instances: {main: {role: store}}}\n"
	"  dev1: {environment: dev, address: dev1, instances: {main: {role: store}}}\n";

static const char store[] = "config: {maxmemory: 2gb, primaryauth: \"secret:replication\"}\n";
static const char node[] =
	"config: {cluster-enabled: \"yes\", primaryauth: \"secret:replication\"}\n";
static const char pin[] = "version: 1\nsha256: \"" HASH_A "\"\n";

static struct cfg_tree *tree_of(const char *path, const char *group)
{
	struct cfg_tree_file files[] = {
		{"fleet.yaml", FLEET, strlen(FLEET)},
		{"hosts/all.yaml", hosts, strlen(hosts)},
		{"roles/store.yaml", store, strlen(store)},
		{"roles/node.yaml", node, strlen(node)},
		{"secrets/dev/replication.yaml", pin, strlen(pin)},
		{"secrets/prod/replication.yaml", pin, strlen(pin)},
		{"secrets/prod/other.yaml", pin, strlen(pin)},
		{"groups/taken.yaml", REPLICATED "members: [db3/key]\n",
			strlen(REPLICATED "members: [db3/key]\n")},
		{path, group, group != NULL ? strlen(group) : 0},
	};
	size_t count = sizeof(files) / sizeof(files[0]);
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	if (path == NULL)
		count--;
	if (path != NULL && strcmp(path, "groups/taken.yaml") == 0) {
		files[count - 2] = files[count - 1];
		count--;
	}
	assert_ok(cfg_tree_from_files(files, count, &tree, &err), err);
	return tree;
}

/* All errors and warnings about groups and their members, one a line. */
static char *findings_of(const char *path, const char *group)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_tree *tree = tree_of(path, group);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf out;
	char *joined;

	vk_buf_init(&out, 1000000);
	assert_ok(cfg_validate(tree, findings, &err), err);
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		if (strstr(finding->message, "public-key") != NULL ||
			strstr(finding->message, "keeper") != NULL)
			continue; /* of secrets, which this tree only borrows */
		cfg_finding_format(finding, &out);
		vk_buf_addc(&out, '\n');
	}
	cfg_findings_free(findings);
	cfg_tree_free(tree);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

struct refusal {
	const char *text;
	const char *messages;
};

static void check_table(const struct refusal *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *found = findings_of("groups/g.yaml", table[i].text);

		ck_assert_str_eq(found, table[i].messages);
		free(found);
	}
}

#define CHECK_TABLE(table) check_table(table, sizeof(table) / sizeof((table)[0]))
#define G "groups/g.yaml:"

START_TEST(refuses_a_file_that_describes_no_group)
{
	static const struct refusal table[] = {
		{"", G "1:1: group 'g': its environment is missing\n" G
		       "1:1: group 'g': its kind is missing\n"},
		{"environment: prood\nkind: ring\n",
			G "1:14: there is no environment 'prood'\n" G
			  "2:7: kind: expected replicated or cluster, found 'ring'\n"},
		{REPLICATED "shards: [[db1/main]]\n", G "1:1: group 'g': 'members' is missing\n" G
							"3:1: group: unknown key 'shards'\n"},
		{CLUSTER "max-unavailable: 0\nshards: [[db1/a], [db2/a], [db3/a]]\n",
			G "3:18: max-unavailable: expected a number from 1 to 1000, found '0'\n"},
		{REPLICATED "members: []\n", G "3:10: members: the list is empty\n"},
		{REPLICATED "members: db1/main\n",
			G "3:10: members: expected a list, found a text\n"},
		{CLUSTER "shards: [db1/a]\n",
			G "3:9: a cluster of 1 shards has no majority when one primary is gone\n" G
			  "3:10: a shard: expected a list, found a text\n"},
	};

	CHECK_TABLE(table);
}
END_TEST

START_TEST(refuses_members_that_are_not_there_or_elsewhere)
{
	static const struct refusal table[] = {
		{REPLICATED "members: [main]\n", G "3:11: 'main' does not name an instance\n"},
		{REPLICATED "members: [dx1/main]\n", G "3:11: there is no host 'dx1'\n"},
		{REPLICATED "members: [db1/mian]\n", G "3:11: host 'db1' has no instance 'mian'\n"},
		{REPLICATED "members: [db1/main, dev1/main]\n",
			G "3:21: 'dev1/main' is in environment 'dev', group 'g' in 'prod'\n"},
		{REPLICATED "members: [db1/main, here/main]\n",
			G "3:21: host 'here' (hosts/all.yaml:18) has no address\n"},
		{REPLICATED "members: [db1/main, db1/main]\n",
			G "3:21: 'db1/main' is in this group twice\n"},
		{CLUSTER "shards: [[db1/a, db2/b], [db2/a, db3/b], [db3/a, db2/b]]\n",
			G "3:50: 'db2/b' is in this group twice\n"},
		{REPLICATED "members: [db1/main, [db2/main]]\n",
			G "3:21: a member: expected a text, found a list\n"},
	};

	CHECK_TABLE(table);
}
END_TEST

START_TEST(refuses_an_instance_in_two_groups)
{
	char *found = findings_of("groups/zebra.yaml", REPLICATED "members: [db3/key]\n");

	ck_assert_str_eq(found, "groups/zebra.yaml:3:11: 'db3/key' is already in group 'taken' "
				"(groups/taken.yaml)\n");
	free(found);
}
END_TEST

START_TEST(refuses_members_that_do_not_fit_the_kind)
{
	static const struct refusal table[] = {
		{REPLICATED "members: [db1/main, db2/a]\n",
			"roles/node.yaml:1:10: 'db2/a' is a node of a cluster, group 'g' is "
			"replicated (groups/g.yaml)\n"
			"roles/node.yaml:1:10: maxmemory: 2gb for db1/main (roles/store.yaml:1), "
			"but 0 for db2/a (groups/g.yaml:3)\n"},
		{CLUSTER "shards: [[db1/a], [db2/a], [db3/main]]\n",
			G "3:29: 'db3/main' is no node of a cluster, group 'g' is one "
			  "(groups/g.yaml)\n"},
		{REPLICATED "members: [db2/shut]\n",
			G "3:11: 'db2/shut' opens no port: nobody could reach it\n"},
	};

	char *found = findings_of("groups/g.yaml", table[0].text);

	ck_assert_ptr_nonnull(
		strstr(found, "roles/node.yaml:1:10: 'db2/a' is a node of a cluster"));
	ck_assert_ptr_nonnull(strstr(found, "maxmemory: 2gb for db1/main (roles/store.yaml:1), but "
					    "0 for db2/a (groups/g.yaml:3)"));
	free(found);
	check_table(table + 1, 2);
}
END_TEST

START_TEST(refuses_differences_inside_a_shard_with_both_places)
{
	static const struct refusal table[] = {
		{REPLICATED "members: [db1/main, db2/small]\n",
			"hosts/all.yaml:11:37: maxmemory: 2gb for db1/main "
			"(roles/store.yaml:1), but 1gb for db2/small (hosts/all.yaml:11)\n"},
	};
	char *found;

	CHECK_TABLE(table);
	found = findings_of("groups/taken.yaml", REPLICATED "members: [db1/main, db3/key]\n");
	ck_assert_str_eq(found,
		"hosts/all.yaml:17:52: primaryauth: db1/main (roles/store.yaml:1), but db3/key "
		"(hosts/all.yaml:17)\n");
	free(found);
}
END_TEST

START_TEST(warns_of_two_members_of_a_shard_on_one_host)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_tree *tree =
		tree_of("groups/g.yaml", CLUSTER "shards: [[db1/a, db1/b], [db2/a], [db3/a]]\n");
	const struct cfg_finding *finding = NULL;

	assert_ok(cfg_validate(tree, findings, &err), err);
	ck_assert_uint_eq(cfg_findings_errors(findings), 0);
	for (size_t i = 0; i < cfg_findings_count(findings) && finding == NULL; i++) {
		if (strcmp(cfg_findings_at(findings, i)->file, "groups/g.yaml") == 0)
			finding = cfg_findings_at(findings, i);
	}
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, CFG_WARNING);
	ck_assert_str_eq(finding->message, "'db1/b' is on the host of 'db1/a': both fail together");
	cfg_findings_free(findings);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(refuses_an_address_that_is_none)
{
	static const char text[] = "hosts:\n  db9: {environment: prod, address: \"a b\"}\n";
	char *found = findings_of("hosts/more.yaml", text);

	ck_assert_str_eq(found, "hosts/more.yaml:2:37: address: 'a b' is no address of a host\n");
	free(found);
}
END_TEST

START_TEST(answers_about_groups)
{
	struct cfg_tree *tree = tree_of(
		"groups/g.yaml", CLUSTER "shards: [[db1/a, db2/b], [db2/a, db3/b], [db3/a]]\n");
	struct cfg_membership where = {99, 99};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_member_info member;
	struct cfg_fleet *fleet;

	assert_ok(cfg_fleet_parse(tree, NULL, &fleet, &err), err);
	assert_ok(cfg_fleet_resolve_groups(fleet, NULL, &err), err);
	ck_assert_uint_eq(cfg_fleet_group_count(fleet), 2);
	ck_assert_str_eq(cfg_fleet_group_at(fleet, 0).name, "g");
	ck_assert_int_eq(cfg_fleet_group_at(fleet, 0).kind, VK_GROUP_CLUSTER);
	ck_assert_uint_eq(cfg_fleet_group_at(fleet, 0).shard_count, 3);
	ck_assert_str_eq(cfg_fleet_group_at(fleet, 1).environment, "prod");
	ck_assert_uint_eq(cfg_fleet_shard_size(fleet, 0, 2), 1);
	member = cfg_fleet_member_at(fleet, 0, 0, 0);
	ck_assert_str_eq(member.id, "db1/a");
	ck_assert_str_eq(member.address, "10.0.0.1");
	ck_assert_uint_eq(member.port, 7001);
	ck_assert_uint_eq(cfg_fleet_member_at(fleet, 0, 1, 0).port, 6379);
	ck_assert(cfg_fleet_group_of(fleet, "db3/b", &where));
	ck_assert_uint_eq(where.group, 0);
	ck_assert_uint_eq(where.shard, 1);
	ck_assert(!cfg_fleet_group_of(fleet, "db1/main", &where));
	ck_assert(!cfg_fleet_group_of(fleet, "db1/nothing", &where));
	ck_assert(!cfg_fleet_group_of(fleet, "nothing", &where));
	cfg_fleet_free(fleet);
	cfg_tree_free(tree);
}
END_TEST

/* The bundle of an instance as its host reads it. */
static struct vk_bundle *bundle_of(const struct cfg_rendered *rendered, const char *id)
{
	const struct cfg_rendered_bundle *found = cfg_rendered_find(rendered, id, NULL);
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle;

	ck_assert_ptr_nonnull(found);
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	return bundle;
}

START_TEST(a_bundle_names_its_shard_and_a_few_seeds)
{
	struct cfg_tree *tree = tree_of("groups/g.yaml",
		CLUSTER "max-unavailable: 2\n"
			"shards: [[db1/a, db2/b], [db2/a, db3/b], [db3/a]]\n");
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct vk_bundle *bundle;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	bundle = bundle_of(rendered, "db3/b");
	ck_assert_ptr_nonnull(bundle->group);
	ck_assert_str_eq(bundle->group->name, "g");
	ck_assert_int_eq(bundle->group->kind, VK_GROUP_CLUSTER);
	ck_assert_int_eq(bundle->group->shard, 1);
	ck_assert_int_eq(bundle->group->max_unavailable, 2);
	ck_assert_uint_eq(bundle->group->member_count, 2);
	ck_assert_str_eq(bundle->group->members[0].instance, "db2/a");
	ck_assert_str_eq(bundle->group->members[0].address, "fd00::2");
	ck_assert_uint_eq(bundle->group->seed_count, 2);
	ck_assert_str_eq(bundle->group->seeds[0].instance, "db1/a");
	ck_assert_int_eq(bundle->group->seeds[0].port, 7001);
	vk_bundle_free(bundle);
	bundle = bundle_of(rendered, "db1/main");
	ck_assert_ptr_null(bundle->group);
	vk_bundle_free(bundle);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(explains_the_group_of_an_instance)
{
	struct cfg_tree *tree =
		tree_of("groups/g.yaml", REPLICATED "members: [db1/main, db2/main, db3/main]\n");
	const struct cfg_explained_group *group;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_explanation *explanation;

	assert_ok(cfg_explain(tree, "db3/main", "port", &explanation, &err), err);
	group = cfg_explanation_group(explanation);
	ck_assert_ptr_nonnull(group);
	ck_assert_str_eq(group->kind, "replicated");
	ck_assert_str_eq(group->file, "groups/g.yaml");
	ck_assert_uint_eq(group->count, 3);
	ck_assert_str_eq(group->members[0], "db1/main (10.0.0.1:6379)");
	ck_assert_str_eq(group->members[1], "db2/main ([fd00::2]:6379)");
	cfg_explanation_free(explanation);
	assert_ok(cfg_explain(tree, "db2/b", "port", &explanation, &err), err);
	ck_assert_ptr_null(cfg_explanation_group(explanation));
	cfg_explanation_free(explanation);
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("group");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_a_file_that_describes_no_group);
	tcase_add_test(tc, refuses_members_that_are_not_there_or_elsewhere);
	tcase_add_test(tc, refuses_an_instance_in_two_groups);
	tcase_add_test(tc, refuses_members_that_do_not_fit_the_kind);
	tcase_add_test(tc, refuses_differences_inside_a_shard_with_both_places);
	tcase_add_test(tc, warns_of_two_members_of_a_shard_on_one_host);
	tcase_add_test(tc, refuses_an_address_that_is_none);
	tcase_add_test(tc, answers_about_groups);
	tcase_add_test(tc, a_bundle_names_its_shard_and_a_few_seeds);
	tcase_add_test(tc, explains_the_group_of_an_instance);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
