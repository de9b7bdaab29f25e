/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/settings_internal.h"

#include "common/banned.h"

#define ANY_NAME "<name>"

/* Length of the part of a row's name before "/<name>", or 0 where it has none. */
static size_t map_length(const char *name)
{
	const char *any = strstr(name, "/" ANY_NAME);

	return any != NULL ? (size_t)(any - name) : 0;
}

/* How a full name or the beginning of one (no '/' at its end) compares to a row's name. */
enum match { MATCH_NO, MATCH_PREFIX, MATCH_FULL };

static enum match match_name(const char *pattern, const char *name)
{
	for (;;) {
		size_t p_len = strcspn(pattern, "/"), n_len = strcspn(name, "/");
		bool is_any = p_len == strlen(ANY_NAME) && memcmp(pattern, ANY_NAME, p_len) == 0;

		if (!is_any && (p_len != n_len || memcmp(pattern, name, n_len) != 0))
			return MATCH_NO;
		pattern += p_len;
		name += n_len;
		if (*name == '\0')
			return *pattern == '\0' ? MATCH_FULL : MATCH_PREFIX;
		if (*pattern == '\0')
			return MATCH_NO;
		pattern++;
		name++;
	}
}

static enum match find_row(const struct settings *s, const char *name, const struct setting **out)
{
	enum match best = MATCH_NO;

	for (size_t i = 0; i < s->row_count; i++) {
		enum match match = match_name(s->rows[i].name, name);

		if (match > best) {
			best = match;
			*out = &s->rows[i];
		}
	}
	return best;
}

static enum vk_rc unknown_key(const struct settings *s, const char *name, const char *prefix,
	struct vkyaml_mark mark, struct vk_err *err)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	size_t prefix_len = strlen(prefix);

	for (size_t i = 0; i < s->row_count; i++)
		vk_nearest_offer(&nearest, s->rows[i].name);
	vkyaml_error(s->doc, mark, err, "unknown setting '%.200s'", name);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean '%s'?",
			strncmp(nearest.word, prefix, prefix_len) == 0 ? nearest.word + prefix_len
								       : nearest.word);
	return VK_EINPUT;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keeps the keys of a map whose keys the owner chooses. */
static enum vk_rc add_keys(
	struct settings *s, const char *name, const struct vkyaml_node *map, struct vk_err *err)
{
	struct settings_keys *keys;

	s->keys = xreallocarray(s->keys, s->keys_count + 1, sizeof(*s->keys));
	keys = &s->keys[s->keys_count++];
	keys->map = arena_strdup(s->arena, name);
	keys->count = vkyaml_count(map);
	keys->names = arena_calloc(s->arena, keys->count + 1, sizeof(*keys->names));
	for (size_t i = 0; i < keys->count; i++) {
		keys->names[i] = vkyaml_key(map, i);
		if (vk_name_is_valid(keys->names[i]))
			continue;
		vkyaml_error(s->doc, vkyaml_key_mark(map, i), err, "%s: '%.100s' is no name", name,
			keys->names[i]);
		vk_err_hint(err, "lower-case letters, digits, '.', '_' and '-', at most 63");
		return VK_EINPUT;
	}
	qsort(keys->names, keys->count, sizeof(*keys->names), compare_texts);
	return VK_OK;
}

static bool is_map_of_names(const struct settings *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->row_count; i++) {
		if (len != 0 && map_length(s->rows[i].name) == len &&
			memcmp(s->rows[i].name, name, len) == 0)
			return true;
	}
	return false;
}

/* Checks the keys of a map and all below; name is "" for the document itself. */
static enum vk_rc walk(
	struct settings *s, const char *name, const struct vkyaml_node *map, struct vk_err *err)
{
	enum vk_rc rc;

	if (vkyaml_kind(map) != VKYAML_MAP)
		return vkyaml_error(s->doc, vkyaml_mark(map), err, "%s: expected a map, found %s",
			name[0] != '\0' ? name : "settings", vkyaml_kind_name(map));
	if (is_map_of_names(s, name) && (rc = add_keys(s, name, map, err)) != VK_OK)
		return rc;
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		const char *prefix =
			arena_printf(s->arena, "%s%s", name, name[0] != '\0' ? "/" : "");
		const char *full = arena_printf(s->arena, "%s%s", prefix, vkyaml_key(map, i));
		const struct setting *row = NULL;
		enum match match = MATCH_NO;

		if (strchr(vkyaml_key(map, i), '/') == NULL)
			match = find_row(s, full, &row);
		if (match == MATCH_NO)
			return unknown_key(s, full, prefix, vkyaml_key_mark(map, i), err);
		if (match == MATCH_PREFIX && (rc = walk(s, full, vkyaml_at(map, i), err)) != VK_OK)
			return rc;
	}
	return VK_OK;
}

