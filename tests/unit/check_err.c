/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

START_TEST(a_prefix_never_turns_a_failure_into_success)
{
	struct vk_err err = VK_ERR_INIT;

	ck_assert_int_eq(vk_err_prefix(NULL, VK_EUNTRUSTED, "file"), VK_EUNTRUSTED);
	vk_err_set(&err, VK_EINPUT, "wrong");
	ck_assert_int_eq(vk_err_prefix(&err, VK_EINPUT, "line %d", 7), VK_EINPUT);
	ck_assert_str_eq(err.msg, "line 7: wrong");
	ck_assert_int_eq(err.rc, VK_EINPUT);
}
END_TEST

START_TEST(setting_works_without_a_place_for_the_message)
{
	ck_assert_int_eq(vk_err_set(NULL, VK_ELIMIT, "too much"), VK_ELIMIT);
	vk_err_hint(NULL, "less");
}
END_TEST

START_TEST(cuts_messages_that_are_too_long)
{
	struct vk_err err = VK_ERR_INIT;
	char text[2 * sizeof(err.msg)];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	vk_err_set(&err, VK_EINPUT, "%s", text);
	ck_assert_uint_lt(strlen(err.msg), sizeof(err.msg));
	vk_err_prefix(&err, VK_EINPUT, "%s", text);
	ck_assert_uint_lt(strlen(err.msg), sizeof(err.msg));
}
END_TEST

START_TEST(says_what_helps_against_a_disk_that_does_not_work)
{
	static const struct {
		int reason;
		const char *word;
	} cases[] = {{ENOSPC, "df -i"}, {EDQUOT, "quota"}, {EROFS, "mount"}, {EACCES, "SELinux"},
		{EPERM, "AppArmor"}, {EMFILE, "LimitNOFILE"}};
	struct vk_err err = VK_ERR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vk_err_errno(&err, VK_EIO, cases[i].reason, "cannot write %s", "/x");
		ck_assert_msg(strstr(err.hint, cases[i].word) != NULL, "%s", err.hint);
	}
	vk_err_errno(&err, VK_EIO, EIO, "cannot write %s", "/x");
	ck_assert_str_eq(err.hint, "");
	/* Nobody's disk: a firewall, say. */
	vk_err_errno(&err, VK_EUNAVAIL, EPERM, "cannot connect");
	ck_assert_str_eq(err.hint, "");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("err");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_prefix_never_turns_a_failure_into_success);
	tcase_add_test(tc, setting_works_without_a_place_for_the_message);
	tcase_add_test(tc, says_what_helps_against_a_disk_that_does_not_work);
	tcase_add_test(tc, cuts_messages_that_are_too_long);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
