/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a layer locks: later layers may not say anything about it, not even
 * that it is taken away. The words of `lock:` are those of explain: a directive,
 * users.NAME, files.PATH, apply.KEY or parameters.NAME.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
#include "common/config/value_words.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { LOCKS_MAX = 256, HINT_BYTES = 128 };

static const char *const sections[CFG_SECTIONS] = {
	[CFG_SECTION_CONFIG] = "config",
	[CFG_SECTION_USERS] = "users",
	[CFG_SECTION_FILES] = "files",
	[CFG_SECTION_APPLY] = "apply",
	[CFG_SECTION_PARAMETERS] = "parameters",
};

enum cfg_section cfg_section_of(const char *word, const char **name)
{
	for (int i = CFG_SECTION_USERS; i < CFG_SECTIONS; i++) {
		size_t len = strlen(sections[i]);

		if (strncmp(word, sections[i], len) != 0 || word[len] != '.')
			continue;
		*name = word + len + 1;
		return (enum cfg_section)i;
	}
	*name = word;
	return CFG_SECTION_CONFIG;
}

/* ---- reading ---- */

static bool check_apply_key(const struct cfg_reader *r, const struct cfg_place *place,
	const char *word, const char *key)
{
	char near[64], hint[HINT_BYTES];

	if (cfg_value_is_choice(CFG_KEYS_APPLY, key))
		return true;
	if (vk_nearest_choice(key, CFG_KEYS_APPLY, near, sizeof(near)))
		snprintf(hint, sizeof(hint), "did you mean 'apply.%s'?", near);
	else
		snprintf(hint, sizeof(hint), "allowed: %s", CFG_KEYS_APPLY);
	cfg_report(r->fleet, place, word, hint, "lock: apply has no key '%.100s'", key);
	return false;
}

/* Whether the word can name something; directives are looked up for each version. */
static bool check_word(const struct cfg_reader *r, const struct cfg_place *place, const char *word)
{
	const char *name;
	enum cfg_section section = cfg_section_of(word, &name);

	if (section == CFG_SECTION_APPLY)
		return check_apply_key(r, place, word, name);
	if (section == CFG_SECTION_CONFIG ||
		(section == CFG_SECTION_FILES	       ? vk_bundle_path_is_valid(name)
			: section == CFG_SECTION_USERS ? cfg_acl_name_is_valid(name)
						       : vk_name_is_valid(name)))
		return true;
	cfg_report(r->fleet, place, word,
		"a directive, users.NAME, files.PATH, apply.KEY or parameters.NAME",
		"lock: '%.200s' names nothing", word);
	return false;
}

void cfg_locks_read(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer)
{
	struct cfg_place place;

	if (node == NULL || vkyaml_is_null(node))
		return;
	place = cfg_node_place(r, node);
	if (vkyaml_kind(node) != VKYAML_LIST) {
		cfg_report(r->fleet, &place, NULL, "lock: [maxmemory-policy, users.default]",
			"lock: expected a list, found %s", vkyaml_kind_name(node));
		return;
	}
	if (vkyaml_count(node) > LOCKS_MAX) {
		cfg_report(r->fleet, &place, NULL, NULL, "lock: more than %d words", LOCKS_MAX);
		return;
	}
	layer->locks = arena_calloc(r->fleet->arena, vkyaml_count(node), sizeof(*layer->locks));
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		const char *word = cfg_expect_text(r->fleet, r->file, vkyaml_at(node, i), "lock");

		place = cfg_node_place(r, vkyaml_at(node, i));
		if (word != NULL && check_word(r, &place, word))
			layer->locks[layer->lock_count++] = (struct cfg_lock){
				.word = word, .kind = layer->kind, .place = place};
	}
}

/* ---- for one version ---- */

/* The canonical name; NULL where this version has no such directive, after a finding if none has.
 */
static const char *resolve_directive(
	struct cfg_fleet *fleet, const struct cfg_lock *lock, const char *version)
{
	const struct cfg_directive *d = cfg_directive_find(lock->word, version);
	const char *near;
	char hint[HINT_BYTES] = "";

