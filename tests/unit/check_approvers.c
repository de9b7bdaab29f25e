/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/approvers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

static char directory[] = "/tmp/vkcfg-check-approvers-XXXXXX";
static struct approvers approvers;
static struct vk_err err;

static void write_key(const char *name, uint8_t first_byte, const char *user)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES] = {first_byte};
	struct tuf_key *key = tuf_key_new_ed25519(public_key, user);
	char *path = xasprintf("%s/%s", directory, name);
	struct vk_buf text;

	vk_buf_init(&text, 4096);
	assert_ok(tuf_key_format(key, &text, &err), err);
	assert_ok(vk_file_create(AT_FDCWD, path, 0644, text.data, text.len, &err), err);
	vk_buf_release(&text);
	tuf_key_free(key);
	free(path);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	write_key("alice.pub", 1, "alice");
	write_key("bob.pub", 2, "bob");
	write_key("nobody.pub", 3, NULL);
	write_key("alice2.pub", 4, "alice");
	approvers_init(&approvers);
}

static void teardown(void)
{
	approvers_release(&approvers);
	assert_ok(vk_file_remove_tree(AT_FDCWD, directory, &err), err);
}

START_TEST(refuses_specifications_that_it_cannot_read)
{
	static const char *const wrong[] = {"", "prod", "prod:", "prod:2", "prod:x:alice.pub",
		"prod:0:alice.pub", "prod:-1:alice.pub", ":1:alice.pub", "root:1:alice.pub",
		"PROD:1:alice.pub", "../x:1:alice.pub"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(approvers_add_spec(&approvers, wrong[i], &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_a_key_that_does_not_say_whose_it_is)
{
	assert_fails(approvers_add_spec(&approvers, "prod:1:nobody.pub", &err), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "nobody.pub"));
}
END_TEST

START_TEST(refuses_a_key_file_that_is_missing)
{
	assert_fails(approvers_add_spec(&approvers, "prod:1:carol.pub", &err), VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_the_same_key_twice)
{
	assert_fails(
		approvers_add_spec(&approvers, "prod:2:alice.pub,alice.pub", &err), VK_EINPUT);
}
END_TEST

START_TEST(refuses_two_keys_of_one_person)
{
	assert_fails(
		approvers_add_spec(&approvers, "prod:2:alice.pub,alice2.pub", &err), VK_EINPUT);
	ck_assert_str_eq(err.msg, "alice2.pub: 'alice' has two keys for 'prod'");
}
END_TEST

START_TEST(refuses_the_same_environment_twice)
{
	assert_ok(approvers_add_spec(&approvers, "prod:1:alice.pub", &err), err);
	assert_fails(approvers_add_spec(&approvers, "prod:1:bob.pub", &err), VK_ECONFLICT);
}
END_TEST

START_TEST(refuses_a_threshold_that_cannot_be_reached)
{
	struct vk_buf out;

	vk_buf_init(&out, 65536);
	assert_ok(approvers_add_spec(&approvers, "prod:2:alice.pub", &err), err);
	assert_fails(approvers_format_targets(&approvers, 1, 2000000000, &out, &err), VK_EINPUT);
	vk_buf_release(&out);
}
END_TEST

/* Formats targets with these environments, parses them, and takes the environments over again. */
START_TEST(survives_the_way_through_targets)
{
	struct approvers again;
	struct tuf_meta *targets = NULL;
	struct vk_buf part;
	struct vk_buf file;

	approvers_init(&again);
	vk_buf_init(&part, 65536);
	vk_buf_init(&file, 65536);
	assert_ok(approvers_add_spec(&approvers, "dev:1:bob.pub", &err), err);
	assert_ok(approvers_add_spec(&approvers, "prod:2:alice.pub,bob.pub", &err), err);
	approvers.environments[0].author_may_approve = true;
	assert_ok(approvers_format_targets(&approvers, 1, 2000000000, &part, &err), err);
	assert_ok(tuf_build_file(part.data, part.len, NULL, 0, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, TUF_TARGETS, &targets, &err), err);
	assert_ok(approvers_load(&again, targets, &err), err);
	ck_assert_uint_eq(again.count, 2);
	ck_assert(approvers_find(&again, "dev")->author_may_approve);
	ck_assert(!approvers_find(&again, "prod")->author_may_approve);
	ck_assert_uint_eq(approvers_find(&again, "prod")->threshold, 2);
	ck_assert_uint_eq(approvers_find(&again, "prod")->key_count, 2);
	ck_assert_str_eq(tuf_key_user(approvers_find(&again, "prod")->keys[0]), "alice");
	tuf_meta_free(targets);
	vk_buf_release(&part);
	vk_buf_release(&file);
	approvers_release(&again);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("approvers");
	TCase *tc = tcase_create("approvers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_specifications_that_it_cannot_read);
	tcase_add_test(tc, refuses_a_key_that_does_not_say_whose_it_is);
	tcase_add_test(tc, refuses_a_key_file_that_is_missing);
	tcase_add_test(tc, refuses_the_same_key_twice);
	tcase_add_test(tc, refuses_two_keys_of_one_person);
	tcase_add_test(tc, refuses_the_same_environment_twice);
	tcase_add_test(tc, refuses_a_threshold_that_cannot_be_reached);
	tcase_add_test(tc, survives_the_way_through_targets);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
