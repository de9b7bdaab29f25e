/* SPDX-License-Identifier: BSD-3-Clause */
/* When a layer allows restarts: apply: {restart-window: "Sat,Sun 02:00-04:00 Europe/Berlin"}. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"
#include "common/config/zone.h"
#include "common/window.h"

#include "common/banned.h"

static bool check_zone(const struct cfg_reader *r, const struct cfg_place *place, const char *text,
	const char *zone)
{
	const char *nearest, *hint = "a name like Europe/Berlin, or UTC";

	if (cfg_zone_is_known(zone, &nearest))
		return true;
	if (nearest != NULL)
		hint = arena_printf(r->fleet->arena, "did you mean '%s'?", nearest);
	cfg_report(r->fleet, place, text, hint,
		"apply: restart-window: there is no time zone '%.60s'", zone);
	return false;
}

/* The canonical form of one; NULL where it is none. */
static const char *read_window(const struct cfg_reader *r, const struct vkyaml_node *node)
{
	const char *text = cfg_expect_text(r->fleet, r->file, node, "restart-window");
	struct cfg_place place = cfg_node_place(r, node);
	struct vk_err err = VK_ERR_INIT;
	const char *canonical;
	struct vk_window window;
	struct vk_buf out;

	if (text == NULL)
		return NULL;
	if (vk_window_parse(text, &window, &err) != VK_OK) {
		cfg_report(r->fleet, &place, text, err.hint, "apply: restart-window: %s", err.msg);
		return NULL;
	}
	if (!check_zone(r, &place, text, window.zone))
		return NULL;
	vk_buf_init(&out, 2 * VK_WINDOW_MAX_BYTES);
	vk_window_format(&window, &out);
	canonical = arena_printf(r->fleet->arena, "%s", out.data);
	vk_buf_release(&out);
	return canonical;
}

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Sorted, each once: what is the same is written the same. */
static size_t tidy(const char **windows, size_t count)
{
	size_t kept = 0;

	qsort(windows, count, sizeof(*windows), compare);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(windows[kept - 1], windows[i]) != 0)
			windows[kept++] = windows[i];
	}
	return kept;
}

void cfg_layer_read_window(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out)
{
	bool is_list = vkyaml_kind(node) == VKYAML_LIST;
	size_t wanted = is_list ? vkyaml_count(node) : 1;
	struct cfg_place place = cfg_node_place(r, node);
	const char **windows;
	size_t count = 0;

	if (wanted == 0 || wanted > VK_BUNDLE_MAX_WINDOWS) {
		cfg_report(r->fleet, &place, NULL,
			"restart-window: [\"Sat,Sun 02:00-04:00 Europe/Berlin\"]; null: at any "
			"time",
			"apply: restart-window: expected 1 to %d windows", VK_BUNDLE_MAX_WINDOWS);
		return;
	}
	windows = arena_calloc(r->fleet->arena, wanted, sizeof(*windows));
	for (size_t i = 0; i < wanted; i++) {
		const char *text = read_window(r, is_list ? vkyaml_at(node, i) : node);

		if (text != NULL)
			windows[count++] = text;
	}
	*out = (struct cfg_apply){.is_set = true};
	out->windows = windows;
	out->window_count = tidy(windows, count);
}
