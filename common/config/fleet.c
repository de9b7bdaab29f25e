/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

/* ---- files ---- */

void cfg_fleet_keep(struct cfg_fleet *fleet, struct vkyaml *doc)
{
	if (fleet->doc_count % 64 == 0)
		fleet->docs =
			xreallocarray(fleet->docs, fleet->doc_count + 64, sizeof(struct vkyaml *));
	fleet->docs[fleet->doc_count++] = doc;
}

/* "FILE:LINE:COLUMN: message" as a finding with its place. */
static void report_unreadable(struct cfg_fleet *fleet, const char *file, const struct vk_err *err)
{
	struct cfg_place place = {.file = file};
	const char *msg = err->msg;
	size_t len = strlen(file);
	char *end;

	if (strncmp(msg, file, len) == 0 && msg[len] == ':') {
		msg += len + 1;
		place.line = (unsigned)strtoul(msg, &end, 10);
		if (place.line != 0 && *end == ':') {
			place.column = (unsigned)strtoul(end + 1, &end, 10);
			msg = end + (*end == ':');
		}
		msg += strspn(msg, " ");
	}
	cfg_report(fleet, &place, NULL, err->hint, "%s", msg);
}

const struct vkyaml_node *cfg_fleet_open_file(
	struct cfg_fleet *fleet, const struct cfg_tree_file *file, const char *what)
{
	struct vk_err err = VK_ERR_INIT;
	struct vkyaml *doc;

	if (vkyaml_parse(file->path, file->text, file->len, &doc, &err) != VK_OK) {
		report_unreadable(fleet, file->path, &err);
		return NULL;
	}
	cfg_fleet_keep(fleet, doc);
	return cfg_expect_map(fleet, file->path, vkyaml_root(doc), what);
}

const char *cfg_fleet_name_of_file(struct cfg_fleet *fleet, const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	const char *name = arena_dup(fleet->arena, base, strlen(base) - strlen(".yaml"));
	const struct cfg_place place = {.file = path};

	if (vk_name_is_valid(name))
		return name;
	cfg_report(fleet, &place, name, CFG_NAME_HINT, "'%s' cannot be a name", name);
	return NULL;
}

size_t cfg_fleet_first_file(const struct cfg_tree *tree, const char *prefix, size_t *end)
{
	size_t first = 0, len = strlen(prefix);

	while (first < cfg_tree_file_count(tree) &&
		strncmp(cfg_tree_file_at(tree, first)->path, prefix, len) != 0)
		first++;
	for (*end = first; *end < cfg_tree_file_count(tree); (*end)++) {
		if (strncmp(cfg_tree_file_at(tree, *end)->path, prefix, len) != 0)
			break;
	}
	return first;
}

/* ---- fleet.yaml ---- */

static void read_environment_names(struct cfg_fleet *fleet, const struct vkyaml_node *list)
{
	fleet->environments =
		arena_calloc(fleet->arena, vkyaml_count(list), sizeof(*fleet->environments));
	for (size_t i = 0; i < vkyaml_count(list); i++) {
		const char *name =
			cfg_expect_text(fleet, "fleet.yaml", vkyaml_at(list, i), "environments");
		struct cfg_place place =
			cfg_place_of("fleet.yaml", vkyaml_mark(vkyaml_at(list, i)));

		if (name == NULL)
			continue;
		if (!vk_environment_is_valid(name))
			cfg_report(fleet, &place, name, CFG_NAME_HINT ", not a role name of TUF",
				"'%.100s' cannot be the name of an environment", name);
		else if (cfg_fleet_has_environment(fleet, name))
			cfg_report(
				fleet, &place, name, NULL, "environment '%s' is there twice", name);
		else
			fleet->environments[fleet->environment_count++] = (struct cfg_environment){
				.name = name, .layer = {.kind = "environment"}};
	}
}

