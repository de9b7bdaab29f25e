/* SPDX-License-Identifier: BSD-3-Clause */
/* What runtime.conf begins with, before an instance has ever been installed. */
#include "config.h"

#include "client/pull/role_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/pull_host.h"
#include "tests/unit/unit.h"

static const struct vk_bundle_member members[] = {
	{"db1/main", "10.0.0.1", 6379, 0}, {"db2/main", "10.0.0.2", 6379, 0}};
static const struct vk_bundle_group group = {
	.name = "orders", .member_count = 2, .members = members};
static const struct vk_bundle_group cluster = {
	.name = "orders", .kind = VK_GROUP_CLUSTER, .member_count = 2, .members = members};
static const struct vk_bundle first = {.instance = "db1/main", .group = &group};
static const struct vk_bundle second = {.instance = "db2/main", .group = &group};
static const struct vk_bundle node = {.instance = "db2/main", .group = &cluster};
static const struct vk_bundle alone = {.instance = "db2/main"};

static struct pull_host host;

static void set_up(void)
{
	char *path;

	pull_host_make(&host);
	path = xasprintf("%s/runtime.conf", host.directory);
	ck_assert(unlink(path) == 0 || errno == ENOENT);
	free(path);
}

static void tear_down(void)
{
	pull_host_remove(&host);
}

/* Begins the file; wanted NULL: there is none. */
static void begins(const struct vk_bundle *bundle, const char *wanted)
{
	char *path = xasprintf("%s/runtime.conf", host.directory);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;

	assert_ok(role_file_begin(&host.instance, bundle, &err), err);
	vk_buf_init(&text, 4096);
	if (wanted == NULL) {
		ck_assert_int_ne(access(path, F_OK), 0);
	} else {
		assert_ok(vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, &err), err);
		ck_assert_str_eq(text.data, wanted);
		ck_assert_int_eq(unlink(path), 0);
	}
	vk_buf_release(&text);
	free(path);
}

START_TEST(a_new_group_begins_as_the_tree_says)
{
	begins(&second, "replicaof 10.0.0.1 6379\n");
	begins(&first, NULL);
	begins(&node, NULL);
	begins(&alone, NULL);
}
END_TEST

START_TEST(a_file_that_is_there_is_never_begun_again)
{
	char *path = xasprintf("%s/runtime.conf", host.directory);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_create(AT_FDCWD, path, 0640, "# ours\n", 7, &err), err);
	begins(&second, "# ours\n");
	free(path);
}
END_TEST

START_TEST(data_that_no_server_serves_is_given_to_nobody)
{
	char *path = xasprintf("%s/dump.rdb", host.data);
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_create(AT_FDCWD, path, 0640, "REDIS", 5, &err), err);
	begins(&second, NULL);
	ck_assert_int_eq(unlink(path), 0);
	host.instance.data = "/nonexistent";
	begins(&second, NULL);
	free(path);
}
END_TEST

START_TEST(a_server_without_a_part_takes_the_one_of_the_tree)
{
	static const char *const options[] = {NULL};

	pull_host_start_foreign(&host, options);
	begins(&second, "replicaof 10.0.0.1 6379\n");
}
END_TEST

START_TEST(a_server_that_holds_data_keeps_its_role)
{
	static const char *const options[] = {NULL};

	pull_host_start_foreign(&host, options);
	pull_host_command(&host, 3, (const char *const[]){"SET", "key", "value"});
	begins(&second, NULL);
}
END_TEST

START_TEST(a_replica_keeps_its_primary)
{
	static const char *const options[] = {"--replicaof", "10.0.0.7 7000", NULL};

	pull_host_start_foreign(&host, options);
	begins(&second, "replicaof 10.0.0.7 7000\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("role_begin");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, data_that_no_server_serves_is_given_to_nobody);
	tcase_add_test(tc, a_file_that_is_there_is_never_begun_again);
	tcase_add_test(tc, a_new_group_begins_as_the_tree_says);
	if (pull_host_valkey() != NULL) {
		tcase_add_test(tc, a_server_that_holds_data_keeps_its_role);
		tcase_add_test(tc, a_replica_keeps_its_primary);
		tcase_add_test(tc, a_server_without_a_part_takes_the_one_of_the_tree);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
