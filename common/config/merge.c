/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers on top of each other: template < role < environment < host < instance.
 * What a role and an environment have in common is merged once, so that an
 * instance costs no more than what its host and itself add.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"

#include "common/banned.h"

struct cfg_base {
	const char **values;
	bool has_bad_value;
	struct cfg_list config, users, files, locks;
	struct cfg_apply apply[CFG_APPLY_KEYS];
};

/* ---- lists ---- */

const struct cfg_item *cfg_list_find(const struct cfg_list *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, list->items[middle].name);

		if (order == 0)
			return &list->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct cfg_list cfg_merge_lists(
	struct arena *arena, const struct cfg_list *base, const struct cfg_list *over)
{
	struct cfg_list out = {0, NULL};
	size_t b = 0, o = 0;

	if (over->count == 0)
		return *base;
	out.items = arena_calloc(arena, base->count + over->count, sizeof(*out.items));
	while (b < base->count || o < over->count) {
		int order = b == base->count   ? 1
			    : o == over->count ? -1
					       : strcmp(base->items[b].name, over->items[o].name);

		if (order < 0) {
			out.items[out.count++] = base->items[b++];
			continue;
		}
		if (over->items[o].what != NULL)
			out.items[out.count++] = over->items[o];
		o++;
		b += order == 0;
	}
	return out;
}

/* ---- parameters ---- */

/* The layer's values for what the role declares. Others are allowed where the layer serves several
 * roles; fleet.c has found those that no role declares. */
static void apply_values(struct cfg_fleet *fleet, const struct cfg_role *role,
	const struct cfg_layer *layer, const char **values, bool *has_bad_value)
{
	const struct vkyaml_node *map = layer->parameters;

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const struct vkyaml_node *node = vkyaml_at(map, i);
		struct cfg_place place = cfg_place_of(layer->file, vkyaml_mark(node));
		const char *name = vkyaml_key(map, i), *text, **value;
		const struct cfg_parameter *p =
			cfg_parameter_find(role->parameters, role->parameter_count, name);

		if (p == NULL)
			continue;
		value = &values[p - role->parameters];
		if (vkyaml_is_null(node)) {
			*value = p->fallback;
			continue;
		}
		text = cfg_expect_text(fleet, layer->file, node, name);
		*value = text != NULL ? cfg_parameter_check(fleet, p, &place, text) : NULL;
		if (*value == NULL)
			*has_bad_value = true;
	}
}

static void check_own_parameters(struct cfg_fleet *fleet, const struct cfg_instance *instance)
{
	const struct vkyaml_node *map = instance->layer->parameters;
	const struct cfg_role *role = instance->role;

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);
		struct cfg_place place =
			cfg_place_of(instance->layer->file, vkyaml_key_mark(map, i));

		if (cfg_parameter_find(role->parameters, role->parameter_count, name) == NULL)
			cfg_report_no_parameter(fleet, &place, role, name);
	}
}

static void check_values(
	struct cfg_fleet *fleet, const struct cfg_instance *instance, const char *const *values)
{
	const struct cfg_role *role = instance->role;

	for (size_t i = 0; i < role->parameter_count; i++) {
		if (values[i] == NULL)
			cfg_report(fleet, &instance->place, NULL,
				"set it under 'parameters' of the environment, host or instance",
				"instance '%s': parameter '%s' of role '%s' has no value",
				instance->id, role->parameters[i].name, role->name);
	}
}

/* Where the value of a parameter is written: the last layer that gives one counts. */
static struct cfg_place value_place(
	const struct cfg_effective *effective, const struct cfg_parameter *p)
{
	const struct cfg_layer *const layers[] = {
		effective->instance->layer, effective->host->layer, &effective->environment->layer};

	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		const struct vkyaml_node *node = vkyaml_get(layers[i]->parameters, p->name);

		if (node != NULL && vkyaml_is_null(node))
			break; /* back to the default */
		if (node != NULL)
			return cfg_place_of(layers[i]->file, vkyaml_mark(node));
	}
	return p->place;
}

/* Shares of the host's memory in bytes; NULL after a finding. */
static void resolve_shares(
	struct cfg_fleet *fleet, const struct cfg_effective *effective, struct arena *arena)
{
	const struct cfg_role *role = effective->role;

	for (size_t i = 0; i < role->parameter_count; i++) {
		const struct cfg_parameter *p = &role->parameters[i];
		const char **value = &effective->values[i];
		struct cfg_place place;

		if (p->type != CFG_PARAMETER_MEMORY || *value == NULL || !cfg_is_percent(*value))
			continue;
		place = effective->host != NULL ? value_place(effective, p) : p->place;
		*value = cfg_parameter_resolve(fleet, p, effective->host, &place, *value, arena);
	}
}

