/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/explain_internal.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

struct cfg_explanation {
	struct arena *arena;
	struct cfg_explained *items;
	size_t count;
	struct cfg_explained_group *group;
	const char *environment;
};

/* As in files; the words of locks are made of them, too. */
static const char *const section_names[CFG_SECTIONS] = {
	[CFG_SECTION_CONFIG] = "config",
	[CFG_SECTION_USERS] = "users",
	[CFG_SECTION_FILES] = "files",
	[CFG_SECTION_APPLY] = "apply",
	[CFG_SECTION_PARAMETERS] = "parameters",
};

void cfg_explanation_free(struct cfg_explanation *explanation)
{
	if (explanation == NULL)
		return;
	arena_free(explanation->arena);
	free(explanation);
}

static bool find_instance(struct cfg_explaining *x, const char *id)
{
	struct cfg_fleet *fleet = x->fleet;

	for (size_t h = 0; h < fleet->host_count; h++) {
		for (size_t i = 0; i < fleet->hosts[h].instance_count; i++) {
			x->host = &fleet->hosts[h];
			x->instance = &fleet->hosts[h].instances[i];
			if (strcmp(x->instance->id, id) == 0)
				return true;
		}
	}
	return false;
}

static const char *written_text(
	struct arena *arena, const struct cfg_directive *d, const struct cfg_entry *entry)
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
	out = arena_dup(arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

struct cfg_origin *cfg_explain_add(const struct cfg_explaining *x, const struct cfg_layer *layer,
	struct cfg_place place, const char *text, struct cfg_explained *out)
{
	struct cfg_origin *origin = &out->origins[out->count++];

	for (size_t k = 0; k + 1 < out->count; k++)
		out->origins[k].is_effective = false;
	*origin = (struct cfg_origin){
		.layer = layer->kind,
		.file = arena_strdup(x->arena, place.file),
		.line = place.line,
		.column = place.column,
		.text = text,
		.is_effective = true,
	};
	return origin;
}

const char *cfg_explain_reason(const struct cfg_explaining *x, const struct cfg_layer *layer,
	enum cfg_section section, const char *name)
{
	const struct vkyaml_node *reasons = vkyaml_get(layer->root, "reasons");
	const struct vkyaml_node *node =
		vkyaml_get(vkyaml_get(reasons, section_names[section]), name);

	if (node == NULL || vkyaml_is_null(node) || vkyaml_kind(node) != VKYAML_SCALAR)
		return NULL;
	return arena_strdup(x->arena, vkyaml_text(node));
}

void cfg_explain_lock(const struct cfg_explaining *x, struct cfg_explained *out)
{
	const struct cfg_item *item = cfg_list_find(&x->effective.locks, out->word);
	const struct cfg_lock *lock = item != NULL ? item->what : NULL;
	struct cfg_origin *origin;

	if (lock == NULL)
		return;
	origin = arena_calloc(x->arena, 1, sizeof(*origin));
	*origin = (struct cfg_origin){
		.layer = lock->kind,
		.file = arena_strdup(x->arena, lock->place.file),
		.line = lock->place.line,
		.column = lock->place.column,
		.text = arena_strdup(x->arena, lock->word),
	};
	out->lock = origin;
}

const char *cfg_explain_secret(const struct cfg_explaining *x, const struct cfg_secret_ref *ref)
{
	const char *name;
	const struct cfg_pins *pins = cfg_secret_resolve(x->fleet, &x->effective, ref, &name);

	return arena_printf(x->arena, "secret:%s (version %lld)", name != NULL ? name : "",
		(long long)(pins != NULL ? pins->current.version : 0));
}

const char *cfg_explain_share(const struct cfg_explaining *x, const char *text)
{
	return arena_printf(x->arena, "%s of the %llu bytes of host %s (%s:%u)", text,
		(unsigned long long)x->host->memory, x->host->name, x->host->place.file,
		x->host->place.line);
}

/* ---- what a value is made of ---- */

static bool is_used_already(const struct cfg_explained *items, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(items[i].word, word) == 0)
			return true;
	}
	return false;
}

