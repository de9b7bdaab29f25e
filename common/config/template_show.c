/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/template_show.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/mem.h"
#include "common/vkyaml.h"

#include "common/banned.h"

enum { VALUE_MAX_BYTES = 8192 };

static const char *const sections[] = {"config", "users", "apply"};

/* A template that is being read into shown. */
struct reader {
	struct cfg_template_shown *shown;
	struct cfg_template_parameter *parameters;
	struct cfg_template_choice *choices;
	const char *origin;
	const struct vkyaml_node *root;
};

static const char *scalar(const struct vkyaml_node *node)
{
	if (node == NULL || vkyaml_is_null(node) || vkyaml_kind(node) != VKYAML_SCALAR)
		return NULL;
	return vkyaml_text(node);
}

/* A scalar, or the elements of a list. */
static void add_value(const struct vkyaml_node *node, const char *separator, struct vk_buf *out)
{
	if (vkyaml_is_null(node)) {
		vk_buf_adds(out, "null");
	} else if (vkyaml_kind(node) == VKYAML_SCALAR) {
		vk_buf_adds(out, vkyaml_text(node));
	} else if (vkyaml_kind(node) == VKYAML_LIST) {
		for (size_t i = 0; i < vkyaml_count(node); i++) {
			vk_buf_adds(out, i > 0 ? separator : "");
			add_value(vkyaml_at(node, i), separator, out);
		}
	} else if (vkyaml_get(node, "rules") != NULL) { /* a user */
		add_value(vkyaml_get(node, "rules"), separator, out);
		if (vkyaml_get(node, "passwords") == NULL)
			return;
		vk_buf_adds(out, ", passwords: ");
		add_value(vkyaml_get(node, "passwords"), separator, out);
	}
}

static const char *value_text(
	const struct reader *r, const struct vkyaml_node *node, const char *separator)
{
	struct vk_buf text;
	const char *out;

	if (node == NULL)
		return NULL;
	vk_buf_init(&text, VALUE_MAX_BYTES);
	add_value(node, separator, &text);
	out = arena_dup(r->shown->arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

/* ---- parameters ---- */

static size_t find_parameter(const struct reader *r, const char *name)
{
	size_t i = 0;

	while (i < r->shown->parameter_count && strcmp(r->parameters[i].name, name) != 0)
		i++;
	return i;
}

static void remove_parameter(struct reader *r, size_t at)
{
	if (at == r->shown->parameter_count)
		return;
	r->shown->parameter_count--;
	for (; at < r->shown->parameter_count; at++)
		r->parameters[at] = r->parameters[at + 1];
}

static void read_parameters(struct reader *r)
{
	const struct vkyaml_node *map = vkyaml_get(r->root, "parameters");

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const struct vkyaml_node *node = vkyaml_at(map, i);
		const char *name = vkyaml_key(map, i);
		size_t at = find_parameter(r, name);

		if (vkyaml_is_null(node)) {
			remove_parameter(r, at);
			continue;
		}
		r->shown->parameter_count += at == r->shown->parameter_count;
		r->parameters[at] = (struct cfg_template_parameter){
			.name = name,
			.type = scalar(vkyaml_get(node, "type")),
			.fallback = scalar(vkyaml_get(node, "default")),
			.min = scalar(vkyaml_get(node, "min")),
			.max = scalar(vkyaml_get(node, "max")),
			.values = value_text(r, vkyaml_get(node, "values"), "|"),
			.help = scalar(vkyaml_get(node, "help")),
			.origin = r->origin,
		};
	}
}

/* ---- choices ---- */

static const char *reason_in(const struct vkyaml_node *root, const char *section, const char *name)
{
	const struct vkyaml_node *reasons = vkyaml_get(root, "reasons");

	return scalar(vkyaml_get(vkyaml_get(reasons, section), name));
}

static void read_section(struct reader *r, const char *section)
{
	const struct vkyaml_node *map = vkyaml_get(r->root, section);

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);
		size_t at = 0;

		while (at < r->shown->choice_count &&
			(strcmp(r->choices[at].section, section) != 0 ||
				strcmp(r->choices[at].name, name) != 0))
			at++;
		r->shown->choice_count += at == r->shown->choice_count;
		r->choices[at] = (struct cfg_template_choice){
			.section = section,
			.name = name,
			.value = value_text(r, vkyaml_at(map, i), ", "),
			.origin = r->origin,
			.reason = reason_in(r->root, section, name),
		};
	}
}

