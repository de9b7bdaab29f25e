/* SPDX-License-Identifier: BSD-3-Clause */
/* What 'vkcfg host add' writes into a tree. */
#include "config.h"

#include "client/admin/host_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/fleet.h"
#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/tree_text.h"

#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define RANGE "hosts:\n  c[1-9]: {environment: prod, instances: {m: {role: cache}}}\n"

static char directory[] = "/tmp/vkcfg-check-host-file-XXXXXX";
static struct vk_err err;

static void setup(void)
{
	char hosts[sizeof(directory) + 16];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(hosts, sizeof(hosts), "%s/hosts", directory);
	assert_ok(vk_file_mkdirs(AT_FDCWD, hosts, 0755, &err), err);
}

static void teardown(void)
{
	assert_ok(vk_file_remove_tree(AT_FDCWD, directory, &err), err);
}

/* Adds HASH_B as the key of c1; what the file then holds, or NULL. */
static char *add_key(const char *path, const char *text, enum vk_rc *rc)
{
	const struct tree_part parts[] = {{"hosts/range.yaml", RANGE}, {path, text}, {NULL, NULL}};
	const struct host_file host = {.directory = directory,
		.name = "c1",
		.environment = "prod",
		.public_key = "ed25519:" HASH_B};
	struct cfg_tree *tree = tree_with_parts(parts);
	struct vk_buf out;
	char *written = NULL, *result = NULL;

	*rc = host_file_add_key(&host, tree, &written, &err);
	vk_buf_init(&out, CFG_TREE_MAX_FILE_BYTES);
	if (vk_file_read(AT_FDCWD, written, VK_FILE_NOFOLLOW, &out, &(struct vk_err){0}) == VK_OK)
		result = vk_buf_detach(&out, NULL);
	vk_buf_release(&out);
	cfg_tree_free(tree);
	free(written);
	return result;
}

START_TEST(refuses_a_file_that_does_not_end_in_keys)
{
	static const char *const texts[] = {
		"public-keys: {c2: \"ed25519:" HASH_A "\"}\n",
		"public-keys:\n    c2: \"ed25519:" HASH_A "\"\n",
		"public-keys: {}\naddresses:\n  c2: 192.0.2.1\n",
		"- a\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum vk_rc rc;

		ck_assert_ptr_null(add_key("hosts/public-keys.yaml", texts[i], &rc));
		ck_assert_int_eq(rc, VK_ECONFLICT);
		ck_assert_str_eq(
			err.hint, "write it there: public-keys: {c1: \"ed25519:" HASH_B "\"}");
		ck_assert_int_eq(
			strncmp(err.msg, "hosts/public-keys.yaml: cannot add a line", 41), 0);
	}
}
END_TEST

START_TEST(keys_of_described_hosts_go_into_one_file)
{
	enum vk_rc rc;
	char *text = add_key(NULL, NULL, &rc);

	assert_ok(rc, err);
	ck_assert_str_eq(text, "public-keys:\n  \"c1\": \"ed25519:" HASH_B "\"\n");
	free(text);
	text = add_key("hosts/public-keys.yaml", "public-keys:\n  \"c2\": ~ # later", &rc);
	assert_ok(rc, err);
	ck_assert_str_eq(
		text, "public-keys:\n  \"c2\": ~ # later\n  \"c1\": \"ed25519:" HASH_B "\"\n");
	free(text);
}
END_TEST

START_TEST(a_full_file_is_followed_by_another)
{
	size_t len = CFG_TREE_MAX_FILE_BYTES - 10;
	char *full = xcalloc(1, len + 1), *text;
	enum vk_rc rc;

	memset(full, '#', len);
	text = add_key("hosts/public-keys.yaml", full, &rc);
	assert_ok(rc, err);
	ck_assert_str_eq(text, "public-keys:\n  \"c1\": \"ed25519:" HASH_B "\"\n");
	free(text);
	free(full);
}
END_TEST

START_TEST(a_new_host_gets_a_file_that_is_not_overwritten)
{
	const struct host_file host = {directory, "h", "prod", "ed25519:" HASH_B, "main", "cache"};
	char *path = NULL;

	assert_ok(host_file_create(&host, &path, &err), err);
	ck_assert_str_eq(path + strlen(directory), "/hosts/h.yaml");
	free(path);
	ck_assert_int_eq(host_file_create(&host, &path, &err), VK_ECONFLICT);
	free(path);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("host_file");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_file_that_does_not_end_in_keys);
	tcase_add_test(tc, keys_of_described_hosts_go_into_one_file);
	tcase_add_test(tc, a_full_file_is_followed_by_another);
	tcase_add_test(tc, a_new_host_gets_a_file_that_is_not_overwritten);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
