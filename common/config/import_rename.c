/* SPDX-License-Identifier: BSD-3-Clause */
/* rename-command: Valkey applies each line when it reads it, so that later lines meet the new
 * names. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/acl_command.h"
#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/config/value_words.h"
#include "common/mem.h"

#include "common/banned.h"

enum { ITEM_MAX_BYTES = 4 * CFG_CONF_MAX_BYTES };

static char *lower(const char *text)
{
	char *out = xstrdup(text);

	for (char *c = out; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	return out;
}

/* A command of that name at this line. */
static bool is_command(const struct cfg_import *import, const char *name)
{
	for (size_t i = import->rename_count; i-- > 0;) {
		if (strcmp(import->renames[i].to, name) == 0)
			return true;
		if (strcmp(import->renames[i].from, name) == 0)
			return false;
	}
	return strpbrk(name, "|.") == NULL && cfg_command_is_known(name, import->version);
}

static void refuse(const struct import_reading *r, const char *hint, const char *cause)
{
	import_note(r->import, CFG_IMPORT_REFUSED, r->place, r->line->name,
		import_remedy(r->line, hint), "%s", cause);
}

static void leave_out(const struct import_reading *r, const char *hint, const char *why)
{
	import_note(r->import, CFG_IMPORT_LEFT_OUT, r->place, r->line->name, hint, "%s", why);
}

/* False where the server refuses the line, or too many count. */
static bool rename(const struct import_reading *r, const char *from, const char *to)
{
	struct cfg_import *import = r->import;

	if (!is_command(import, from)) {
		refuse(r, "name a command of this version of Valkey",
			"No such command in rename-command");
		return false;
	}
	if (to[0] != '\0' && strcmp(from, to) != 0 && is_command(import, to)) {
		refuse(r, "choose a name that is no command", "Target command name already exists");
		return false;
	}
	if (import->rename_count == CFG_IMPORT_MAX_RENAMES) {
		leave_out(r, "", "more renamed commands than an import takes");
		return false;
	}
	import->renames[import->rename_count++] = (struct import_rename){
		arena_strdup(import->arena, from), arena_strdup(import->arena, to)};
	return true;
}

static void take(const struct import_reading *r, const char *from)
{
	struct vk_buf text;
	char *item;

	vk_buf_init(&text, ITEM_MAX_BYTES);
	cfg_conf_quote(r->line->words[0], &text);
	vk_buf_addc(&text, ' ');
	cfg_conf_quote(r->line->words[1], &text);
	item = vk_buf_detach(&text, NULL);
	if (!cfg_command_is_known(from, r->import->version))
		leave_out(
			r, "rename the command once", "a command that an earlier line has renamed");
	else if (cfg_value_is_choice("config|acl|info|ping|auth", from))
		leave_out(r, "limit the command with the rules of ACL users",
			"vkcfg itself needs this command under its own name");
	else if (!import_is_text(item) || strstr(item, "@{") != NULL ||
		 cfg_value_normalise_list(r->d, (const char *const *)&item, 1, NULL, NULL) != VK_OK)
		leave_out(r, "choose another name", "a name that cannot stand in a tree");
	else
		(void)import_set_entry(r, item);
	vk_buf_release(&text);
	free(item);
}

void import_rename(const struct import_reading *r)
{
	char *from, *to;

	if (r->line->word_count != 2) {
		refuse(r, "rename-command OLD NEW", "Bad directive or wrong number of arguments");
		return;
	}
	from = lower(r->line->words[0]);
	to = lower(r->line->words[1]);
	if (rename(r, from, to))
		take(r, from);
	free(from);
	free(to);
}
