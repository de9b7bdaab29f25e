/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/render.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/file.h"
#include "common/merkle.h"
#include "tests/unit/tree_text.h"

#define PINNED_ROOT "5094e21181c4f4414d3f09532d0c94b30f2c8da4aecf77a60fb471d85d381cef"

static struct cfg_rendered *render(const struct cfg_tree *tree, const char *environment)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;

	assert_ok(cfg_render(tree, environment, NULL, &rendered, &err), err);
	return rendered;
}

START_TEST(refuses_an_environment_that_is_not_there)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_render(tree, "staging", NULL, &rendered, &err), VK_ENOTFOUND);
	ck_assert_ptr_null(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(refuses_a_tree_with_an_error_and_says_which)
{
	struct cfg_tree *tree = tree_with("environments/prod.yaml", "config: {loglevel: loud}\n");
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(cfg_render(tree, "prod", NULL, &rendered, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg,
		"environments/prod.yaml:1:10: loglevel: expected one of debug, verbose, notice, "
		"warning, nothing, found 'loud'");
	cfg_tree_free(tree);
}
END_TEST

static const char expected_conf[] =
	"# db1/main in prod, written by vkcfg: what is changed here is drift.\n"
	"acl-pubsub-default resetchannels\n"
	"acllog-max-len 256\n"
	"bind 127.0.0.1\n"
	"client-output-buffer-limit normal 268435456 67108864 60 slave 268435456 67108864 60 "
	"pubsub 33554432 8388608 60\n"
	"client-query-buffer-limit 67108864\n"
	"enable-debug-command no\n"
	"enable-module-command no\n"
	"enable-protected-configs no\n"
	"hide-user-data-from-log yes\n"
	"loglevel warning\n"
	"maxclients 4000\n"
	"maxmemory 1073741824\n"
	"maxmemory-policy allkeys-lru\n"
	"port 7000\n"
	"protected-mode yes\n"
	"rdbchecksum yes\n"
	"replica-read-only yes\n"
	"sanitize-dump-payload clients\n"
	"save 3600 1 300 100\n"
	"stop-writes-on-bgsave-error yes\n"
	"timeout 0\n"
	"tls-auth-clients yes\n"
	"tls-protocols \"TLSv1.2 TLSv1.3\"\n"
	"unixsocketperm 770\n"
	"aclfile \"@{generation}/users.acl\"\n"
	"dir \"@{data}\"\n"
	"include \"@{instance}/runtime.conf\"\n";

static const char expected_acl[] =
	"user app on sanitize-payload #" HASH_A
	" ~app:* resetchannels -@all +@read +@write -@dangerous\n"
	"user default off sanitize-payload resetchannels -@all\n"
	"user vkcfg-agent on sanitize-payload #@{agent-password} resetchannels -@all +ping +info "
	"+config|get +config|set +acl|list +acl|setuser +acl|deluser +bgsave +failover "
	"+cluster|nodes +client|pause +client|unpause +acl|log +cluster|failover\n";

START_TEST(renders_layers_in_their_order)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_rendered *rendered = render(tree, "prod");
	const struct cfg_rendered_bundle *found;
	struct vk_err err = VK_ERR_INIT;
	struct vk_bundle *bundle;
	size_t index = 99;

	ck_assert_uint_eq(cfg_rendered_count(rendered), 2);
	ck_assert_str_eq(cfg_rendered_at(rendered, 0)->id, "db1/b");
	found = cfg_rendered_find(rendered, "db1/main", &index);
	ck_assert_uint_eq(index, 1);
	ck_assert_str_eq(found->role, "cache");
	assert_ok(vk_bundle_parse(found->text, found->len, &bundle, &err), err);
	ck_assert_str_eq(vk_bundle_find(bundle, "valkey.conf")->text, expected_conf);
	ck_assert_str_eq(vk_bundle_find(bundle, "users.acl")->text, expected_acl);
	ck_assert_str_eq(vk_bundle_find(bundle, "extra/motd.txt")->text, "hello ${x} @{y}\n");
	ck_assert_uint_eq(vk_bundle_find(bundle, "extra/motd.txt")->mode, 0440);
	ck_assert_int_eq(bundle->drift, VK_DRIFT_REVERT);
	ck_assert_str_eq(bundle->valkey, "8.0");
	vk_bundle_free(bundle);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(knows_the_fleet_that_a_tree_is_of)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_rendered *rendered = render(tree, "prod");
	struct vk_err err = VK_ERR_INIT;

	assert_ok(cfg_rendered_check_fleet(rendered, "demo", &err), err);
	assert_fails(cfg_rendered_check_fleet(rendered, "other", &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "fleet.yaml: the tree is of fleet 'demo', not of 'other'");
	ck_assert_ptr_nonnull(strstr(err.hint, "fleet: other"));
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(each_bundle_is_a_leaf_of_the_root)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_rendered *rendered = render(tree, "prod");

	for (size_t i = 0; i < cfg_rendered_count(rendered); i++) {
		const struct cfg_rendered_bundle *bundle = cfg_rendered_at(rendered, i);
		struct vk_err err = VK_ERR_INIT;
		struct merkle_proof proof;
		uint8_t leaf[32];

		vk_bundle_leaf_hash(bundle->text, bundle->len, leaf);
		merkle_inclusion(
			cfg_rendered_leaves(rendered), cfg_rendered_count(rendered), i, &proof);
		assert_ok(merkle_verify_inclusion(leaf, i, cfg_rendered_count(rendered), &proof,
				  cfg_rendered_root(rendered), &err),
			err);
	}
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(an_environment_without_hosts_has_no_bundles)
{
	struct cfg_tree *tree = tree_with("hosts/all.yaml", "hosts: {}\n");
	struct cfg_rendered *rendered = render(tree, "prod");

	ck_assert_uint_eq(cfg_rendered_count(rendered), 0);
	ck_assert_ptr_null(cfg_rendered_find(rendered, "db1/main", NULL));
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

START_TEST(sorts_bundles_by_the_bytes_of_their_ids)
{
	struct cfg_tree *tree = tree_with("hosts/all.yaml",
		"hosts:\n  a: {environment: dev, instances: {x: {role: cache}}}\n"
		"  a-b: {environment: dev, instances: {x: {role: cache}}}\n");
	struct cfg_rendered *rendered = render(tree, "dev");

	ck_assert_str_eq(cfg_rendered_at(rendered, 0)->id, "a-b/x");
	ck_assert_str_eq(cfg_rendered_at(rendered, 1)->id, "a/x");
	ck_assert_ptr_nonnull(cfg_rendered_find(rendered, "a/x", NULL));
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

/* ---- determinism ---- */

static const char *const tree_paths[] = {"fleet.yaml", "roles/cache.yaml", "hosts/all.yaml",
	"environments/prod.yaml", "files/motd.txt", "files/sub/x.txt", "files/sub/b.txt"};

enum { PATH_COUNT = sizeof(tree_paths) / sizeof(tree_paths[0]) };

/* Writes the tree below dir; a different first gives another order of the directory's entries. */
static void write_tree(const char *dir, size_t first)
{
	struct cfg_tree *tree = tree_with("files/sub/x.txt", "x");
	struct vk_err err = VK_ERR_INIT;
	char path[4096];

	for (size_t i = 0; i < PATH_COUNT; i++) {
		const char *name = tree_paths[(first + i) % PATH_COUNT];
		const struct cfg_tree_file *file = cfg_tree_file_find(tree, name);
		char *slash;

		snprintf(path, sizeof(path), "%s/%s", dir, name);
		slash = strrchr(path, '/');
		*slash = '\0';
		assert_ok(vk_file_mkdirs(AT_FDCWD, path, 0755, &err), err);
		*slash = '/';
		assert_ok(vk_file_create(AT_FDCWD, path, 0644, file != NULL ? file->text : "b",
				  file != NULL ? file->len : 1, &err),
			err);
	}
	cfg_tree_free(tree);
}

static void render_directory(const char *dir, char digest[65], uint8_t root[32])
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_rendered *rendered;
	struct cfg_tree *tree;

	assert_ok(cfg_tree_load_dir(dir, &tree, &err), err);
	rendered = render(tree, "prod");
	memcpy(digest, cfg_tree_digest(tree), 65);
	memcpy(root, cfg_rendered_root(rendered), 32);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}

/* The numbers of locales, the hours of time zones, the order of a directory and the umask: each
 * has broken somebody's reproducible build. */
START_TEST(renders_the_same_bytes_whatever_the_surroundings)
{
	static const char *const locales[] = {"C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8"};
	static const char *const zones[] = {"UTC", "Pacific/Kiritimati", "America/St_Johns", ""};
	static const mode_t umasks[] = {0, 022, 077, 027};
	char first_digest[65] = "", digest[65];
	uint8_t first_root[32] = {0}, root[32];

	for (size_t i = 0; i < 4; i++) {
		char dir[] = "/tmp/check_render.XXXXXX";
		struct vk_err err = VK_ERR_INIT;
		mode_t old;

		(void)setlocale(LC_ALL, locales[i]); /* not every machine has each */
		setenv("TZ", zones[i], 1);
		old = umask(umasks[i]);
		ck_assert_ptr_nonnull(mkdtemp(dir));
		write_tree(dir, i * 2);
		render_directory(dir, digest, root);
		umask(old);
		assert_ok(vk_file_remove_tree(AT_FDCWD, dir, &err), err);
		if (i == 0) {
			memcpy(first_digest, digest, sizeof(digest));
			memcpy(first_root, root, sizeof(root));
		}
		ck_assert_str_eq(digest, first_digest);
		ck_assert_mem_eq(root, first_root, sizeof(root));
	}
	(void)setlocale(LC_ALL, "C");
}
END_TEST

/* A pinned root: whoever changes a rendered byte must raise CFG_RENDERER_VERSION with it. */
START_TEST(the_renderer_version_stands_for_these_bytes)
{
	struct cfg_tree *tree = tree_with(NULL, NULL);
	struct cfg_rendered *rendered = render(tree, "prod");
	struct vk_buf hex;

	vk_buf_init(&hex, 100);
	vk_buf_add_hex(&hex, cfg_rendered_root(rendered), 32);
	ck_assert_str_eq(CFG_RENDERER_VERSION, "7");
	ck_assert_str_eq(hex.data, PINNED_ROOT);
	vk_buf_release(&hex);
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("render");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, refuses_an_environment_that_is_not_there);
	tcase_add_test(tc, refuses_a_tree_with_an_error_and_says_which);
	tcase_add_test(tc, renders_layers_in_their_order);
	tcase_add_test(tc, knows_the_fleet_that_a_tree_is_of);
	tcase_add_test(tc, each_bundle_is_a_leaf_of_the_root);
	tcase_add_test(tc, an_environment_without_hosts_has_no_bundles);
	tcase_add_test(tc, sorts_bundles_by_the_bytes_of_their_ids);
	tcase_add_test(tc, renders_the_same_bytes_whatever_the_surroundings);
	tcase_add_test(tc, the_renderer_version_stands_for_these_bytes);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
