/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/unit/unit.h"

#define DIGEST "58e84080fee7bb2037c1d431b9a82b609b5fa1ef38ff77af681b084a7c6213a8"

static enum vk_rc from_one(const char *path, const char *text, size_t len, struct vk_err *err)
{
	const struct cfg_tree_file file = {path, text, len};
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = cfg_tree_from_files(&file, 1, &tree, err);

	ck_assert((rc == VK_OK) == (tree != NULL));
	cfg_tree_free(tree);
	return rc;
}

START_TEST(refuses_paths_that_are_no_files_of_a_tree)
{
	static const char *const bad[] = {"", "/fleet.yaml", "../fleet.yaml", "fleet.yml",
		"roles/a/b.yaml", "roles/.yaml", "roles/a.yml", "roles/../fleet.yaml", "files/",
		"files/..", "files/../x", "files/.ssh", "files/a//b", "files/a b", "files/\xc3\xa4",
		"files/a\nb", "README.md", "hosts", "files/1/2/3/4/5/6/7/8", ".git/config",
		"environments/x", "secrets/a.yaml", "secrets/prod/a", "secrets/prod/b/a.yaml",
		"secrets/prod/.yaml", "secrets/../a.yaml", "secrets/prod/a.yml"};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(from_one(bad[i], "x", 1, &err) == VK_EINPUT, "took '%s'", bad[i]);
}
END_TEST

START_TEST(refuses_texts_that_are_no_text)
{
	static const char *const bad[] = {"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xe2\x82", "\xf0\x80\x80\x80", "\x80", "\xc3"};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(from_one("files/x", bad[i], strlen(bad[i]), &err), VK_EINPUT);
	assert_fails(from_one("files/x", "a\nb\0c", 5, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "files/x:2: a NUL byte");
	assert_ok(from_one("files/x", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", 11, &err), err);
}
END_TEST

START_TEST(refuses_to_pass_its_limits)
{
	char *big = malloc(CFG_TREE_MAX_FILE_BYTES + 1);
	struct cfg_tree_file *files = calloc(CFG_TREE_MAX_FILES + 1, sizeof(*files));
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;
	char(*paths)[32] = calloc(CFG_TREE_MAX_FILES + 1, sizeof(*paths));

	memset(big, 'x', CFG_TREE_MAX_FILE_BYTES + 1);
	assert_fails(from_one("files/x", big, CFG_TREE_MAX_FILE_BYTES + 1, &err), VK_ELIMIT);
	for (size_t i = 0; i <= CFG_TREE_MAX_FILES; i++) {
		snprintf(paths[i], sizeof(paths[i]), "files/%zu", i);
		files[i] = (struct cfg_tree_file){paths[i], "", 0};
	}
	assert_fails(cfg_tree_from_files(files, CFG_TREE_MAX_FILES + 1, &tree, &err), VK_ELIMIT);
	for (size_t i = 0; i < 65; i++)
		files[i] = (struct cfg_tree_file){paths[i], big, CFG_TREE_MAX_FILE_BYTES};
	assert_fails(cfg_tree_from_files(files, 65, &tree, &err), VK_ELIMIT);
	assert_ok(cfg_tree_from_files(files, 64, &tree, &err), err);
	cfg_tree_free(tree);
	free(files);
	free(paths);
	free(big);
}
END_TEST

START_TEST(refuses_a_path_that_is_there_twice)
{
	const struct cfg_tree_file files[] = {{"files/x", "a", 1}, {"files/x", "a", 1}};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;

	assert_fails(cfg_tree_from_files(files, 2, &tree, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "files/x: twice in the same tree");
}
END_TEST

START_TEST(the_digest_is_that_of_sha256sum)
{
	/* printf 'hello\n' >files/b; printf '' >fleet.yaml;
	 * sha256sum files/b fleet.yaml | sha256sum */
	const struct cfg_tree_file files[] = {{"fleet.yaml", "", 0}, {"files/b", "hello\n", 6}};
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	assert_ok(cfg_tree_from_files(files, 2, &tree, &err), err);
	ck_assert_str_eq(cfg_tree_file_at(tree, 0)->path, "files/b");
	ck_assert_ptr_null(cfg_tree_file_find(tree, "files/c"));
	ck_assert_uint_eq(cfg_tree_file_find(tree, "files/b")->len, 6);
	ck_assert_str_eq(cfg_tree_digest(tree), DIGEST);
	cfg_tree_free(tree);
}
END_TEST

/* ---- directories ---- */

static char dir[64];

static void put(const char *name, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	char path[256];
	char *slash;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_ok(vk_file_mkdirs(AT_FDCWD, path, 0755, &err), err);
	*slash = '/';
	assert_ok(vk_file_create(AT_FDCWD, path, 0644, text, strlen(text), &err), err);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/check_tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	(void)!vk_file_remove_tree(AT_FDCWD, dir, NULL);
}

static void link_to(const char *target, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(symlink(target, path), 0);
}

START_TEST(refuses_a_directory_without_fleet_yaml)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;

	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "fleet.yaml is missing"));
	assert_fails(cfg_tree_load_dir("/nonexistent/tree", &tree, &err), VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_symlinks_and_devices_under_names_of_the_tree)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;
	char path[256];

	put("fleet.yaml", "x: y\n");
	put("roles/a.yaml", "");
	link_to("/etc/passwd", "roles/b.yaml");
	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "roles/b.yaml: not a regular file");
	snprintf(path, sizeof(path), "%s/roles/b.yaml", dir);
	unlink(path);
	link_to("/etc", "files");
	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
	put("secrets/prod/a.yaml", "");
	link_to("/etc", "secrets/dev");
	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
	snprintf(path, sizeof(path), "%s/secrets/dev", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/files", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/hosts/x.yaml", dir);
	put("hosts/y.yaml", "");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_names_below_files_that_a_tree_cannot_hold)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree = NULL;

	put("fleet.yaml", "x: y\n");
	put("files/a b", "x");
	assert_fails(cfg_tree_load_dir(dir, &tree, &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "files/a b: a name that a tree cannot hold");
}
END_TEST

