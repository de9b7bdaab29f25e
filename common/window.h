/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A window of time that comes again and again, in words like those of
 * systemd.time(7): "Sat,Sun 02:00-04:00 Europe/Berlin", "Sun *-*-1..7 23:30-01:00".
 * It is data; which moments are inside is asked with a clock and the offsets of
 * its zone, which both come from the caller.
 *
 * Times are those that a clock on the wall of the zone shows, where it shows one
 * twice, the first. What it skips counts as later by as much as is skipped.
 */
#ifndef VK_WINDOW_H
#define VK_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	VK_WINDOW_MAX_BYTES = 160,
	VK_WINDOW_ZONE_BYTES = 48, /* with the NUL */
};

struct vk_window {
	unsigned days;	 /* bit 0: Monday .. bit 6: Sunday */
	unsigned months; /* bit 1 .. bit 12 */
	uint32_t dates;	 /* bit 1 .. bit 31 */
	int from, to;	 /* minutes of the day; where to is not later, of the next day */
	char zone[VK_WINDOW_ZONE_BYTES];
};

/* [WEEKDAYS] [*-MONTHS-DAYS] HH:MM-HH:MM [ZONE]. VK_EINPUT with a hint. The zone is only checked
 * for its form. */
VK_CHECKED enum vk_rc vk_window_parse(const char *text, struct vk_window *out, struct vk_err *err);

/* Appends the one form that means the same. */
void vk_window_format(const struct vk_window *window, struct vk_buf *out);

/* True if it is in that form already. */
bool vk_window_is_canonical(const char *text);

/* Names like Europe/Berlin or Etc/GMT+1; never a path that leaves its directory. */
bool vk_window_zone_is_valid(const char *name);

/* Seconds east of UTC at that moment. */
typedef int64_t (*vk_window_offset)(void *context, int64_t time);

struct vk_window_look {
	bool is_open;
	int64_t since, until; /* where it is open */
	int64_t opens;	      /* where it is not; 0: never */
};

void vk_window_look(const struct vk_window *window, int64_t now, vk_window_offset offset,
	void *context, struct vk_window_look *out);

#endif
