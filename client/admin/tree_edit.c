/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/tree_edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vkyaml.h"

#include "common/banned.h"

/* What is cut out of the text, and what comes in its place. */
struct patch {
	size_t start, end;
	struct vk_buf text;
};

static enum vk_rc refuse(const struct tree_edit *edit, struct vk_err *err, const char *why)
{
	vk_err_set(err, VK_ECONFLICT, "%s/%s: %s", edit->host, edit->instance, why);
	vk_err_hint(
		err, "write it there by hand: config: {%s: \"%.200s\"}", edit->name, edit->value);
	return VK_ECONFLICT;
}

/* Where a mark stands in the text; columns count characters. */
static size_t offset_of(const struct cfg_tree_file *file, struct vkyaml_mark mark)
{
	size_t at = 0;

	for (unsigned line = 1; line < mark.line && at < file->len; at++)
		line += file->text[at] == '\n';
	for (unsigned column = 1; column < mark.column && at < file->len; at++) {
		bool is_continued = (file->text[at + 1] & 0xc0) == 0x80;

		column += !is_continued;
	}
	return at;
}

static bool is_flow(const struct cfg_tree_file *file, const struct vkyaml_node *map)
{
	size_t at = offset_of(file, vkyaml_mark(map));

	return at < file->len && file->text[at] == '{';
}

/* Always in double quotes: no text means anything else there. */
static bool add_quoted(struct vk_buf *out, const char *value)
{
	vk_buf_addc(out, '"');
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
		if (*value == '"' || *value == '\\')
			vk_buf_addc(out, '\\');
		vk_buf_addc(out, *value);
	}
	vk_buf_addc(out, '"');
	return true;
}

/* A tree would read more into these than the server has. */
static bool is_plain(const char *value)
{
	return strstr(value, "${") == NULL && strstr(value, "@{") == NULL &&
	       strstr(value, "secret:") == NULL;
}

/* The end of a scalar that stands on one line; 0: it does not. */
static size_t scalar_end(const struct cfg_tree_file *file, size_t at, bool is_in_flow)
{
	const char *text = file->text;
	char quote = text[at];
	size_t end = at;

	if (quote == '"' || quote == '\'') {
		for (end++; end < file->len && text[end] != '\n' && text[end] != quote; end++)
			end += quote == '"' && text[end] == '\\';
		return end < file->len && text[end] == quote ? end + 1 : 0;
	}
	if (quote == '|' || quote == '>' || quote == '\n' || quote == '\0')
		return 0;
	for (; end < file->len && text[end] != '\n'; end++) {
		if (is_in_flow && strchr(",}", text[end]) != NULL)
			break;
		if (text[end] == '#' && end > at && (text[end - 1] == ' ' || text[end - 1] == '\t'))
			break;
	}
	while (end > at && strchr(" \t\r", text[end - 1]) != NULL)
		end--;
	return end;
}

/* In the place of the value that is there. */
static enum vk_rc replace_value(const struct cfg_tree_file *file, const struct tree_edit *edit,
	const struct vkyaml_node *map, const struct vkyaml_node *value, struct patch *patch,
	struct vk_err *err)
{
	if (vkyaml_kind(value) != VKYAML_SCALAR)
		return refuse(edit, err, "its value there is no simple one");
	patch->start = offset_of(file, vkyaml_mark(value));
	patch->end = scalar_end(file, patch->start, is_flow(file, map));
	if (patch->end == 0)
		return refuse(edit, err, "its value there is longer than a line, or none");
	return add_quoted(&patch->text, edit->value)
		       ? VK_OK
		       : refuse(edit, err, "the value has control characters");
}

