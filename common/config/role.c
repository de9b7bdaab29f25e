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

enum { HINT_MAX_BYTES = 256 }; /* as long as vk_err's */

/* A template that has been read: many roles share it. */
struct cfg_opened_template {
	bool is_open;
	struct cfg_layer layer;
	const struct vkyaml_node *root; /* NULL: it does not parse */
};

/* ---- parameters ---- */

/* `memory: 2gb` for a parameter that a template declares: its default here, within its bounds. */
static bool read_default(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	const struct cfg_parameter *old, struct cfg_parameter *out)
{
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node));
	const char *text = cfg_expect_text(fleet, file, node, old->name);

	*out = *old;
	out->fallback = text != NULL ? cfg_parameter_check(fleet, old, &place, text) : NULL;
	return out->fallback != NULL;
}

static void report_undeclared(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, size_t i, const struct cfg_role *role)
{
	struct cfg_place place = cfg_place_of(file, vkyaml_key_mark(map, i));
	const char *name = vkyaml_key(map, i);
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[HINT_MAX_BYTES];

	for (size_t k = 0; k < role->parameter_count; k++)
		vk_nearest_offer(&nearest, role->parameters[k].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	else
		snprintf(hint, sizeof(hint), "declare it: %.63s: {type: string, default: ...}",
			name);
	cfg_report(fleet, &place, name, hint, "no template of role '%s' has a parameter '%.100s'",
		role->name, name);
}

/* Takes away what a template declares: what used it is overridden. */
static void remove_parameter(struct cfg_role *role, size_t i)
{
	role->parameter_count--;
	for (; i < role->parameter_count; i++)
		role->parameters[i] = role->parameters[i + 1];
}

static void read_one_parameter(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, size_t i, struct cfg_role *role)
{
	const struct vkyaml_node *node = vkyaml_at(map, i);
	const struct cfg_parameter *old =
		cfg_parameter_find(role->parameters, role->parameter_count, vkyaml_key(map, i));
	size_t at = old != NULL ? (size_t)(old - role->parameters) : role->parameter_count;
	struct cfg_parameter p;
	bool is_good;

	if (vkyaml_is_null(node) && old != NULL) {
		remove_parameter(role, at);
		return;
	}
	if (vkyaml_kind(node) != VKYAML_SCALAR || vkyaml_is_null(node)) {
		is_good = cfg_parameter_read(fleet, file, vkyaml_key(map, i), node, &p);
	} else if (old != NULL) {
		is_good = read_default(fleet, file, node, old, &p);
	} else {
		report_undeclared(fleet, file, map, i, role);
		return;
	}
	if (!is_good)
		return;
	role->parameters[at] = p;
	role->parameter_count += old == NULL;
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
	for (size_t i = 0; i < vkyaml_count(map); i++)
		read_one_parameter(fleet, file, map, i, role);
}

/* ---- templates ---- */

/* A template's document. One that does not parse is our bug. */
static const struct vkyaml_node *parse_template(
	struct cfg_fleet *fleet, const struct cfg_template *template, const char *file)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc;

	if (vkyaml_parse(file, template->text, strlen(template->text), &doc, &err) != VK_OK) {
		const struct cfg_place place = {.file = file};

		cfg_report(fleet, &place, NULL, NULL, "%s", err.msg);
		return NULL;
	}
	cfg_fleet_keep(fleet, doc);
	return vkyaml_root(doc);
}

static struct cfg_opened_template *open_template(
	struct cfg_fleet *fleet, const struct cfg_template *template)
{
	struct cfg_opened_template *opened;
	const char *file;

	if (fleet->templates == NULL)
		fleet->templates =
			arena_calloc(fleet->arena, cfg_template_count, sizeof(*fleet->templates));
	opened = &fleet->templates[template - cfg_templates];
	if (opened->is_open)
		return opened;
	opened->is_open = true;
	file = arena_printf(fleet->arena, "templates/%s.yaml", template->name);
	opened->root = parse_template(fleet, template, file);
	cfg_expect_keys(fleet, file, opened->root, CFG_KEYS_TEMPLATE, "template");
	cfg_layer_read(fleet, "template", file, opened->root, &opened->layer);
	return opened;
}