/* One name; a built-in variable is set by no layer. */
static void add_used(const struct cfg_explaining *x, const char *name, struct cfg_explained *items,
	size_t *count)
{
	struct cfg_explained *out = &items[*count];
	bool is_builtin = cfg_builtin_is_reserved(name);
	const char *word = arena_printf(x->arena, "%s%s", is_builtin ? "" : "parameters.", name);
	const struct cfg_place *place = &x->instance->place;

	if (is_used_already(items, *count, word))
		return;
	*out = (struct cfg_explained){.section = "variables", .word = word};
	if (is_builtin) {
		const char *value = cfg_builtin_value(x->fleet, &x->effective, place, name);

		out->value = value != NULL ? arena_strdup(x->arena, value) : NULL;
		(*count)++;
	} else if (cfg_explain_word(x, CFG_SECTION_PARAMETERS, name, out)) {
		(*count)++;
	}
}

void cfg_explain_used(const struct cfg_explaining *x, const char *const *texts, size_t count,
	struct cfg_explained *out)
{
	struct cfg_explained *items = NULL;
	size_t room = 0, used = 0;
	char name[VK_NAME_BYTES];

	for (size_t i = 0; i < count; i++) {
		for (const char *at = texts[i]; (at = cfg_parameter_next(at, name)) != NULL;)
			room++;
	}
	if (room == 0)
		return;
	items = arena_calloc(x->arena, room, sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		for (const char *at = texts[i]; (at = cfg_parameter_next(at, name)) != NULL;)
			add_used(x, name, items, &used);
	}
	out->used = items;
	out->used_count = used;
}

/* ---- directives ---- */

/* Adds what a layer says about the directive, under whichever of its names. */
static const struct cfg_entry *add_entry(
	const struct cfg_explaining *x, const struct cfg_layer *layer, struct cfg_explained *out)
{
	for (size_t i = 0; i < layer->entry_count; i++) {
		const struct cfg_entry *entry = &layer->entries[i];

		if (cfg_directive_find(entry->name, x->instance->role->schema) != out->directive)
			continue;
		cfg_explain_add(
			x, layer, entry->place, written_text(x->arena, out->directive, entry), out)
			->reason = cfg_explain_reason(x, layer, CFG_SECTION_CONFIG, entry->name);
		return entry;
	}
	return NULL;
}

/* The merged value in CONFIG GET form; the server's default where no layer sets one. */
static const char *effective_value(const struct cfg_explaining *x, const struct cfg_directive *d)
{
	const struct cfg_item *item = cfg_list_find(&x->effective.config, d->name);
	const struct cfg_resolved *resolved = item != NULL ? item->what : NULL;
	const char *value;

	if (resolved != NULL && resolved->entry->secret != NULL)
		return cfg_explain_secret(x, resolved->entry->secret);
	if (resolved != NULL && (d->flags & CFG_SENSITIVE) != 0)
		return "(secret)";
	value = cfg_value_of(x->fleet, &x->effective, d, x->arena);
	return value != NULL ? arena_strdup(x->arena, value) : NULL; /* may be the fleet's */
}

static void explain_entry(
	const struct cfg_explaining *x, const struct cfg_entry *entry, struct cfg_explained *out)
{
	if (entry->is_null || ((out->directive->flags & CFG_SENSITIVE) != 0 && !entry->secret))
		return;
	cfg_explain_used(x, entry->items, entry->count, out);
	if (entry->count == 1 && cfg_is_share_of_memory(out->directive->name, entry->items[0]))
		out->share = cfg_explain_share(x, entry->items[0]);
}

static void explain_directive(
	const struct cfg_explaining *x, const struct cfg_directive *d, struct cfg_explained *out)
{
	const struct cfg_entry *last = NULL;

	*out = (struct cfg_explained){
		.section = section_names[CFG_SECTION_CONFIG],
		.word = d->name,
		.directive = d,
		.value = effective_value(x, d),
		.fallback = d->fallback,
		.help = d->help,
	};
	for (size_t i = 0; i < x->layer_count; i++) {
		const struct cfg_entry *entry = add_entry(x, x->layers[i], out);

		last = entry != NULL ? entry : last;
	}
	if (last != NULL)
		explain_entry(x, last, out);
	out->is_fallback = d->fallback != NULL && out->value != NULL &&
			   cfg_value_is_same(d, d->fallback, out->value);
	cfg_explain_lock(x, out);
}

