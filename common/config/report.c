/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings about the nodes of a tree's files. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/config/value_words.h"
#include "common/nearest.h"

#include "common/banned.h"

struct cfg_place cfg_place_of(const char *file, struct vkyaml_mark mark)
{
	return (struct cfg_place){file, mark.line, mark.column};
}

struct cfg_place cfg_node_place(const struct cfg_reader *r, const struct vkyaml_node *node)
{
	return cfg_place_of(r->file, vkyaml_mark(node));
}

static void report(struct cfg_fleet *fleet, enum cfg_severity severity,
	const struct cfg_place *place, const char *value, const char *hint, const char *fmt,
	va_list ap) __attribute__((format(printf, 6, 0)));

static void report(struct cfg_fleet *fleet, enum cfg_severity severity,
	const struct cfg_place *place, const char *value, const char *hint, const char *fmt,
	va_list ap)
{
	struct vk_buf message;

	vk_buf_init(&message, 4096);
	vk_buf_vaddf(&message, fmt, ap);
	cfg_findings_add(fleet->findings, &(struct cfg_finding){
						  .severity = severity,
						  .file = place->file,
						  .line = place->line,
						  .column = place->column,
						  .message = message.data,
						  .hint = hint,
						  .value = value,
					  });
	vk_buf_release(&message);
}

void cfg_report(struct cfg_fleet *fleet, const struct cfg_place *place, const char *value,
	const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(fleet, CFG_ERROR, place, value, hint, fmt, ap);
	va_end(ap);
}

void cfg_report_warning(struct cfg_fleet *fleet, const struct cfg_place *place, const char *value,
	const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(fleet, CFG_WARNING, place, value, hint, fmt, ap);
	va_end(ap);
}

const struct vkyaml_node *cfg_expect_map(
	struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node, const char *what)
{
	struct cfg_place place;

	if (node == NULL || vkyaml_is_null(node))
		return NULL;
	if (vkyaml_kind(node) == VKYAML_MAP)
		return node;
	place = cfg_place_of(file, vkyaml_mark(node));
	cfg_report(fleet, &place, NULL, NULL, "%s: expected a map, found %s", what,
		vkyaml_kind_name(node));
	return NULL;
}

const char *cfg_expect_text(
	struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node, const char *what)
{
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node));

	if (vkyaml_kind(node) != VKYAML_SCALAR || vkyaml_is_null(node)) {
		cfg_report(fleet, &place, NULL, NULL, "%s: expected a text, found %s", what,
			vkyaml_kind_name(node));
		return NULL;
	}
	for (const char *c = vkyaml_text(node); *c != '\0'; c++) {
		if ((unsigned char)*c >= ' ' && *c != 0x7f)
			continue;
		cfg_report(fleet, &place, vkyaml_text(node), NULL,
			"%s: a control character (byte 0x%02x) in the value", what,
			(unsigned char)*c);
		return NULL;
	}
	return vkyaml_text(node);
}

void cfg_expect_keys(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	const char *keys, const char *what)
{
	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const char *key = vkyaml_key(map, i);
		struct cfg_place place = cfg_place_of(file, vkyaml_key_mark(map, i));
		char near[64], hint[160];

		if (cfg_value_is_choice(keys, key))
			continue;
		if (vk_nearest_choice(key, keys, near, sizeof(near)))
			snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
		else
			snprintf(hint, sizeof(hint), "allowed: %s", keys);
		cfg_report(fleet, &place, key, hint, "%s: unknown key '%s'", what, key);
	}
}
