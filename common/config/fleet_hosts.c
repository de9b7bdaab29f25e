/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of hosts/: hosts and their instances. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/config/host_range.h"
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
		cfg_expect_keys(fleet, file, root, CFG_KEYS_INSTANCE, "instance");
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

static void read_environment(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, struct cfg_host *host)
{
	struct cfg_place place = host->place;
	const char *text;

	if (node == NULL) {
		cfg_report(fleet, &place, host->name, NULL, "host '%s': its environment is missing",
			host->name);
		return;
	}
	text = cfg_expect_text(fleet, file, node, "environment");
	if (text == NULL)
		return;
	place = cfg_place_of(file, vkyaml_mark(node));
	host->environment = cfg_fleet_find_environment(fleet, text);
	if (host->environment == NULL)
		cfg_report_unknown_environment(fleet, &place, text);
}

/* What one host may have, and many cannot have in common. */
static void read_own(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	bool is_range, struct cfg_host *host)
{
	const struct vkyaml_node *key = vkyaml_get(map, "public-key");
	const struct vkyaml_node *address = vkyaml_get(map, "address");
	struct cfg_place place;

	if (key != NULL && !vkyaml_is_null(key))
		host->key_place = cfg_place_of(file, vkyaml_mark(key));
	if (!is_range)
		host->public_key = cfg_read_public_key(fleet, file, key, "public-key",
			"'vkcfg host add NAME' writes the key of an enrolled host");
	else if (host->key_place.file != NULL)
		cfg_report(fleet, &host->key_place, NULL,
			"beside 'hosts', for each: public-keys: {NAME: \"ed25519:...\"}",
			"public-key: these hosts cannot have the same key");
	if (address == NULL || vkyaml_is_null(address))
		return;
	place = host->address_place = cfg_place_of(file, vkyaml_mark(address));
	if (is_range && vkyaml_kind(address) == VKYAML_SCALAR &&
		strstr(vkyaml_text(address), "${host.name}") == NULL)
		cfg_report(fleet, &place, vkyaml_text(address),
			"${host.name}.example.com, or for each, beside 'hosts': addresses: {NAME: "
			"192.0.2.1}",
			"address: these hosts cannot have the same address");
}

/* host has its name, its place, and nothing else. */
static void read_host(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	bool is_range, struct cfg_host *host)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, host->name);

	cfg_expect_keys(fleet, file, map, CFG_KEYS_HOST, host->name);
	read_environment(fleet, file, vkyaml_get(map, "environment"), host);
	read_own(fleet, file, map, is_range, host);
	cfg_host_memory_read(fleet, file, vkyaml_get(map, "memory"), host);
	host->layer = arena_calloc(fleet->arena, 1, sizeof(*host->layer));
	cfg_layer_read_parameters(fleet, file, map, host->layer);
	cfg_layer_read(fleet, "host", file, map, host->layer);
	read_instances(fleet, file, vkyaml_get(map, "instances"), host);
}

/* Whether hosts like this one can be added. */
static bool check_limits(struct cfg_fleet *fleet, const struct cfg_host *host, size_t hosts)
{
	size_t instances = hosts * host->instance_count; /* far from overflow: both are bounded */

	if (hosts > CFG_FLEET_MAX_HOSTS - fleet->host_count)
		cfg_report(fleet, &host->place, host->name, NULL, "a fleet of more than %d hosts",
			CFG_FLEET_MAX_HOSTS);
	else if (instances > CFG_FLEET_MAX_INSTANCES - fleet->instance_count)
		cfg_report(fleet, &host->place, host->name, NULL,
			"a fleet of more than %d instances", CFG_FLEET_MAX_INSTANCES);
	else
		return true;
	return false;
}

static void add_host(struct cfg_fleet *fleet, const struct cfg_host *host)
{
	if (fleet->host_count % 256 == 0)
		fleet->hosts =
			xreallocarray(fleet->hosts, fleet->host_count + 256, sizeof(*fleet->hosts));
	fleet->hosts[fleet->host_count++] = *host;
	fleet->instance_count += host->instance_count;
}

