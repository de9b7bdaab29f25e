/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Client files: what an application or valkey-cli must be told to reach an instance, written
 * from the same tree that says what the instance is. `clients:` of a layer becomes files of the
 * bundle, clients/NAME.FORMAT, which are merged, locked and explained like any other file. A
 * password is a file of its own, sealed.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { MODE_CLIENT = 0640, CLIENT_FILES = 4, HINT_BYTES = 128 };

/* How a client is told. */
enum client_format { FORMAT_ENV, FORMAT_JSON, FORMAT_CLI, FORMATS };

static const char *const format_names[FORMATS] = {
	[FORMAT_ENV] = "env",
	[FORMAT_JSON] = "json",
	[FORMAT_CLI] = "valkey-cli",
};

#define CLIENTS "clients/"
#define FORMAT_NAMES "env|json|valkey-cli"

struct cfg_client {
	const char *name;
	const char *user;
	struct cfg_place user_place;
	const char *password_path; /* of the bundle, or NULL */
	enum client_format format;
};

/* ---- reading ---- */

static void add_file(struct cfg_layer *layer, const char *path, const struct cfg_file *file)
{
	layer->files.items[layer->files.count++] = (struct cfg_item){path, file};
}

static const char *path_of(const struct cfg_reader *r, const char *name, const char *extension)
{
	return arena_printf(r->fleet->arena, CLIENTS "%s.%s", name, extension);
}

/* A bit for each; 0 after a finding. */
static unsigned read_formats(const struct cfg_reader *r, const struct vkyaml_node *node)
{
	unsigned formats = 0;

	if (node == NULL)
		return 1u << FORMAT_ENV;
	if (vkyaml_kind(node) != VKYAML_LIST || vkyaml_count(node) == 0) {
		struct cfg_place place = cfg_node_place(r, node);

		cfg_report(r->fleet, &place, NULL, "formats: [env, json]",
			"clients: formats: expected a list of " FORMAT_NAMES);
		return 0;
	}
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		const char *text =
			cfg_expect_text(r->fleet, r->file, vkyaml_at(node, i), "formats");
		struct cfg_place place = cfg_node_place(r, vkyaml_at(node, i));
		int format = 0;

		if (text == NULL)
			return 0;
		while (format < FORMATS && strcmp(format_names[format], text) != 0)
			format++;
		if (format == FORMATS) {
			cfg_report(r->fleet, &place, text, "one of " FORMAT_NAMES,
				"clients: there is no format '%.100s'", text);
			return 0;
		}
		formats |= 1u << format;
	}
	return formats;
}

/* `password: secret:NAME` -> a file that is the secret; false after a finding. */
static bool read_password(const struct cfg_reader *r, const struct vkyaml_node *node,
	const char *path, struct cfg_file **out)
{
	struct cfg_place place;
	const char *name = NULL;

	if (node == NULL)
		return true;
	place = cfg_node_place(r, node);
	if (vkyaml_kind(node) == VKYAML_SCALAR)
		name = cfg_secret_ref_name(vkyaml_text(node));
	if (name == NULL) {
		cfg_report(r->fleet, &place, NULL, "password: \"secret:NAME\"",
			"clients: a password that is not sealed");
		return false;
	}
	*out = arena_calloc(r->fleet->arena, 1, sizeof(**out));
	**out = (struct cfg_file){.path = path,
		.place = place,
		.mode = MODE_CLIENT,
		.secret = cfg_secret_ref_read(r->fleet, &place, name)};
	return (*out)->secret != NULL;
}

static const char *read_user(
	const struct cfg_reader *r, const char *name, const struct vkyaml_node *map)
{
	const struct vkyaml_node *node = vkyaml_get(map, "user");
	const char *user = node != NULL ? cfg_expect_text(r->fleet, r->file, node, "user") : name;
	struct cfg_place place = cfg_node_place(r, node != NULL ? node : map);

	if (user == NULL)
		return NULL;
	if (vk_name_is_valid(user) && strcmp(user, CFG_AGENT_USER) != 0)
		return user;
	cfg_report(r->fleet, &place, user, "a user of the instance's role",
		"clients: '%.100s' is no user for a client", user);
	return NULL;
}

