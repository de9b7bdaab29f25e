/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/banned.h"

static int64_t test_now;

int64_t vk_clock_now(void)
{
	return test_now != 0 ? test_now : (int64_t)time(NULL);
}

int64_t vk_clock_monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void vk_clock_set_for_test(int64_t now)
{
	test_now = now;
}

void vk_time_format(int64_t when, char *out)
{
	time_t seconds = (time_t)when;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year + 1900 > 9999)
		memset(&tm, 0, sizeof(tm));
	snprintf(out, VK_TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned)(tm.tm_year + 1900) % 10000U, (unsigned)(tm.tm_mon + 1) % 100U,
		(unsigned)tm.tm_mday % 100U, (unsigned)tm.tm_hour % 100U,
		(unsigned)tm.tm_min % 100U, (unsigned)tm.tm_sec % 100U);
}

static int digits(const char *text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

bool vk_time_parse(const char *text, int64_t *out)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm tm = {0};
	struct tm check;
	time_t when;

	if (strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == 'd' ? !is_digit : text[i] != shape[i])
			return false;
	}
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	check = tm;
	when = timegm(&check); /* normalises: an impossible date comes back changed */
	if (tm.tm_year < 70 || check.tm_year != tm.tm_year || check.tm_mon != tm.tm_mon ||
		check.tm_mday != tm.tm_mday || check.tm_hour != tm.tm_hour ||
		check.tm_min != tm.tm_min || check.tm_sec != tm.tm_sec)
		return false;
	*out = (int64_t)when;
	return true;
}