/* A host of a range: what is read once serves all of them; only what has its name in it differs. */
static struct cfg_host copy_host(struct cfg_fleet *fleet, const struct cfg_host *range,
	const char *file, const struct vkyaml_node *address, const char *name)
{
	struct cfg_host host = *range;

	host.name = name;
	host.address = cfg_address_read(fleet, file, address, name);
	if (host.instance_count == 0)
		return host;
	host.instances = arena_calloc(fleet->arena, host.instance_count, sizeof(*host.instances));
	for (size_t i = 0; i < host.instance_count; i++) {
		host.instances[i] = range->instances[i];
		host.instances[i].id =
			arena_printf(fleet->arena, "%s/%s", name, range->instances[i].name);
	}
	return host;
}

static bool check_name(struct cfg_fleet *fleet, const struct cfg_place *place, const char *name)
{
	if (vk_name_is_valid(name))
		return true;
	cfg_report(
		fleet, place, name, CFG_NAME_HINT, "'%.100s' cannot be the name of a host", name);
	return false;
}

static void read_range(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_host *host)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_range *range;
	size_t count;

	if (cfg_range_parse(host->name, fleet->arena, &range, &err) != VK_OK) {
		cfg_report(fleet, &host->place, host->name, err.hint, "%s", err.msg);
		return;
	}
	count = cfg_range_count(range);
	read_host(fleet, file, node, count > 1, host);
	if (!check_limits(fleet, host, count))
		return;
	for (size_t i = 0; i < count; i++) {
		const char *name = cfg_range_name(range, i, fleet->arena);
		struct cfg_host copy;

		if (!check_name(fleet, &host->place, name))
			return; /* so are the others, most of the time */
		copy = copy_host(fleet, host, file, vkyaml_get(node, "address"), name);
		add_host(fleet, &copy);
	}
}

static void read_entry(struct cfg_fleet *fleet, const char *file, const char *name,
	struct vkyaml_mark mark, const struct vkyaml_node *node)
{
	struct cfg_host host = {.name = name, .place = cfg_place_of(file, mark), .public_key = ""};

	if (cfg_range_is_one(name)) {
		read_range(fleet, file, node, &host);
		return;
	}
	if (!check_name(fleet, &host.place, name))
		return;
	read_host(fleet, file, node, false, &host);
	host.address = cfg_address_read(fleet, file, vkyaml_get(node, "address"), name);
	if (check_limits(fleet, &host, 1))
		add_host(fleet, &host);
}

static const struct vkyaml_node *read_file(
	struct cfg_fleet *fleet, const struct cfg_tree_file *file)
{
	const struct vkyaml_node *root = cfg_fleet_open_file(fleet, file, "hosts");
	const struct vkyaml_node *map;

	cfg_expect_keys(fleet, file->path, root, CFG_KEYS_HOSTS, "hosts");
	map = cfg_expect_map(fleet, file->path, vkyaml_get(root, "hosts"), "hosts");
	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++)
		read_entry(fleet, file->path, vkyaml_key(map, i), vkyaml_key_mark(map, i),
			vkyaml_at(map, i));
	return root;
}

void cfg_hosts_read(struct cfg_fleet *fleet)
{
	size_t end, first = cfg_fleet_first_file(fleet->tree, "hosts/", &end);
	const struct vkyaml_node **roots = xcalloc(end - first + 1, sizeof(*roots));

	for (size_t i = first; i < end; i++)
		roots[i - first] = read_file(fleet, cfg_tree_file_at(fleet->tree, i));
	cfg_host_list_sort(fleet);
	for (size_t i = first; i < end; i++)
		cfg_host_list_read(fleet, cfg_tree_file_at(fleet->tree, i)->path, roots[i - first]);
	cfg_host_list_check_keys(fleet);
	free(roots);
}
