/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/log.h"

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/unit.h"

/* Runs one log call with standard error going into a pipe; returns what was written. */
static void capture(void (*call)(void), char *out, size_t size)
{
	int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t got;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
	call();
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	got = read(ends[0], out, size - 1);
	ck_assert_int_ge(got, 0);
	out[got] = '\0';
	close(ends[0]);
}

static void log_forgery(void)
{
	vk_log(VK_LOG_WARN, "access-denied", VK_KV("user", "eve\n2026 error forged=1"),
		VK_KV("path", "a=\"b\\"), VK_KV("empty", ""), VK_KN("status", 403));
}

static void log_debug(void)
{
	vk_log(VK_LOG_DEBUG, "stranger");
}

static void log_huge(void)
{
	static char huge[100000];

	memset(huge, 'x', sizeof(huge) - 1);
	vk_log(VK_LOG_ERROR, "huge", VK_KV("value", huge));
}

START_TEST(a_value_cannot_forge_a_line_or_a_key)
{
	char line[1024];

	vk_clock_set_for_test(1795397585);
	unsetenv("JOURNAL_STREAM");
	capture(log_forgery, line, sizeof(line));
	ck_assert_str_eq(line, "2026-11-23T01:33:05Z warn access-denied "
			       "user=\"eve\\x0a2026 error forged=1\" path=\"a=\\\"b\\\\\" "
			       "empty=\"\" status=403\n");
}
END_TEST

START_TEST(under_systemd_the_priority_leads)
{
	char line[1024];

	setenv("JOURNAL_STREAM", "8:1", 1);
	capture(log_forgery, line, sizeof(line));
	ck_assert_msg(strncmp(line, "<4>warn access-denied ", 22) == 0, "%s", line);
}
END_TEST

START_TEST(debug_is_silent_until_asked_for)
{
	char line[1024];

	unsetenv("JOURNAL_STREAM");
	capture(log_debug, line, sizeof(line));
	ck_assert_str_eq(line, "");
	vk_log_set_level(VK_LOG_DEBUG);
	capture(log_debug, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "debug stranger"));
}
END_TEST

START_TEST(a_huge_value_is_still_one_line)
{
	static char line[200000];

	unsetenv("JOURNAL_STREAM");
	capture(log_huge, line, sizeof(line));
	ck_assert_uint_lt(strlen(line), 9000);
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, a_value_cannot_forge_a_line_or_a_key);
	tcase_add_test(tc, under_systemd_the_priority_leads);
	tcase_add_test(tc, debug_is_silent_until_asked_for);
	tcase_add_test(tc, a_huge_value_is_still_one_line);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
