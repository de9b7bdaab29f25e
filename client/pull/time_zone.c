/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/time_zone.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/window.h"

#include "common/banned.h"

/* The C library takes a file that it cannot read for UTC. */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_one = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		      memcmp(magic, "TZif", sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return is_one;
}

bool time_zone_enter(const char *name, struct time_zone *zone)
{
	const char *before = getenv("TZ");
	char *path;
	bool is_known;

	if (!vk_window_zone_is_valid(name))
		return false;
	path = xasprintf(":" TIME_ZONE_DIRECTORY "/%s", name);
	is_known = strcmp(name, "UTC") == 0 || is_zone_file(path + 1);
	if (is_known) {
		zone->before = before != NULL ? xstrdup(before) : NULL;
		setenv("TZ", strcmp(name, "UTC") == 0 ? "UTC0" : path, 1);
		tzset();
	}
	free(path);
	return is_known;
}

void time_zone_leave(struct time_zone *zone)
{
	if (zone->before != NULL)
		setenv("TZ", zone->before, 1);
	else
		unsetenv("TZ");
	tzset();
	free(zone->before);
	zone->before = NULL;
}

int64_t time_zone_offset(void *unused, int64_t time)
{
	time_t seconds = (time_t)time;
	struct tm tm;

	(void)unused;
	return localtime_r(&seconds, &tm) != NULL ? tm.tm_gmtoff : 0;
}
