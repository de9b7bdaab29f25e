/* SPDX-License-Identifier: BSD-3-Clause */
/* What secrets there are, and who can open them. */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/key_set.h"
#include "client/admin/secret_file.h"
#include "client/admin/secret_remote.h"
#include "client/admin/secret_seals.h"
#include "client/admin/secret_source.h"
#include "client/admin/table.h"

#include "common/banned.h"

/* Which pin of the tree it is that has this digest; NULL if none. */
static const char *state_of(const struct cfg_secrets *secrets, const char *name, const char *digest)
{
	const struct cfg_secret_info *info =
		secrets != NULL && name != NULL ? cfg_secrets_find(secrets, name) : NULL;

	if (info == NULL || digest == NULL)
		return NULL;
	if (strcmp(info->pins.current.sha256, digest) == 0)
		return "current";
	if (strcmp(info->pins.next.sha256, digest) == 0)
		return "next";
	return strcmp(info->pins.previous.sha256, digest) == 0 ? "previous" : NULL;
}

static void add_held(
	struct vkjson *rows, const struct secret_source *source, const struct vkjson *held)
{
	static const char *const copied[] = {
		"name", "version", "sha256", "author", "created", NULL};

	for (size_t i = 0; i < vkjson_count(held); i++) {
		const struct vkjson *item = vkjson_at(held, i);
		const char *name = vkjson_text(vkjson_get(item, "name"));
		const char *state =
			state_of(source->secrets, name, vkjson_text(vkjson_get(item, "sha256")));
		struct vkjson *row = vkjson_object();

		for (size_t c = 0; copied[c] != NULL; c++) {
			if (vkjson_get(item, copied[c]) != NULL)
				vkjson_set(row, copied[c], vkjson_ref(vkjson_get(item, copied[c])));
		}
		vkjson_set(row, "state", vkjson_string(state != NULL ? state : "unused"));
		vkjson_set(row, "recipients",
			vkjson_int((int64_t)vkjson_count(vkjson_get(item, "recipients"))));
		vkjson_append(rows, row);
	}
}

/* What the tree pins and the server does not hold. */
static void add_missing(
	struct vkjson *rows, const struct secret_source *source, const struct vkjson *held)
{
	for (size_t i = 0; source->secrets != NULL && i < cfg_secrets_count(source->secrets); i++) {
		const struct cfg_secret_info *info = cfg_secrets_at(source->secrets, i);
		struct cfg_pin pins[CFG_PINS_MAX];
		size_t count = cfg_pins_valid(&info->pins, pins);

		for (size_t v = 0; v < count; v++) {
			struct vkjson *row;

			if (secret_remote_find(held, pins[v].sha256) != NULL)
				continue;
			row = vkjson_object();
			vkjson_set(row, "name", vkjson_string(info->name));
			vkjson_set(row, "version", vkjson_int(pins[v].version));
			vkjson_set(row, "sha256", vkjson_string(pins[v].sha256));
			vkjson_set(row, "state", vkjson_string("missing"));
			vkjson_set(row, "recipients", vkjson_int(0));
			vkjson_append(rows, row);
		}
	}
}

enum vk_rc cmd_secret_list(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"SECRET", "name", TABLE_TEXT},
		{"VERSION", "version", TABLE_NUMBER},
		{"STATE", "state", TABLE_STATE},
		{"SEALED TO", "recipients", TABLE_NUMBER},
		{"AUTHOR", "author", TABLE_TEXT},
		{"CREATED", "created", TABLE_TIME},
		{"DIGEST", "sha256", TABLE_DIGEST},
		{NULL, NULL, TABLE_TEXT},
	};
	const char *environment = args_at(args, 0);
	struct session *session = NULL;
	struct vkjson *held = NULL, *rows = vkjson_array();
	struct secret_source source;
	enum vk_rc rc = session_open(cli, &session, err);

	secret_source_init(&source);
	if (rc == VK_OK && args_has(args, "tree"))
		rc = secret_source_load(session, args, environment, &source, err);
	else if (rc == VK_OK)
		rc = secret_source_load_released(session, environment, &source, err);
	if (rc == VK_OK)
		rc = secret_remote_list(session, environment, NULL, &held, err);
	if (rc == VK_OK) {
		add_held(rows, &source, held);
		add_missing(rows, &source, held);
		if (!cli_print_json_list(cli, rows))
			table_print(cli, columns, rows,
				"no secrets; 'vkcfg secret set ENV NAME' makes one");
	}
	vkjson_free(rows);
	vkjson_free(held);
	secret_source_release(&source);
	session_free(session);
	return rc;
}