static size_t count_of(const struct vkyaml_node *root, const char *key)
{
	const struct vkyaml_node *map = vkyaml_get(root, key);

	return map != NULL ? vkyaml_count(map) : 0;
}

/* Room for what one more template may add. */
static void make_room(struct reader *r)
{
	struct cfg_template_shown *shown = r->shown;
	size_t choices = shown->choice_count, parameters = shown->parameter_count;
	struct cfg_template_parameter *old_parameters = r->parameters;
	struct cfg_template_choice *old_choices = r->choices;

	parameters += count_of(r->root, "parameters");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		choices += count_of(r->root, sections[i]);
	r->parameters = arena_calloc(shown->arena, parameters, sizeof(*r->parameters));
	r->choices = arena_calloc(shown->arena, choices, sizeof(*r->choices));
	for (size_t i = 0; i < shown->parameter_count; i++)
		r->parameters[i] = old_parameters[i];
	for (size_t i = 0; i < shown->choice_count; i++)
		r->choices[i] = old_choices[i];
	shown->parameters = r->parameters;
	shown->choices = r->choices;
}

static enum vk_rc read_template(
	struct reader *r, const struct cfg_template *template, unsigned depth, struct vk_err *err)
{
	const struct cfg_template *base;
	struct vkyaml *doc = NULL;
	const char *extends;
	enum vk_rc rc;

	if (depth == CFG_TEMPLATE_MAX_DEPTH)
		return vk_err_set(err, VK_ELIMIT, "%s: more than %d templates extend each other",
			template->name, CFG_TEMPLATE_MAX_DEPTH);
	rc = vkyaml_parse(template->name, template->text, strlen(template->text), &doc, err);
	if (rc != VK_OK)
		return rc;
	r->shown->docs[r->shown->doc_count++] = doc;
	extends = scalar(vkyaml_get(vkyaml_root(doc), "extends"));
	base = extends != NULL ? cfg_template_find(extends) : NULL;
	if (extends != NULL && base == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "there is no template '%.100s'", extends);
	if (base != NULL)
		rc = read_template(r, base, depth + 1, err);
	if (rc != VK_OK)
		return rc;
	r->origin = template->name;
	r->root = vkyaml_root(doc);
	make_room(r);
	read_parameters(r);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		read_section(r, sections[i]);
	r->shown->extends = extends;
	return VK_OK;
}

/* What was published before templates had reasons: the successor says why. */
static enum vk_rc read_successor(
	const struct cfg_template *next, struct reader *r, struct vk_err *err)
{
	struct cfg_template_shown *shown = r->shown;
	struct vkyaml *doc = NULL;
	enum vk_rc rc = vkyaml_parse(next->name, next->text, strlen(next->text), &doc, err);

	if (rc != VK_OK)
		return rc;
	shown->summary = arena_printf(shown->arena, "Superseded by %s", next->name);
	for (size_t i = 0; i < shown->choice_count; i++) {
		struct cfg_template_choice *choice = &r->choices[i];
		const char *reason = reason_in(vkyaml_root(doc), choice->section, choice->name);

		if (choice->reason == NULL && reason != NULL)
			choice->reason = arena_strdup(shown->arena, reason);
	}
	vkyaml_free(doc);
	return VK_OK;
}

enum vk_rc cfg_template_show(
	const struct cfg_template *template, struct cfg_template_shown **out, struct vk_err *err)
{
	struct cfg_template_shown *shown = xcalloc(1, sizeof(*shown));
	const struct cfg_template *next = cfg_template_successor(template);
	struct reader r = {.shown = shown};
	enum vk_rc rc;

	shown->arena = arena_new();
	shown->name = template->name;
	rc = read_template(&r, template, 0, err);
	if (rc == VK_OK) {
		shown->summary = scalar(vkyaml_get(r.root, "summary"));
		shown->use = scalar(vkyaml_get(r.root, "use"));
		shown->kind = scalar(vkyaml_get(r.root, "kind"));
	}
	if (rc == VK_OK && next != NULL && vkyaml_get(r.root, "reasons") == NULL)
		rc = read_successor(next, &r, err);
	if (rc == VK_OK)
		*out = shown;
	else
		cfg_template_shown_free(shown);
	return rc;
}

void cfg_template_shown_free(struct cfg_template_shown *shown)
{
	if (shown == NULL)
		return;
	for (size_t i = 0; i < shown->doc_count; i++)
		vkyaml_free(shown->docs[i]);
	arena_free(shown->arena);
	free(shown);
}
