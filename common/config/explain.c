/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
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

/* The layers of the instance, weakest first. */
static size_t layers_of(
	const struct subject *subject, struct cfg_layer *layers[CFG_EXPLAINED_LAYERS])
{
	struct cfg_instance *instance = subject->instance;
	size_t count = 0;

	for (size_t i = 0; i < instance->role->template_count; i++)
		layers[count++] = instance->role->templates[i];
	layers[count++] = &instance->role->layer;
	layers[count++] = &subject->host->environment->layer;
	layers[count++] = subject->host->layer;
	layers[count++] = instance->layer;
	return count;
}

static enum vk_rc find_instance(struct subject *subject, const char *id, struct vk_err *err)
{
	struct vk_nearest nearest = vk_nearest_init(id);
	struct cfg_fleet *fleet = subject->fleet;

	for (size_t h = 0; h < fleet->host_count; h++) {
		for (size_t i = 0; i < fleet->hosts[h].instance_count; i++) {
			subject->host = &fleet->hosts[h];
			subject->instance = &fleet->hosts[h].instances[i];
			if (strcmp(subject->instance->id, id) == 0)
				return VK_OK;
			vk_nearest_offer(&nearest, subject->instance->id);
		}
	}
	vk_err_set(err, VK_ENOTFOUND, "the tree has no instance '%.150s'", id);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean '%s'?", nearest.word);
	return VK_ENOTFOUND;
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

/* Which layer locks the word, under the name by which locks know it. */
static void add_lock(const struct subject *subject, const char *word, struct cfg_explained *out)
{
	const struct cfg_item *item = cfg_list_find(&subject->effective.locks, word);
	const struct cfg_lock *lock = item != NULL ? item->what : NULL;

	if (lock != NULL)
		out->lock = (struct cfg_explained_lock){lock->kind,
			arena_strdup(subject->arena, lock->place.file), lock->place.line};
}

static void explain_one(
	const struct subject *subject, const struct cfg_directive *d, struct cfg_explanation *e)
{
	struct cfg_layer *layers[CFG_EXPLAINED_LAYERS];
	size_t count = layers_of(subject, layers);
	struct cfg_explained *out = &e->items[e->count++];

	*out = (struct cfg_explained){
		.word = d->name, .directive = d, .value = effective_value(subject, d)};
	for (size_t i = 0; i < count; i++)
		add_origin(subject, layers[i], out);
	add_lock(subject, d->name, out);
}

/* ---- users, files, apply, parameters ---- */

static const char *user_value(const struct subject *subject, const struct cfg_user *user)
{
	struct vk_buf rules, line, hidden;
	const char *out = "";

	vk_buf_init(&rules, CFG_ACL_RULES_MAX_BYTES);
	vk_buf_init(&line, 4 * CFG_ACL_RULES_MAX_BYTES);
	vk_buf_init(&hidden, 4 * CFG_ACL_RULES_MAX_BYTES);
	if (cfg_substitute(subject->fleet, &subject->effective, &user->place, " ()", user->rules,
		    &rules) &&
		cfg_user_line(subject->fleet, &subject->effective, user, rules.data, &line)) {
		line.data[strcspn(line.data, "\n")] = '\0';
		cfg_acl_format_hidden(
			line.data + strlen("user ") + strlen(user->name) + 1, &hidden);
		out = arena_dup(subject->arena, hidden.data, hidden.len);
	}
	vk_buf_release(&hidden);
	vk_buf_release(&line);
	vk_buf_release(&rules);
	return out;
}

static const char *file_value(const struct subject *subject, const struct cfg_file *file)
{
	if (file->secret != NULL)
		return arena_printf(subject->arena, "a secret, mode %04o", file->mode);
	if (file->client != NULL)
		return arena_printf(subject->arena, "made for a client, mode %04o", file->mode);
	return arena_printf(
		subject->arena, "%zu bytes as written, mode %04o", strlen(file->text), file->mode);
}

/* The value of a word that is no directive; NULL: the instance has no such thing. */
static const char *word_value(const struct subject *subject, const char *word)
{
	const struct cfg_effective *effective = &subject->effective;
	const struct cfg_role *role = effective->role;
	const struct cfg_parameter *p;
	const struct cfg_item *item;
	const char *name;

	switch (cfg_section_of(word, &name)) {
	case CFG_SECTION_USERS:
		item = cfg_list_find(&effective->users, name);
		return item != NULL ? user_value(subject, item->what) : NULL;
	case CFG_SECTION_FILES:
		item = cfg_list_find(&effective->files, name);
		return item != NULL ? file_value(subject, item->what) : NULL;
	case CFG_SECTION_APPLY:
		return cfg_apply_text(effective->apply, name, subject->arena);
	case CFG_SECTION_PARAMETERS:
		p = cfg_parameter_find(role->parameters, role->parameter_count, name);
		return p != NULL ? effective->values[p - role->parameters] : NULL;
	case CFG_SECTION_CONFIG:
	case CFG_SECTIONS:
		break;
	}
	return NULL;
}

/* What a layer says about the word, as far as it is a short text. */
static const char *said(
	const struct subject *subject, const struct cfg_layer *layer, const char *word)
{
	const char *name, *dot = strchr(word, '.');
	const struct vkyaml_node *node, *rules;
	enum cfg_section section = cfg_section_of(word, &name);

	if (section == CFG_SECTION_FILES)
		return cfg_list_find(&layer->files, name)->what != NULL ? "(a file)" : "null";
	node = vkyaml_get(
		vkyaml_get(layer->root, arena_dup(subject->arena, word, (size_t)(dot - word))),
		name);
	rules = section == CFG_SECTION_USERS ? vkyaml_get(node, "rules") : NULL;
	if (rules != NULL)
		node = rules;
	if (vkyaml_kind(node) != VKYAML_SCALAR)
		return section == CFG_SECTION_PARAMETERS ? "(declared)" : "(a list)";
	return vkyaml_is_null(node) ? "null" : arena_strdup(subject->arena, vkyaml_text(node));
}

static void explain_word(const struct subject *subject, const char *word, struct cfg_explanation *e)
{
	const char *schema = subject->instance->role->schema;
	struct cfg_layer *layers[CFG_EXPLAINED_LAYERS];
	size_t count = layers_of(subject, layers);
	struct cfg_explained *out = &e->items[e->count];
	const char *value = word_value(subject, word);

	if (value == NULL)
		return;
	e->count++;
	*out = (struct cfg_explained){.word = arena_strdup(subject->arena, word),
		.value = arena_strdup(subject->arena, value)};
	for (size_t i = 0; i < count; i++) {
		const struct cfg_list *config =
			&cfg_layer_resolve(subject->fleet, layers[i], schema)->config;
		struct cfg_place place;

		if (!cfg_layer_mentions(layers[i], config, schema, word, &place))
			continue;
		for (size_t k = 0; k < out->count; k++)
			out->origins[k].is_effective = false;
		out->origins[out->count++] = (struct cfg_origin){.layer = layers[i]->kind,
			.file = arena_strdup(subject->arena, place.file),
			.line = place.line,
			.column = place.column,
			.text = said(subject, layers[i], word),
			.is_effective = true};
	}
	add_lock(subject, word, out);
}

static void explain_list(const struct subject *subject, const char *section,
	const struct cfg_list *list, struct cfg_explanation *e)
{
	for (size_t i = 0; i < list->count; i++)
		explain_word(subject,
			arena_printf(subject->arena, "%s.%s", section, list->items[i].name), e);
}

static void explain_all(const struct subject *subject, struct cfg_explanation *e)
{
	const struct cfg_effective *effective = &subject->effective;
	const struct cfg_role *role = effective->role;

	e->items = arena_calloc(e->arena,
		effective->config.count + effective->users.count + effective->files.count +
			CFG_APPLY_KEYS + role->parameter_count,
		sizeof(*e->items));
	for (size_t i = 0; i < effective->config.count; i++)
		explain_one(subject,
			((const struct cfg_resolved *)effective->config.items[i].what)->directive,
			e);
	explain_list(subject, "users", &effective->users, e);
	explain_list(subject, "files", &effective->files, e);
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		if (effective->apply[key].is_set)
			explain_word(subject,
				arena_printf(subject->arena, "apply.%s",
					cfg_apply_name((enum cfg_apply_key)key)),
				e);
	}
	for (size_t i = 0; i < role->parameter_count; i++)
		explain_word(subject,
			arena_printf(subject->arena, "parameters.%s", role->parameters[i].name), e);
}