/* In front of the map's first pair, in its own style. key NULL: the pair itself is NAME: VALUE. */
static enum vk_rc insert_pair(const struct cfg_tree_file *file, const struct tree_edit *edit,
	const struct vkyaml_node *map, const char *key, struct patch *patch, struct vk_err *err)
{
	bool is_in_flow = is_flow(file, map);
	size_t at;

	if (is_in_flow) {
		at = offset_of(file, vkyaml_mark(map)) + 1;
	} else if (vkyaml_count(map) > 0) {
		at = offset_of(file, vkyaml_key_mark(map, 0));
	} else {
		return refuse(edit, err, "it is described by nothing");
	}
	patch->start = patch->end = at;
	if (key != NULL)
		vk_buf_addf(&patch->text, "%s: {", key);
	vk_buf_addf(&patch->text, "%s: ", edit->name);
	if (!add_quoted(&patch->text, edit->value))
		return refuse(edit, err, "the value has control characters");
	if (key != NULL)
		vk_buf_addc(&patch->text, '}');
	if (is_in_flow) {
		vk_buf_adds(&patch->text, vkyaml_count(map) > 0 ? ", " : "");
		return VK_OK;
	}
	vk_buf_addc(&patch->text, '\n');
	for (unsigned column = vkyaml_key_mark(map, 0).column; column > 1; column--)
		vk_buf_addc(&patch->text, ' ');
	return VK_OK;
}

static enum vk_rc make_patch(const struct cfg_tree_file *file, const struct tree_edit *edit,
	const struct vkyaml_node *instance, struct patch *patch, struct vk_err *err)
{
	const struct vkyaml_node *config = vkyaml_get(instance, "config");
	const struct vkyaml_node *value = vkyaml_get(config, edit->name);

	if (instance == NULL || vkyaml_kind(instance) != VKYAML_MAP)
		return refuse(edit, err, "the file does not describe it by its own name");
	if (!is_plain(edit->value))
		return refuse(edit, err, "the value would mean something else in a tree");
	if (config == NULL)
		return insert_pair(file, edit, instance, "config", patch, err);
	if (vkyaml_kind(config) != VKYAML_MAP)
		return refuse(edit, err, "its config is no map");
	if (value == NULL)
		return insert_pair(file, edit, config, NULL, patch, err);
	return replace_value(file, edit, config, value, patch, err);
}

enum vk_rc tree_edit_config(const struct cfg_tree_file *file, const struct tree_edit *edit,
	struct vk_buf *out, unsigned *line, struct vk_err *err)
{
	const struct vkyaml_node *host, *instance;
	struct patch patch = {.start = 0};
	struct vkyaml *doc = NULL;
	enum vk_rc rc = vkyaml_parse(file->path, file->text, file->len, &doc, err);

	if (rc != VK_OK)
		return rc;
	host = vkyaml_get(vkyaml_get(vkyaml_root(doc), "hosts"), edit->host);
	instance = vkyaml_get(vkyaml_get(host, "instances"), edit->instance);
	vk_buf_init(&patch.text, CFG_TREE_MAX_FILE_BYTES);
	rc = make_patch(file, edit, instance, &patch, err);
	if (rc == VK_OK) {
		*line = 1;
		for (size_t i = 0; i < patch.start; i++)
			*line += file->text[i] == '\n';
		vk_buf_add(out, file->text, patch.start);
		vk_buf_add(out, patch.text.data, patch.text.len);
		vk_buf_add(out, file->text + patch.end, file->len - patch.end);
		rc = vk_buf_check(out, file->path, err);
	}
	vk_buf_release(&patch.text);
	vkyaml_free(doc);
	return rc;
}

enum vk_rc tree_edit_replace(const struct cfg_tree *tree, const char *path,
	const struct vk_buf *text, struct cfg_tree **out, struct vk_err *err)
{
	size_t count = cfg_tree_file_count(tree), used = 0;
	struct cfg_tree_file *files = xcalloc(count + 1, sizeof(*files));
	enum vk_rc rc;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(cfg_tree_file_at(tree, i)->path, path) != 0)
			files[used++] = *cfg_tree_file_at(tree, i);
	}
	files[used++] = (struct cfg_tree_file){path, text->data, text->len};
	rc = cfg_tree_from_files(files, used, out, err);
	free(files);
	return rc;
}
