/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a layer adds to a bundle. */
#include "config.h"

#include <string.h>

#include "common/bundle.h"
#include "common/config/fleet_internal.h"

#include "common/banned.h"

enum { MODE_DEFAULT = 0640 };

static bool read_mode(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_file *file)
{
	static const struct {
		const char *text;
		unsigned mode;
	} modes[] = {{"0640", 0640}, {"0600", 0600}, {"0440", 0440}, {"0400", 0400}};
	struct cfg_place place;
	const char *text;

	file->mode = MODE_DEFAULT;
	if (node == NULL)
		return true;
	text = cfg_expect_text(r->fleet, r->file, node, "mode");
	if (text == NULL)
		return false;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		file->mode = modes[i].mode;
		if (strcmp(modes[i].text, text) == 0)
			return true;
	}
	place = cfg_node_place(r, node);
	cfg_report(r->fleet, &place, text, "\"0640\", \"0600\", \"0440\" or \"0400\"",
		"file '%s': mode '%.20s' is not allowed", file->path, text);
	return false;
}

/* The text of `from: files/...`; NULL after a finding. */
static const char *read_from(
	const struct cfg_reader *r, const struct vkyaml_node *node, const struct cfg_file *file)
{
	const char *path = cfg_expect_text(r->fleet, r->file, node, "from");
	struct cfg_place place = cfg_node_place(r, node);
	const struct cfg_tree_file *found = NULL;

	if (path == NULL)
		return NULL;
	if (strncmp(path, "files/", 6) == 0)
		found = cfg_tree_file_find(r->fleet->tree, path);
	if (found == NULL) {
		cfg_report(r->fleet, &place, path, "a file of the tree below files/",
			"file '%s': the tree has no '%.200s'", file->path, path);
		return NULL;
	}
	return cfg_policy_check_text(r->fleet, &place, file->path, found->text, true) ? found->text
										      : NULL;
}

/* `text:`, which may hold newlines; NULL after a finding. */
static const char *read_text(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_file *file)
{
	struct cfg_place place = cfg_node_place(r, node);

	if (vkyaml_kind(node) != VKYAML_SCALAR) {
		cfg_report(r->fleet, &place, NULL, NULL,
			"file '%s': text: expected a text, found %s", file->path,
			vkyaml_kind_name(node));
		return NULL;
	}
	file->has_parameters = strstr(vkyaml_text(node), "${") != NULL;
	return cfg_policy_check_text(r->fleet, &place, file->path, vkyaml_text(node), false)
		       ? vkyaml_text(node)
		       : NULL;
}

static const char *read_path(const struct cfg_reader *r, const struct vkyaml_node *map)
{
	const struct vkyaml_node *node = vkyaml_get(map, "path");
	struct cfg_place place = cfg_node_place(r, node != NULL ? node : map);
	const char *path;

	if (node == NULL) {
		cfg_report(r->fleet, &place, NULL, "path: extra/motd.txt",
			"files: the path of a file is missing");
		return NULL;
	}
	path = cfg_expect_text(r->fleet, r->file, node, "path");
	if (path == NULL)
		return NULL;
	if (!vk_bundle_path_is_valid(path)) {
		cfg_report(r->fleet, &place, path,
			"relative, at most 4 components of letters, digits, '.', '_' and '-', "
			"none beginning with a dot",
			"files: path '%.200s' is not allowed", path);
		return NULL;
	}
	if (strcmp(path, VK_BUNDLE_CONF) == 0 || strcmp(path, VK_BUNDLE_ACL) == 0 ||
		strcmp(path, VK_BUNDLE_SECRETS) == 0) {
		cfg_report(r->fleet, &place, path, "it is made of 'config' and 'users'",
			"files: '%s' is written by vkcfg", path);
		return NULL;
	}
	return path;
}

/* What is in the file: one of from, text and secret. False after a finding. */
static bool read_content(
	const struct cfg_reader *r, const struct vkyaml_node *map, struct cfg_file *file)
{
	const struct vkyaml_node *from = vkyaml_get(map, "from"), *text = vkyaml_get(map, "text");
	const struct vkyaml_node *secret = vkyaml_get(map, "secret");
	struct cfg_place place;
	const char *name;

	if (secret == NULL) {
		file->text = from != NULL ? read_from(r, from, file) : read_text(r, text, file);
		return file->text != NULL;
	}
	place = cfg_node_place(r, secret);
	name = cfg_expect_text(r->fleet, r->file, secret, "secret");
	if (name == NULL)
		return false;
	file->secret = cfg_secret_ref_read(r->fleet, &place, name);
	return file->secret != NULL;
}

/* One element of files. False after a finding. */
static bool read_file(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_item *item)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "files");
	const struct vkyaml_node *from = vkyaml_get(map, "from"), *text = vkyaml_get(map, "text");
	const struct vkyaml_node *secret = vkyaml_get(map, "secret");
	struct cfg_file *file;

	if (map == NULL)
		return false;
	cfg_expect_keys(r->fleet, r->file, map, CFG_KEYS_FILE, "files");
	file = arena_calloc(r->fleet->arena, 1, sizeof(*file));
	file->place = cfg_node_place(r, node);
	file->path = read_path(r, map);
	if (file->path == NULL || !read_mode(r, vkyaml_get(map, "mode"), file))
		return false;
	*item = (struct cfg_item){file->path, NULL};
	if ((from != NULL) + (text != NULL) + (secret != NULL) != 1) {
		cfg_report(r->fleet, &file->place, file->path, NULL,
			"file '%s': one of 'from', 'text' and 'secret' is needed", file->path);
		return false;
	}
	if (vkyaml_is_null(from) || vkyaml_is_null(text) || vkyaml_is_null(secret))
		return true; /* takes the path away */
	item->what = file;
	return read_content(r, map, file);
}

void cfg_layer_files_sort(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *files)
{
	struct cfg_place place = cfg_node_place(r, node);
	size_t kept = files->count > 0;

	cfg_list_sort(files);
	for (size_t i = 1; i < files->count; i++) {
		if (strcmp(files->items[kept - 1].name, files->items[i].name) != 0)
			files->items[kept++] = files->items[i];
		else
			cfg_report(r->fleet, &place, files->items[i].name, NULL,
				"files: path '%s' is there twice", files->items[i].name);
	}
	files->count = kept;
}

void cfg_layer_read_files(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *files)
{
	if (node == NULL || vkyaml_is_null(node))
		return;
	if (vkyaml_kind(node) != VKYAML_LIST) {
		struct cfg_place place = cfg_node_place(r, node);

		cfg_report(r->fleet, &place, NULL, "files: [{path: ..., text: ...}]",
			"files: expected a list, found %s", vkyaml_kind_name(node));
		return;
	}
	files->items = arena_calloc(r->fleet->arena, vkyaml_count(node), sizeof(*files->items));
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		if (read_file(r, vkyaml_at(node, i), &files->items[files->count]))
			files->count++;
	}
	cfg_layer_files_sort(r, node, files);
}
