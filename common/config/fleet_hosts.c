/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of hosts/: hosts and their instances. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { KEY_DIGITS = 64 };

static struct cfg_role *read_role_name(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const struct cfg_instance *instance)
{
	struct vk_nearest nearest;
	struct cfg_place place;
	struct cfg_role *role;
	const char *name;
	char hint[128] = "";

	if (node == NULL) {
		cfg_report(fleet, &instance->place, NULL, "role: NAME of a file in roles/",
			"instance '%s': its role is missing", instance->id);
		return NULL;
	}
	name = cfg_expect_text(fleet, file, node, "role");
	if (name == NULL)
		return NULL;
	role = cfg_fleet_find_role(fleet, name);
	if (role != NULL)
		return role;
	nearest = vk_nearest_init(name);
	for (size_t i = 0; i < fleet->role_count; i++)
		vk_nearest_offer(&nearest, fleet->roles[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	place = cfg_place_of(file, vkyaml_mark(node));
	cfg_report(fleet, &place, name, hint, "there is no role '%.100s'", name);
	return NULL;
}

static int compare_instances(const void *a, const void *b)
{
	const struct cfg_instance *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void read_instances(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, struct cfg_host *host)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, "instances");

	if (map == NULL)
		return;
	host->instances = arena_calloc(fleet->arena, vkyaml_count(map), sizeof(*host->instances));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		struct cfg_instance *instance = &host->instances[host->instance_count];
		const struct vkyaml_node *root;

		instance->name = vkyaml_key(map, i);
		instance->place = cfg_place_of(file, vkyaml_key_mark(map, i));
		if (!vk_name_is_valid(instance->name)) {
			cfg_report(fleet, &instance->place, instance->name, CFG_NAME_HINT,
				"'%.100s' cannot be the name of an instance", instance->name);
			continue;
		}
		host->instance_count++;
		instance->id = arena_printf(fleet->arena, "%s/%s", host->name, instance->name);
		root = cfg_expect_map(fleet, file, vkyaml_at(map, i), instance->id);
		cfg_expect_keys(
			fleet, file, root, "role|parameters|config|users|files|apply", "instance");
		instance->role = read_role_name(fleet, file, vkyaml_get(root, "role"), instance);
		instance->layer = arena_calloc(fleet->arena, 1, sizeof(*instance->layer));
		cfg_layer_read_parameters(fleet, file, root, instance->layer);
		cfg_layer_read(fleet, "instance", file, root, instance->layer);
	}
	qsort(host->instances, host->instance_count, sizeof(*host->instances), compare_instances);
}

const char *cfg_read_public_key(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *what, const char *hint)
{
	static const char prefix[] = "ed25519:";
	struct cfg_place place;
	const char *text;

	if (node == NULL || vkyaml_is_null(node))
		return "";
	text = cfg_expect_text(fleet, file, node, what);
	if (text == NULL)
		return "";
	if (strncmp(text, prefix, strlen(prefix)) == 0 &&
		strlen(text + strlen(prefix)) == KEY_DIGITS &&
		strspn(text + strlen(prefix), "0123456789abcdef") == KEY_DIGITS)
		return text + strlen(prefix);
	place = cfg_place_of(file, vkyaml_mark(node));
	cfg_report(fleet, &place, text, hint, "%s: expected \"ed25519:\" and 64 hexadecimal digits",
		what);
	return "";
}

static void read_host(struct cfg_fleet *fleet, const char *file, const char *name,
	const struct vkyaml_node *node, struct cfg_host *host)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, name);
	const struct vkyaml_node *environment = vkyaml_get(map, "environment");
	const char *text = NULL;
	struct cfg_place place = host->place;

	cfg_expect_keys(fleet, file, map,
		"environment|public-key|address|memory|parameters|config|users|files|apply|lock|"
		"instances",
		name);
	if (environment != NULL) {
		text = cfg_expect_text(fleet, file, environment, "environment");
		place = cfg_place_of(file, vkyaml_mark(environment));
	} else {
		cfg_report(
			fleet, &place, name, NULL, "host '%s': its environment is missing", name);
	}
	if (text != NULL) {
		host->environment = cfg_fleet_find_environment(fleet, text);
		if (host->environment == NULL)
			cfg_report_unknown_environment(fleet, &place, text);
	}
	host->public_key = cfg_read_public_key(fleet, file, vkyaml_get(map, "public-key"),
		"public-key", "'vkcfg host add NAME' writes the key of an enrolled host");
	host->address = cfg_address_read(fleet, file, vkyaml_get(map, "address"), name);
	cfg_host_memory_read(fleet, file, vkyaml_get(map, "memory"), host);
	host->layer = arena_calloc(fleet->arena, 1, sizeof(*host->layer));
	cfg_layer_read_parameters(fleet, file, map, host->layer);
	cfg_layer_read(fleet, "host", file, map, host->layer);
	read_instances(fleet, file, vkyaml_get(map, "instances"), host);
}

