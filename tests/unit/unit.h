/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every unit test program needs: Check, and a main() that runs one suite
 * and prints TAP for the test driver. A failing random test prints its seed.
 */
#ifndef VK_UNIT_H
#define VK_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Checks that a call succeeded and shows the message of its struct vk_err otherwise. */
#define assert_ok(call, err)                                                                       \
	do {                                                                                       \
		enum vk_rc assert_ok_rc = (call);                                                  \
		ck_assert_msg(assert_ok_rc == VK_OK, "%s: %s", vk_rc_name(assert_ok_rc),           \
			(err).msg);                                                                \
	} while (0)

/* Checks that a call failed with this code. */
#define assert_fails(call, code)                                                                   \
	do {                                                                                       \
		enum vk_rc assert_fails_rc = (call);                                               \
		ck_assert_msg(assert_fails_rc == (code), "%s instead of %s",                       \
			vk_rc_name(assert_fails_rc), vk_rc_name(code));                            \
	} while (0)

#define UNIT_MAIN(make_suite)                                                                      \
	int main(void)                                                                             \
	{                                                                                          \
		SRunner *runner = srunner_create(make_suite());                                    \
		int failed;                                                                        \
												   \
		srunner_set_tap(runner, "-");                                                      \
		srunner_run_all(runner, CK_SILENT);                                                \
		failed = srunner_ntests_failed(runner);                                            \
		srunner_free(runner);                                                              \
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                  \
	}

#endif
