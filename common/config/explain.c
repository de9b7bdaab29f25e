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

struct cfg_explanation {
	struct arena *arena;
	struct cfg_explained *items;
	size_t count;
	struct cfg_explained_group *group;
};

/* Where the instance is, and what it gets. */
struct subject {
	struct cfg_fleet *fleet;
	struct cfg_host *host;
	struct cfg_instance *instance;
	struct cfg_effective effective;
	struct arena *arena;
};

void cfg_explanation_free(struct cfg_explanation *explanation)
{
	if (explanation == NULL)
		return;
	arena_free(explanation->arena);
	free(explanation);
}

static bool find_instance(struct subject *subject, const char *id)
{
	struct cfg_fleet *fleet = subject->fleet;

	for (size_t h = 0; h < fleet->host_count; h++) {
		for (size_t i = 0; i < fleet->hosts[h].instance_count; i++) {
			subject->host = &fleet->hosts[h];
			subject->instance = &fleet->hosts[h].instances[i];
			if (strcmp(subject->instance->id, id) == 0)
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

/* Adds what a layer says about the directive, under whichever of its names. */
static void add_origin(
	const struct subject *subject, const struct cfg_layer *layer, struct cfg_explained *out)
{
	for (size_t i = 0; i < layer->entry_count; i++) {
		const struct cfg_entry *entry = &layer->entries[i];

		if (cfg_directive_find(entry->name, subject->instance->role->schema) !=
			out->directive)
			continue;
		for (size_t k = 0; k < out->count; k++)
			out->origins[k].is_effective = false;
		out->origins[out->count++] = (struct cfg_origin){
			.layer = layer->kind,
			.file = arena_strdup(subject->arena, entry->place.file),
			.line = entry->place.line,
			.column = entry->place.column,
			.text = written_text(subject->arena, out->directive, entry),
			.is_effective = true,
		};
		return;
	}
}

/* Which secret it is; never its value, which nobody here knows. */
static const char *sealed_value(const struct subject *subject, const struct cfg_resolved *resolved)
{
	const char *name;
	const struct cfg_pins *pins = cfg_secret_resolve(
		subject->fleet, &subject->effective, resolved->entry->secret, &name);

	return arena_printf(subject->arena, "secret:%s (version %lld)", name != NULL ? name : "",
		(long long)(pins != NULL ? pins->current.version : 0));
}

/* The merged value in CONFIG GET form; the server's default where no layer sets one. */
static const char *effective_value(const struct subject *subject, const struct cfg_directive *d)
{
	const struct cfg_item *item = cfg_list_find(&subject->effective.config, d->name);
	const struct cfg_resolved *resolved = item != NULL ? item->what : NULL;

	if (resolved != NULL && resolved->entry->secret != NULL)
		return sealed_value(subject, resolved);
	if (resolved != NULL && (d->flags & CFG_SENSITIVE) != 0)
		return "(secret)";
	return cfg_value_of(subject->fleet, &subject->effective, d, subject->arena);
}

static void explain_one(
	const struct subject *subject, const struct cfg_directive *d, struct cfg_explanation *e)
{
	const struct cfg_instance *instance = subject->instance;
	struct cfg_explained *out = &e->items[e->count++];

	*out = (struct cfg_explained){.directive = d, .value = effective_value(subject, d)};
	for (size_t i = 0; i < instance->role->template_count; i++)
		add_origin(subject, instance->role->templates[i], out);
	add_origin(subject, &instance->role->layer, out);
	add_origin(subject, &subject->host->environment->layer, out);
	add_origin(subject, subject->host->layer, out);
	add_origin(subject, instance->layer, out);
}

static void explain_all(const struct subject *subject, struct cfg_explanation *e)
{
	const struct cfg_list *config = &subject->effective.config;

	e->items = arena_calloc(e->arena, config->count, sizeof(*e->items));
	for (size_t i = 0; i < config->count; i++)
		explain_one(subject,
			((const struct cfg_resolved *)config->items[i].what)->directive, e);
}

static enum vk_rc explain_named(const struct subject *subject, const char *name,
	struct cfg_explanation *e, struct vk_err *err)
{
	const char *version = subject->instance->role->schema;
	const struct cfg_directive *d = cfg_directive_find(name, version);
	const char *near = cfg_directive_nearest(name, version);

	if (d == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "Valkey %s has no directive '%.100s'", version, name);
		if (near != NULL)
			vk_err_hint(err, "did you mean '%s'?", near);
		return VK_ENOTFOUND;
	}
	e->items = arena_calloc(e->arena, 1, sizeof(*e->items));
	explain_one(subject, d, e);
	return VK_OK;
}

static const char *member_text(struct arena *arena, const struct cfg_member *member)
{
	const char *address = member->host->address;
	bool is_plain = strchr(address, ':') == NULL;

	return arena_printf(arena, "%s (%s%s%s:%u)", cfg_member_id(member), is_plain ? "" : "[",
		address, is_plain ? "" : "]", member->port != 0 ? member->port : member->tls_port);
}

static void explain_group(const struct subject *subject, struct cfg_explanation *e)
{
	struct cfg_group *group = subject->instance->group;
	const struct cfg_shard *shard;
	const char **members;

	if (group == NULL || !cfg_group_resolve(subject->fleet, group))
		return; /* what is wrong is a finding */
	shard = &group->shards[subject->instance->shard];
	members = arena_calloc(e->arena, shard->count, sizeof(*members));
	for (size_t i = 0; i < shard->count; i++)
		members[i] = member_text(e->arena, &shard->members[i]);
	e->group = arena_calloc(e->arena, 1, sizeof(*e->group));
	*e->group = (struct cfg_explained_group){
		.name = arena_strdup(e->arena, group->name),
		.kind = vk_bundle_group_kind_name(group->kind),
		.file = arena_strdup(e->arena, group->place.file),
		.shard = subject->instance->shard,
		.shard_count = group->shard_count,
		.count = shard->count,
		.members = members,
	};
}

static enum vk_rc explain(struct cfg_fleet *fleet, const char *id, const char *name,
	struct cfg_explanation *e, struct vk_err *err)
{
	struct subject subject = {.fleet = fleet, .arena = e->arena};
	enum vk_rc rc = cfg_findings_check(fleet->findings, err);

	if (rc != VK_OK)
		return rc;
	if (!find_instance(&subject, id))
		return vk_err_set(err, VK_ENOTFOUND, "the tree has no instance '%.150s'", id);
	cfg_merge(fleet, subject.host, subject.instance, e->arena, &subject.effective);
	explain_group(&subject, e);
	if (name == NULL)
		explain_all(&subject, e);
	else
		rc = explain_named(&subject, name, e, err);
	return rc == VK_OK ? cfg_findings_check(fleet->findings, err) : rc;
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
