/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wall-clock and monotonic time. All code takes time from here, so that tests
 * can replace it. Dates are written in the one form that TUF allows (RFC 3339,
 * UTC, whole seconds): 2026-11-23T01:33:05Z.
 */
#ifndef VK_CLOCK_H
#define VK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { VK_TIME_TEXT_BYTES = 21 }; /* with the NUL */

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t vk_clock_now(void);

/* Milliseconds of a clock that never goes back; only differences mean anything. */
int64_t vk_clock_monotonic_ms(void);

/* Tests: from now on vk_clock_now() returns this; 0 returns to the real clock. */
void vk_clock_set_for_test(int64_t now);

/* Years 1970 to 9999; out has VK_TIME_TEXT_BYTES. */
void vk_time_format(int64_t time, char *out);

/* Exactly YYYY-MM-DDTHH:MM:SSZ, a valid calendar date; nothing else is accepted. */
bool vk_time_parse(const char *text, int64_t *out);

#endif