START_TEST(ignores_what_is_no_file_of_a_tree)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_tree *tree;

	put("fleet.yaml", "x: y\n");
	put("README.md", "x");
	put(".git/config", "x");
	put("roles/notes.txt", "x");
	put("roles/sub/a.yaml", "x");
	put("roles/.a.yaml.swp", "x");
	put("roles/a.yaml", "x");
	put("files/.hidden", "x");
	put("files/deep/er/x", "x");
	put("secrets/notes.yaml", "x");
	put("secrets/prod/password.txt", "x");
	put("secrets/prod/deeper/a.yaml", "x");
	put("secrets/prod/a.yaml", "x");
	assert_ok(cfg_tree_load_dir(dir, &tree, &err), err);
	ck_assert_uint_eq(cfg_tree_file_count(tree), 4);
	ck_assert_str_eq(cfg_tree_file_at(tree, 0)->path, "files/deep/er/x");
	ck_assert_str_eq(cfg_tree_file_at(tree, 1)->path, "fleet.yaml");
	ck_assert_str_eq(cfg_tree_file_at(tree, 2)->path, "roles/a.yaml");
	ck_assert_str_eq(cfg_tree_file_at(tree, 3)->path, "secrets/prod/a.yaml");
	cfg_tree_free(tree);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tree");
	TCase *tc = tcase_create("files"), *dirs = tcase_create("directories");

	tcase_add_test(tc, refuses_paths_that_are_no_files_of_a_tree);
	tcase_add_test(tc, refuses_texts_that_are_no_text);
	tcase_add_test(tc, refuses_to_pass_its_limits);
	tcase_add_test(tc, refuses_a_path_that_is_there_twice);
	tcase_add_test(tc, the_digest_is_that_of_sha256sum);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(dirs, make_dir, remove_dir);
	tcase_add_test(dirs, refuses_a_directory_without_fleet_yaml);
	tcase_add_test(dirs, refuses_symlinks_and_devices_under_names_of_the_tree);
	tcase_add_test(dirs, refuses_names_below_files_that_a_tree_cannot_hold);
	tcase_add_test(dirs, ignores_what_is_no_file_of_a_tree);
	suite_add_tcase(suite, dirs);
	return suite;
}

UNIT_MAIN(make_suite)
