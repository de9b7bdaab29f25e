/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/editor_schema.h"
#include "client/admin/table.h"
#include "common/config/directive.h"
#include "common/config/foreign.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	RANGE_BYTES = 64,
	VERSION_BYTES = 64,
	VERSIONS_MAX_BYTES = 256,
	SCHEMA_MAX_BYTES = 16 * 1024 * 1024,
};

static const struct table_column list_columns[] = {
	{"DIRECTIVE", "directive", TABLE_TEXT},
	{"TYPE", "type", TABLE_TEXT},
	{"CHANGE", "change", TABLE_TEXT},
	{"WHAT", "help", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static const struct table_column show_columns[] = {
	{"Directive", "directive", TABLE_TEXT},
	{"Also called", "alias", TABLE_TEXT},
	{"In other versions", "other", TABLE_TEXT},
	{"What", "help", TABLE_TEXT},
	{"Type", "type", TABLE_TEXT},
	{"Values", "values", TABLE_TEXT},
	{"Range", "range", TABLE_TEXT},
	{"Unit", "unit", TABLE_TEXT},
	{"Default", "default", TABLE_TEXT},
	{"Change", "change", TABLE_TEXT},
	{"Decided by", "owner", TABLE_TEXT},
	{"Secret", "secret", TABLE_TEXT},
	{"Not in a tree", "refused", TABLE_TEXT},
	{"Versions", "versions", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static const char *type_name(enum cfg_type type)
{
	switch (type) {
	case CFG_TYPE_BOOL:
		return "yes or no";
	case CFG_TYPE_INT:
	case CFG_TYPE_UINT:
		return "integer";
	case CFG_TYPE_OCTAL:
		return "file mode";
	case CFG_TYPE_MEMORY:
		return "size";
	case CFG_TYPE_PERCENT_OR_MEMORY:
		return "size or percent";
	case CFG_TYPE_ENUM:
		return "one of";
	case CFG_TYPE_FLAGS:
		return "some of";
	case CFG_TYPE_STRING:
		return "text";
	case CFG_TYPE_HOSTNAME:
		return "host name";
	case CFG_TYPE_IPV4:
		return "IPv4 address";
	case CFG_TYPE_IPV6:
		return "IPv6 address";
	case CFG_TYPE_PATH:
		return "path";
	case CFG_TYPE_FILENAME:
		return "file name";
	case CFG_TYPE_BIND:
		return "addresses";
	case CFG_TYPE_SAVE:
		return "seconds and changes";
	case CFG_TYPE_OUTPUT_LIMIT:
		return "class and limits";
	case CFG_TYPE_EVENTS:
		return "letters of classes";
	case CFG_TYPE_PERCENTILES:
		return "percentiles";
	case CFG_TYPE_OOM_VALUES:
		return "three numbers";
	case CFG_TYPE_RENAME:
		return "command and new name";
	case CFG_TYPE_REFUSED:
		break;
	}
	return "not in a tree";
}

static void set_text(struct vkjson *object, const char *name, const char *text)
{
	if (text != NULL)
		vkjson_set(object, name, vkjson_string(text));
}

static void set_range(struct vkjson *object, const struct cfg_directive *d)
{
	char range[RANGE_BYTES];

	if (d->type != CFG_TYPE_INT && d->type != CFG_TYPE_UINT && d->type != CFG_TYPE_MEMORY)
		return;
	snprintf(range, sizeof(range), "%" PRId64 " to %" PRIu64, d->min, d->max);
	vkjson_set(object, "range", vkjson_string(range));
}

static bool is_of_sentinel(const char *name)
{
	return strncmp(name, CFG_SENTINEL_PREFIX, strlen(CFG_SENTINEL_PREFIX)) == 0;
}

/* The directive in a version of Valkey, or of the Sentinel of that version if its name says so. */
static const struct cfg_directive *find_in(const char *name, const char *version)
{
	char sentinel[VERSION_BYTES];

	if (!is_of_sentinel(name))
		return cfg_directive_find(name, version);
	snprintf(sentinel, sizeof(sentinel), CFG_SENTINEL_PREFIX "%s", version);
	return cfg_directive_find(name, sentinel);
}

/* The versions that have it under any of its names. */
static void set_versions(struct vkjson *object, const struct cfg_directive *d)
{
	struct vkjson *versions = vkjson_array();

	for (size_t i = 0; i < cfg_version_count(); i++) {
		const struct cfg_directive *there = find_in(d->name, cfg_version_at(i));

		if (there != NULL && (there->flags & CFG_IGNORED) == 0)
			vkjson_append(versions, vkjson_string(cfg_version_at(i)));
	}
	vkjson_set(object, "versions", versions);
}

static const char *change_name(const struct cfg_directive *d)
{
	if ((d->flags & CFG_IGNORED) != 0)
		return "-";
	return cfg_way_words(cfg_directive_way(d));
}

static struct vkjson *directive_json(const struct cfg_directive *d)
{
	struct vkjson *object = vkjson_object();

	set_text(object, "directive", d->name);
	set_text(object, "alias", d->alias);
	set_text(object, "other", d->other);
	set_text(object, "help", d->help);
	set_text(object, "type", type_name(d->type));
	set_text(object, "values", d->values);
	set_range(object, d);
	set_text(object, "unit", d->unit);
	set_text(object, "default", d->fallback);
	set_text(object, "change", change_name(d));
	set_text(object, "owner", cfg_owner_words(d->owner));
	vkjson_set(object, "secret", vkjson_bool((d->flags & CFG_SENSITIVE) != 0));
	vkjson_set(object, "per-group", vkjson_bool((d->flags & CFG_PER_GROUP) != 0));
	set_text(object, "refused", d->reason);
	set_versions(object, d);
	return object;
}

/* --valkey, or what trees begin with. */
static enum vk_rc version_of(const struct args *args, const char **out, struct vk_err *err)
{
	const char *version = args_get(args, "valkey");
	struct vk_buf list;

	if (version == NULL)
		version = cfg_version_default();
	if (cfg_version_is_known(version)) {
		*out = version;
		return VK_OK;
	}
	vk_buf_init(&list, VERSIONS_MAX_BYTES);
	cfg_version_list(&list);
	vk_err_set(err, VK_EINPUT, "Valkey version '%.50s' is not known", version);
	vk_err_hint(err, "known: %s", list.data);
	vk_buf_release(&list);
	return VK_EINPUT;
}

static enum vk_rc say_unknown(const char *name, const char *version, struct vk_err *err)
{
	const char *near, *with = cfg_version_with(name);
	const struct cfg_foreign *foreign = cfg_foreign_find(name);
	char text[CFG_FOREIGN_TEXT_BYTES], sentinel[VERSION_BYTES];

	snprintf(sentinel, sizeof(sentinel), CFG_SENTINEL_PREFIX "%s", version);
	near = cfg_directive_nearest(name, is_of_sentinel(name) ? sentinel : version);
	vk_err_set(err, VK_ENOTFOUND, "Valkey %s has no directive '%.100s'", version, name);
	if (with != NULL)
		vk_err_hint(err, "Valkey %s has it: --valkey %s", with, with);
	else if (foreign != NULL) {
		cfg_foreign_explain(foreign, text, sizeof(text));
		vk_err_hint(err, "%s", text);
	} else if (near != NULL)
		vk_err_hint(err, "did you mean '%s'?", near);
	return VK_ENOTFOUND;
}

enum vk_rc cmd_schema_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const struct cfg_directive *d;
	const char *version = NULL;
	struct vkjson *object;
	enum vk_rc rc = version_of(args, &version, err);

	if (rc != VK_OK)
		return rc;
	d = find_in(args_at(args, 0), version);
	if (d == NULL)
		return say_unknown(args_at(args, 0), version, err);
	object = directive_json(d);
	if (!cli_print_json(cli, object))
		table_print_object(cli, show_columns, object);
	vkjson_free(object);
	return VK_OK;
}

/* What a Sentinel has besides. */
static void add_of_sentinel(struct vkjson *items, const char *version)
{
	char sentinel[VERSION_BYTES];

	snprintf(sentinel, sizeof(sentinel), CFG_SENTINEL_PREFIX "%s", version);
	for (size_t i = 0; i < cfg_directive_count(sentinel); i++) {
		const struct cfg_directive *d = cfg_directive_at(sentinel, i);

		if (is_of_sentinel(d->name))
			vkjson_append(items, directive_json(d));
	}
}

enum vk_rc cmd_schema_list(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *version = NULL;
	struct vkjson *items;
	enum vk_rc rc = version_of(args, &version, err);

	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < cfg_directive_count(version); i++)
		vkjson_append(items, directive_json(cfg_directive_at(version, i)));
	add_of_sentinel(items, version);
	if (!cli_print_json_list(cli, items))
		table_print(cli, list_columns, items, NULL);
	vkjson_free(items);
	return VK_OK;
}

enum vk_rc cmd_schema_json(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *version = NULL, *kind = args_at(args, 0);
	struct vkjson *schema;
	struct vk_buf text;
	enum vk_rc rc = version_of(args, &version, err);

	if (rc != VK_OK)
		return rc;
	schema = editor_schema(kind, args_get(args, "valkey") != NULL ? version : NULL);
	if (schema == NULL) {
		vk_err_set(err, VK_EINPUT, "a tree has no files of kind '%.50s'", kind);
		vk_err_hint(err, "one of " EDITOR_KINDS);
		return VK_EINPUT;
	}
	vk_buf_init(&text, SCHEMA_MAX_BYTES);
	vkjson_format(schema, true, &text);
	rc = vk_buf_check(&text, "the schema", err);
	if (rc == VK_OK)
		fwrite(text.data, 1, text.len, cli->out);
	vk_buf_release(&text);
	vkjson_free(schema);
	return rc;
}
