/* SPDX-License-Identifier: BSD-3-Clause */
/* One layer: the config, users, files and apply of a template, role, environment, host or instance.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
#include "common/config/foreign.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

static int compare_items(const void *a, const void *b)
{
	const struct cfg_item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void cfg_list_sort(struct cfg_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_items);
}

/* ---- config ---- */

/* The value "secret:NAME". False after a finding. */
static bool read_secret(const struct cfg_reader *r, const struct cfg_place *place,
	struct cfg_entry *entry, const char *name)
{
	if (entry->is_list) {
		cfg_report(r->fleet, place, NULL, NULL, "%.100s: a secret cannot stand in a list",
			entry->name);
		return false;
	}
	entry->secret = cfg_secret_ref_read(r->fleet, place, name);
	return entry->secret != NULL;
}

/* A list's elements, or the one scalar. False after a finding. */
static bool read_items(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_entry *entry)
{
	struct cfg_place place;
	const char *name;

	entry->is_list = vkyaml_kind(node) == VKYAML_LIST;
	entry->count = entry->is_list ? vkyaml_count(node) : 1;
	entry->items = arena_calloc(r->fleet->arena, entry->count + 1, sizeof(*entry->items));
	for (size_t i = 0; i < entry->count; i++) {
		const struct vkyaml_node *item = entry->is_list ? vkyaml_at(node, i) : node;

		entry->items[i] = cfg_expect_text(r->fleet, r->file, item, entry->name);
		if (entry->items[i] == NULL)
			return false;
		place = cfg_node_place(r, item);
		name = cfg_secret_ref_name(entry->items[i]);
		if (name != NULL && !read_secret(r, &place, entry, name))
			return false;
		if (strstr(entry->items[i], "${") != NULL ||
			cfg_is_share_of_memory(entry->name, entry->items[i]))
			entry->has_parameters = true;
	}
	return true;
}

void cfg_layer_read_config(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "config");

	if (map == NULL)
		return;
	layer->entries = arena_calloc(r->fleet->arena, vkyaml_count(map), sizeof(*layer->entries));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		struct cfg_entry *entry = &layer->entries[layer->entry_count];

		*entry = (struct cfg_entry){
			.name = vkyaml_key(map, i),
			.place = cfg_place_of(r->file, vkyaml_key_mark(map, i)),
			.is_null = vkyaml_is_null(vkyaml_at(map, i)),
		};
		if (entry->is_null || read_items(r, vkyaml_at(map, i), entry))
			layer->entry_count++;
	}
}

/* What is said to somebody who names a directive that this version lacks; "" if nothing helps. */
static void say_where_it_is(const char *name, const char *version, char *hint, size_t size)
{
	const char *near = cfg_directive_nearest(name, version);
	const char *with = cfg_version_is_sentinel(version) ? NULL : cfg_version_with(name);
	const struct cfg_foreign *foreign = cfg_foreign_find(name);

	hint[0] = '\0';
	if (with != NULL)
		snprintf(hint, size, "Valkey %s has it", with);
	else if (foreign != NULL)
		cfg_foreign_explain(foreign, hint, size);
	else if (near != NULL)
		snprintf(hint, size, "did you mean '%s'?", near);
}

bool cfg_layer_is_of(const struct cfg_layer *layer, const char *version)
{
	return !cfg_version_is_sentinel(version) ||
	       (strcmp(layer->kind, "environment") != 0 && strcmp(layer->kind, "host") != 0);
}

/* Templates serve all versions: what this one does not have is left out there. */
static bool is_left_out(const struct cfg_layer *layer, const char *name, const char *version)
{
	const struct cfg_directive *d = cfg_directive_find(name, version);

	if (!cfg_layer_is_of(layer, version))
		return d == NULL && cfg_version_with(name) != NULL;
	return strcmp(layer->kind, "template") == 0 &&
	       (d != NULL ? (d->flags & CFG_IGNORED) != 0 : cfg_version_with(name) != NULL);
}

/* Set to a secret, or taken away again. */
static bool is_sealed(const struct cfg_entry *entry, const struct cfg_directive *d)
{
	return (d->flags & CFG_SEALED) != 0 && (entry->secret != NULL || entry->is_null);
}

static const struct cfg_directive *find_directive(struct cfg_fleet *fleet,
	const struct cfg_entry *entry, const char *version, bool is_of_group)
{
	const struct cfg_directive *d = cfg_directive_find(entry->name, version);
	const char *refusal;
	char hint[CFG_FOREIGN_TEXT_BYTES];

	if (d == NULL) {
		say_where_it_is(entry->name, version, hint, sizeof(hint));
		cfg_report(fleet, &entry->place, entry->name, hint,
			"%s %s has no directive '%.100s'",
			cfg_version_is_sentinel(version) ? "the Sentinel of Valkey" : "Valkey",
			cfg_version_number(version), entry->name);
		return NULL;
	}
	if ((d->flags & CFG_PER_GROUP) != 0 && !is_of_group) {
		cfg_report(fleet, &entry->place, entry->name,
			"write it under 'sentinel' of groups/NAME.yaml",
			"%s: a Sentinel has it once for each group", d->name);
		return NULL;
	}
	if ((d->flags & CFG_PER_GROUP) == 0 && is_of_group) {
		cfg_report(fleet, &entry->place, entry->name,
			"write it under 'config' of the Sentinels' role",
			"%s: a Sentinel has it once, not for each group", d->name);
		return NULL;
	}
	if (!cfg_policy_check_secret(fleet, entry, d))
		return NULL;
	refusal = cfg_policy_refusal(d);
	if (refusal != NULL && !is_sealed(entry, d)) {
		cfg_report(
			fleet, &entry->place, NULL, refusal, "%s cannot be set in a tree", d->name);
		return NULL;
	}
	return d;
}

