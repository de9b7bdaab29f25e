/* SPDX-License-Identifier: BSD-3-Clause */
/* How a layer wants changes to be applied. */
#include "config.h"

#include <string.h>

#include "common/config/fleet_internal.h"

#include "common/banned.h"

static const struct {
	const char *name;
	const char *words[2]; /* the default first */
} apply_keys[CFG_APPLY_KEYS] = {
	[CFG_APPLY_DRIFT] = {"drift", {"report", "revert"}},
	[CFG_APPLY_RESTART] = {"restart", {"allowed", "never"}},
	[CFG_APPLY_UNMANAGED] = {"unmanaged-users", {"keep", "remove"}},
};

static void read_apply_key(const struct cfg_reader *r, const struct vkyaml_node *node,
	enum cfg_apply_key key, struct cfg_apply *out)
{
	const char *const *words = apply_keys[key].words;
	struct cfg_place place = cfg_node_place(r, node);
	const char *text;

	if (vkyaml_is_null(node)) {
		*out = (struct cfg_apply){true, 0};
		return;
	}
	text = cfg_expect_text(r->fleet, r->file, node, apply_keys[key].name);
	if (text == NULL)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*out = (struct cfg_apply){true, i};
		return;
	}
	cfg_report(r->fleet, &place, text, NULL, "apply: %s: expected %s or %s, found '%.100s'",
		apply_keys[key].name, words[0], words[1], text);
}

void cfg_layer_read_apply(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "apply");

	cfg_expect_keys(r->fleet, r->file, map, CFG_APPLY_NAMES, "apply");
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		const struct vkyaml_node *value = vkyaml_get(map, apply_keys[key].name);

		if (value != NULL)
			read_apply_key(r, value, (enum cfg_apply_key)key, &layer->apply[key]);
	}
}