static void add_host(struct cfg_fleet *fleet, const char *file, const char *name,
	struct vkyaml_mark mark, const struct vkyaml_node *node)
{
	struct cfg_place place = cfg_place_of(file, mark);
	struct cfg_host *host;

	if (!vk_name_is_valid(name)) {
		cfg_report(fleet, &place, name, CFG_NAME_HINT,
			"'%.100s' cannot be the name of a host", name);
		return;
	}
	if (fleet->host_count % 256 == 0)
		fleet->hosts =
			xreallocarray(fleet->hosts, fleet->host_count + 256, sizeof(*fleet->hosts));
	host = &fleet->hosts[fleet->host_count++];
	*host = (struct cfg_host){.name = name, .place = place, .public_key = ""};
	read_host(fleet, file, name, node, host);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct cfg_host *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_host(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_host *)element)->name);
}

struct cfg_host *cfg_fleet_find_host(const struct cfg_fleet *fleet, const char *name)
{
	if (fleet->host_count == 0)
		return NULL;
	return bsearch(name, fleet->hosts, fleet->host_count, sizeof(*fleet->hosts), compare_host);
}

static int compare_keys(const void *a, const void *b)
{
	const struct cfg_host *const *x = a, *const *y = b;
	int order = strcmp((*x)->public_key, (*y)->public_key);

	return order != 0 ? order : strcmp((*x)->name, (*y)->name);
}

/* One key on two hosts: either could speak for the other. */
static void check_keys(struct cfg_fleet *fleet)
{
	const struct cfg_host **hosts = xcalloc(fleet->host_count + 1, sizeof(*hosts));

	for (size_t i = 0; i < fleet->host_count; i++)
		hosts[i] = &fleet->hosts[i];
	qsort(hosts, fleet->host_count, sizeof(*hosts), compare_keys);
	for (size_t i = 1; i < fleet->host_count; i++) {
		if (hosts[i]->public_key[0] != '\0' &&
			strcmp(hosts[i - 1]->public_key, hosts[i]->public_key) == 0)
			cfg_report(fleet, &hosts[i]->place, hosts[i]->public_key,
				"each host makes its own key when it enrols",
				"hosts '%s' and '%s' have the same public key", hosts[i - 1]->name,
				hosts[i]->name);
	}
	free(hosts);
}

static void check_hosts(struct cfg_fleet *fleet)
{
	if (fleet->host_count == 0)
		return;
	qsort(fleet->hosts, fleet->host_count, sizeof(*fleet->hosts), compare_hosts);
	for (size_t i = 1; i < fleet->host_count; i++) {
		const struct cfg_host *a = &fleet->hosts[i - 1], *b = &fleet->hosts[i];

		if (strcmp(a->name, b->name) == 0)
			cfg_report(fleet,
				strcmp(a->place.file, b->place.file) > 0 ? &a->place : &b->place,
				b->name, NULL, "host '%s' is in %s and in %s", b->name,
				a->place.file, b->place.file);
	}
	check_keys(fleet);
}

void cfg_hosts_read(struct cfg_fleet *fleet)
{
	size_t end;

	for (size_t i = cfg_fleet_first_file(fleet->tree, "hosts/", &end); i < end; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(fleet->tree, i);
		const struct vkyaml_node *root = cfg_fleet_open_file(fleet, file, "hosts");
		const struct vkyaml_node *map;

		cfg_expect_keys(fleet, file->path, root, "hosts", "hosts");
		map = cfg_expect_map(fleet, file->path, vkyaml_get(root, "hosts"), "hosts");
		for (size_t h = 0; map != NULL && h < vkyaml_count(map); h++)
			add_host(fleet, file->path, vkyaml_key(map, h), vkyaml_key_mark(map, h),
				vkyaml_at(map, h));
	}
	check_hosts(fleet);
}
