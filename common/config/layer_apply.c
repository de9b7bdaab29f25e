/* SPDX-License-Identifier: BSD-3-Clause */
/* How a layer wants changes to be applied. */
#include "config.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"

#include "common/banned.h"

static const struct {
	const char *name;
	const char *words[4]; /* the default first */
} apply_keys[CFG_APPLY_KEYS] = {
	[CFG_APPLY_DATA_LOSS] = {"allow-data-loss", {"false", "true"}},
	[CFG_APPLY_BAKE] = {"bake", {NULL}},
	[CFG_APPLY_DRIFT] = {"drift", {"report", "revert", "alert"}},
	[CFG_APPLY_DRIFT_OF] = {"drift-of", {NULL}},
	[CFG_APPLY_HEALTH] = {"health", {NULL}},
	[CFG_APPLY_RESTART] = {"restart", {"allowed", "never"}},
	[CFG_APPLY_WINDOW] = {"restart-window", {NULL}},
	[CFG_APPLY_UNMANAGED] = {"unmanaged-users", {"keep", "remove"}},
};

const char *cfg_apply_name(enum cfg_apply_key key)
{
	return apply_keys[key].name;
}

const char *cfg_apply_text(
	const struct cfg_apply apply[CFG_APPLY_KEYS], const char *name, struct arena *arena)
{
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		const struct cfg_apply *own = &apply[key];
		const char *text = apply_keys[key].words[own->choice];

		if (strcmp(apply_keys[key].name, name) != 0)
			continue;
		if (key == CFG_APPLY_BAKE)
			return arena_printf(arena, "%llds", (long long)own->seconds);
		for (size_t i = 0; i < own->kept_count; i++)
			text = i == 0 ? own->kept[0]
				      : arena_printf(arena, "%s, %s", text, own->kept[i]);
		for (size_t i = 0; i < own->window_count; i++)
			text = i == 0 ? own->windows[0]
				      : arena_printf(arena, "%s; %s", text, own->windows[i]);
		return text;
	}
	return NULL;
}

/* Adds a pattern in its place; one that is there already is not said twice. */
static void insert_pattern(struct cfg_apply *out, const char *pattern)
{
	size_t at = out->kept_count;

	while (at > 0 && strcmp(out->kept[at - 1], pattern) > 0)
		at--;
	if (at > 0 && strcmp(out->kept[at - 1], pattern) == 0)
		return;
	memmove(&out->kept[at + 1], &out->kept[at], (out->kept_count - at) * sizeof(*out->kept));
	out->kept[at] = pattern;
	out->kept_count++;
}

/* unmanaged-users: [v-token-*]: all others are removed. */
static void read_patterns(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out)
{
	struct cfg_place place = cfg_node_place(r, node);

	if (vkyaml_count(node) == 0 || vkyaml_count(node) > VK_BUNDLE_MAX_PATTERNS) {
		cfg_report(r->fleet, &place, NULL, "unmanaged-users: [v-token-*]",
			"apply: unmanaged-users: expected 1 to %d patterns",
			VK_BUNDLE_MAX_PATTERNS);
		return;
	}
	*out = (struct cfg_apply){.is_set = true, .choice = 1};
	out->kept = arena_calloc(r->fleet->arena, vkyaml_count(node), sizeof(*out->kept));
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		const char *text =
			cfg_expect_text(r->fleet, r->file, vkyaml_at(node, i), "unmanaged-users");

		place = cfg_node_place(r, vkyaml_at(node, i));
		if (text != NULL && vk_bundle_pattern_is_valid(text))
			insert_pattern(out, text);
		else if (text != NULL)
			cfg_report(r->fleet, &place, text,
				"printable letters, '*' for any text, '?' for one letter; to keep "
				"all, say keep",
				"apply: unmanaged-users: '%.100s' is no pattern of names", text);
	}
}

static void read_apply_key(const struct cfg_reader *r, const struct vkyaml_node *node,
	enum cfg_apply_key key, struct cfg_apply *out)
{
	const char *const *words = apply_keys[key].words;
	struct cfg_place place = cfg_node_place(r, node);
	const char *text;

	if (vkyaml_is_null(node)) {
		*out = (struct cfg_apply){.is_set = true};
		return;
	}
	if (key == CFG_APPLY_DRIFT_OF) {
		cfg_layer_read_drift_of(r, node, out);
		return;
	}
	if (key == CFG_APPLY_BAKE) {
		cfg_layer_read_bake(r, node, out);
		return;
	}
	if (key == CFG_APPLY_HEALTH) {
		cfg_layer_read_health(r, node, out);
		return;
	}
	if (key == CFG_APPLY_WINDOW) {
		cfg_layer_read_window(r, node, out);
		return;
	}
	if (key == CFG_APPLY_UNMANAGED && vkyaml_kind(node) == VKYAML_LIST) {
		read_patterns(r, node, out);
		return;
	}
	text = cfg_expect_text(r->fleet, r->file, node, apply_keys[key].name);
	if (text == NULL)
		return;
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*out = (struct cfg_apply){.is_set = true, .choice = i};
		return;
	}
	cfg_report(r->fleet, &place, text, NULL, "apply: %s: expected %s%s%s or %s, found '%.100s'",
		apply_keys[key].name, words[0], words[2] != NULL ? ", " : "",
		words[2] != NULL ? words[2] : "", words[1], text);
}

void cfg_layer_read_apply(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "apply");

	cfg_expect_keys(r->fleet, r->file, map, CFG_KEYS_APPLY, "apply");
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		const struct vkyaml_node *value = vkyaml_get(map, apply_keys[key].name);

		if (value != NULL)
			read_apply_key(r, value, (enum cfg_apply_key)key, &layer->apply[key]);
	}
}