/* ---- bases ---- */

static void apply_layer(struct cfg_fleet *fleet, struct arena *arena, struct cfg_layer *layer,
	const char *version, struct cfg_effective *out)
{
	const struct cfg_resolved_layer *resolved = cfg_layer_resolve(fleet, layer, version);

	cfg_locks_check(fleet, &out->locks, layer, &resolved->config, version);
	out->locks =
		cfg_merge_lists(arena, &resolved->locks, &out->locks); /* the first one counts */
	out->config = cfg_merge_lists(arena, &out->config, &resolved->config);
	if (cfg_layer_is_of(layer, version))
		out->users = cfg_merge_lists(arena, &out->users, &layer->users);
	out->files = cfg_merge_lists(arena, &out->files, &layer->files);
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		if (layer->apply[key].is_set)
			out->apply[key] = layer->apply[key];
	}
}

/* Template, role and environment (NULL: none) merged. */
static struct cfg_base *make_base(
	struct cfg_fleet *fleet, struct cfg_role *role, struct cfg_environment *environment)
{
	struct cfg_base *base = arena_calloc(fleet->arena, 1, sizeof(*base));
	struct cfg_effective merged = {.role = role};

	base->values = arena_calloc(fleet->arena, role->parameter_count, sizeof(*base->values));
	for (size_t i = 0; i < role->parameter_count; i++)
		base->values[i] = role->parameters[i].fallback;
	for (size_t i = 0; i < role->template_count; i++)
		apply_layer(fleet, fleet->arena, role->templates[i], role->schema, &merged);
	apply_layer(fleet, fleet->arena, &role->layer, role->schema, &merged);
	if (environment != NULL) {
		apply_layer(fleet, fleet->arena, &environment->layer, role->schema, &merged);
		apply_values(fleet, role, &environment->layer, base->values, &base->has_bad_value);
	}
	base->config = merged.config;
	base->users = merged.users;
	base->files = merged.files;
	base->locks = merged.locks;
	memcpy(base->apply, merged.apply, sizeof(base->apply));
	return base;
}

static const struct cfg_base *get_base(
	struct cfg_fleet *fleet, struct cfg_role *role, struct cfg_environment *environment)
{
	size_t row = (size_t)(role - fleet->roles);
	size_t column = environment != NULL ? (size_t)(environment - fleet->environments)
					    : fleet->environment_count;
	struct cfg_base **base;

	if (fleet->bases == NULL)
		fleet->bases = xcalloc(fleet->role_count * (fleet->environment_count + 1),
			sizeof(struct cfg_base *));
	base = &fleet->bases[row * (fleet->environment_count + 1) + column];
	if (*base == NULL)
		*base = make_base(fleet, role, environment);
	return *base;
}

static void start_from_base(const struct cfg_base *base, struct arena *arena,
	const struct cfg_role *role, struct cfg_effective *out)
{
	*out = (struct cfg_effective){
		.role = role,
		.values = arena_calloc(arena, role->parameter_count, sizeof(*out->values)),
		.config = base->config,
		.users = base->users,
		.files = base->files,
		.locks = base->locks,
	};
	if (role->parameter_count > 0)
		memcpy(out->values, base->values, role->parameter_count * sizeof(*out->values));
	memcpy(out->apply, base->apply, sizeof(out->apply));
}

void cfg_merge(struct cfg_fleet *fleet, struct cfg_host *host, struct cfg_instance *instance,
	struct arena *arena, struct cfg_effective *out)
{
	struct cfg_role *role = instance->role;
	const struct cfg_base *base = get_base(fleet, role, host->environment);
	bool has_bad_value = base->has_bad_value;

	start_from_base(base, arena, role, out);
	out->environment = host->environment;
	out->host = host;
	out->instance = instance;
	apply_layer(fleet, arena, host->layer, role->schema, out);
	apply_layer(fleet, arena, instance->layer, role->schema, out);
	apply_values(fleet, role, host->layer, out->values, &has_bad_value);
	apply_values(fleet, role, instance->layer, out->values, &has_bad_value);
	check_own_parameters(fleet, instance);
	if (!has_bad_value)
		check_values(fleet, instance, out->values);
	resolve_shares(fleet, out, arena);
}

void cfg_merge_role(struct cfg_fleet *fleet, struct cfg_role *role, struct arena *arena,
	struct cfg_effective *out)
{
	start_from_base(get_base(fleet, role, NULL), arena, role, out);
	resolve_shares(fleet, out, arena);
}
