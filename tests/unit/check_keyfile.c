/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/keyfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/passphrase.h"
#include "common/signkey.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

/* The cheapest that argon2id knows: the tests try hundreds of files. */
static const struct keyfile_cost cheap = {.opslimit = 1, .memlimit_bytes = 8192};

static char directory[] = "/tmp/vkcfg-check-keyfile-XXXXXX";
static int dirfd = -1;
static struct passphrase *right;
static struct passphrase *wrong;
static struct vk_err err;
static struct keyfile_info info;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	dirfd = open(directory, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(dirfd, 0);
	assert_ok(passphrase_new("correct horse", 13, &right, &err), err);
	assert_ok(passphrase_new("correct house", 13, &wrong, &err), err);
	info = (struct keyfile_info){.name = "work", .user = "alice"};
	assert_ok(keyfile_create(dirfd, "k", &info, right, &cheap, &err), err);
}

static void teardown(void)
{
	passphrase_free(right);
	passphrase_free(wrong);
	close(dirfd);
	assert_ok(vk_file_remove_tree(AT_FDCWD, directory, &err), err);
}

START_TEST(refuses_the_wrong_passphrase)
{
	struct vk_signkey *key = NULL;

	assert_fails(keyfile_open(dirfd, "k", wrong, &key, &err), VK_EDENIED);
	ck_assert_ptr_null(key);
	ck_assert_ptr_null(strstr(err.msg, "house"));
}
END_TEST

START_TEST(refuses_a_change_of_any_byte)
{
	struct vk_signkey *key = NULL;
	struct vk_buf file;

	vk_buf_init(&file, 4096);
	assert_ok(vk_file_read(dirfd, "k", VK_FILE_PRIVATE, &file, &err), err);
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 1;
		assert_ok(vk_file_replace(dirfd, "k", 0600, file.data, file.len, &err), err);
		ck_assert_msg(keyfile_open(dirfd, "k", right, &key, &err) != VK_OK,
			"byte %zu can be changed", i);
		file.data[i] ^= 1;
	}
	vk_buf_release(&file);
}
END_TEST

START_TEST(refuses_a_file_cut_off_at_any_byte)
{
	struct vk_signkey *key = NULL;
	struct vk_buf file;

	vk_buf_init(&file, 4096);
	assert_ok(vk_file_read(dirfd, "k", VK_FILE_PRIVATE, &file, &err), err);
	for (size_t len = 0; len + 1 < file.len; len++) {
		assert_ok(vk_file_replace(dirfd, "k", 0600, file.data, len, &err), err);
		assert_fails(keyfile_open(dirfd, "k", right, &key, &err), VK_EINPUT);
	}
	vk_buf_release(&file);
}
END_TEST

START_TEST(refuses_a_file_that_others_may_read)
{
	struct vk_signkey *key = NULL;

	ck_assert_int_eq(fchmodat(dirfd, "k", 0644, 0), 0);
	ck_assert(keyfile_open(dirfd, "k", right, &key, &err) != VK_OK);
	ck_assert(keyfile_read_info(dirfd, "k", &info, &err) != VK_OK);
}
END_TEST

START_TEST(refuses_a_price_that_would_eat_the_machine)
{
	static const char text[] =
		"{\"_type\":\"vkcfg-key\",\"ciphertext\":\"\",\"format\":1,\"kdf\":{\"memlimit\":"
		"4398046511104,\"name\":\"argon2id13\",\"opslimit\":3,\"salt\":\"\"},\"keytype\":"
		"\"ed25519\",\"name\":\"a\",\"nonce\":\"\",\"public\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\",\"user\":"
		"\"a\"}";
	struct vk_signkey *key = NULL;

	assert_ok(vk_file_replace(dirfd, "k", 0600, text, strlen(text), &err), err);
	assert_fails(keyfile_open(dirfd, "k", right, &key, &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "memlimit"));
}
END_TEST

START_TEST(does_not_overwrite_a_key)
{
	assert_fails(keyfile_create(dirfd, "k", &info, right, &cheap, &err), VK_ECONFLICT);
}
END_TEST

START_TEST(opens_the_key_that_was_made)
{
	struct vk_signkey *key = NULL;
	uint8_t public_key[KEYFILE_PUBLIC_BYTES];
	struct stat st;

	assert_ok(keyfile_open(dirfd, "k", right, &key, &err), err);
	vk_signkey_public(key, public_key);
	ck_assert_mem_eq(public_key, info.public_key, sizeof(public_key));
	ck_assert_int_eq(fstatat(dirfd, "k", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	vk_signkey_free(key);
}
END_TEST

START_TEST(changes_the_passphrase_and_keeps_the_key)
{
	struct vk_signkey *key = NULL;
	uint8_t public_key[KEYFILE_PUBLIC_BYTES];

	assert_fails(
		keyfile_change_passphrase(dirfd, "k", wrong, right, &cheap, &err), VK_EDENIED);
	assert_ok(keyfile_change_passphrase(dirfd, "k", right, wrong, &cheap, &err), err);
	assert_fails(keyfile_open(dirfd, "k", right, &key, &err), VK_EDENIED);
	assert_ok(keyfile_open(dirfd, "k", wrong, &key, &err), err);
	vk_signkey_public(key, public_key);
	ck_assert_mem_eq(public_key, info.public_key, sizeof(public_key));
	vk_signkey_free(key);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("keyfile");
	TCase *tc = tcase_create("keyfile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, refuses_the_wrong_passphrase);
	tcase_add_test(tc, refuses_a_change_of_any_byte);
	tcase_add_test(tc, refuses_a_file_cut_off_at_any_byte);
	tcase_add_test(tc, refuses_a_file_that_others_may_read);
	tcase_add_test(tc, refuses_a_price_that_would_eat_the_machine);
	tcase_add_test(tc, does_not_overwrite_a_key);
	tcase_add_test(tc, opens_the_key_that_was_made);
	tcase_add_test(tc, changes_the_passphrase_and_keeps_the_key);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
