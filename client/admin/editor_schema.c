/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/editor_schema.h"

#include <stdio.h>
#include <string.h>

#include "common/config/baseline.h"
#include "common/config/keys.h"
#include "common/config/template.h"
#include "common/config/value_words.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { REF_BYTES = 128, KEY_BYTES = 64 };

#define DEFINITIONS "#/definitions/"
#define KEY_PATTERN "/^ed25519:[0-9a-f]{64}$"
#define DIGEST_PATTERN "/^[0-9a-f]{64}$"

/* The maps, with the keys that the reader takes. */
static const struct {
	const char *name;
	const char *keys;
} maps[] = {
	{"acl", CFG_KEYS_ACL},
	{"acl-role", CFG_KEYS_ACL_ROLE},
	{"apply", CFG_KEYS_APPLY},
	{"client", CFG_KEYS_CLIENT},
	{"cluster", CFG_KEYS_CLUSTER},
	{"environment", CFG_KEYS_ENVIRONMENT},
	{"file", CFG_KEYS_FILE},
	{"fleet", CFG_KEYS_FLEET},
	{"health", CFG_KEYS_HEALTH},
	{"host", CFG_KEYS_HOST},
	{"hosts", CFG_KEYS_HOSTS},
	{"instance", CFG_KEYS_INSTANCE},
	{"parameter", CFG_KEYS_PARAMETER},
	{"pin", CFG_KEYS_PIN},
	{"policy", CFG_KEYS_POLICY},
	{"replicated", CFG_KEYS_REPLICATED},
	{"role", CFG_KEYS_ROLE},
	{"secret", CFG_KEYS_SECRET},
	{"user", CFG_KEYS_USER},
	{"waiver", CFG_KEYS_WAIVER},
};

/*
 * What a key of a map (NULL: of any map that has it) takes:
 *   @NAME     a definition                  []TYPE   a list of it
 *   =a|b      one of these words            {}TYPE   a map to it
 *   /REGEX    a text that matches           A;B      one or the other
 *   text, integer, null
 * [] and {} reach to the end.
 */
