/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/passphrase.h"

#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "common/banned.h"

/* A pipe that holds this text and then ends. */
static int pipe_with(const char *text)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	close(fds[1]);
	return fds[0];
}

START_TEST(refuses_an_empty_line_and_a_missing_one)
{
	struct passphrase_source source = {.fd = pipe_with("\n")};
	struct passphrase *phrase = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(passphrase_read(&source, "", &phrase, &err), VK_EINPUT);
	assert_fails(passphrase_read(&source, "", &phrase, &err), VK_EINPUT);
	ck_assert_ptr_null(phrase);
	close(source.fd);
}
END_TEST

START_TEST(refuses_a_new_one_that_is_too_short)
{
	struct passphrase_source source = {.fd = pipe_with("1234567\n")};
	struct passphrase *phrase = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_fails(passphrase_read_new(&source, "", &phrase, &err), VK_EINPUT);
	ck_assert_ptr_null(phrase);
	ck_assert_ptr_null(strstr(err.msg, "1234567"));
	close(source.fd);
}
END_TEST

START_TEST(refuses_one_that_is_too_long)
{
	char text[PASSPHRASE_MAX_BYTES + 2];
	struct passphrase_source source;
	struct passphrase *phrase = NULL;
	struct vk_err err = VK_ERR_INIT;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	source = (struct passphrase_source){.fd = pipe_with(text)};
	assert_fails(passphrase_read(&source, "", &phrase, &err), VK_ELIMIT);
	close(source.fd);
}
END_TEST

START_TEST(reads_one_line_for_each_prompt)
{
	struct passphrase_source source = {.fd = pipe_with("first phrase\nsecond phrase")};
	struct passphrase *first = NULL;
	struct passphrase *second = NULL;
	struct vk_err err = VK_ERR_INIT;

	assert_ok(passphrase_read(&source, "", &first, &err), err);
	assert_ok(passphrase_read_new(&source, "", &second, &err), err);
	ck_assert_str_eq(passphrase_text(first), "first phrase");
	ck_assert_str_eq(passphrase_text(second), "second phrase");
	ck_assert(!passphrase_equal(first, second));
	passphrase_free(first);
	passphrase_free(second);
	close(source.fd);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("passphrase");
	TCase *tc = tcase_create("passphrase");

	tcase_add_test(tc, refuses_an_empty_line_and_a_missing_one);
	tcase_add_test(tc, refuses_a_new_one_that_is_too_short);
	tcase_add_test(tc, refuses_one_that_is_too_long);
	tcase_add_test(tc, reads_one_line_for_each_prompt);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
