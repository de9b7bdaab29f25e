/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_value.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/args.h"
#include "common/file.h"
#include "common/secret.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static const struct option_spec specs[] = {
	{"generate", 0, NULL, "", false},
	{"bytes", 0, "N", "", false},
	{"file", 0, "FILE", "", false},
	{"fd", 0, "N", "", false},
	{NULL, 0, NULL, NULL, false},
};

static struct vk_err err;
static char path[] = "/tmp/vkcfg-value-XXXXXX";

static void setup(void)
{
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

static enum vk_rc read_with(char *const *words, int count, struct secret_value **out)
{
	struct args *args = args_new();
	enum vk_rc rc;

	assert_ok(args_parse(args, words, count, specs, NULL, &err), err);
	rc = secret_value_read(args, "prod", "app", out, &err);
	args_free(args);
	return rc;
}

static enum vk_rc read_text(const char *text, size_t len, struct secret_value **out)
{
	char *words[] = {"--file", path};

	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, len, &err), err);
	return read_with(words, 2, out);
}

START_TEST(refuses_what_can_be_no_value)
{
	static char large[VK_SECRET_MAX_BYTES + 1];
	struct secret_value *value = NULL;

	assert_fails(read_text("", 0, &value), VK_EINPUT);
	assert_fails(read_text("\n", 1, &value), VK_EINPUT);
	assert_fails(read_text("a\0b", 3, &value), VK_EINPUT);
	memset(large, 'x', sizeof(large));
	assert_fails(read_text(large, sizeof(large), &value), VK_ELIMIT);
	ck_assert_ptr_null(strstr(err.msg, "xxx"));
}
END_TEST

START_TEST(refuses_two_sources_and_sizes_without_one)
{
	char *both[] = {"--generate", "--file", path};
	char *size[] = {"--bytes", "32", "--fd", "0"};
	char *small[] = {"--generate", "--bytes", "8"};
	char *missing[] = {"--file", "/nonexistent/value"};
	struct secret_value *value = NULL;

	assert_fails(read_with(both, 3, &value), VK_EINPUT);
	assert_fails(read_with(size, 4, &value), VK_EINPUT);
	assert_fails(read_with(small, 3, &value), VK_EINPUT);
	assert_fails(read_with(missing, 2, &value), VK_ENOTFOUND);
}
END_TEST

START_TEST(the_newline_of_one_line_is_no_part_of_it)
{
	struct secret_value *value = NULL;

	assert_ok(read_text("pass word\n", 10, &value), err);
	ck_assert_str_eq(secret_value_text(value), "pass word");
	ck_assert_uint_eq(secret_value_len(value), 9);
	secret_value_free(value);
	assert_ok(read_text("-----BEGIN\nx\n", 13, &value), err);
	ck_assert_str_eq(secret_value_text(value), "-----BEGIN\nx\n");
	secret_value_free(value);
}
END_TEST

START_TEST(the_largest_value_is_read_whole)
{
	static char large[VK_SECRET_MAX_BYTES];
	struct secret_value *value = NULL;

	memset(large, 'x', sizeof(large));
	assert_ok(read_text(large, sizeof(large), &value), err);
	ck_assert_uint_eq(secret_value_len(value), sizeof(large));
	secret_value_free(value);
}
END_TEST

START_TEST(a_descriptor_is_read_to_its_end)
{
	char *words[] = {"--fd", NULL};
	struct secret_value *value = NULL;
	char number[16];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "from ", 5), 5);
	ck_assert_int_eq(write(ends[1], "a pipe", 6), 6);
	close(ends[1]);
	snprintf(number, sizeof(number), "%d", ends[0]);
	words[1] = number;
	assert_ok(read_with(words, 2, &value), err);
	ck_assert_str_eq(secret_value_text(value), "from a pipe");
	secret_value_free(value);
	close(ends[0]);
}
END_TEST

START_TEST(made_up_values_differ_and_are_words)
{
	char *words[] = {"--generate"};
	struct secret_value *value = NULL;
	char last[64] = "";

	for (int i = 0; i < 200; i++) {
		assert_ok(read_with(words, 1, &value), err);
		ck_assert_uint_eq(secret_value_len(value), 43);
		ck_assert(vk_secret_is_word(secret_value_text(value), secret_value_len(value)));
		ck_assert_int_ne(secret_value_text(value)[0], '-');
		ck_assert_str_ne(secret_value_text(value), last);
		snprintf(last, sizeof(last), "%s", secret_value_text(value));
		secret_value_free(value);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("secret_value");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_what_can_be_no_value);
	tcase_add_test(tc, refuses_two_sources_and_sizes_without_one);
	tcase_add_test(tc, the_newline_of_one_line_is_no_part_of_it);
	tcase_add_test(tc, the_largest_value_is_read_whole);
	tcase_add_test(tc, a_descriptor_is_read_to_its_end);
	tcase_add_test(tc, made_up_values_differ_and_are_words);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