/* A client takes the place of the whole client of that name in earlier layers, so that all the
 * files that it may have are named: what it does not have, it takes away. */
static void add_files(const struct cfg_reader *r, struct cfg_layer *layer,
	const struct cfg_client *client, unsigned formats, const struct cfg_file *password)
{
	add_file(layer, path_of(r, client->name, "password"), password);
	for (int format = 0; format < FORMATS; format++) {
		const char *path = path_of(r, client->name, format_names[format]);
		struct cfg_client *own;
		struct cfg_file *file;

		if ((formats & 1u << format) == 0) {
			add_file(layer, path, NULL);
			continue;
		}
		own = arena_calloc(r->fleet->arena, 1, sizeof(*own));
		*own = *client;
		own->format = (enum client_format)format;
		file = arena_calloc(r->fleet->arena, 1, sizeof(*file));
		*file = (struct cfg_file){.path = path,
			.place = client->user_place,
			.mode = MODE_CLIENT,
			.client = own};
		add_file(layer, path, file);
	}
}

static void read_client(const struct cfg_reader *r, struct cfg_layer *layer, const char *name,
	const struct vkyaml_node *node)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, name);
	struct cfg_client client = {.name = name, .user_place = cfg_node_place(r, node)};
	const char *path = path_of(r, name, "password");
	struct cfg_file *password = NULL;
	unsigned formats = 0;
	bool is_good;

	if (vkyaml_is_null(node)) {
		add_files(r, layer, &client, 0, NULL);
		return;
	}
	if (map == NULL)
		return;
	cfg_expect_keys(r->fleet, r->file, map, CFG_KEYS_CLIENT, name);
	if (vkyaml_get(map, "user") != NULL)
		client.user_place = cfg_node_place(r, vkyaml_get(map, "user"));
	client.user = read_user(r, name, map);
	formats = read_formats(r, vkyaml_get(map, "formats"));
	is_good = read_password(r, vkyaml_get(map, "password"), path, &password);
	if (password != NULL)
		client.password_path = path;
	if (is_good && client.user != NULL && formats != 0)
		add_files(r, layer, &client, formats, password);
}

void cfg_layer_read_clients(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_layer *layer)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "clients");
	struct cfg_item *items;

	if (map == NULL || vkyaml_count(map) == 0)
		return;
	items = arena_calloc(r->fleet->arena, layer->files.count + vkyaml_count(map) * CLIENT_FILES,
		sizeof(*items));
	if (layer->files.count > 0)
		memcpy(items, layer->files.items, layer->files.count * sizeof(*items));
	layer->files.items = items;
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);
		struct cfg_place place = cfg_place_of(r->file, vkyaml_key_mark(map, i));

		if (vk_name_is_valid(name))
			read_client(r, layer, name, vkyaml_at(map, i));
		else
			cfg_report(r->fleet, &place, name,
				"lower-case letters, digits, '.', '_' and '-', at most 63",
				"'%.100s' cannot be the name of a client", name);
	}
	cfg_layer_files_sort(r, node, &layer->files); /* `files:` may have named one, too */
}

struct cfg_place cfg_client_place(const struct cfg_layer *layer, const char *path)
{
	const struct vkyaml_node *map = vkyaml_get(layer->root, "clients");
	const char *dot = strrchr(path, '.');
	size_t len = dot != NULL ? (size_t)(dot - path) : 0;

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);

		if (len == strlen(CLIENTS) + strlen(name) &&
			strncmp(path + strlen(CLIENTS), name, strlen(name)) == 0)
			return cfg_place_of(layer->file, vkyaml_key_mark(map, i));
	}
	return (struct cfg_place){layer->file, 0, 0};
}

/* ---- what a client is told ---- */

struct node {
	const char *address;
	unsigned port;
};