/* The node of a full name, or NULL. */
static const struct vkyaml_node *lookup(const struct settings *s, const char *name)
{
	const struct vkyaml_node *node = vkyaml_root(s->doc);
	char component[VK_NAME_BYTES];

	while (node != NULL && *name != '\0') {
		size_t len = strcspn(name, "/");

		if (len >= sizeof(component))
			return NULL;
		memcpy(component, name, len);
		component[len] = '\0';
		node = vkyaml_get(node, component);
		name += len + (name[len] == '/');
	}
	return node;
}

/* Adds the value of one setting; map_mark is where the entry that should hold it stands. */
static enum vk_rc add_value(struct settings *s, const struct setting *row, const char *name,
	struct vkyaml_mark map_mark, struct vk_err *err)
{
	struct settings_value *v;

	s->values = xreallocarray(s->values, s->value_count + 1, sizeof(*s->values));
	v = &s->values[s->value_count++];
	*v = (struct settings_value){.name = name, .row = row, .node = lookup(s, name)};
	if (v->node != NULL)
		return settings_check_value(s, v, err);
	if ((row->flags & SETTING_REQUIRED) != 0) {
		vkyaml_error(s->doc, map_mark, err, "setting '%s' is missing", name);
		vk_err_hint(err, "%s", row->help != NULL ? row->help : "");
		return VK_EINPUT;
	}
	settings_use_fallback(s, v);
	return VK_OK;
}

/* The settings below each key of the map whose first row is rows[first]. */
static enum vk_rc add_map(struct settings *s, size_t first, struct vk_err *err)
{
	const char *map_name = s->rows[first].name;
	size_t len = map_length(map_name);
	const struct settings_keys *keys = NULL;
	enum vk_rc rc;

	for (size_t i = 0; i < s->keys_count; i++) {
		if (strlen(s->keys[i].map) == len && memcmp(s->keys[i].map, map_name, len) == 0)
			keys = &s->keys[i];
	}
	for (size_t k = 0; keys != NULL && k < keys->count; k++) {
		const char *entry = arena_printf(s->arena, "%s/%s", keys->map, keys->names[k]);
		struct vkyaml_mark mark = vkyaml_mark(lookup(s, entry));

		for (size_t i = first; i < s->row_count; i++) {
			const char *row_name = s->rows[i].name;

			if (map_length(row_name) != len || memcmp(row_name, map_name, len) != 0)
				continue;
			rc = add_value(s, &s->rows[i],
				arena_printf(s->arena, "%s%s", entry,
					row_name + len + strlen("/" ANY_NAME)),
				mark, err);
			if (rc != VK_OK)
				return rc;
		}
	}
	return VK_OK;
}

static enum vk_rc add_values(struct settings *s, struct vk_err *err)
{
	const struct vkyaml_mark top = {1, 1};
	enum vk_rc rc;

	for (size_t i = 0; i < s->row_count; i++) {
		size_t len = map_length(s->rows[i].name);
		bool is_seen = false;

		for (size_t j = 0; len != 0 && j < i; j++)
			is_seen = is_seen ||
				  (map_length(s->rows[j].name) == len &&
					  memcmp(s->rows[j].name, s->rows[i].name, len) == 0);
		if (is_seen)
			continue;
		rc = len != 0 ? add_map(s, i, err)
			      : add_value(s, &s->rows[i], s->rows[i].name, top, err);
		if (rc != VK_OK)
			return rc;
	}
	return VK_OK;
}

enum vk_rc settings_parse(const char *file, const char *text, size_t len,
	const struct setting *rows, size_t row_count, struct settings **out, struct vk_err *err)
{
	struct settings *s = xcalloc(1, sizeof(*s));
	enum vk_rc rc;

	s->arena = arena_new();
	s->rows = rows;
	s->row_count = row_count;
	rc = vkyaml_parse(file, text, len, &s->doc, err);
	if (rc == VK_OK && vkyaml_root(s->doc) != NULL)
		rc = walk(s, "", vkyaml_root(s->doc), err);
	if (rc == VK_OK)
		rc = add_values(s, err);
	if (rc == VK_OK)
		*out = s;
	else
		settings_free(s);
	return rc;
}

enum vk_rc settings_load(const char *path, const struct setting *rows, size_t row_count,
	struct settings **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, VKYAML_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK)
		rc = settings_parse(path, text.data, text.len, rows, row_count, out, err);
	vk_buf_release(&text);
	return rc;
}

void settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	vkyaml_free(s->doc);
	free(s->values);
	free(s->keys);
	arena_free(s->arena);
	free(s);
}
