/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading, showing and comparing settings that have been loaded. */
#include "config.h"

#include "common/settings_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

const struct settings_value *settings_find_value(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->value_count; i++) {
		if (strcmp(s->values[i].name, name) == 0)
			return &s->values[i];
	}
	return NULL;
}

/* A name that the table does not know is a bug of the program. */
static const struct settings_value *get_value(const struct settings *s, const char *name)
{
	const struct settings_value *v = settings_find_value(s, name);

	assert(v != NULL);
	return v;
}

const char *settings_string(const struct settings *s, const char *name)
{
	const struct settings_value *v = get_value(s, name);

	assert(v->row->type != SETTING_LIST);
	return v->text;
}

int64_t settings_int(const struct settings *s, const char *name)
{
	const struct settings_value *v = get_value(s, name);

	assert(v->row->type == SETTING_INT && v->text != NULL);
	return v->number;
}

bool settings_is_true(const struct settings *s, const char *name)
{
	const struct settings_value *v = get_value(s, name);

	assert(v->row->type == SETTING_BOOL && v->text != NULL);
	return v->number != 0;
}

bool settings_is_given(const struct settings *s, const char *name)
{
	return get_value(s, name)->node != NULL;
}

static const char *const no_items[] = {NULL};

size_t settings_list(const struct settings *s, const char *name, const char *const **out)
{
	const struct settings_value *v = get_value(s, name);

	assert(v->row->type == SETTING_LIST);
	*out = v->items != NULL ? v->items : no_items;
	return v->count;
}

size_t settings_keys(const struct settings *s, const char *name, const char *const **out)
{
	*out = no_items;
	for (size_t i = 0; i < s->keys_count; i++) {
		if (strcmp(s->keys[i].map, name) != 0)
			continue;
		*out = (const char *const *)s->keys[i].names;
		return s->keys[i].count;
	}
	return 0;
}

const char *settings_string_of(
	const struct settings *s, const char *map, const char *key, const char *rest)
{
	char *name = xasprintf("%s/%s/%s", map, key, rest);
	const char *text = settings_string(s, name);

	free(name);
	return text;
}

int64_t settings_int_of(
	const struct settings *s, const char *map, const char *key, const char *rest)
{
	char *name = xasprintf("%s/%s/%s", map, key, rest);
	int64_t number = settings_int(s, name);

	free(name);
	return number;
}

size_t settings_list_of(const struct settings *s, const char *map, const char *key,
	const char *rest, const char *const **out)
{
	char *name = xasprintf("%s/%s/%s", map, key, rest);
	size_t count = settings_list(s, name, out);

	free(name);
	return count;
}

void settings_where(const struct settings *s, const char *name, char *out, size_t size)
{
	const struct settings_value *v = settings_find_value(s, name);
	int len;

	if (v == NULL || v->node == NULL) {
		len = snprintf(out, size, "%s", vkyaml_file(s->doc));
	} else {
		struct vkyaml_mark mark = vkyaml_mark(v->node);

		len = snprintf(out, size, "%s:%u:%u", vkyaml_file(s->doc), mark.line, mark.column);
	}
	(void)len; /* for messages: may be cut */
}

static void show_text(const char *text, struct vk_buf *out)
{
	vk_buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, *text);
	}
	vk_buf_addc(out, '"');
}

static void show_value(const struct settings_value *v, struct vk_buf *out)
{
	if ((v->row->flags & SETTING_SECRET) != 0) {
		vk_buf_adds(out, "(secret)");
	} else if (v->row->type == SETTING_LIST) {
		vk_buf_addc(out, '[');
		for (size_t i = 0; i < v->count; i++) {
			vk_buf_adds(out, i > 0 ? ", " : "");
			show_text(v->items[i], out);
		}
		vk_buf_addc(out, ']');
	} else if (v->row->type == SETTING_STRING || v->row->type == SETTING_PATH) {
		show_text(v->text, out);
	} else {
		vk_buf_adds(out, v->text);
	}
	vk_buf_adds(out, v->node == NULL ? " # default\n" : "\n");
}

/* Prints the maps around name that were not around last, and returns the depth. */
static size_t show_maps(const char *last, const char *name, struct vk_buf *out)
{
	const char *component = name, *slash;
	size_t depth = 0;

	for (; (slash = strchr(component, '/')) != NULL; component = slash + 1, depth++) {
		size_t upto = (size_t)(slash - name) + 1;

		if (strncmp(last, name, upto) == 0)
			continue;
		vk_buf_addf(
			out, "%*s%.*s:\n", (int)depth * 2, "", (int)(slash - component), component);
	}
	return depth;
}

void settings_show(const struct settings *s, struct vk_buf *out)
{
	const char *last = "";

	for (size_t i = 0; i < s->value_count; i++) {
		const struct settings_value *v = &s->values[i];
		const char *slash = strrchr(v->name, '/');
		size_t depth;

		if (v->text == NULL && v->items == NULL)
			continue;
		depth = show_maps(last, v->name, out);
		vk_buf_addf(
			out, "%*s%s: ", (int)depth * 2, "", slash != NULL ? slash + 1 : v->name);
		show_value(v, out);
		last = v->name;
	}
}

static bool is_same_value(const struct settings_value *a, const struct settings_value *b)
{
	if (a->row->type != SETTING_LIST)
		return a->text == b->text ||
		       (a->text != NULL && b->text != NULL && strcmp(a->text, b->text) == 0);
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

static const char *fixed_change(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < a->value_count; i++) {
		const struct settings_value *v = &a->values[i],
					    *other = settings_find_value(b, v->name);

		if ((v->row->flags & SETTING_RELOADABLE) != 0)
			continue;
		if (other == NULL || !is_same_value(v, other))
			return v->name;
	}
	return NULL;
}

const char *settings_fixed_change(const struct settings *old, const struct settings *new)
{
	const char *name = fixed_change(old, new);

	return name != NULL ? name : fixed_change(new, old);
}
