/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/diff.h"

#include <stdio.h>
#include <string.h>

#include "common/config/render.h"
#include "tests/unit/tree_text.h"

#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* "-", or "-(16)" with the default that is in force. */
static const char *shown(const char *text, const char *fallback)
{
	static char out[2][200];
	static int next;

	if (text != NULL)
		return text;
	next = !next;
	snprintf(out[next], sizeof(out[next]), fallback != NULL ? "-(%s)" : "-", fallback);
	return out[next];
}

/* The changes of db1/b from one text of a file to another, one line each. */
static char *changes_of(const char *path, const char *old_file, const char *new_file)
{
	struct cfg_rendered *rendered[2] = {NULL, NULL};
	const struct cfg_rendered_bundle *bundle[2] = {NULL, NULL};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_diff *diff;
	struct vk_buf out;
	char *joined;

	for (size_t i = 0; i < 2; i++) {
		const char *text = i == 0 ? old_file : new_file;
		struct cfg_tree *tree;

		if (text == NULL)
			continue;
		tree = tree_with(path, text);
		assert_ok(cfg_render(tree, "prod", NULL, &rendered[i], &err), err);
		bundle[i] = cfg_rendered_find(rendered[i], "db1/b", NULL);
		cfg_tree_free(tree);
	}
	assert_ok(cfg_diff_bundles(bundle[0] != NULL ? bundle[0]->text : NULL,
			  bundle[0] != NULL ? bundle[0]->len : 0,
			  bundle[1] != NULL ? bundle[1]->text : NULL,
			  bundle[1] != NULL ? bundle[1]->len : 0, 0, &diff, &err),
		err);
	vk_buf_init(&out, 100000);
	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *c = cfg_diff_at(diff, i);

		vk_buf_addf(&out, "%d %s: %s -> %s%s\n", (int)c->kind, c->name,
			shown(c->old_text, c->old_default), shown(c->new_text, c->new_default),
			c->way == CFG_WAY_LIVE		      ? ""
			: c->way == CFG_WAY_RESTART_PREFERRED ? " (preferred)"
							      : " (restart)");
	}
	vk_buf_adds(&out, cfg_way_name(cfg_diff_way(diff)));
	ck_assert_str_eq(cfg_diff_instance(diff), "db1/b");
	cfg_diff_free(diff);
	cfg_rendered_free(rendered[0]);
	cfg_rendered_free(rendered[1]);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

static char *changes(const char *old_prod, const char *new_prod)
{
	return changes_of("environments/prod.yaml", old_prod, new_prod);
}

static void expect(const char *old_prod, const char *new_prod, const char *expected)
{
	char *found = changes(old_prod, new_prod);

	ck_assert_str_eq(found, expected);
	free(found);
}

START_TEST(refuses_what_is_no_bundle)
{
	struct cfg_diff *diff = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_diff_bundles("{}", 2, NULL, 0, 0, &diff, &err), VK_EINPUT);
	ck_assert_ptr_null(diff);
}
END_TEST

