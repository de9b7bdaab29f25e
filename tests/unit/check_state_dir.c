/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/state_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "tests/unit/unit.h"

static const char *const keys[] = {
	STATE_SERVER_KEY, STATE_CA_KEY, STATE_SNAPSHOT_KEY, STATE_TIMESTAMP_KEY, STATE_LOG_KEY};

static char base[64], state[80];

static void setup(void)
{
	snprintf(base, sizeof(base), "/tmp/check_state_dir.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(state, sizeof(state), "%s/state", base);
}

static void teardown(void)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_remove_tree(AT_FDCWD, base, &err), err);
}

static struct state_dir *make_fleet(void)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;

	assert_ok(state_dir_create(state, &dir, &err), err);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_ok(vk_file_create(state_dir_fd(dir), keys[i], 0600, "x", 1, &err), err);
	assert_ok(vk_file_create(state_dir_fd(dir), STATE_DATABASE, 0600, "x", 1, &err), err);
	return dir;
}

START_TEST(refuses_a_directory_without_a_fleet)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;

	assert_fails(state_dir_open(state, &dir, &err), VK_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.hint, "vkcfgd init"));
	ck_assert_int_eq(mkdir(state, 0700), 0);
	assert_fails(state_dir_open(state, &dir, &err), VK_ENOTFOUND);
	ck_assert_ptr_null(dir);
}
END_TEST

START_TEST(refuses_a_second_vkcfgd_until_the_first_is_gone)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *first = make_fleet(), *second = NULL;

	assert_fails(state_dir_open(state, &second, &err), VK_EUNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "another vkcfgd"));
	state_dir_close(first);
	assert_ok(state_dir_open(state, &second, &err), err);
	state_dir_close(second);
}
END_TEST

START_TEST(refuses_a_key_that_others_may_read)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;

	state_dir_close(make_fleet());
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *path = xasprintf("%s/%s", state, keys[i]);

		ck_assert_int_eq(chmod(path, 0640), 0);
		assert_fails(state_dir_open(state, &dir, &err), VK_EDENIED);
		ck_assert_ptr_nonnull(strstr(err.msg, keys[i]));
		ck_assert_int_eq(chmod(path, 0600), 0);
		free(path);
	}
	assert_ok(state_dir_open(state, &dir, &err), err);
	state_dir_close(dir);
}
END_TEST

START_TEST(refuses_a_state_directory_that_others_may_enter)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;

	state_dir_close(make_fleet());
	ck_assert_int_eq(chmod(state, 0750), 0);
	assert_fails(state_dir_open(state, &dir, &err), VK_EDENIED);
}
END_TEST

START_TEST(refuses_a_key_of_another_owner)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;
	char *path = NULL;

	if (geteuid() != 0)
		return; /* only root can make one */
	state_dir_close(make_fleet());
	path = xasprintf("%s/%s", state, STATE_LOG_KEY);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	free(path);
	assert_fails(state_dir_open(state, &dir, &err), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.msg, "belongs to uid 65534"));
}
END_TEST

START_TEST(never_overwrites_a_fleet)
{
	struct vk_err err = VK_ERR_INIT;
	struct state_dir *dir = NULL;

	state_dir_close(make_fleet());
	assert_fails(state_dir_create(state, &dir, &err), VK_ECONFLICT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("state_dir");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_a_directory_without_a_fleet);
	tcase_add_test(tc, refuses_a_second_vkcfgd_until_the_first_is_gone);
	tcase_add_test(tc, refuses_a_key_that_others_may_read);
	tcase_add_test(tc, refuses_a_state_directory_that_others_may_enter);
	tcase_add_test(tc, refuses_a_key_of_another_owner);
	tcase_add_test(tc, never_overwrites_a_fleet);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