static void read_fleet_file(struct cfg_fleet *fleet, const struct vkyaml_node *root)
{
	const struct vkyaml_node *name = vkyaml_get(root, "fleet");
	const struct vkyaml_node *version = vkyaml_get(root, "valkey");
	const struct vkyaml_node *list = vkyaml_get(root, "environments");
	struct cfg_place place = {"fleet.yaml", 1, 1};

	cfg_expect_keys(fleet, "fleet.yaml", root, CFG_KEYS_FLEET, "fleet");
	if (name != NULL) {
		fleet->name = cfg_expect_text(fleet, "fleet.yaml", name, "fleet");
		place = cfg_place_of("fleet.yaml", vkyaml_mark(name));
	}
	if (name == NULL || (fleet->name != NULL && !vk_name_is_valid(fleet->name)))
		cfg_report(fleet, &place, fleet->name, CFG_NAME_HINT, "the fleet needs a name");
	if (version != NULL)
		fleet->version = cfg_expect_text(fleet, "fleet.yaml", version, "valkey");
	if (version == NULL || (fleet->version != NULL && !cfg_version_is_known(fleet->version))) {
		place = cfg_place_of("fleet.yaml",
			version != NULL ? vkyaml_mark(version) : (struct vkyaml_mark){1, 1});
		cfg_report(fleet, &place, fleet->version, "valkey: \"8.0\"",
			"a version of Valkey that vkcfg knows is needed");
	}
	if (fleet->version == NULL || !cfg_version_is_known(fleet->version))
		fleet->version = cfg_version_default();
	if (list != NULL && vkyaml_kind(list) == VKYAML_LIST && vkyaml_count(list) > 0) {
		read_environment_names(fleet, list);
		return;
	}
	place = cfg_place_of(
		"fleet.yaml", list != NULL ? vkyaml_mark(list) : (struct vkyaml_mark){1, 1});
	cfg_report(fleet, &place, NULL, "environments: [dev, prod]",
		"a list of environments, in promotion order, is needed");
}

/* ---- environments/ ---- */

struct cfg_environment *cfg_fleet_find_environment(const struct cfg_fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->environment_count; i++) {
		if (strcmp(fleet->environments[i].name, name) == 0)
			return &fleet->environments[i];
	}
	return NULL;
}

void cfg_report_unknown_environment(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "list it under 'environments' in fleet.yaml";

	for (size_t i = 0; i < fleet->environment_count; i++)
		vk_nearest_offer(&nearest, fleet->environments[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(fleet, place, name, hint, "there is no environment '%.100s'", name);
}

static void read_promotes_from(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, struct cfg_environment *environment)
{
	const struct cfg_environment *from;
	struct cfg_place place;
	const char *name;

	if (node == NULL || vkyaml_is_null(node))
		return;
	name = cfg_expect_text(fleet, file, node, "promotes-from");
	if (name == NULL)
		return;
	place = cfg_place_of(file, vkyaml_mark(node));
	from = cfg_fleet_find_environment(fleet, name);
	if (from == NULL)
		cfg_report_unknown_environment(fleet, &place, name);
	else if (from >= environment)
		cfg_report(fleet, &place, name, "the order of 'environments' in fleet.yaml counts",
			"'%s' does not come before '%s'", name, environment->name);
	else
		environment->promotes_from = from->name;
}

static void read_environments(struct cfg_fleet *fleet)
{
	size_t end;

	for (size_t i = cfg_fleet_first_file(fleet->tree, "environments/", &end); i < end; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(fleet->tree, i);
		const struct vkyaml_node *root = cfg_fleet_open_file(fleet, file, "environment");
		const char *name = cfg_fleet_name_of_file(fleet, file->path);
		const struct cfg_place place = {.file = file->path};
		struct cfg_environment *environment;

		if (name == NULL)
			continue;
		environment = cfg_fleet_find_environment(fleet, name);
		if (environment == NULL) {
			cfg_report_unknown_environment(fleet, &place, name);
			continue;
		}
		cfg_expect_keys(fleet, file->path, root, CFG_KEYS_ENVIRONMENT, "environment");
		cfg_keepers_read(fleet, file->path, vkyaml_get(root, "keepers"), environment);
		cfg_policy_read(fleet, file->path, root, &environment->policy);
		read_promotes_from(
			fleet, file->path, vkyaml_get(root, "promotes-from"), environment);
		cfg_layer_read_parameters(fleet, file->path, root, &environment->layer);
		cfg_layer_read(fleet, "environment", file->path, root, &environment->layer);
	}
}

/* ---- roles/ ---- */

static int compare_role(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_role *)element)->name);
}

static int compare_roles(const void *a, const void *b)
{
	return compare_role(((const struct cfg_role *)a)->name, b);
}

static void read_roles(struct cfg_fleet *fleet)
{
	size_t end, first = cfg_fleet_first_file(fleet->tree, "roles/", &end);

	fleet->roles = arena_calloc(fleet->arena, end - first, sizeof(*fleet->roles));
	for (size_t i = first; i < end; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(fleet->tree, i);
		const struct vkyaml_node *root = cfg_fleet_open_file(fleet, file, "role");
		const char *name = cfg_fleet_name_of_file(fleet, file->path);

		if (name != NULL)
			cfg_role_read(
				fleet, name, file->path, root, &fleet->roles[fleet->role_count++]);
	}
	/* By name, not by path: '-' comes before the '.' of ".yaml". */
	qsort(fleet->roles, fleet->role_count, sizeof(*fleet->roles), compare_roles);
}

