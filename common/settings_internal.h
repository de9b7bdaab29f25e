/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the settings module share; nobody else includes it. */
#ifndef VK_SETTINGS_INTERNAL_H
#define VK_SETTINGS_INTERNAL_H

#include "common/arena.h"
#include "common/settings.h"
#include "common/vkyaml.h"

/* One setting in force, of the file or by its fallback. */
struct settings_value {
	const char *name; /* full: "instances/main/data" */
	const struct setting *row;
	const struct vkyaml_node *node; /* NULL: not in the file */
	const char *text;		/* scalars; NULL: absent */
	int64_t number;			/* SETTING_INT, SETTING_BOOL */
	size_t count;			/* SETTING_LIST */
	const char *const *items;
};

/* The keys that a file chose for a map, sorted, NULL-terminated. */
struct settings_keys {
	const char *map;
	size_t count;
	const char **names;
};

struct settings {
	struct arena *arena;
	struct vkyaml *doc;
	const struct setting *rows;
	size_t row_count;
	size_t value_count;
	struct settings_value *values; /* in the table's order */
	size_t keys_count;
	struct settings_keys *keys;
};

/* settings_check.c: fills in a value from its node, which must be there. */
VK_CHECKED enum vk_rc settings_check_value(
	struct settings *settings, struct settings_value *value, struct vk_err *err);

/* Fills in a value that the file does not set. */
void settings_use_fallback(struct settings *settings, struct settings_value *value);

/* The value of a full name, or NULL. */
const struct settings_value *settings_find_value(const struct settings *settings, const char *name);

#endif