static const char *copy(struct cfg_fleet *fleet, const struct vk_buf *text)
{
	return arena_dup(fleet->arena, text->data, text->len);
}

/* What can be said about an entry before the parameters are known. False after a finding. */
static bool resolve_entry(struct cfg_fleet *fleet, const struct cfg_entry *entry,
	const char *version, bool is_of_group, struct cfg_resolved *out)
{
	struct vk_buf line, value;
	bool is_good;

	*out = (struct cfg_resolved){.entry = entry};
	out->directive = find_directive(fleet, entry, version, is_of_group);
	if (out->directive == NULL)
		return false;
	if (entry->is_null || entry->has_parameters || entry->secret != NULL)
		return true;
	vk_buf_init(&line, 8 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	is_good = cfg_conf_line(fleet, entry, out->directive, entry->items, &line, &value);
	if (is_good) {
		out->line = copy(fleet, &line);
		out->value = copy(fleet, &value);
		out->generation_path = cfg_policy_generation_path(out->directive, out->value);
	}
	vk_buf_release(&line);
	vk_buf_release(&value);
	return is_good;
}

/* The same directive under two of its names. */
static void check_aliases(struct cfg_fleet *fleet, const struct cfg_list *config)
{
	for (size_t i = 1; i < config->count; i++) {
		const struct cfg_resolved *a = config->items[i - 1].what;
		const struct cfg_resolved *b = config->items[i].what;

		if (a->directive != b->directive)
			continue;
		/* Both stand in one array, in the order of the text. */
		cfg_report(fleet, a > b ? &a->entry->place : &b->entry->place, NULL, NULL,
			"'%s' and '%s' are the same directive", a->entry->name, b->entry->name);
	}
}

static struct cfg_resolved_layer *resolve(
	struct cfg_fleet *fleet, struct cfg_layer *layer, const char *version)
{
	struct cfg_resolved_layer *out = arena_calloc(fleet->arena, 1, sizeof(*out));
	struct cfg_resolved *resolved =
		arena_calloc(fleet->arena, layer->entry_count, sizeof(*resolved));
	struct cfg_list *config = &out->config;
	bool is_of_group = strcmp(layer->kind, "group") == 0;

	out->version = version;
	config->items = arena_calloc(fleet->arena, layer->entry_count, sizeof(*config->items));
	for (size_t i = 0; i < layer->entry_count; i++) {
		struct cfg_resolved *r = &resolved[config->count];

		if (!is_left_out(layer, layer->entries[i].name, version) &&
			resolve_entry(fleet, &layer->entries[i], version, is_of_group, r))
			config->items[config->count++] = (struct cfg_item){r->directive->name, r};
	}
	cfg_list_sort(config);
	check_aliases(fleet, config);
	for (size_t i = 0; i < config->count; i++) {
		const struct cfg_resolved *r = config->items[i].what;

		if (r->entry->is_null)
			config->items[i].what = NULL;
	}
	cfg_locks_resolve(fleet, layer, version, &out->locks);
	return out;
}

const struct cfg_resolved_layer *cfg_layer_resolve(
	struct cfg_fleet *fleet, struct cfg_layer *layer, const char *version)
{
	struct cfg_resolved_layer *found = layer->resolved;

	while (found != NULL && strcmp(found->version, version) != 0)
		found = found->next;
	if (found == NULL) {
		found = resolve(fleet, layer, version);
		found->next = layer->resolved;
		layer->resolved = found;
	}
	return found;
}

/* ---- layers ---- */

void cfg_layer_read_parameters(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, struct cfg_layer *layer)
{
	layer->parameters =
		cfg_expect_map(fleet, file, vkyaml_get(map, "parameters"), "parameters");
}

void cfg_layer_read(struct cfg_fleet *fleet, const char *kind, const char *file,
	const struct vkyaml_node *map, struct cfg_layer *layer)
{
	const struct cfg_reader r = {fleet, file};

	layer->kind = kind;
	layer->file = file;
	layer->root = map;
	cfg_layer_read_config(&r, vkyaml_get(map, "config"), layer);
	cfg_layer_read_users(&r, vkyaml_get(map, "users"), &layer->users);
	cfg_layer_read_files(&r, vkyaml_get(map, "files"), &layer->files);
	cfg_layer_read_clients(&r, vkyaml_get(map, "clients"), layer);
	cfg_layer_read_apply(&r, vkyaml_get(map, "apply"), layer);
	cfg_locks_read(&r, vkyaml_get(map, "lock"), layer);
}