static const struct {
	const char *map;
	const char *key;
	const char *type;
	const char *help;
} properties[] = {
	{NULL, "config", "@config", "Directives of Valkey, by name; null takes one away"},
	{NULL, "users", "{}@user",
		"ACL users; a later layer replaces the whole user, null takes it away"},
	{NULL, "files", "[]@file", "Other files in the instance's directory"},
	{NULL, "clients", "{}@client", "Files that tell applications how the instance is reached"},
	{NULL, "apply", "@apply", "How the agent applies changes"},
	{NULL, "lock", "[]text",
		"What later layers may not change: maxmemory, users.default, apply.drift"},
	{NULL, "parameters", "{}text;null", "Values of parameters that roles declare"},
	{"role", "parameters", "{}@parameter;text;null",
		"Declarations, or values for those of the template"},
	{NULL, "environment", "text", "An environment of fleet.yaml"},
	{NULL, "valkey", "text", "The version of Valkey aimed at"},
	{NULL, "acl-roles", "[]text", "Roles of acl.yaml; their rules come before the user's own"},
	{"acl", "acl-roles", "{}@acl-role", "Rules by name, for users of any layer"},
	{NULL, "rules", "text", "As in ACL SETUSER: on ~app:* resetchannels -@all +@read"},
	{NULL, "help", "text", "For people"},
	{NULL, "version", "integer", "Of the sealed value"},
	{NULL, "sha256", DIGEST_PATTERN, "Of the sealed body"},
	{"secret", "next", "@pin", "During a rotation: the version to come"},
	{"secret", "previous", "@pin", "During a rotation: the version before"},
	{"fleet", "fleet", "text", "The fleet's name"},
	{"fleet", "environments", "[]text", "In the order of promotion"},
	{"environment", "promotes-from", "text",
		"Only what this environment runs may be submitted"},
	{"environment", "keepers", "{}" KEY_PATTERN, "Who can open every secret: vkcfg key show"},
	{"environment", "policy", "@policy", "What keeps a change out"},
	{"environment", "waivers", "[]@waiver", "Findings that somebody answers for"},
	{"policy", "block", "@risk", "Findings from this severity on"},
	{"waiver", "rule", "@rule", "vkcfg lint --rules lists them"},
	{"waiver", "where", "text",
		"HOST/INSTANCE, * for any part; without it the whole environment"},
	{"waiver", "reason", "text", "Approvers and auditors read it"},
	{"waiver", "owner", "text", "Who answers for it"},
	{"waiver", "expires", "/^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "The last day that it holds"},
	{"role", "template", "@template", "What the role builds on: vkcfg template list"},
	{"role", "kind", "=valkey|sentinel", "What the instances are"},
	{"hosts", "hosts", "{}@host", "By name; cache[001-100] is a hundred hosts"},
	{"hosts", "public-keys", "{}" KEY_PATTERN, "Of hosts that any file describes"},
	{"hosts", "addresses", "{}text", "Of hosts that any file describes"},
	{"host", "public-key", KEY_PATTERN, "As vkcfg-pull enrol shows it"},
	{"host", "address", "text", "Where others reach it"},
	{"host", "memory", "text", "What shares are of: 64gb"},
	{"host", "instances", "{}@instance", "The Valkeys and Sentinels on the host"},
	{"instance", "role", "text", "A file of roles/, without .yaml"},
	{"cluster", "kind", "=cluster", "A cluster of shards"},
	{"cluster", "shards", "[][]text", "HOST/INSTANCE; the first of each starts as primary"},
	{"cluster", "max-unavailable", "integer", "How many of all shards restart at once"},
	{"replicated", "max-unavailable", "integer", "How many restart at once; default: one"},
	{"replicated", "kind", "=replicated", "A primary and its replicas"},
	{"replicated", "members", "[]text", "HOST/INSTANCE; the first starts as primary"},
	{"replicated", "sentinels", "[]text", "HOST/INSTANCE of those that watch it"},
	{"replicated", "quorum", "integer", "How many Sentinels must agree; default: the majority"},
	{"replicated", "sentinel", "@watch", "What its Sentinels are told about it"},
	{"parameter", "type", "=" CFG_PARAMETER_TYPES, "What the value is"},
	{"parameter", "default", "text", "Where no layer says more"},
	{"parameter", "min", "text", "The least that is allowed"},
	{"parameter", "max", "text", "The most that is allowed"},
	{"parameter", "values", "[]text", "Of an enum"},
	{"user", "passwords", "[]/^(secret:|sha256:[0-9a-f]{64}$)",
		"secret:NAME, or sha256: and the hash"},
	{"user", "open", "=yes|no", "Everybody may log in without a password, and that is meant"},
	{"file", "path", "text", "Relative to the files of the bundle"},
	{"file", "mode", "=0640|0600|0440|0400;integer", "Default: 0640"},
	{"file", "from", "/^files/", "A file of the tree"},
	{"file", "text", "text;null", "What the file holds"},
	{"file", "secret", "text;null", "The name of a secret, whose value the file is"},
	{"client", "user", "text", "A user of the instance; default: the name of the client"},
	{"client", "formats", "[]=env|json|valkey-cli", "Which files are written"},
	{"client", "password", "/^secret:", "Sealed, a file of its own"},
	{"apply", "allow-data-loss", "boolean;null",
		"Whether a restart may lose what is in memory only"},
	{"apply", "bake", "/^([0-9]+[sm]|0)$;integer;null",
		"How long an install is watched before it counts as done: 30s, 2m"},
	{"apply", "drift", "=report|alert|revert;null",
		"What the agent does about values changed by hand"},
	{"apply", "drift-of", "{}=report|alert|revert;null",
		"The same for single directives and for users"},
	{"apply", "health", "@health", "What an instance may do while it is watched"},
	{"health", "denials", "integer", "New denials of an application's user; default: 0"},
	{"health", "errors", "integer",
		"Answers OOM, MISCONF, NOREPLICAS, MASTERDOWN, CLUSTERDOWN; default: 0"},
	{"health", "evictions", "integer", "Evicted keys; default: 1000"},
	{"health", "lag", "integer", "Seconds of replication; default: 30"},
	{"health", "latency", "integer", "How many times slower a command may get; default: 10"},
	{"health", "memory", "integer",
		"Percent of maxmemory, where nothing is evicted; default: 95"},
	{"health", "rejected-connections", "integer", "Beyond maxclients; default: 0"},
	{"apply", "restart", "=allowed|never;null", "Whether the agent may restart the Valkey"},
	{"apply", "restart-window", "text;[]text;null",
		"When it may: \"Sat,Sun 02:00-04:00 Europe/Berlin\""},
	{"apply", "unmanaged-users", "=keep|remove;null;[]text",
		"Users that the tree does not name"},
};

static struct vkjson *type_json(const char *type);

static struct vkjson *of_type(const char *name)
{
	return editor_object("type", vkjson_string(name));
}

/* A map or nothing: "users:" with nothing behind it is no error. */
static struct vkjson *map_or_null(void)
{
	struct vkjson *types = vkjson_array();

	vkjson_append(types, vkjson_string("object"));
	vkjson_append(types, vkjson_string("null"));
	return editor_object("type", types);
}

static struct vkjson *container(const char *type)
{
	struct vkjson *object = type[0] == '{' ? map_or_null() : of_type("array");

	vkjson_set(object, type[0] == '{' ? "additionalProperties" : "items", type_json(type + 2));
	return object;
}

static struct vkjson *words(const char *text)
{
	struct vkjson *list = vkjson_array();

	for (const char *end; *text != '\0'; text = end + (*end == '|')) {
		end = text + strcspn(text, "|");
		vkjson_append(list, vkjson_stringn(text, (size_t)(end - text)));
	}
	return editor_object("enum", list);
}

static struct vkjson *simple(const char *type)
{
	struct vkjson *object;
	char ref[REF_BYTES];

	switch (type[0]) {
	case '@':
		snprintf(ref, sizeof(ref), DEFINITIONS "%s", type + 1);
		return editor_object("$ref", vkjson_string(ref));
	case '=':
		return words(type + 1);
	case '/':
		object = of_type("string");
		vkjson_set(object, "pattern", vkjson_string(type + 1));
		return object;
	default:
		return strcmp(type, "text") == 0 ? editor_scalar() : of_type(type);
	}
}

static struct vkjson *type_json(const char *type)
{
	const char *end = strchr(type, ';');
	struct vkjson *list;
	char first[REF_BYTES];

	if (strncmp(type, "[]", 2) == 0 || strncmp(type, "{}", 2) == 0)
		return container(type);
	if (end == NULL)
		return simple(type);
	snprintf(first, sizeof(first), "%.*s", (int)(end - type), type);
	list = vkjson_array();
	vkjson_append(list, simple(first));
	vkjson_append(list, type_json(end + 1));
	return editor_object("anyOf", list);
}

/* What the reader takes and the table does not know may be anything; a test asks for all. */
static struct vkjson *property(const char *map, const char *key)
{
	size_t count = sizeof(properties) / sizeof(properties[0]), found = count;
	struct vkjson *object;

	for (size_t i = 0; i < count; i++) {
		bool is_own = properties[i].map != NULL && strcmp(properties[i].map, map) == 0;

		if (strcmp(properties[i].key, key) != 0 || (properties[i].map != NULL && !is_own))
			continue;
		if (is_own || found == count)
			found = i;
	}
	if (found == count)
		return vkjson_object();
	/* Beside $ref, draft 07 reads nothing. */
	object = vkjson_array();
	vkjson_append(object, type_json(properties[found].type));
	object = editor_object("allOf", object);
	vkjson_set(object, "description", vkjson_string(properties[found].help));
	return object;
}

static struct vkjson *map_json(const char *map, const char *keys)
{
	struct vkjson *object = map_or_null(), *members = vkjson_object();
	char key[KEY_BYTES];

	for (const char *end; *keys != '\0'; keys = end + (*end == '|')) {
		end = keys + strcspn(keys, "|");
		snprintf(key, sizeof(key), "%.*s", (int)(end - keys), keys);
		vkjson_set(members, key, property(map, key));
	}
	vkjson_set(object, "properties", members);
	vkjson_set(object, "additionalProperties", vkjson_bool(false));
	return object;
}

/* ---- words that tables hold ---- */

static struct vkjson *template_names(void)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_template_count; i++)
		vkjson_append(list, vkjson_string(cfg_templates[i].name));
	return editor_object("enum", list);
}

