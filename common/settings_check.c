/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of settings: by their table row, from the file or the fallback. */
#include "config.h"

#include "common/settings_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/nearest.h"
#include "common/num.h"

#include "common/banned.h"

enum { TEXT_MAX_BYTES = 4096, LIST_MAX = 256 };

static enum vk_rc wrong(const struct settings *s, const struct settings_value *v,
	struct vk_err *err, const char *expected)
{
	const struct vkyaml_node *node = v->node;

	if (v->row->flags & SETTING_SECRET || vkyaml_kind(node) != VKYAML_SCALAR ||
		vkyaml_is_null(node))
		vkyaml_error(s->doc, vkyaml_mark(node), err, "%s: expected %s, found %s", v->name,
			expected, vkyaml_kind_name(node));
	else
		vkyaml_error(s->doc, vkyaml_mark(node), err, "%s: expected %s, found '%.200s'",
			v->name, expected, vkyaml_text(node));
	vk_err_hint(err, "%s", v->row->help != NULL ? v->row->help : "");
	return VK_EINPUT;
}

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static bool is_absolute_path(const char *text)
{
	if (text[0] != '/')
		return false;
	while (*text != '\0') {
		size_t len = strcspn(++text, "/");

		if (len == 0 && *text != '\0')
			return false;
		if ((len == 1 || len == 2) && memcmp(text, "..", len) == 0)
			return false;
		text += len;
	}
	return true;
}

static bool is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);

	while (*choices != '\0') {
		size_t choice_len = strcspn(choices, "|");

		if (choice_len == len && memcmp(choices, text, len) == 0)
			return true;
		choices += choice_len + (choices[choice_len] == '|');
	}
	return false;
}

static enum vk_rc check_text(const struct settings *s, const struct settings_value *v,
	const char *text, struct vk_err *err)
{
	size_t len = strlen(text);
	bool has_range = v->row->type != SETTING_LIST && (v->row->min != 0 || v->row->max != 0);
	size_t min = has_range ? (size_t)v->row->min : 1;
	size_t max = has_range ? (size_t)v->row->max : TEXT_MAX_BYTES;
	char expected[64];

	if (has_control(text))
		return wrong(s, v, err, "a text without control characters");
	if (len >= min && len <= max)
		return VK_OK;
	snprintf(expected, sizeof(expected), "a text of %zu to %zu bytes", min, max);
	return wrong(s, v, err, expected);
}

static enum vk_rc check_number(
	const struct settings *s, struct settings_value *v, struct vk_err *err)
{
	const struct setting *row = v->row;
	bool has_range = row->min != 0 || row->max != 0;
	int64_t min = has_range ? row->min : INT64_MIN, max = has_range ? row->max : INT64_MAX;
	char expected[96];

	if (vk_parse_int(v->text, min, max, &v->number))
		return VK_OK;
	snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)min,
		(long long)max);
	return wrong(s, v, err, expected);
}

static enum vk_rc check_bool(const struct settings *s, struct settings_value *v, struct vk_err *err)
{
	v->number = is_choice("yes|true", v->text);
	if (v->number == 0 && !is_choice("no|false", v->text))
		return wrong(s, v, err, "yes or no");
	return VK_OK;
}

static enum vk_rc check_enum(const struct settings *s, struct settings_value *v, struct vk_err *err)
{
	char near[64];
	enum vk_rc rc;

	if (is_choice(v->row->choices, v->text))
		return VK_OK;
	rc = wrong(s, v, err, v->row->choices);
	if (vk_nearest_choice(v->text, v->row->choices, near, sizeof(near)))
		vk_err_hint(err, "did you mean '%s'?", near);
	return rc;
}

static enum vk_rc check_scalar(
	const struct settings *s, struct settings_value *v, struct vk_err *err)
{
	if (vkyaml_kind(v->node) != VKYAML_SCALAR || vkyaml_is_null(v->node))
		return wrong(s, v, err, "one value");
	v->text = vkyaml_text(v->node);
	switch (v->row->type) {
	case SETTING_STRING:
		return check_text(s, v, v->text, err);
	case SETTING_PATH:
		if (!is_absolute_path(v->text))
			return wrong(s, v, err, "an absolute path without '.' and '..'");
		return check_text(s, v, v->text, err);
	case SETTING_INT:
		return check_number(s, v, err);
	case SETTING_BOOL:
		return check_bool(s, v, err);
	case SETTING_ENUM:
		return check_enum(s, v, err);
	case SETTING_LIST:
		break;
	}
	return VK_OK;
}

static enum vk_rc check_list(const struct settings *s, struct settings_value *v, struct vk_err *err)
{
	bool is_single = vkyaml_kind(v->node) == VKYAML_SCALAR && !vkyaml_is_null(v->node);
	size_t min = v->row->min != 0 || v->row->max != 0 ? (size_t)v->row->min : 1;
	size_t max = v->row->max != 0 ? (size_t)v->row->max : LIST_MAX;
	const char **items;
	char expected[64];
	enum vk_rc rc;

	if (vkyaml_kind(v->node) != VKYAML_LIST && !is_single)
		return wrong(s, v, err, "a list");
	v->count = is_single ? 1 : vkyaml_count(v->node);
	snprintf(expected, sizeof(expected), "a list of %zu to %zu texts", min, max);
	if (v->count < min || v->count > max)
		return wrong(s, v, err, expected);
	items = arena_calloc(s->arena, v->count + 1, sizeof(*items));
	for (size_t i = 0; i < v->count; i++) {
		const struct vkyaml_node *item = is_single ? v->node : vkyaml_at(v->node, i);

		if (vkyaml_kind(item) != VKYAML_SCALAR || vkyaml_is_null(item))
			return wrong(s, v, err, expected);
		items[i] = vkyaml_text(item);
		if ((rc = check_text(s, v, items[i], err)) != VK_OK)
			return rc;
	}
	v->items = items;
	return VK_OK;
}

enum vk_rc settings_check_value(struct settings *s, struct settings_value *v, struct vk_err *err)
{
	return v->row->type == SETTING_LIST ? check_list(s, v, err) : check_scalar(s, v, err);
}

void settings_use_fallback(struct settings *s, struct settings_value *v)
{
	const char *text = v->row->fallback;
	const char **items;

	if (text == NULL)
		return;
	v->text = text;
	if (v->row->type == SETTING_INT)
		assert(vk_parse_int(text, INT64_MIN, INT64_MAX, &v->number));
	if (v->row->type == SETTING_BOOL)
		v->number = is_choice("yes|true", text);
	if (v->row->type != SETTING_LIST)
		return;
	items = arena_calloc(s->arena, strlen(text) / 2 + 2, sizeof(*items));
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		items[v->count++] = arena_dup(s->arena, text, len);
		text += len;
	}
	v->items = items;
}