/* ---- words ---- */

static void explain_all(const struct cfg_explaining *x, struct cfg_explanation *e)
{
	const struct cfg_list *config = &x->effective.config;
	struct cfg_list names[CFG_SECTIONS];
	size_t count = config->count;

	for (int section = CFG_SECTION_USERS; section < CFG_SECTIONS; section++) {
		names[section] = cfg_explain_names(x, (enum cfg_section)section);
		count += names[section].count;
	}
	e->items = arena_calloc(e->arena, count, sizeof(*e->items));
	for (size_t i = 0; i < config->count; i++)
		explain_directive(x,
			((const struct cfg_resolved *)config->items[i].what)->directive,
			&e->items[e->count++]);
	for (int section = CFG_SECTION_USERS; section < CFG_SECTIONS; section++) {
		for (size_t i = 0; i < names[section].count; i++)
			e->count += cfg_explain_word(x, (enum cfg_section)section,
				names[section].items[i].name, &e->items[e->count]);
	}
}

static enum vk_rc find_directive(const struct cfg_explaining *x, const char *name,
	const struct cfg_directive **out, struct vk_err *err)
{
	const char *version = x->instance->role->schema;
	const char *near = cfg_directive_nearest(name, version);

	*out = cfg_directive_find(name, version);
	if (*out != NULL)
		return VK_OK;
	vk_err_set(err, VK_ENOTFOUND, "Valkey %s has no directive '%.100s'", version, name);
	if (near != NULL)
		vk_err_hint(err, "did you mean '%s'?", near);
	else
		vk_err_hint(err, "a directive, users.NAME, files.PATH, apply.KEY, parameters.NAME "
				 "or group");
	return VK_ENOTFOUND;
}

static enum vk_rc say_unknown(const struct cfg_explaining *x, enum cfg_section section,
	const char *name, struct vk_err *err)
{
	struct cfg_list names = cfg_explain_names(x, section);
	struct vk_nearest nearest = vk_nearest_init(name);

	for (size_t i = 0; i < names.count; i++)
		vk_nearest_offer(&nearest, names.items[i].name);
	vk_err_set(err, VK_ENOTFOUND, "%s has nothing under %s that is called '%.150s'",
		x->instance->id, section_names[section], name);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean '%s.%s'?", section_names[section], nearest.word);
	return VK_ENOTFOUND;
}

/* The group as one more thing that can be asked for. */
static void explain_membership(const struct cfg_explaining *x, struct cfg_explained *out)
{
	const struct cfg_group *group = x->instance->group;

	*out = (struct cfg_explained){.section = "group", .word = "group"};
	if (group != NULL)
		out->value = arena_strdup(x->arena, group->name);
}

static enum vk_rc explain_named(const struct cfg_explaining *x, const char *word,
	struct cfg_explanation *e, struct vk_err *err)
{
	const char *name;
	enum cfg_section section = cfg_section_of(word, &name);
	const struct cfg_directive *d = NULL;
	enum vk_rc rc = VK_OK;

	e->items = arena_calloc(e->arena, 1, sizeof(*e->items));
	e->count = 1;
	if (strcmp(word, "group") == 0)
		explain_membership(x, &e->items[0]);
	else if (section == CFG_SECTION_CONFIG)
		rc = find_directive(x, name, &d, err);
	else if (!cfg_explain_word(x, section, name, &e->items[0]))
		rc = say_unknown(x, section, name, err);
	if (d != NULL)
		explain_directive(x, d, &e->items[0]);
	return rc;
}

/* ---- groups ---- */

static const char *member_text(struct arena *arena, const struct cfg_member *member)
{
	const char *address = member->host->address;
	bool is_plain = strchr(address, ':') == NULL;

	return arena_printf(arena, "%s (%s%s%s:%u)", cfg_member_id(member), is_plain ? "" : "[",
		address, is_plain ? "" : "]", member->port != 0 ? member->port : member->tls_port);
}

