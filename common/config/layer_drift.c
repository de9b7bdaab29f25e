/* SPDX-License-Identifier: BSD-3-Clause */
/* What a layer wants to become of drift of single names. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/directive.h"
#include "common/config/fleet_internal.h"

#include "common/banned.h"

enum { HINT_BYTES = 192 };

static const char allowed[] =
	"a directive, users.NAME, files.PATH, commands.NAME, process, "
	"certificates.NAME or topology.NAME; '*' for any text, '?' for one letter";

/* What drift can have as its name, apart from directives. */
static bool is_other_name(const char *name)
{
	static const char *const prefixes[] = {
		"users.", "files.", "commands.", "certificates.", "topology."};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0)
			return name[len] != '\0';
	}
	return strcmp(name, "process") == 0;
}

enum vk_rc cfg_drift_name_check(const char *name, struct vk_err *err)
{
	const char *near;

	if (!vk_bundle_pattern_is_valid(name) || strpbrk(name, "*?") != NULL) {
		vk_err_set(err, VK_EINPUT, "'%.100s' is no name of what can drift", name);
		vk_err_hint(err, "a directive, users.NAME, files.PATH, commands.NAME or process");
		return VK_EINPUT;
	}
	if (is_other_name(name) || cfg_version_with(name) != NULL)
		return VK_OK;
	near = cfg_directive_nearest(name, cfg_version_at(cfg_version_count() - 1));
	vk_err_set(err, VK_EINPUT, "there is no directive '%.100s'", name);
	if (near != NULL)
		vk_err_hint(err, "did you mean '%s'?", near);
	return VK_EINPUT;
}

/* A misspelt name would never match anything, and nobody would notice. */
static bool check_name(const struct cfg_reader *r, const struct cfg_place *place, const char *name)
{
	const char *newest = cfg_version_at(cfg_version_count() - 1);
	const char *near;
	char hint[HINT_BYTES];

	if (!vk_bundle_pattern_is_valid(name)) {
		cfg_report(r->fleet, place, name, allowed,
			"apply: drift-of: '%.100s' is no pattern of names", name);
		return false;
	}
	if (strpbrk(name, "*?") != NULL || is_other_name(name) || cfg_version_with(name) != NULL)
		return true;
	near = cfg_directive_nearest(name, newest);
	if (near != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	else
		snprintf(hint, sizeof(hint), "%s", allowed);
	cfg_report(r->fleet, place, name, hint, "apply: drift-of: there is no directive '%.100s'",
		name);
	return false;
}

static int compare_rules(const void *a, const void *b)
{
	const struct vk_bundle_drift_rule *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

void cfg_layer_read_drift_of(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_apply *out)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "drift-of");
	struct cfg_place place = cfg_node_place(r, node);
	struct vk_bundle_drift_rule *rules;
	size_t count = 0;

	if (map == NULL)
		return;
	if (vkyaml_count(map) == 0 || vkyaml_count(map) > VK_BUNDLE_MAX_DRIFT_RULES) {
		cfg_report(r->fleet, &place, NULL, "drift-of: {maxmemory: revert}",
			"apply: drift-of: expected 1 to %d names", VK_BUNDLE_MAX_DRIFT_RULES);
		return;
	}
	rules = arena_calloc(r->fleet->arena, vkyaml_count(map), sizeof(*rules));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		const struct vkyaml_node *value = vkyaml_at(map, i);
		const char *name = vkyaml_key(map, i);
		const char *text = cfg_expect_text(r->fleet, r->file, value, "drift-of");

		place = cfg_node_place(r, value);
		if (!check_name(r, &place, name) || text == NULL)
			continue;
		rules[count].pattern = name;
		if (vk_bundle_drift_parse(text, &rules[count].drift))
			count++;
		else
			cfg_report(r->fleet, &place, text, NULL,
				"apply: drift-of: %.100s: expected report, alert or revert, found "
				"'%.100s'",
				name, text);
	}
	qsort(rules, count, sizeof(*rules), compare_rules);
	*out = (struct cfg_apply){.is_set = true, .rule_count = count, .rules = rules};
}
