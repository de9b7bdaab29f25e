/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/restart_window.h"

#include <stdio.h>
#include <string.h>

#include "client/pull/time_zone.h"
#include "common/clock.h"
#include "common/window.h"

#include "common/banned.h"

/* False where the zone is not known here. */
static bool look(const char *text, int64_t now, struct vk_window_look *out)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct vk_window window;
	struct time_zone zone;

	if (vk_window_parse(text, &window, &ignored) != VK_OK ||
		!time_zone_enter(window.zone, &zone))
		return false;
	vk_window_look(&window, now, time_zone_offset, NULL, out);
	time_zone_leave(&zone);
	return true;
}

static void take(const char *text, const struct vk_window_look *one, struct restart_window *out)
{
	char opens[VK_TIME_TEXT_BYTES];

	if (one->is_open) {
		out->is_open = true;
		out->until = one->until > out->until ? one->until : out->until;
		return;
	}
	if (one->opens == 0 || (out->opens != 0 && out->opens <= one->opens))
		return;
	out->opens = one->opens;
	vk_time_format(one->opens, opens);
	snprintf(out->reason, sizeof(out->reason), "the next window opens %s (%s)", opens, text);
}

void restart_window_look(const struct vk_bundle *bundle, int64_t now, struct restart_window *out)
{
	*out = (struct restart_window){.is_open = bundle->window_count == 0};
	for (size_t i = 0; i < bundle->window_count; i++) {
		const char *text = bundle->windows[i];
		struct vk_window_look one;

		if (look(text, now, &one))
			take(text, &one, out);
		else if (out->reason[0] == '\0')
			snprintf(out->reason, sizeof(out->reason),
				"this host does not know the time zone of its window (%s): "
				"install tzdata",
				text);
	}
	if (out->is_open)
		out->reason[0] = '\0';
	else if (out->reason[0] == '\0')
		snprintf(out->reason, sizeof(out->reason), "no window will open");
}