struct contact {
	const struct cfg_client *client;
	struct node self;
	bool is_tls;
	const char *ca; /* a path of the host, or "" */
	const struct vk_bundle_group *group;
};

static const char *value_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const char *name, struct arena *arena)
{
	const struct cfg_directive *d = cfg_directive_find(name, effective->role->schema);
	const char *value = d != NULL ? cfg_value_of(fleet, effective, d, arena) : NULL;

	return value != NULL ? value : "";
}

/* The user is one of the instance's, and may log in. */
static bool check_user(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_client *client)
{
	struct vk_nearest nearest = vk_nearest_init(client->user);
	char hint[HINT_BYTES] = "name a user under 'users' of a layer";

	if (cfg_list_find(&effective->users, client->user) != NULL)
		return true;
	for (size_t i = 0; i < effective->users.count; i++)
		vk_nearest_offer(&nearest, effective->users.items[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(fleet, &client->user_place, client->user, hint,
		"client '%s': instance '%s' has no user '%s'", client->name,
		effective->instance->id, client->user);
	return false;
}

static bool find_contact(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_client *client, struct arena *arena, struct contact *out)
{
	unsigned port = (unsigned)strtoul(value_of(fleet, effective, "port", arena), NULL, 10);
	unsigned tls_port =
		(unsigned)strtoul(value_of(fleet, effective, "tls-port", arena), NULL, 10);
	const struct cfg_host *host = effective->host;

	*out = (struct contact){.client = client,
		.self = {host->address != NULL ? host->address : "127.0.0.1",
			tls_port != 0 ? tls_port : port},
		.is_tls = tls_port != 0,
		.ca = value_of(fleet, effective, "tls-ca-cert-file", arena)};
	if (out->self.port == 0) {
		cfg_report(fleet, &client->user_place, NULL, "set port or tls-port",
			"client '%s': instance '%s' opens no port", client->name,
			effective->instance->id);
		return false;
	}
	if (effective->instance->group == NULL)
		return true;
	if (!cfg_group_resolve(fleet, effective->instance->group))
		return false;
	out->group = cfg_group_for_bundle(effective->instance, arena);
	return true;
}

static struct node node_of(const struct contact *contact, const struct vk_bundle_member *member)
{
	bool is_tls = contact->is_tls && member->tls_port != 0;

	return (struct node){member->address, is_tls ? member->tls_port : member->port};
}

/* HOST:PORT; an IPv6 address in brackets, as in a URL (RFC 3986, 3.2.2). */
static void add_node(const struct node *node, struct vk_buf *out)
{
	if (strchr(node->address, ':') != NULL)
		vk_buf_addf(out, "[%s]:%u", node->address, node->port);
	else
		vk_buf_addf(out, "%s:%u", node->address, node->port);
}

static void add_members(const struct contact *contact, const char *key,
	const struct vk_bundle_member *members, size_t count, const struct vk_bundle_member *more,
	size_t more_count, struct vk_buf *out)
{
	if (count + more_count == 0)
		return;
	vk_buf_addf(out, "%s=", key);
	for (size_t i = 0; i < count + more_count; i++) {
		const struct node node =
			node_of(contact, i < count ? &members[i] : &more[i - count]);

		if (i > 0)
			vk_buf_addc(out, ',');
		add_node(&node, out);
	}
	vk_buf_addc(out, '\n');
}

static void format_env(const struct contact *contact, struct vk_buf *out)
{
	const struct cfg_client *client = contact->client;
	const struct vk_bundle_group *group = contact->group;

	vk_buf_addf(out, "VALKEY_HOST=%s\nVALKEY_PORT=%u\nVALKEY_TLS=%s\nVALKEY_USERNAME=%s\n",
		contact->self.address, contact->self.port, contact->is_tls ? "yes" : "no",
		client->user);
	vk_buf_addf(
		out, "VALKEY_URL=%s://%s@", contact->is_tls ? "valkeys" : "valkey", client->user);
	add_node(&contact->self, out);
	vk_buf_addc(out, '\n');
	if (contact->is_tls && contact->ca[0] != '\0')
		vk_buf_addf(out, "VALKEY_CA_FILE=%s\n", contact->ca);
	if (client->password_path != NULL)
		vk_buf_addf(out, "VALKEY_PASSWORD_FILE=@{generation}/%s\n", client->password_path);
	if (group == NULL)
		return;
	vk_buf_addf(out, "VALKEY_GROUP=%s\nVALKEY_GROUP_KIND=%s\n", group->name,
		group->kind == VK_GROUP_CLUSTER ? "cluster" : "replicated");
	add_members(contact, "VALKEY_NODES", group->members, group->member_count, group->seeds,
		group->seed_count, out);
	add_members(
		contact, "VALKEY_SENTINELS", group->sentinels, group->sentinel_count, NULL, 0, out);
}

static struct vkjson *nodes_json(const struct contact *contact,
	const struct vk_bundle_member *members, size_t count, struct vkjson *list)
{
	for (size_t i = 0; i < count; i++) {
		const struct node node = node_of(contact, &members[i]);
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "host", vkjson_string(node.address));
		vkjson_set(object, "port", vkjson_int(node.port));
		vkjson_append(list, object);
	}
	return list;
}

static struct vkjson *group_json(const struct contact *contact)
{
	const struct vk_bundle_group *group = contact->group;
	struct vkjson *object = vkjson_object();
	struct vkjson *nodes =
		nodes_json(contact, group->members, group->member_count, vkjson_array());

	vkjson_set(object, "name", vkjson_string(group->name));
	vkjson_set(object, "kind",
		vkjson_string(group->kind == VK_GROUP_CLUSTER ? "cluster" : "replicated"));
	vkjson_set(object, "nodes", nodes_json(contact, group->seeds, group->seed_count, nodes));
	vkjson_set(object, "sentinels",
		nodes_json(contact, group->sentinels, group->sentinel_count, vkjson_array()));
	return object;
}

static void format_json(const struct contact *contact, struct vk_buf *out)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "host", vkjson_string(contact->self.address));
	vkjson_set(object, "port", vkjson_int(contact->self.port));
	vkjson_set(object, "tls", vkjson_bool(contact->is_tls));
	vkjson_set(object, "username", vkjson_string(contact->client->user));
	if (contact->is_tls && contact->ca[0] != '\0')
		vkjson_set(object, "ca_file", vkjson_string(contact->ca));
	if (contact->client->password_path != NULL) {
		char path[VK_BUNDLE_PATH_MAX_BYTES + 32];

		snprintf(path, sizeof(path), "@{generation}/%s", contact->client->password_path);
		vkjson_set(object, "password_file", vkjson_string(path));
	}
	if (contact->group != NULL)
		vkjson_set(object, "group", group_json(contact));
	vkjson_format(object, true, out);
	vkjson_free(object);
}

/* Options for: valkey-cli $(cat FILE). A password is asked for with --askpass. */
static void format_cli(const struct contact *contact, struct vk_buf *out)
{
	vk_buf_addf(out, "-h %s -p %u --user %s", contact->self.address, contact->self.port,
		contact->client->user);
	if (contact->is_tls)
		vk_buf_adds(out, " --tls");
	if (contact->is_tls && contact->ca[0] != '\0')
		vk_buf_addf(out, " --cacert %s", contact->ca);
	if (contact->group != NULL && contact->group->kind == VK_GROUP_CLUSTER)
		vk_buf_adds(out, " -c");
	vk_buf_addc(out, '\n');
}

bool cfg_client_file_text(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_client *client, struct arena *arena, struct vk_buf *out)
{
	struct contact contact;

	if (!check_user(fleet, effective, client) ||
		!find_contact(fleet, effective, client, arena, &contact))
		return false;
	switch (client->format) {
	case FORMAT_ENV:
		format_env(&contact, out);
		break;
	case FORMAT_JSON:
		format_json(&contact, out);
		break;
	case FORMAT_CLI:
		format_cli(&contact, out);
		break;
	case FORMATS:
		break;
	}
	return true;
}