static void explain_group(const struct cfg_explaining *x, struct cfg_explanation *e)
{
	struct cfg_group *group = x->instance->group;
	const struct cfg_shard *shard;
	const char **members;

	if (group == NULL || !cfg_group_resolve(x->fleet, group))
		return; /* what is wrong is a finding */
	shard = &group->shards[x->instance->shard];
	members = arena_calloc(e->arena, shard->count, sizeof(*members));
	for (size_t i = 0; i < shard->count; i++)
		members[i] = member_text(e->arena, &shard->members[i]);
	e->group = arena_calloc(e->arena, 1, sizeof(*e->group));
	*e->group = (struct cfg_explained_group){
		.name = arena_strdup(e->arena, group->name),
		.kind = vk_bundle_group_kind_name(group->kind),
		.file = arena_strdup(e->arena, group->place.file),
		.shard = x->instance->shard,
		.shard_count = group->shard_count,
		.count = shard->count,
		.members = members,
	};
}

static void list_layers(struct cfg_explaining *x)
{
	const struct cfg_role *role = x->instance->role;

	for (size_t i = 0; i < role->template_count; i++)
		x->layers[x->layer_count++] = role->templates[i];
	x->layers[x->layer_count++] = &role->layer;
	x->layers[x->layer_count++] = &x->host->environment->layer;
	x->layers[x->layer_count++] = x->host->layer;
	x->layers[x->layer_count++] = x->instance->layer;
}

static enum vk_rc say_no_instance(const struct cfg_fleet *fleet, const char *id, struct vk_err *err)
{
	struct vk_nearest nearest = vk_nearest_init(id);

	for (size_t h = 0; h < fleet->host_count; h++) {
		for (size_t i = 0; i < fleet->hosts[h].instance_count; i++)
			vk_nearest_offer(&nearest, fleet->hosts[h].instances[i].id);
	}
	vk_err_set(err, VK_ENOTFOUND, "the tree has no instance '%.150s'", id);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean '%s'?", nearest.word);
	return VK_ENOTFOUND;
}

static enum vk_rc explain(struct cfg_fleet *fleet, const char *id, const char *word,
	struct cfg_explanation *e, struct vk_err *err)
{
	struct cfg_explaining x = {.fleet = fleet, .arena = e->arena};
	enum vk_rc rc = cfg_findings_check(fleet->findings, err);

	if (rc != VK_OK)
		return rc;
	if (!find_instance(&x, id))
		return say_no_instance(fleet, id, err);
	e->environment = arena_strdup(e->arena, x.host->environment->name);
	cfg_merge(fleet, x.host, x.instance, e->arena, &x.effective);
	rc = cfg_findings_check(fleet->findings, err); /* parameters without a value */
	if (rc != VK_OK)
		return rc;
	list_layers(&x);
	explain_group(&x, e);
	if (word == NULL)
		explain_all(&x, e);
	else
		rc = explain_named(&x, word, e, err);
	return rc == VK_OK ? cfg_findings_check(fleet->findings, err) : rc;
}

enum vk_rc cfg_explain(const struct cfg_tree *tree, const char *id, const char *word,
	struct cfg_explanation **out, struct vk_err *err)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct cfg_fleet *fleet = cfg_fleet_read(tree, findings);
	struct cfg_explanation *e = xcalloc(1, sizeof(*e));
	enum vk_rc rc;

	e->arena = arena_new();
	rc = explain(fleet, id, word, e, err);
	if (rc == VK_OK)
		*out = e;
	else
		cfg_explanation_free(e);
	cfg_fleet_free(fleet);
	cfg_findings_free(findings);
	return rc;
}

const char *cfg_explanation_environment(const struct cfg_explanation *explanation)
{
	return explanation->environment;
}

const struct cfg_explained_group *cfg_explanation_group(const struct cfg_explanation *explanation)
{
	return explanation->group;
}

size_t cfg_explanation_count(const struct cfg_explanation *explanation)
{
	return explanation->count;
}

const struct cfg_explained *cfg_explanation_at(const struct cfg_explanation *explanation, size_t i)
{
	return &explanation->items[i];
}
