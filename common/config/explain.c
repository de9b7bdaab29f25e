/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { LAYERS = 5 };

struct cfg_explanation {
	struct arena *arena;
	const char *value;
	struct cfg_origin origins[LAYERS];
	size_t count;
};

void cfg_explanation_free(struct cfg_explanation *explanation)
{
	if (explanation == NULL)
		return;
	arena_free(explanation->arena);
	free(explanation);
}

static bool find_instance(struct cfg_fleet *fleet, const char *id, struct cfg_host **host,
	struct cfg_instance **instance)
{
	for (size_t h = 0; h < fleet->host_count; h++) {
		for (size_t i = 0; i < fleet->hosts[h].instance_count; i++) {
			*host = &fleet->hosts[h];
			*instance = &fleet->hosts[h].instances[i];
			if (strcmp((*instance)->id, id) == 0)
				return true;
		}
	}
	return false;
}

static const char *written_text(
	struct cfg_explanation *e, const struct cfg_directive *d, const struct cfg_entry *entry)
{
	struct vk_buf text;
	const char *out;

	if (entry->is_null)
		return "null";
	if ((d->flags & CFG_SENSITIVE) != 0 && entry->secret == NULL)
		return "(secret)";
	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	for (size_t i = 0; i < entry->count; i++)
		vk_buf_addf(&text, "%s%s", i > 0 ? ", " : "", entry->items[i]);
	out = arena_dup(e->arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

/* Adds what a layer says about the directive, under whichever of its names. */
static void add_origin(struct cfg_explanation *e, const struct cfg_layer *layer,
	const struct cfg_directive *d, const char *version)
{
	for (size_t i = 0; i < layer->entry_count; i++) {
		const struct cfg_entry *entry = &layer->entries[i];

		if (cfg_directive_find(entry->name, version) != d)
			continue;
		for (size_t k = 0; k < e->count; k++)
			e->origins[k].is_effective = false;
		e->origins[e->count++] = (struct cfg_origin){
			.layer = layer->kind,
			.file = arena_strdup(e->arena, entry->place.file),
			.line = entry->place.line,
			.column = entry->place.column,
			.text = written_text(e, d, entry),
			.is_effective = true,
		};
		return;
	}
}

/* Which secret it is; never its value, which nobody here knows. */
static const char *sealed_value(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_resolved *resolved, struct cfg_explanation *e)
{
	const struct cfg_secret_ref *ref = resolved->entry->secret;
	const struct cfg_pins *pins = cfg_secret_resolve(fleet, effective->environment, ref);

	return arena_printf(e->arena, "secret:%s (version %lld)", ref->name,
		(long long)(pins != NULL ? pins->current.version : 0));
}

/* The merged value in CONFIG GET form; the server's default where no layer sets one. */
static const char *effective_value(struct cfg_fleet *fleet, struct cfg_host *host,
	struct cfg_instance *instance, const struct cfg_directive *d, struct cfg_explanation *e)
{
	const char *out = d->fallback != NULL ? d->fallback : "";
	const struct cfg_resolved *resolved;
	struct cfg_effective effective;
	const struct cfg_item *item;
	struct vk_buf line, value;

	cfg_merge(fleet, host, instance, e->arena, &effective);
	item = cfg_list_find(&effective.config, d->name);
	if (item != NULL && ((const struct cfg_resolved *)item->what)->entry->secret != NULL)
		return sealed_value(fleet, &effective, item->what, e);
	if (item == NULL || (d->flags & CFG_SENSITIVE) != 0)
		return item == NULL ? out : "(secret)";
	resolved = item->what;
	if (resolved->value != NULL)
		return arena_strdup(e->arena, resolved->value);
	vk_buf_init(&line, 8 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	if (cfg_conf_line_of(fleet, &effective, resolved, &line, &value))
		out = arena_dup(e->arena, value.data, value.len);
	vk_buf_release(&line);
	vk_buf_release(&value);
	return out;
}

static enum vk_rc explain(struct cfg_fleet *fleet, const char *id, const char *name,
	struct cfg_explanation *e, struct vk_err *err)
{
	const struct cfg_directive *d;
	struct cfg_instance *instance;
	struct cfg_host *host;
	const char *version, *near;
	enum vk_rc rc;

	rc = cfg_findings_check(fleet->findings, err);
	if (rc != VK_OK)
		return rc;
	if (!find_instance(fleet, id, &host, &instance))
		return vk_err_set(err, VK_ENOTFOUND, "the tree has no instance '%.150s'", id);
	version = instance->role->version;
	d = cfg_directive_find(name, version);
	if (d == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "Valkey %s has no directive '%.100s'", version, name);
		near = cfg_directive_nearest(name, version);
		if (near != NULL)
			vk_err_hint(err, "did you mean '%s'?", near);
		return VK_ENOTFOUND;
	}
	if (instance->role->template != NULL)
		add_origin(e, instance->role->template, d, version);
	add_origin(e, &instance->role->layer, d, version);
	add_origin(e, &host->environment->layer, d, version);
	add_origin(e, &host->layer, d, version);
	add_origin(e, &instance->layer, d, version);
	e->value = effective_value(fleet, host, instance, d, e);
	return cfg_findings_check(fleet->findings, err);
}

enum vk_rc cfg_explain(const struct cfg_tree *tree, const char *id, const char *directive,
	struct cfg_explanation **out, struct vk_err *err)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_fleet *fleet = cfg_fleet_read(tree, findings);
	struct cfg_explanation *e = xcalloc(1, sizeof(*e));
	enum vk_rc rc;

	e->arena = arena_new();
	rc = explain(fleet, id, directive, e, err);
	if (rc == VK_OK)
		*out = e;
	else
		cfg_explanation_free(e);
	cfg_fleet_free(fleet);
	cfg_findings_free(findings);
	return rc;
}

const char *cfg_explanation_value(const struct cfg_explanation *explanation)
{
	return explanation->value;
}

size_t cfg_explanation_count(const struct cfg_explanation *explanation)
{
	return explanation->count;
}

const struct cfg_origin *cfg_explanation_at(const struct cfg_explanation *explanation, size_t i)
{
	return &explanation->origins[i];
}