static enum vk_rc explain_named(const struct subject *subject, const char *word,
	struct cfg_explanation *e, struct vk_err *err)
{
	const char *version = subject->instance->role->schema, *name;
	const struct cfg_directive *d = cfg_directive_find(word, version);
	const char *near = cfg_directive_nearest(word, version);

	e->items = arena_calloc(e->arena, 1, sizeof(*e->items));
	if (d != NULL) {
		explain_one(subject, d, e);
		return VK_OK;
	}
	if (cfg_section_of(word, &name) != CFG_SECTION_CONFIG) {
		explain_word(subject, word, e);
		return e->count > 0 ? VK_OK
				    : vk_err_set(err, VK_ENOTFOUND, "%s has no '%.200s'",
					      subject->instance->id, word);
	}
	vk_err_set(err, VK_ENOTFOUND, "Valkey %s has no directive '%.100s'", version, word);
	if (near != NULL)
		vk_err_hint(err, "did you mean '%s'?", near);
	return VK_ENOTFOUND;
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
	rc = find_instance(&subject, id, err);
	if (rc != VK_OK)
		return rc;
	cfg_merge(fleet, subject.host, subject.instance, e->arena, &subject.effective);
	explain_group(&subject, e);
	if (name == NULL)
		explain_all(&subject, e);
	else
		rc = explain_named(&subject, name, e, err);
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
