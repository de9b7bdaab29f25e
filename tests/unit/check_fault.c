/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/fault.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* The wait status of a child that reaches "a.b" `times` times with VKCFG_FAULT=wanted. */
static int status_of_child(const char *wanted, int times)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("VKCFG_FAULT", wanted, 1);
		for (int i = 0; i < times; i++)
			vk_fault_reached("a.b");
		_exit(7);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(kills_at_the_named_point_only)
{
	static const struct {
		const char *wanted;
		int times;
		bool is_killed;
	} cases[] = {
		{"a.b", 1, true},
		{"a.b:1", 1, true},
		{"a.b:3", 2, false},
		{"a.b:3", 3, true},
		{"a.bc", 1, false},
		{"a", 1, false},
		{"", 1, false},
		{"a.b:", 1, false},
		{"a.b:x", 1, false},
		{"a.b:0", 1, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = status_of_child(cases[i].wanted, cases[i].times);

		ck_assert_msg(WIFSIGNALED(status) == cases[i].is_killed, "%s", cases[i].wanted);
		if (cases[i].is_killed)
			ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		else
			ck_assert_int_eq(WEXITSTATUS(status), 7);
	}
}
END_TEST

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(kills_another_process_and_lives_on)
{
	char path[] = "/tmp/vkcfg-check-fault-XXXXXX";
	int fd = mkstemp(path), status = -1;
	pid_t other = fork();
	char pid[32];

	if (other == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(pid, sizeof(pid), "%d\n", (int)other);
	write_text(path, pid);
	setenv("VKCFG_FAULT_OTHER", path, 1);
	setenv("VKCFG_FAULT_SPARE", "1", 1);
	ck_assert_int_eq(WEXITSTATUS(status_of_child("a.b", 1)), 7);
	/* It is dead already. */
	ck_assert_int_eq(waitpid(other, &status, WNOHANG), other);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	unlink(path);
	ck_assert_int_eq(WEXITSTATUS(status_of_child("a.b", 1)), 7);
	unsetenv("VKCFG_FAULT_SPARE");
	ck_assert(WIFSIGNALED(status_of_child("a.b", 1)));
	unsetenv("VKCFG_FAULT_OTHER");
}
END_TEST

START_TEST(traces_each_point)
{
	char path[] = "/tmp/vkcfg-check-fault-XXXXXX", text[64] = "";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	setenv("VKCFG_FAULT_TRACE", path, 1);
	ck_assert_int_eq(WEXITSTATUS(status_of_child("", 2)), 7);
	unsetenv("VKCFG_FAULT_TRACE");
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "a.b\na.b\n");
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(is_nothing_without_the_build_flag)
{
	setenv("VKCFG_FAULT", "a.b", 1);
	fault_point("a.b");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("fault");
	TCase *tc = tcase_create("fault");

	tcase_add_test(tc, kills_at_the_named_point_only);
	tcase_add_test(tc, kills_another_process_and_lives_on);
	tcase_add_test(tc, traces_each_point);
	tcase_add_test(tc, is_nothing_without_the_build_flag);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
