/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char dir_path[] = "/tmp/check_file.XXXXXX";
static int dir_fd = -1;
static struct vk_err err;
static struct vk_buf buf;

static void make_dir(void)
{
	memcpy(dir_path + strlen(dir_path) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir_path));
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
	vk_buf_init(&buf, 1000);
}

static void remove_dir(void)
{
	vk_buf_release(&buf);
	close(dir_fd);
	assert_ok(vk_file_remove_tree(AT_FDCWD, dir_path, &err), err);
	ck_assert_int_ne(access(dir_path, F_OK), 0);
}

START_TEST(replace_sets_content_and_mode_whatever_the_umask)
{
	struct stat st;

	umask(0077);
	assert_ok(vk_file_replace(dir_fd, "a", 0640, "old", 3, &err), err);
	assert_ok(vk_file_replace(dir_fd, "a", 0644, "newer", 5, &err), err);
	assert_ok(vk_file_read(dir_fd, "a", VK_FILE_NOFOLLOW, &buf, &err), err);
	ck_assert_str_eq(buf.data, "newer");
	ck_assert_int_eq(fstatat(dir_fd, "a", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_ne(faccessat(dir_fd, "a.new~", F_OK, 0), 0);
}
END_TEST

START_TEST(a_left_over_of_a_crash_does_not_stand_in_the_way)
{
	assert_ok(vk_file_create(dir_fd, "a.new~", 0600, "torn", 4, &err), err);
	assert_ok(vk_file_replace(dir_fd, "a", 0600, "whole", 5, &err), err);
	assert_ok(vk_file_read(dir_fd, "a", VK_FILE_DEFAULT, &buf, &err), err);
	ck_assert_str_eq(buf.data, "whole");
}
END_TEST

START_TEST(create_refuses_what_exists)
{
	assert_ok(vk_file_create(dir_fd, "a", 0600, "1", 1, &err), err);
	assert_fails(vk_file_create(dir_fd, "a", 0600, "2", 1, &err), VK_ECONFLICT);
	assert_ok(vk_file_read(dir_fd, "a", VK_FILE_DEFAULT, &buf, &err), err);
	ck_assert_str_eq(buf.data, "1");
}
END_TEST

START_TEST(reading_is_bounded)
{
	char big[1001] = {0};

	memset(big, 'x', sizeof(big));
	assert_ok(vk_file_replace(dir_fd, "fits", 0600, big, 1000, &err), err);
	assert_ok(vk_file_read(dir_fd, "fits", VK_FILE_DEFAULT, &buf, &err), err);
	ck_assert_uint_eq(buf.len, 1000);
	vk_buf_reset(&buf);
	assert_ok(vk_file_replace(dir_fd, "big", 0600, big, 1001, &err), err);
	assert_fails(vk_file_read(dir_fd, "big", VK_FILE_DEFAULT, &buf, &err), VK_ELIMIT);
}
END_TEST

START_TEST(missing_symlinked_special_and_public_files_are_told_apart)
{
	assert_fails(vk_file_read(dir_fd, "none", VK_FILE_DEFAULT, &buf, &err), VK_ENOTFOUND);
	assert_ok(vk_file_create(dir_fd, "key", 0640, "k", 1, &err), err);
	assert_fails(vk_file_read(dir_fd, "key", VK_FILE_PRIVATE, &buf, &err), VK_EDENIED);
	ck_assert_int_eq(symlinkat("key", dir_fd, "link"), 0);
	assert_fails(vk_file_read(dir_fd, "link", VK_FILE_NOFOLLOW, &buf, &err), VK_EIO);
	ck_assert_int_eq(mkfifoat(dir_fd, "fifo", 0600), 0);
	assert_fails(vk_file_read(dir_fd, "fifo", VK_FILE_DEFAULT, &buf, &err), VK_EINPUT);
	ck_assert_uint_eq(buf.len, 0);
}
END_TEST

START_TEST(removing_a_tree_does_not_follow_symlinks)
{
	assert_ok(vk_file_mkdirs(dir_fd, "keep", 0700, &err), err);
	assert_ok(vk_file_create(dir_fd, "keep/file", 0600, "k", 1, &err), err);
	assert_ok(vk_file_mkdirs(dir_fd, "tree/a/b", 0700, &err), err);
	ck_assert_int_eq(symlinkat("../../keep", dir_fd, "tree/a/link"), 0);
	assert_ok(vk_file_remove_tree(dir_fd, "tree", &err), err);
	ck_assert_int_eq(faccessat(dir_fd, "keep/file", F_OK, 0), 0);
	ck_assert_int_ne(faccessat(dir_fd, "tree", F_OK, 0), 0);
	assert_ok(vk_file_remove_tree(dir_fd, "tree", &err), err);
}
END_TEST

START_TEST(a_lock_is_held_once)
{
	int first = -1;
	int second = -1;

	assert_ok(vk_file_lock(dir_fd, "lock", &first, &err), err);
	assert_fails(vk_file_lock(dir_fd, "lock", &second, &err), VK_EUNAVAIL);
	ck_assert_int_eq(second, -1);
	close(first);
	assert_ok(vk_file_lock(dir_fd, "lock", &second, &err), err);
	close(second);
}
END_TEST

START_TEST(a_failed_replace_leaves_the_old_file)
{
	assert_ok(vk_file_replace(dir_fd, "a", 0600, "old", 3, &err), err);
	assert_fails(vk_file_replace(dir_fd, "no/such/dir", 0600, "x", 1, &err), VK_EIO);
	assert_ok(vk_file_mkdirs(dir_fd, "b", 0700, &err), err);
	assert_fails(vk_file_replace(dir_fd, "b", 0600, "x", 1, &err), VK_EIO);
	ck_assert_int_ne(faccessat(dir_fd, "b.new~", F_OK, 0), 0);
	assert_ok(vk_file_read(dir_fd, "a", VK_FILE_DEFAULT, &buf, &err), err);
	ck_assert_str_eq(buf.data, "old");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("file");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, replace_sets_content_and_mode_whatever_the_umask);
	tcase_add_test(tc, a_left_over_of_a_crash_does_not_stand_in_the_way);
	tcase_add_test(tc, create_refuses_what_exists);
	tcase_add_test(tc, reading_is_bounded);
	tcase_add_test(tc, missing_symlinked_special_and_public_files_are_told_apart);
	tcase_add_test(tc, removing_a_tree_does_not_follow_symlinks);
	tcase_add_test(tc, a_lock_is_held_once);
	tcase_add_test(tc, a_failed_replace_leaves_the_old_file);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
