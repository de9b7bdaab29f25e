/* SPDX-License-Identifier: BSD-3-Clause */
/* The role that an import becomes, as YAML. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/acl.h"
#include "common/config/import_internal.h"

#include "common/banned.h"

/* Checks that take several lines to see, as Valkey does them after the last one. */
static void check_together(struct cfg_import *import)
{
	const struct import_entry *cluster = import_find(import, "cluster-enabled");
	const struct import_entry *tls_port = import_find(import, "tls-port");
	const struct import_entry *replica = import_find(import, "replicaof");

	if (cluster != NULL && strcasecmp(cluster->items[0], "yes") == 0 && replica != NULL)
		import_note(import, CFG_IMPORT_REFUSED, &replica->place, "replicaof",
			"in a cluster the nodes know it: delete the line",
			"replicaof directive not allowed in cluster mode");
	import_drop(import, "replicaof");
	if (tls_port == NULL || strcmp(tls_port->items[0], "0") == 0)
		return;
	if (import_find(import, "tls-cert-file") == NULL)
		import_note(import, CFG_IMPORT_REFUSED, &tls_port->place, "tls-port",
			"name the certificate and its key, or port 0",
			"No tls-cert-file configured!");
	else if (import_find(import, "tls-key-file") == NULL)
		import_note(import, CFG_IMPORT_REFUSED, &tls_port->place, "tls-port",
			"name the certificate and its key, or port 0",
			"No tls-key-file configured!");
}

/* NAME.SETTING is for a module; without one, Valkey does not start. */
static void check_modules(struct cfg_import *import)
{
	const struct import_place *place = &import->module_setting;

	if (place->file == NULL)
		return;
	if (import->has_modules)
		import_note(import, CFG_IMPORT_LEFT_OUT, place, import->module_setting_name,
			"give it, and others like it, to the server where it loads the module",
			"a setting of a module, which vkcfg does not know");
	else
		import_note(import, CFG_IMPORT_REFUSED, place, import->module_setting_name,
			"delete the line, or load its module",
			"Module Configuration detected without loadmodule directive or no "
			"ApplyConfig call: aborting");
}

void cfg_import_finish(struct cfg_import *import)
{
	check_modules(import);
	check_together(import);
	import_sentinel_finish(import);
	import_finish_users(import);
}

/* A scalar between double quotes; the text has no control characters. */
static void add_quoted(const char *text, struct vk_buf *out)
{
	vk_buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			vk_buf_addc(out, '\\');
		else if (*text == '$' && text[1] == '{')
			vk_buf_addc(out, '$'); /* no parameter: $${ is ${ */
		vk_buf_addc(out, *text);
	}
	vk_buf_addc(out, '"');
}

static bool holds_secret(const struct cfg_import *import, const char *line, size_t len)
{
	for (size_t i = 0; i < import->secret_count; i++) {
		if (memmem(line, len, import->secrets[i].value, strlen(import->secrets[i].value)) !=
			NULL)
			return true;
	}
	return false;
}

static void add_comment(const struct cfg_import *import, const char *comment, struct vk_buf *out)
{
	while (*comment != '\0') {
		size_t len = strcspn(comment, "\n");

		if (!holds_secret(import, comment, len)) {
			vk_buf_adds(out, "  ");
			vk_buf_add(out, comment, len);
			vk_buf_addc(out, '\n');
		}
		comment += len + 1;
	}
}

static void add_entry(
	const struct cfg_import *import, const struct import_entry *entry, struct vk_buf *out)
{
	bool is_list = (entry->directive->flags & CFG_MULTI) != 0 ||
		       entry->directive->type == CFG_TYPE_RENAME;

	add_comment(import, entry->comment, out);
	vk_buf_addf(out, "  %s: ", entry->directive->name);
	if (entry->secret != NULL) {
		vk_buf_addf(out, "\"secret:%s\"\n", entry->secret);
		return;
	}
	vk_buf_adds(out, is_list ? "[" : "");
	for (size_t i = 0; i < entry->count; i++) {
		vk_buf_adds(out, i > 0 ? ", " : "");
		add_quoted(entry->items[i], out);
	}
	vk_buf_adds(out, is_list ? "]\n" : "\n");
}

/* The rules as ACL LIST prints them, without hashes; those go into a list. */
static void add_user(
	const struct cfg_import *import, const struct import_user *user, struct vk_buf *out)
{
	struct cfg_acl_rules *parsed;
	struct vk_buf line, rules, hashes;

	if (cfg_acl_rules_parse(user->rules, NULL, NULL, 0, &parsed, NULL) != VK_OK)
		return; /* what was not left out has been parsed before */
	vk_buf_init(&line, 4 * CFG_ACL_RULES_MAX_BYTES);
	vk_buf_init(&rules, 4 * CFG_ACL_RULES_MAX_BYTES);
	vk_buf_init(&hashes, 4 * CFG_ACL_RULES_MAX_BYTES);
	cfg_acl_rules_format(parsed, &line);
	cfg_acl_rules_free(parsed);
	for (const char *at = line.data; *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (at[0] == '#') {
			vk_buf_addf(&hashes, "%s\"sha256:%.*s\"", hashes.len > 0 ? ", " : "",
				(int)len - 1, at + 1);
		} else {
			vk_buf_adds(&rules, rules.len > 0 ? " " : "");
			vk_buf_add(&rules, at, len);
		}
		at += len;
	}
	if (user->secret != NULL)
		vk_buf_addf(&hashes, "\"secret:%s\"", user->secret);
	add_comment(import, user->comment, out);
	vk_buf_adds(out, "  ");
	add_quoted(user->name, out);
	vk_buf_adds(out, ":\n    rules: ");
	add_quoted(rules.data, out);
	vk_buf_addc(out, '\n');
	if (hashes.len > 0)
		vk_buf_addf(out, "    passwords: [%s]\n", hashes.data);
	if (user->is_open)
		vk_buf_adds(out, "    open: yes\n");
	vk_buf_release(&line);
	vk_buf_release(&rules);
	vk_buf_release(&hashes);
}

void cfg_import_format_role(const struct cfg_import *import, struct vk_buf *out)
{
	vk_buf_addf(out, "# Imported by vkcfg from %s.\nvalkey: \"%s\"\n",
		import->sources.len > 0 ? import->sources.data : "nothing", import->version);
	if (import->entry_count > 0)
		vk_buf_adds(out, "config:\n");
	for (size_t i = 0; i < import->entry_count; i++)
		add_entry(import, &import->entries[i], out);
	vk_buf_adds(out, "users:\n");
	for (size_t i = 0; i < import->user_count; i++) {
		if (!import->users[i].is_left_out)
			add_user(import, &import->users[i], out);
	}
	/* Whoever takes over a fleet wants to look first. */
	if (import->is_adopted)
		vk_buf_adds(out, "apply:\n  drift: report\n  restart: never\n"
				 "  unmanaged-users: keep\n");
}