/* The templates from which template is made, itself last. Ours are a test's concern: what is not
 * there or does not end is left out. */
static size_t collect_templates(struct cfg_fleet *fleet, const struct cfg_template *template,
	struct cfg_opened_template *chain[CFG_TEMPLATE_MAX_DEPTH])
{
	const struct vkyaml_node *extends = NULL;
	size_t count = 0;

	for (; template != NULL && count < CFG_TEMPLATE_MAX_DEPTH; count++) {
		memmove(chain + 1, chain, count * sizeof(struct cfg_opened_template *));
		chain[0] = open_template(fleet, template);
		extends = vkyaml_get(chain[0]->root, "extends");
		template = extends != NULL ? cfg_template_find(vkyaml_text(extends)) : NULL;
	}
	return count;
}

static void read_template(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_role *role)
{
	struct cfg_opened_template *chain[CFG_TEMPLATE_MAX_DEPTH];
	const struct cfg_template *template;
	const struct vkyaml_node *kind;
	char hint[HINT_MAX_BYTES];
	struct cfg_place place;
	const char *name;

	if (node == NULL || vkyaml_is_null(node))
		return;
	name = cfg_expect_text(fleet, file, node, "template");
	if (name == NULL)
		return;
	template = cfg_template_find(name);
	if (template == NULL) {
		place = cfg_place_of(file, vkyaml_mark(node));
		cfg_template_hint(name, hint, sizeof(hint));
		cfg_report(fleet, &place, name, hint, "there is no template '%.100s'", name);
		return;
	}
	role->template_count = collect_templates(fleet, template, chain);
	kind = vkyaml_get(chain[role->template_count - 1]->root, "kind");
	if (kind != NULL && strcmp(vkyaml_text(kind), "sentinel") == 0)
		role->kind = VK_KIND_SENTINEL;
	for (size_t i = 0; i < role->template_count; i++) {
		role->templates[i] = &chain[i]->layer;
		read_parameters(fleet, chain[i]->layer.file,
			vkyaml_get(chain[i]->root, "parameters"), role);
	}
}

/* ---- roles ---- */

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

/* The role's own word, else that of its template; what they say must not differ. */
static void read_kind(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_role *role)
{
	enum vk_bundle_kind kind;
	struct cfg_place place;
	const char *text;

	if (node == NULL || vkyaml_is_null(node))
		return;
	text = cfg_expect_text(fleet, file, node, "kind");
	if (text == NULL)
		return;
	place = cfg_place_of(file, vkyaml_mark(node));
	if (!vk_bundle_kind_parse(text, &kind))
		cfg_report(fleet, &place, text, NULL,
			"kind: expected valkey or sentinel, found '%.100s'", text);
	else if (role->template_count > 0 && kind != role->kind)
		cfg_report(fleet, &place, text, NULL, "kind: the template is for a %s",
			vk_bundle_kind_name(role->kind));
	else
		role->kind = kind;
}

static void choose_schema(struct cfg_fleet *fleet, struct cfg_role *role)
{
	role->schema = role->version;
	if (role->kind == VK_KIND_SENTINEL)
		role->schema = arena_printf(fleet->arena, CFG_SENTINEL_PREFIX "%s", role->version);
}

void cfg_role_read(struct cfg_fleet *fleet, const char *name, const char *file,
	const struct vkyaml_node *root, struct cfg_role *role)
{
	*role = (struct cfg_role){.name = name, .place = {file, 1, 1}};
	cfg_expect_keys(fleet, file, root, CFG_KEYS_ROLE, "role");
	read_version(fleet, file, vkyaml_get(root, "valkey"), role);
	read_template(fleet, file, vkyaml_get(root, "template"), role);
	read_kind(fleet, file, vkyaml_get(root, "kind"), role);
	choose_schema(fleet, role);
	read_parameters(fleet, file, vkyaml_get(root, "parameters"), role);
	cfg_parameters_name_secrets(fleet, role);
	cfg_layer_read(fleet, "role", file, root, &role->layer);
}