/* One recipient of one version, and how it stands with it. */
static void add_recipient(struct vkjson *rows, const struct cfg_secret_info *info,
	const struct cfg_pin *pin, const char *label, const char *public_key, const char *state)
{
	struct vkjson *row = vkjson_object();

	vkjson_set(row, "name", vkjson_string(info->name));
	vkjson_set(row, "version", vkjson_int(pin->version));
	vkjson_set(row, "recipient", vkjson_string(label));
	vkjson_set(row, "public", vkjson_string(public_key));
	vkjson_set(row, "state", vkjson_string(state));
	vkjson_append(rows, row);
}

/* Those whom the server's seals let in though the tree does not. */
static void add_former(struct vkjson *rows, const struct cfg_secrets *secrets,
	const struct cfg_secret_info *info, const struct cfg_pin *pin,
	const struct vkjson *recipients)
{
	struct key_set entitled = key_set_of_tree(secrets, info);

	for (size_t i = 0; i < vkjson_count(recipients); i++) {
		const struct vkjson *item = vkjson_at(recipients, i);
		const char *label = vkjson_text(vkjson_get(item, "recipient"));
		const char *public_key = vkjson_text(vkjson_get(item, "public"));

		if (label != NULL && public_key != NULL && !key_set_has(&entitled, public_key))
			add_recipient(rows, info, pin, label, public_key, "former");
	}
	key_set_release(&entitled);
}

static const char *state_of_recipient(
	const struct key_set *present, const struct cfg_recipient *recipient)
{
	if (recipient->public_key[0] == '\0')
		return "no-key";
	return key_set_has(present, recipient->public_key) ? "sealed" : "missing";
}

static void add_version(struct vkjson *rows, const struct cfg_secrets *secrets,
	const struct cfg_secret_info *info, const struct cfg_pin *pin, const struct vkjson *held)
{
	const struct vkjson *recipients =
		vkjson_get(secret_remote_find(held, pin->sha256), "recipients");
	struct key_set present = key_set_of_list(recipients);

	for (size_t i = 0; i < secret_recipient_count(secrets, info); i++) {
		const struct cfg_recipient *one = secret_recipient_at(secrets, info, i);

		add_recipient(rows, info, pin, one->label, one->public_key,
			state_of_recipient(&present, one));
	}
	key_set_release(&present);
	add_former(rows, secrets, info, pin, recipients);
}

static size_t count_state(const struct vkjson *rows, const char *state)
{
	size_t count = 0;

	for (size_t i = 0; i < vkjson_count(rows); i++) {
		const char *text = vkjson_text(vkjson_get(vkjson_at(rows, i), "state"));

		count += text != NULL && strcmp(text, state) == 0;
	}
	return count;
}

static void print_recipients(
	const struct cli *cli, const char *environment, const struct vkjson *rows)
{
	static const struct table_column columns[] = {
		{"SECRET", "name", TABLE_TEXT},
		{"VERSION", "version", TABLE_NUMBER},
		{"RECIPIENT", "recipient", TABLE_TEXT},
		{"STATE", "state", TABLE_STATE},
		{"PUBLIC KEY", "public", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};

	table_print(cli, columns, rows, "no secrets are pinned");
	if (count_state(rows, "missing") > 0)
		cli_say(cli, "\nmissing: a keeper runs 'vkcfg secret reseal %s'\n", environment);
	if (count_state(rows, "former") > 0)
		cli_say(cli,
			"\nformer: may know the value still, and is no recipient any more; a new "
			"value shuts it\nout: 'vkcfg secret rotate %s NAME'\n",
			environment);
}

enum vk_rc cmd_secret_show_recipients(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *environment = args_at(args, 0), *name = args_at(args, 1);
	const struct cfg_secret_info *wanted = NULL;
	struct session *session = NULL;
	struct vkjson *held = NULL, *rows = vkjson_array();
	struct secret_source source;
	enum vk_rc rc = session_open(cli, &session, err);

	secret_source_init(&source);
	if (rc == VK_OK)
		rc = secret_source_load(session, args, environment, &source, err);
	if (rc == VK_OK && name != NULL)
		rc = secret_source_find(&source, environment, name, &wanted, err);
	if (rc == VK_OK)
		rc = secret_remote_list(session, environment, name, &held, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_secrets_count(source.secrets); i++) {
		const struct cfg_secret_info *info = cfg_secrets_at(source.secrets, i);
		struct cfg_pin pins[CFG_PINS_MAX];
		size_t count = cfg_pins_valid(&info->pins, pins);

		for (size_t v = 0; v < count && (wanted == NULL || wanted == info); v++)
			add_version(rows, source.secrets, info, &pins[v], held);
	}
	if (rc == VK_OK && !cli_print_json_list(cli, rows))
		print_recipients(cli, environment, rows);
	vkjson_free(rows);
	vkjson_free(held);
	secret_source_release(&source);
	session_free(session);
	return rc;
}
