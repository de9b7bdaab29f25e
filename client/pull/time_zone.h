/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time zones as this host's database has them. Not for more than one thread: it
 * goes by the variable TZ, which is what it was before from time_zone_leave() on.
 */
#ifndef VK_PULL_TIME_ZONE_H
#define VK_PULL_TIME_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_ZONE_DIRECTORY "/usr/share/zoneinfo"

struct time_zone {
	char *before; /* TZ; NULL: it was not set */
};

/* False where the host does not know the name; nothing is to be left then. UTC is always known. */
bool time_zone_enter(const char *name, struct time_zone *zone);
void time_zone_leave(struct time_zone *zone);

/* Seconds east of UTC in the zone that was entered; a vk_window_offset. */
int64_t time_zone_offset(void *unused, int64_t time);

#endif
