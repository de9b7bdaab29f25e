/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a layer wants a release to be watched, and what it may do meanwhile. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"
#include "common/num.h"

#include "common/banned.h"

enum { DIGITS_BYTES = 16 };

/* "30s" or "2m"; "0" is as good as "0s". */
static bool parse_seconds(const char *text, int64_t *out)
{
	size_t len = strspn(text, "0123456789");
	const char *unit = text + len;
	char digits[DIGITS_BYTES];
	bool is_minutes = strcmp(unit, "m") == 0;

	if (len == 0 || len >= sizeof(digits) || (!is_minutes && strcmp(unit, "s") != 0))
		return strcmp(text, "0") == 0 ? (*out = 0, true) : false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!vk_parse_int(digits, 0, VK_BUNDLE_MAX_BAKE_SECONDS, out))
		return false;
	if (is_minutes)
		*out *= 60;
	return *out <= VK_BUNDLE_MAX_BAKE_SECONDS;
}

void cfg_layer_read_bake(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out)
{
	struct cfg_place place = cfg_node_place(r, node);
	const char *text = cfg_expect_text(r->fleet, r->file, node, "bake");
	int64_t seconds = 0;

	if (text == NULL)
		return;
	if (parse_seconds(text, &seconds))
		*out = (struct cfg_apply){.is_set = true, .seconds = seconds};
	else
		cfg_report(r->fleet, &place, text, "bake: 30s",
			"apply: bake: expected seconds (30s) or minutes (2m), at most %dm, found "
			"'%.100s'",
			VK_BUNDLE_MAX_BAKE_SECONDS / 60, text);
}

static bool read_limit(const struct cfg_reader *r, const struct vkyaml_node *value, int limit,
	struct vk_bundle_health *out)
{
	const struct vk_health_row *row = &vk_health_rows[limit];
	struct cfg_place place = cfg_node_place(r, value);
	const char *text = cfg_expect_text(r->fleet, r->file, value, row->name);

	if (text == NULL)
		return false;
	out->is_set[limit] = vk_parse_int(text, row->min, row->max, &out->values[limit]);
	if (!out->is_set[limit])
		cfg_report(r->fleet, &place, text, NULL,
			"apply: health: %s: expected %" PRId64 " to %" PRId64 ", found '%.100s'",
			row->name, row->min, row->max, text);
	return out->is_set[limit];
}

void cfg_layer_read_health(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "health");
	struct cfg_place place = cfg_node_place(r, node);
	struct vk_bundle_health *health;
	bool is_good = true;

	if (map == NULL)
		return;
	if (vkyaml_count(map) == 0) {
		cfg_report(r->fleet, &place, NULL, "health: {evictions: 0}",
			"apply: health: expected 1 to %d limits", VK_HEALTH_LIMITS);
		return;
	}
	cfg_expect_keys(r->fleet, r->file, map, CFG_KEYS_HEALTH, "health");
	health = arena_calloc(r->fleet->arena, 1, sizeof(*health));
	for (int i = 0; i < VK_HEALTH_LIMITS; i++) {
		const struct vkyaml_node *value = vkyaml_get(map, vk_health_rows[i].name);

		if (value != NULL)
			is_good = read_limit(r, value, i, health) && is_good;
	}
	if (is_good)
		*out = (struct cfg_apply){.is_set = true, .health = health};
}