	if (d != NULL)
		return d->name;
	if (cfg_version_with(lock->word) != NULL)
		return NULL; /* nobody can set it there */
	near = cfg_directive_nearest(lock->word, version);
	if (near != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	cfg_report(fleet, &lock->place, lock->word, hint, "lock: there is no directive '%.100s'",
		lock->word);
	return NULL;
}

void cfg_locks_resolve(struct cfg_fleet *fleet, const struct cfg_layer *layer, const char *version,
	struct cfg_list *out)
{
	const char *name;

	*out = (struct cfg_list){0, NULL};
	if (layer->lock_count == 0)
		return;
	out->items = arena_calloc(fleet->arena, layer->lock_count, sizeof(*out->items));
	for (size_t i = 0; i < layer->lock_count; i++) {
		const struct cfg_lock *lock = &layer->locks[i];
		const char *word = lock->word;

		if (cfg_section_of(word, &name) == CFG_SECTION_CONFIG)
			word = resolve_directive(fleet, lock, version);
		if (word != NULL)
			out->items[out->count++] = (struct cfg_item){word, lock};
	}
	cfg_list_sort(out);
}

/* ---- layers that pass a lock ---- */

/* Where the layer's `files:` names a path, or `clients:` the client that it belongs to. */
static struct cfg_place file_place(const struct cfg_layer *layer, const char *path)
{
	const struct vkyaml_node *list = vkyaml_get(layer->root, sections[CFG_SECTION_FILES]);

	for (size_t i = 0; list != NULL && i < vkyaml_count(list); i++) {
		const struct vkyaml_node *node = vkyaml_get(vkyaml_at(list, i), "path");

		if (node != NULL && vkyaml_kind(node) == VKYAML_SCALAR &&
			strcmp(vkyaml_text(node), path) == 0)
			return cfg_place_of(layer->file, vkyaml_mark(node));
	}
	return cfg_client_place(layer, path);
}

static struct cfg_place key_place(
	const struct cfg_layer *layer, enum cfg_section section, const char *name)
{
	const struct vkyaml_node *map = vkyaml_get(layer->root, sections[section]);

	for (size_t i = 0; i < vkyaml_count(map); i++) {
		if (strcmp(vkyaml_key(map, i), name) == 0)
			return cfg_place_of(layer->file, vkyaml_key_mark(map, i));
	}
	return (struct cfg_place){layer->file, 0, 0};
}

static struct cfg_place directive_place(
	const struct cfg_layer *layer, const char *name, const char *version)
{
	for (size_t i = 0; i < layer->entry_count; i++) {
		const struct cfg_directive *d = cfg_directive_find(layer->entries[i].name, version);

		if (d != NULL && strcmp(d->name, name) == 0)
			return layer->entries[i].place;
	}
	return (struct cfg_place){layer->file, 0, 0};
}

bool cfg_layer_mentions(const struct cfg_layer *layer, const struct cfg_list *config,
	const char *version, const char *word, struct cfg_place *place)
{
	const char *name;
	enum cfg_section section = cfg_section_of(word, &name);
	bool is_there;

	if (section == CFG_SECTION_CONFIG)
		is_there = cfg_list_find(config, name) != NULL;
	else if (section == CFG_SECTION_FILES)
		is_there = cfg_list_find(&layer->files, name) != NULL;
	else
		is_there = vkyaml_get(vkyaml_get(layer->root, sections[section]), name) != NULL;
	if (!is_there)
		return false;
	*place = section == CFG_SECTION_CONFIG	? directive_place(layer, name, version)
		 : section == CFG_SECTION_FILES ? file_place(layer, name)
						: key_place(layer, section, name);
	return true;
}

void cfg_locks_check(struct cfg_fleet *fleet, const struct cfg_list *locks,
	const struct cfg_layer *layer, const struct cfg_list *config, const char *version)
{
	for (size_t i = 0; i < locks->count; i++) {
		const struct cfg_lock *lock = locks->items[i].what;
		struct cfg_place place;
		char hint[HINT_BYTES];

		if (!cfg_layer_mentions(layer, config, version, locks->items[i].name, &place))
			continue;
		snprintf(hint, sizeof(hint), "leave it out here, or take it out of the %s's 'lock'",
			lock->kind);
		cfg_report(fleet, &place, NULL, hint, "%s: the %s locks it (%s:%u:%u)",
			locks->items[i].name, lock->kind, lock->place.file, lock->place.line,
			lock->place.column);
	}
}