static struct vkjson *rule_names(void)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_rule_count; i++)
		vkjson_append(list, vkjson_string(cfg_rules[i].id));
	return editor_object("enum", list);
}

static struct vkjson *group_json(void)
{
	struct vkjson *list = vkjson_array();

	vkjson_append(list, simple("@replicated"));
	vkjson_append(list, simple("@cluster"));
	return editor_object("anyOf", list);
}

struct vkjson *editor_schema(const char *kind, const char *version)
{
	struct vkjson *schema, *definitions;
	char ref[REF_BYTES];

	if (!cfg_value_is_choice(EDITOR_KINDS, kind))
		return NULL;
	definitions = vkjson_object();
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		vkjson_set(definitions, maps[i].name, map_json(maps[i].name, maps[i].keys));
	vkjson_set(definitions, "group", group_json());
	vkjson_set(definitions, "config", editor_config(version));
	vkjson_set(definitions, "watch", editor_watch(version));
	vkjson_set(definitions, "template", template_names());
	vkjson_set(definitions, "rule", rule_names());
	vkjson_set(definitions, "risk", words("info|low|medium|high|critical"));
	schema = editor_object("$schema", vkjson_string("http://json-schema.org/draft-07/schema#"));
	snprintf(ref, sizeof(ref), DEFINITIONS "%s", kind);
	vkjson_set(schema, "$ref", vkjson_string(ref));
	vkjson_set(schema, "definitions", definitions);
	return schema;
}