struct cfg_role *cfg_fleet_find_role(const struct cfg_fleet *fleet, const char *name)
{
	return bsearch(name, fleet->roles, fleet->role_count, sizeof(*fleet->roles), compare_role);
}

/* ---- parameters that nobody declares ---- */

static bool is_declared(const struct cfg_role *role, const char *name)
{
	return role != NULL &&
	       cfg_parameter_find(role->parameters, role->parameter_count, name) != NULL;
}

/* By a role of the host; of any host where it is NULL. */
static bool is_declared_for(
	const struct cfg_fleet *fleet, const struct cfg_host *host, const char *name)
{
	for (size_t i = 0; host != NULL && i < host->instance_count; i++) {
		if (is_declared(host->instances[i].role, name))
			return true;
	}
	for (size_t i = 0; host == NULL && i < fleet->role_count; i++) {
		if (is_declared(&fleet->roles[i], name))
			return true;
	}
	return false;
}

static void report_undeclared(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *whose, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "declare it under 'parameters' of the role";

	for (size_t i = 0; i < fleet->role_count; i++) {
		for (size_t k = 0; k < fleet->roles[i].parameter_count; k++)
			vk_nearest_offer(&nearest, fleet->roles[i].parameters[k].name);
	}
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(fleet, place, name, hint, "%s declares a parameter '%.100s'", whose, name);
}

static void check_layer_parameters(struct cfg_fleet *fleet, const struct cfg_layer *layer,
	const struct cfg_host *host, const char *whose)
{
	const struct vkyaml_node *map = layer->parameters;
	const char *name;

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		struct cfg_place place = cfg_place_of(layer->file, vkyaml_key_mark(map, i));

		if (!is_declared_for(fleet, host, vkyaml_key(map, i)))
			report_undeclared(fleet, &place, whose, vkyaml_key(map, i));
	}
	for (size_t i = 0; i < layer->lock_count; i++) {
		if (cfg_section_of(layer->locks[i].word, &name) == CFG_SECTION_PARAMETERS &&
			!is_declared_for(fleet, host, name))
			report_undeclared(fleet, &layer->locks[i].place, whose, name);
	}
}

static void check_parameters(struct cfg_fleet *fleet)
{
	for (size_t i = 0; i < fleet->environment_count; i++)
		check_layer_parameters(fleet, &fleet->environments[i].layer, NULL, "no role");
	for (size_t i = 0; i < fleet->role_count; i++)
		check_layer_parameters(fleet, &fleet->roles[i].layer, NULL, "no role");
	for (size_t i = 0; i < fleet->host_count; i++)
		check_layer_parameters(
			fleet, fleet->hosts[i].layer, &fleet->hosts[i], "no role of this host");
}

struct cfg_fleet *cfg_fleet_read(const struct cfg_tree *tree, struct cfg_findings *findings)
{
	const struct cfg_tree_file *file = cfg_tree_file_find(tree, "fleet.yaml");
	const struct cfg_place place = {.file = "fleet.yaml"};
	struct cfg_fleet *fleet = xcalloc(1, sizeof(*fleet));

	fleet->arena = arena_new();
	fleet->tree = tree;
	fleet->findings = findings;
	fleet->version = cfg_version_default();
	if (file == NULL)
		cfg_report(fleet, &place, NULL, "it names the fleet and its environments",
			"this file is missing");
	else
		read_fleet_file(fleet, cfg_fleet_open_file(fleet, file, "fleet"));
	cfg_acl_roles_read(fleet);
	read_environments(fleet);
	cfg_secrets_read_files(fleet);
	read_roles(fleet);
	cfg_hosts_read(fleet);
	cfg_groups_read(fleet);
	cfg_keepers_check(fleet);
	check_parameters(fleet);
	return fleet;
}

void cfg_fleet_free(struct cfg_fleet *fleet)
{
	if (fleet == NULL)
		return;
	for (size_t i = 0; i < fleet->doc_count; i++)
		vkyaml_free(fleet->docs[i]);
	free(fleet->docs);
	for (size_t i = 0; i < fleet->environment_count; i++)
		free(fleet->environments[i].secrets);
	free(fleet->hosts);
	free(fleet->bases);
	arena_free(fleet->arena);
	free(fleet);
}