START_TEST(sees_no_change_where_only_the_spelling_differs)
{
	static const struct {
		const char *before, *after;
	} table[] = {
		{"{}", "{}"},
		{"config: {maxmemory: 1gb}", "config: {maxmemory: 1073741824}"},
		{"config: {slave-priority: 5}", "config: {replica-priority: 5}"},
		{"config: {save: [\"3600 1\", \"300 100\"]}",
			"config: {save: [\"300 100\", \"3600 1\"]}"},
		{"config: {save: \"3600 1 300 100\"}", "config: {save: [\"3600 1\", \"300 100\"]}"},
		{"config: {notify-keyspace-events: KEA}", "config: {notify-keyspace-events: AKE}"},
		{"config: {notify-keyspace-events: Elg}", "config: {notify-keyspace-events: glE}"},
		{"config: {client-output-buffer-limit: [\"pubsub 64mb 16mb 60\", "
		 "\"replica 1gb 1gb 0\"]}",
			"config: {client-output-buffer-limit: [\"slave 1073741824 1gb 0\", "
			"\"pubsub 67108864 16mb 60\", \"normal 0 0 0\"]}"},
		{"config: {tls-protocols: \"TLSv1.3 TLSv1.2\"}",
			"config: {tls-protocols: \"TLSv1.2 TLSv1.3\"}"},
		{"config: {shutdown-on-sigterm: \"now save\"}",
			"config: {shutdown-on-sigterm: \"save now\"}"},
		/* A line that says the default of its version is no line. */
		{"config: {databases: 16, hz: 10}", "{}"},
		{"config: {client-output-buffer-limit: ~}",
			"config: {client-output-buffer-limit: [\"normal 0 0 0\"]}"},
		{"users: {a: {rules: on +get +GET}}", "users: {a: {rules: ON -@all +get}}"},
		{"users: {a: {rules: on ~b ~a &d &c +get}}",
			"users: {a: {rules: on ~a ~b &c &d +get}}"},
		{"users: {a: {rules: on, passwords: [\"sha256:" HASH_A "\", \"sha256:" HASH_B
		 "\"]}}",
			"users: {a: {rules: on, passwords: [\"sha256:" HASH_B "\", \"sha256:" HASH_A
			"\"]}}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		expect(table[i].before, table[i].after, "live");
}
END_TEST

START_TEST(sees_a_change_where_order_and_class_matter)
{
	expect("users: {a: {rules: on +@read -get}}", "users: {a: {rules: on -get +@read}}",
		"1 a: on sanitize-payload resetchannels -@all +@read -get -> on sanitize-payload "
		"resetchannels -@all -get +@read\nlive");
	expect("config: {bind: \"10.0.0.1 10.0.0.2\"}", "config: {bind: \"10.0.0.2 10.0.0.1\"}",
		"0 bind: 10.0.0.1 10.0.0.2 -> 10.0.0.2 10.0.0.1\nlive");
	expect("config: {client-output-buffer-limit: [\"pubsub 64mb 16mb 60\"]}",
		"config: {client-output-buffer-limit: [\"pubsub 64mb 16mb 61\"]}",
		"0 client-output-buffer-limit: normal 0 0 0 slave 256mb 64mb 60 pubsub 64mb 16mb "
		"60 "
		"-> normal 0 0 0 slave 256mb 64mb 60 pubsub 64mb 16mb 61\nlive");
}
END_TEST

START_TEST(says_the_way_of_each_directive_and_of_the_instance)
{
	expect("config: {maxmemory: 1gb}", "config: {maxmemory: 2gb}",
		"0 maxmemory: 1gb -> 2gb\nlive");
	expect("{}", "config: {databases: 32}", "0 databases: -(16) -> 32 (restart)\nrestart");
	expect("config: {databases: 32, hz: 20}", "{}",
		"0 databases: 32 -> -(16) (restart)\n0 hz: 20 -> -(10)\nrestart");
	expect("{}", "config: {hash-max-listpack-entries: 64, hz: 20}",
		"0 hash-max-listpack-entries: -(512) -> 64 (preferred)\n0 hz: -(10) -> 20\n"
		"restart-preferred");
	expect("apply: {restart: never}", "{config: {databases: 32}, apply: {restart: never}}",
		"0 databases: -(16) -> 32 (restart)\nnever");
}
END_TEST

START_TEST(knows_that_another_version_has_other_defaults_and_names)
{
#define ROLE(version, config)                                                                      \
	"valkey: \"" version                                                                       \
	"\"\nparameters: {memory: {type: memory, default: 1gb}}\nconfig: {" config "}\n"
	static const struct {
		const char *before, *after, *expected;
	} table[] = {
		{ROLE("7.2", ""), ROLE("8.0", ""),
			"0 io-threads-do-reads: -(no) -> -(yes) (restart)\n"
			"0 lazyfree-lazy-eviction: -(no) -> -(yes) (restart)\n"
			"0 lazyfree-lazy-expire: -(no) -> -(yes) (restart)\n"
			"0 lazyfree-lazy-server-del: -(no) -> -(yes) (restart)\n"
			"0 lazyfree-lazy-user-del: -(no) -> -(yes) (restart)\n"
			"0 lazyfree-lazy-user-flush: -(no) -> -(yes) (restart)\n"
			"0 repl-backlog-size: -(1mb) -> -(10mb) (restart)\n"
			"0 replica-lazy-flush: -(no) -> -(yes) (restart)\n"
			"0 syslog-ident: -(redis) -> -(valkey) (restart)\n"
			"4 valkey: 7.2 -> 8.0 (restart)\nrestart"},
		{ROLE("8.0", "slowlog-max-len: 500"),
			ROLE("8.1", "commandlog-slow-execution-max-len: 500"),
			"4 valkey: 8.0 -> 8.1 (restart)\nrestart"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *found = changes_of("roles/cache.yaml", table[i].before, table[i].after);

		ck_assert_str_eq(found, table[i].expected);
		free(found);
	}
}
END_TEST

START_TEST(the_digest_tells_hidden_parts_apart)
{
	static const char *const prods[] = {"{}",
		"users: {a: {rules: on, passwords: [\"sha256:" HASH_A "\"]}}",
		"users: {a: {rules: on, passwords: [\"sha256:" HASH_B "\"]}}"};
	struct cfg_rendered *rendered[3];
	struct cfg_diff *diffs[2];
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		struct cfg_tree *tree = tree_with("environments/prod.yaml", prods[i]);

		assert_ok(cfg_render(tree, "prod", NULL, &rendered[i], &err), err);
		cfg_tree_free(tree);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct cfg_rendered_bundle *a = cfg_rendered_at(rendered[0], 0);
		const struct cfg_rendered_bundle *b = cfg_rendered_at(rendered[i + 1], 0);

		assert_ok(cfg_diff_bundles(a->text, a->len, b->text, b->len, 0, &diffs[i], &err),
			err);
	}
	ck_assert_str_eq(cfg_diff_at(diffs[0], 0)->new_text, cfg_diff_at(diffs[1], 0)->new_text);
	ck_assert_mem_ne(cfg_diff_digest(diffs[0]), cfg_diff_digest(diffs[1]), VK_SHA256_BYTES);
	for (size_t i = 0; i < 2; i++)
		cfg_diff_free(diffs[i]);
	for (size_t i = 0; i < 3; i++)
		cfg_rendered_free(rendered[i]);
}
END_TEST

START_TEST(shows_users_without_their_hashes)
{
	expect("users: {a: {rules: on, passwords: [\"sha256:" HASH_A "\"]}}",
		"users: {a: {rules: on, passwords: [\"sha256:" HASH_B "\"]}}",
		"1 a: on sanitize-payload #password-1 resetchannels -@all -> on sanitize-payload "
		"#password-2 resetchannels -@all\nlive");
	expect("users: {a: {rules: on}}", "users: {b: {rules: off}}",
		"1 a: on sanitize-payload resetchannels -@all -> -\n"
		"1 b: - -> off sanitize-payload resetchannels -@all\nlive");
}
END_TEST

START_TEST(shows_files_by_digest_and_policies_by_word)
{
	expect("files: [{path: x, text: a}]", "files: [{path: x, text: a, mode: \"0600\"}]",
		"2 x: sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 0640 "
		"-> sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 0600\n"
		"live");
	expect("apply: {restart: never}", "apply: {restart: never, allow-data-loss: true}",
		"3 allow-data-loss: false -> true\nlive");
	expect("apply: {restart: never}", "apply: {restart: never, bake: 2m}",
		"3 bake: 0s -> 120s\nlive");
	expect("apply: {restart: never, health: {lag: 5}}",
		"apply: {restart: never, health: {lag: 5, errors: 3}}",
		"3 health: lag: 5 -> errors: 3, lag: 5\nlive");
	expect("apply: {restart-window: \"00:00-01:00 UTC\"}",
		"apply: {restart-window: [\"Sun,Sat 02:00-04:00\", \"00:00-01:00\"]}",
		"3 restart-window: 00:00-01:00 UTC -> 00:00-01:00 UTC; Sat,Sun 02:00-04:00 UTC\n"
		"live");
	expect("apply: {restart: never}", "apply: {drift: report}",
		"3 drift: revert -> report\n3 restart: never -> allowed\nlive");
	expect("apply: {drift-of: {maxmemory: revert}}",
		"apply: {drift-of: {\"users.*\": alert, maxmemory: report}}",
		"3 drift-of: maxmemory: revert -> maxmemory: report, users.*: alert\nlive");
}
END_TEST

START_TEST(an_instance_that_comes_or_goes_changes_in_full)
{
	char *found = changes(NULL, "{}");

	ck_assert_ptr_nonnull(strstr(found, "0 maxmemory: - -> 256mb\n"));
	ck_assert_ptr_nonnull(strstr(found, "1 vkcfg-agent: - -> on "));
	ck_assert_ptr_nonnull(strstr(found, "4 valkey: - -> 8.0 (restart)\n"));
	free(found);
	found = changes("{}", NULL);
	ck_assert_ptr_nonnull(strstr(found, "0 maxmemory: 256mb -> -\n"));
	free(found);
}
END_TEST

/* The changes that installing db1/b would make in a Valkey that says this of itself. */
static char *running_changes(const char *prod, const char *version, const char *acl, size_t count,
	const struct cfg_conf_value *values)
{
	const struct cfg_running running = {version, count, values, acl};
	struct cfg_tree *tree = tree_with("environments/prod.yaml", prod);
	const struct cfg_rendered_bundle *bundle;
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct cfg_diff *diff;
	struct vk_buf out;
	char *joined;

	assert_ok(cfg_render(tree, "prod", NULL, &rendered, &err), err);
	bundle = cfg_rendered_find(rendered, "db1/b", NULL);
	assert_ok(cfg_diff_running(&running, bundle->text, bundle->len, &diff, &err), err);
	vk_buf_init(&out, 100000);
	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *c = cfg_diff_at(diff, i);

		vk_buf_addf(&out, "%s: %s -> %s (%s)\n", c->name,
			shown(c->old_text, c->old_default), shown(c->new_text, c->new_default),
			cfg_way_name(c->way));
	}
	cfg_diff_free(diff);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	joined = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	return joined;
}

START_TEST(compares_a_running_server_by_what_can_be_known)
{
	static const struct {
		const char *prod, *name, *value, *expected;
	} table[] = {
		{"config: {maxmemory: 1gb}", "maxmemory", "1073741824", ""},
		{"config: {maxmemory: 1gb}", "maxmemory", "1", "maxmemory: 1 -> 1gb (live)\n"},
		{"{}", "hz", "10", ""},
		{"{}", "hz", "20", "hz: 20 -> -(10) (live)\n"},
		{"config: {databases: 32}", "databases", "16", "databases: 16 -> 32 (restart)\n"},
		{"config: {save: [\"3600 1\", \"300 100\"]}", "save", "300 100 3600 1", ""},
		/* The host's own directory is not known here. */
		{"config: {unixsocket: \"@{instance}/s\"}", "unixsocket", "/srv/db1/s", ""},
		{"config: {unixsocket: \"@{instance}/s\"}", "unixsocket", "/srv/db1/t",
			"unixsocket: /srv/db1/t -> @{instance}/s (restart)\n"},
		/* Not the tree's, or not to be known. */
		{"{}", "dir", "/srv", ""},
		{"{}", "replicaof", "10.0.0.1 6379", ""},
		{"{}", "logfile", "/var/log/valkey.log", ""},
		{"{}", "directive-of-tomorrow", "x", ""},
		{"{}", "primaryauth", "", ""},
		{"{}", "primaryauth", "hmac:1234", "primaryauth: (secret) -> - (live)\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct cfg_conf_value value = {table[i].name, table[i].value};
		char *found = running_changes(table[i].prod, "8.0", NULL, 1, &value);

		ck_assert_str_eq(found, table[i].expected);
		free(found);
	}
}
END_TEST

START_TEST(compares_running_users_as_the_policy_says)
{
	static const char acl[] =
		"user a on nopass sanitize-payload ~b ~a resetchannels -@all +get\n"
		"user other on nopass resetchannels -@all\n";
	static const char user[] = "{users: {a: {rules: on nopass ~a ~b +get}}%s}";
	char prod[300];
	char *found;

	snprintf(prod, sizeof(prod), user, "");
	found = running_changes(prod, "8.0", acl, 0, NULL);
	ck_assert_ptr_null(strstr(found, "a: on"));
	ck_assert_ptr_null(strstr(found, "other"));
	free(found);
	snprintf(prod, sizeof(prod), user, ", apply: {unmanaged-users: remove}");
	found = running_changes(prod, "8.0", acl, 0, NULL);
	ck_assert_ptr_nonnull(strstr(
		found, "other: on nopass sanitize-payload resetchannels -@all -> - (live)\n"));
	free(found);
	found = running_changes(prod, "8.1", acl, 0, NULL);
	ck_assert_ptr_nonnull(strstr(found, "valkey: 8.1 -> 8.0 (restart)\n"));
	free(found);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("diff");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_what_is_no_bundle);
	tcase_add_test(tc, sees_no_change_where_only_the_spelling_differs);
	tcase_add_test(tc, sees_a_change_where_order_and_class_matter);
	tcase_add_test(tc, says_the_way_of_each_directive_and_of_the_instance);
	tcase_add_test(tc, knows_that_another_version_has_other_defaults_and_names);
	tcase_add_test(tc, the_digest_tells_hidden_parts_apart);
	tcase_add_test(tc, compares_a_running_server_by_what_can_be_known);
	tcase_add_test(tc, compares_running_users_as_the_policy_says);
	tcase_add_test(tc, shows_users_without_their_hashes);
	tcase_add_test(tc, shows_files_by_digest_and_policies_by_word);
	tcase_add_test(tc, an_instance_that_comes_or_goes_changes_in_full);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
