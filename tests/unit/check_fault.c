/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/fault.h"

#include <signal.h>
#include <stdbool.h>
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
		{"a.b", 1, true}, {"a.b:1", 1, true}, {"a.b:3", 2, false}, {"a.b:3", 3, true},
		{"a.bc", 1, false}, {"a", 1, false}, {"", 1, false}, {"a.b:", 1, false},
		{"a.b:x", 1, false}, {"a.b:0", 1, false},
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
	tcase_add_test(tc, is_nothing_without_the_build_flag);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
