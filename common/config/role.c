/* SPDX-License-Identifier: BSD-3-Clause */
/* Roles and the templates that they build on. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/fleet_internal.h"
#include "common/config/template.h"
#include "common/nearest.h"

#include "common/banned.h"

#define KEYS "parameters|config|users|files|apply|lock"

enum { HINT_MAX_BYTES = 256 };

static const struct cfg_template *find_template(const char *name)
{
	for (size_t i = 0; i < cfg_template_count; i++) {
		if (strcmp(cfg_templates[i].name, name) == 0)
			return &cfg_templates[i];
	}
	return NULL;
}

/* Adds the declarations of map, replacing those of the same name. */
static void read_parameters(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, struct cfg_role *role)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, "parameters");
	struct cfg_parameter *all;

	if (map == NULL)
		return;
	all = arena_calloc(fleet->arena, role->parameter_count + vkyaml_count(map), sizeof(*all));
	for (size_t i = 0; i < role->parameter_count; i++)
		all[i] = role->parameters[i];
	role->parameters = all;
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);
		const struct cfg_parameter *old =
			cfg_parameter_find(all, role->parameter_count, name);
		struct cfg_parameter p;

		if (!cfg_parameter_read(fleet, file, name, vkyaml_at(map, i), &p))
			continue;
		all[old != NULL ? (size_t)(old - all) : role->parameter_count] = p;
		role->parameter_count += old == NULL;
	}
}

/* The document of a template, parsed for this fleet. A template that does not parse is our bug. */
static const struct vkyaml_node *open_template(
	struct cfg_fleet *fleet, const struct cfg_template *template, const char **file)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc;

	*file = arena_printf(fleet->arena, "templates/%s.yaml", template->name);
	if (vkyaml_parse(*file, template->text, strlen(template->text), &doc, &err) != VK_OK) {
		const struct cfg_place place = {.file = *file};

		cfg_report(fleet, &place, NULL, NULL, "%s", err.msg);
		return NULL;
	}
	cfg_fleet_keep(fleet, doc);
	return vkyaml_root(doc);
}

static void report_unknown_template(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "";

	for (size_t i = 0; i < cfg_template_count; i++)
		vk_nearest_offer(&nearest, cfg_templates[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	else
		snprintf(hint, sizeof(hint), "there is %s", cfg_templates[0].name);
	cfg_report(fleet, place, name, hint, "there is no template '%.100s'", name);
}

static void read_template(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_role *role)
{
	const struct cfg_template *template;
	const struct vkyaml_node *root;
	const char *name, *template_file;
	struct cfg_place place;

	if (node == NULL || vkyaml_is_null(node))
		return;
	name = cfg_expect_text(fleet, file, node, "template");
	if (name == NULL)
		return;
	template = find_template(name);
	if (template == NULL) {
		place = cfg_place_of(file, vkyaml_mark(node));
		report_unknown_template(fleet, &place, name);
		return;
	}
	root = open_template(fleet, template, &template_file);
	cfg_expect_keys(fleet, template_file, root, KEYS, "template");
	role->template = arena_calloc(fleet->arena, 1, sizeof(*role->template));
	read_parameters(fleet, template_file, vkyaml_get(root, "parameters"), role);
	cfg_layer_read(fleet, "template", template_file, root, role->template);
}

static void read_version(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_role *role)
{
	struct cfg_place place;
	struct vk_buf hint;
	const char *text;

	role->version = fleet->version;
	if (node == NULL || vkyaml_is_null(node))
		return;
	text = cfg_expect_text(fleet, file, node, "valkey");
	if (text == NULL)
		return;
	if (cfg_version_is_known(text)) {
		role->version = text;
		return;
	}
	place = cfg_place_of(file, vkyaml_mark(node));
	vk_buf_init(&hint, HINT_MAX_BYTES);
	vk_buf_adds(&hint, "known: ");
	cfg_version_list(&hint);
	cfg_report(fleet, &place, text, hint.data, "Valkey version '%.50s' is not known", text);
	vk_buf_release(&hint);
}

void cfg_role_read(struct cfg_fleet *fleet, const char *name, const char *file,
	const struct vkyaml_node *root, struct cfg_role *role)
{
	*role = (struct cfg_role){.name = name, .place = {file, 1, 1}};
	cfg_expect_keys(fleet, file, root, "template|valkey|" KEYS, "role");
	read_version(fleet, file, vkyaml_get(root, "valkey"), role);
	read_template(fleet, file, vkyaml_get(root, "template"), role);
	read_parameters(fleet, file, vkyaml_get(root, "parameters"), role);
	cfg_layer_read(fleet, "role", file, root, &role->layer);
}
