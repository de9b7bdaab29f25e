/* SPDX-License-Identifier: BSD-3-Clause */
/* One directive: what it becomes in a tree, or why not. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/acl_command.h"
#include "common/config/foreign.h"
#include "common/config/import_internal.h"
#include "common/config/value.h"
#include "common/config/value_words.h"
#include "common/mem.h"

#include "common/banned.h"

enum { CAUSE_MAX_BYTES = 1024, ITEM_MAX_BYTES = 4 * CFG_CONF_MAX_BYTES + 3 * CFG_CONF_MAX_WORDS };

#define WRONG_COUNT "wrong number of arguments"
#define BAD_DIRECTIVE "Bad directive or wrong number of arguments"

static void refuse(const struct import_reading *r, const char *hint, const char *cause)
{
	import_note(r->import, CFG_IMPORT_REFUSED, r->place, r->line->name, hint, "%s", cause);
}

static void leave_out(const struct import_reading *r, const char *hint, const char *why)
{
	import_note(r->import, CFG_IMPORT_LEFT_OUT, r->place, r->line->name, hint, "%s", why);
}

static void need(const struct import_reading *r, const char *hint, const char *why)
{
	import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name, hint, "%s", why);
}

static bool has_comment_behind(const struct cfg_conf_line *line)
{
	for (size_t i = 0; i < line->word_count; i++) {
		if (line->words[i][0] == '#')
			return true;
	}
	return false;
}

static bool has_placeholder(const struct cfg_conf_line *line)
{
	for (size_t i = 0; i < line->word_count; i++) {
		if (strstr(line->words[i], "${") != NULL || strstr(line->words[i], "{{") != NULL)
			return true;
	}
	return false;
}

/* What to do about a line that Valkey refuses; fallback where nothing better is known. */
const char *import_remedy(const struct cfg_conf_line *line, const char *fallback)
{
	if (has_comment_behind(line))
		return "Valkey knows no comment behind a value: put it on a line of its own";
	if (has_placeholder(line))
		return "a placeholder that is still to be filled in: import the file that it "
		       "becomes";
	return fallback;
}

/* ---- names that are no directive ---- */

/* NAME.SETTING VALUE: whether a module takes it is known when all lines are read. */
static void read_module_setting(const struct import_reading *r)
{
	struct cfg_import *import = r->import;

	if (r->line->word_count == 0)
		import_note(import, CFG_IMPORT_REFUSED, r->place,
			import_shown_name(import, r->line->name, false),
			import_remedy(r->line, "NAME.SETTING VALUE"), "%s",
			"Module config specified without value");
	else if (import->module_setting.file == NULL) {
		import->module_setting = *r->place;
		import->module_setting_name = arena_strdup(import->arena, r->line->name);
	}
}

static void read_unknown(const struct import_reading *r)
{
	const char *name = r->line->name, *version = r->import->version;
	const char *hint = "", *with = cfg_version_with(name), *near = NULL;
	const struct cfg_foreign *foreign = cfg_foreign_find(name);
	char text[CFG_FOREIGN_TEXT_BYTES];
	bool is_name;

	/* It takes time, and what is beyond the last note is only counted. */
	if (r->import->note_count < CFG_IMPORT_MAX_NOTES)
		near = cfg_directive_nearest(name, version);
	if (strchr(name, '.') != NULL) {
		read_module_setting(r);
		return;
	}
	if (foreign != NULL) {
		cfg_foreign_explain(foreign, text, sizeof(text));
		hint = arena_strdup(r->import->arena, text);
	} else if (with != NULL)
		hint = arena_printf(
			r->import->arena, "Valkey %s has it: import with --valkey %s", with, with);
	else if (near != NULL)
		hint = arena_printf(r->import->arena, "did you mean '%s'?", near);
	else if (name[0] < 'a' || name[0] > 'z')
		hint = "no directive begins like this; a comment begins with '#'";
	is_name = foreign != NULL || with != NULL || near != NULL;
	/* One word alone is rather the end of the line above than a name. */
	import_note(r->import, CFG_IMPORT_REFUSED, r->place,
		!is_name && r->line->word_count == 0 && strpbrk(name, "=:") == NULL
			? "(a word)"
			: import_shown_name(r->import, name, is_name),
		import_remedy(r->line, hint[0] != '\0' ? hint : "delete the line"), "%s",
		BAD_DIRECTIVE);
}

/* ---- what a tree may not say ---- */

static void read_include(const struct import_reading *r)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = VK_ENOTFOUND;

	if (r->import->include != NULL)
		rc = r->import->include(
			r->import->context, r->import, r->place->file, r->line->words[0], &err);
	if (rc == VK_ENOTFOUND)
		import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
			"import it as well: name it before this file, or after it if its "
			"lines count more",
			"the included file is not here; Valkey says: Fatal error, can't open "
			"config file '%.300s': No such file or directory",
			r->line->words[0]);
	else if (rc != VK_OK)
		import_note(r->import, CFG_IMPORT_REFUSED, r->place, r->line->name, err.hint, "%s",
			err.msg);
}

static void read_aclfile(const struct import_reading *r)
{
	const char *path = r->line->words[0];

	r->import->acl_path = path[0] != '\0' ? arena_strdup(r->import->arena, path) : NULL;
	r->import->acl_from = r->place->file;
	r->import->acl_place = *r->place;
}

static void read_user(const struct import_reading *r)
{
	r->import->has_user_lines = true;
	import_add_user(r->import, r->place, r->line->words[0], r->line->words + 1,
		r->line->word_count - 1, r->comment);
}

static void read_replicaof(const struct import_reading *r)
{
	const char *const *words = r->line->words;
	uint64_t port;

	if (r->line->word_count != 2) {
		refuse(r, import_remedy(r->line, "replicaof HOST PORT"), WRONG_COUNT);
		return;
	}
	import_drop(r->import, r->d->name);
	if (strcasecmp(words[0], "no") == 0 && strcasecmp(words[1], "one") == 0)
		return;
	if (!cfg_memory_parse(words[1], &port) || port > 65535) {
		refuse(r, import_remedy(r->line, "replicaof HOST PORT"), "Invalid primary port");
		return;
	}
	import_entry(r->import, r->d)->place = *r->place; /* for the check with cluster-enabled */
	leave_out(r, "write the line into runtime.conf of the instance on the host",
		"who is whose replica changes with a failover: a tree does not say it");
}

/* dir and loadmodule: what a host must have, and a tree does not say. */
static void read_needed(const struct import_reading *r)
{
	const char *path = r->line->words[0];

	if (strcmp(r->d->name, "dir") == 0)
		import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
			"name it as 'data' of the instance in pull.yaml on the host",
			"%s; where '%.300s' is missing, Valkey says: No such file or directory",
			r->d->reason, path);
	else
		import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
			"start the server with --loadmodule in its unit on the host",
			"%s; where it is missing, Valkey says: Can't load module from %.300s: "
			"server aborting",
			r->d->reason, path);
}

/* "" where Valkey takes the value of a directive that a tree may not set. */
static const char *refused_value_cause(const struct import_reading *r)
{
	const char *name = r->d->name, *value = r->line->words[0];

	if (strcmp(name, "daemonize") == 0 && strcasecmp(value, "yes") != 0 &&
		strcasecmp(value, "no") != 0)
		return "argument must be 'yes' or 'no'";
	if (strcmp(name, "supervised") == 0 && strcasecmp(value, "upstart") != 0 &&
		strcasecmp(value, "systemd") != 0 && strcasecmp(value, "auto") != 0 &&
		strcasecmp(value, "no") != 0)
		return "argument(s) must be one of the following: upstart, systemd, auto, no";
	if (strcmp(name, "dir") == 0 && value[0] == '\0')
		return "dir can't be empty";
	return "";
}

static void read_refused(const struct import_reading *r)
{
	const char *cause = refused_value_cause(r);

	if (cause[0] != '\0') {
		refuse(r, import_remedy(r->line, ""), cause);
	} else if (cfg_value_is_choice("dir|loadmodule", r->d->name)) {
		r->import->has_modules = r->import->has_modules || r->d->name[0] == 'l';
		read_needed(r);
	} else {
		leave_out(r, "the host's service manager decides; else write it into runtime.conf",
			r->d->reason);
	}
}

/* ---- what becomes something else ---- */

struct import_entry *import_set_entry(const struct import_reading *r, const char *item)
{
	struct import_entry *entry = import_entry(r->import, r->d);
	bool is_repeated = (r->d->flags & CFG_REPEATED) != 0;

	if (!is_repeated)
		entry->count = 0;
	if (entry->count % 16 == 0)
		entry->items =
			xreallocarray(entry->items, entry->count + 16, sizeof(*entry->items));
	entry->items[entry->count++] = arena_strdup(r->import->arena, item);
	entry->place = *r->place;
	entry->comment = is_repeated && entry->count > 1 ? arena_printf(r->import->arena, "%s%s",
								   entry->comment, r->comment)
							 : r->comment;
	return entry;
}

static void read_sealed(const struct import_reading *r)
{
	struct import_entry *entry;
	const char *secret;

	if (r->line->words[0][0] == '\0') {
		import_drop(r->import, r->d->name);
		return;
	}
	secret = import_keep_secret(r->import, r->d->name, r->line->words[0]);
	if (secret == NULL) {
		leave_out(r, "1 to 512 printable ASCII characters: change it first",
			"this password cannot become a secret of a tree");
		return;
	}
	entry = import_set_entry(r, "");
	entry->secret = secret;
	import_note(r->import, CFG_IMPORT_SECRET, r->place, r->line->name, "",
		"taken out of the text: secret:%s", secret);
}

/* The last component where a tree may write it, else the directive's own name. */
static const char *file_name(const struct import_reading *r, const char *path)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strspn(name, allowed);

	return len > 0 && len < 64 && name[len] == '\0' && name[0] != '.' ? name : r->d->name;
}

static bool is_taken(const struct import_reading *r, const char *path, const char *origin)
{
	for (size_t i = 0; i < r->import->entry_count; i++) {
		const struct import_entry *e = &r->import->entries[i];

		if (e->directive != r->d && e->origin != NULL && strcmp(e->items[0], path) == 0 &&
			strcmp(e->origin, origin) != 0)
			return true;
	}
	return false;
}

/* What Valkey says where the file of such a directive is missing. */
static const char *missing_words(const char *name)
{
	static const struct {
		const char *prefix, *words;
	} rows[] = {
		{"logfile", "Can't open the log file: No such file or directory"},
		{"unixsocket", "Failed opening Unix socket: bind: No such file or directory"},
		{"tls-ca-", "Failed to configure CA certificate(s) file/directory: error"},
		{"tls-cert-", "Failed to load certificate: error"},
		{"tls-client-cert-", "Failed to load certificate: error"},
		{"tls-", "Failed to load private key: error"},
	};

	if (strstr(name, "-dh-") != NULL)
		return "Failed to load DH params file: error";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strncmp(name, rows[i].prefix, strlen(rows[i].prefix)) == 0)
			return rows[i].words;
	}
	return "error";
}

static void note_path(const struct import_reading *r, const char *path)
{
	const char *origin = r->line->words[0], *words = missing_words(r->d->name);
	const char *colon = strstr(words, ": error");

	if (colon != NULL)
		import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
			"copy the file there before the first release: tls/ in the instance's "
			"directory on the host",
			"a tree names paths by placeholders: %s; where the file is missing, Valkey "
			"says: %.*s: %.300s (Failed to configure TLS)",
			path, (int)(colon - words), words, origin);
	else if (strchr(origin, '/') != NULL)
		import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
			"whoever uses the old path must use the new one: in the data directory",
			"a tree names paths by placeholders: %s; where the directory of '%.300s' "
			"is "
			"missing, Valkey says: %s",
			path, origin, words);
	else
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"a tree names paths by placeholders: %s", path);
}

static void read_path(const struct import_reading *r)
{
	const char *origin = r->line->words[0], *name = file_name(r, origin), *path;
	bool is_tls = strncmp(r->d->name, "tls-", 4) == 0;

	if (origin[0] == '\0') {
		import_set_entry(r, "")->origin = NULL;
		return;
	}
	path = arena_printf(
		r->import->arena, "%s/%s", is_tls ? "@{instance}/tls" : "@{data}", name);
	if (is_taken(r, path, origin))
		path = arena_printf(r->import->arena, "%s/%s-%s",
			is_tls ? "@{instance}/tls" : "@{data}", r->d->name, name);
	import_set_entry(r, path)->origin = arena_strdup(r->import->arena, origin);
	note_path(r, path);
}

/* ---- all others ---- */

static char *join_words(const struct import_reading *r)
{
	bool is_quoted = (r->d->flags & CFG_MULTI) != 0 && r->line->word_count > 1;
	struct vk_buf text;
	char *out;

	vk_buf_init(&text, ITEM_MAX_BYTES);
	for (size_t i = 0; i < r->line->word_count; i++) {
		vk_buf_adds(&text, i > 0 ? " " : "");
		if (is_quoted)
			cfg_conf_quote(r->line->words[i], &text);
		else
			vk_buf_adds(&text, r->line->words[i]);
	}
	out = vk_buf_detach(&text, NULL);
	vk_buf_release(&text);
	return out;
}

/* Values that only some machines or builds take, or that Valkey changes itself. */
static void note_build(const struct import_reading *r, const char *item)
{
	const char *name = r->d->name;
	uint64_t bytes;

	if (strcmp(name, "activedefrag") == 0 && strcasecmp(item, "yes") == 0)
		need(r,
			"delete the line where the server uses the system's allocator, as Debian's "
			"does: there Valkey does not start with it",
			"Active defragmentation cannot be enabled: it requires a server compiled "
			"with a modified Jemalloc like the one shipped by default with the source "
			"distribution");
	else if (strcmp(name, "locale-collate") == 0 &&
		 !cfg_value_is_choice("|C|C.UTF-8|POSIX", item))
		need(r, "the host must have this locale",
			"without it Valkey says: Failed to configure LOCALE for invalid locale "
			"name.");
	else if (strcmp(name, "repl-backlog-size") == 0 && cfg_memory_parse(item, &bytes) &&
		 bytes < 16384)
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"becomes 16kb, to which Valkey raises it when it is set");
	else if (strcmp(name, "unixsocketgroup") == 0 && item[0] != '\0')
		need(r, "the host must have this group",
			"without it Valkey says: Failed opening Unix socket: getgrnam error for "
			"group");
}

static void refuse_value(const struct import_reading *r, const char *item, const struct vk_err *err)
{
	struct vk_buf cause;

	vk_buf_init(&cause, CAUSE_MAX_BYTES);
	import_cause(r->d, item, &cause);
	refuse(r, import_remedy(r->line, err->hint[0] != '\0' ? err->hint : err->msg), cause.data);
	vk_buf_release(&cause);
}

static bool can_stand_in_tree(const char *item)
{
	return strlen(item) <= CFG_VALUE_MAX_BYTES && import_is_text(item) &&
	       strstr(item, "@{") == NULL;
}

static void read_value(const struct import_reading *r, const char *item)
{
	const char *cause = import_string_cause(r->import, r->d->name, item);
	bool is_free = r->d->type == CFG_TYPE_STRING || r->d->type == CFG_TYPE_BIND;
	struct vk_err err = VK_ERR_INIT;

	if (cause[0] != '\0')
		refuse(r, import_remedy(r->line, ""), cause);
	else if (is_free && !can_stand_in_tree(item))
		leave_out(r, "a tree takes UTF-8 text without control characters and '@{'",
			"a value that cannot stand in a tree");
	else if (cfg_value_normalise_list(r->d, &item, 1, NULL, &err) != VK_OK)
		refuse_value(r, item, &err);
	else if (!can_stand_in_tree(item))
		leave_out(r, "a tree takes UTF-8 text without control characters and '@{'",
			"a value that cannot stand in a tree");
	else if (cfg_value_is_choice(
			 "enable-module-command|enable-protected-configs", r->d->name) &&
		 strcasecmp(item, "no") != 0)
		leave_out(r, "it stays 'no'",
			"it would let a client of Valkey load code or write files");
	else {
		(void)import_set_entry(r, item);
		note_build(r, item);
	}
}

/* No word at all: what Valkey makes of it. */
static void read_no_words(const struct import_reading *r)
{
	if (r->d->type == CFG_TYPE_RENAME)
		refuse(r, "rename-command OLD NEW", BAD_DIRECTIVE);
	else if (r->d->type == CFG_TYPE_FLAGS)
		refuse_value(r, "", &(struct vk_err)VK_ERR_INIT);
	else if (r->d->type == CFG_TYPE_BIND)
		refuse(r, "name an address, or set port to 0",
			"Configured to not listen anywhere, exiting.");
	else if (r->d->type == CFG_TYPE_PERCENTILES)
		(void)import_set_entry(r, "");
	else if (r->d->type == CFG_TYPE_SAVE) { /* the first line takes the defaults away */
		if (import_find(r->import, r->d->name) == NULL)
			(void)import_set_entry(r, "");
	} else if (r->d->type != CFG_TYPE_OUTPUT_LIMIT) {
		refuse(r, import_remedy(r->line, "at least one value"), WRONG_COUNT);
	}
}

/* Valkey takes a path here; a tree leaves the file in the data directory. */
static void read_nodes_file(const struct import_reading *r)
{
	const char *path = r->line->words[0];

	if (path[0] == '\0') {
		refuse(r, "nodes.conf", "cluster-config-file can't be empty");
		return;
	}
	if (strchr(path, '/') == NULL) {
		read_value(r, path);
		return;
	}
	(void)import_set_entry(r, file_name(r, path));
	import_note(r->import, CFG_IMPORT_NEEDS, r->place, r->line->name,
		"move the file there before the first release",
		"the nodes file stands in the data directory: %s; where the directory of '%.300s' "
		"is "
		"missing, Valkey says: Can't open %.300s in order to acquire a lock: No such file "
		"or directory",
		file_name(r, path), path, path);
}

static void note_old_name(const struct import_reading *r)
{
	if (strcmp(r->line->name, r->d->name) != 0)
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"Valkey %s calls it %s", r->import->version, r->d->name);
}

/* Valkey reads a unit without a number as 0. */
static bool is_no_number(const struct import_reading *r, const char *item)
{
	bool is_memory = r->d->type == CFG_TYPE_MEMORY || r->d->type == CFG_TYPE_PERCENT_OR_MEMORY;
	static const char *const units[] = {"", "b", "k", "kb", "m", "mb", "g", "gb"};

	for (size_t i = 0; is_memory && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(units[i], item) == 0)
			return true;
	}
	return false;
}

static void read_known(const struct import_reading *r)
{
	bool is_multi = (r->d->flags & CFG_MULTI) != 0 || r->d->type == CFG_TYPE_RENAME;
	char *item;

	if (is_multi && r->line->word_count == 0) {
		read_no_words(r);
	} else if (!is_multi && r->line->word_count != 1) {
		refuse(r, import_remedy(r->line, "one value; quotes keep words together"),
			WRONG_COUNT);
	} else if (r->d->type == CFG_TYPE_RENAME) {
		import_rename(r);
	} else if (strcmp(r->d->name, "cluster-config-file") == 0) {
		read_nodes_file(r);
	} else if (r->d->type == CFG_TYPE_PATH) {
		note_old_name(r);
		read_path(r);
	} else {
		note_old_name(r);
		item = join_words(r);
		read_value(r, is_no_number(r, item) ? "0" : item);
		free(item);
	}
}

/* Directives of type CFG_TYPE_REFUSED. */
static void read_special(const struct import_reading *r)
{
	const char *name = r->d->name;
	bool is_multi = (r->d->flags & CFG_MULTI) != 0;

	if (strcmp(name, "sentinel") == 0 && r->line->word_count == 0)
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"left out: Valkey ignores it");
	else if (strcmp(name, "sentinel") == 0 && r->import->is_sentinel)
		import_sentinel_line(r);
	else if (strcmp(name, "sentinel") == 0)
		refuse(r, "delete the line: it is of the file of a Sentinel",
			"sentinel directive while not in sentinel mode");
	else if (strcmp(name, "replicaof") == 0)
		read_replicaof(r);
	else if (is_multi ? r->line->word_count == 0 : r->line->word_count != 1)
		refuse(r, import_remedy(r->line, "one value; quotes keep words together"),
			(r->d->flags & (CFG_FILE_ONLY | CFG_IGNORED)) != 0 ? BAD_DIRECTIVE
									   : WRONG_COUNT);
	else if ((r->d->flags & CFG_IGNORED) != 0)
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"left out: Valkey %s ignores it", r->import->version);
	else if (strcmp(name, "include") == 0)
		read_include(r);
	else if (strcmp(name, "aclfile") == 0)
		read_aclfile(r);
	else if (strcmp(name, "user") == 0)
		read_user(r);
	else if ((r->d->flags & CFG_SEALED) != 0)
		read_sealed(r);
	else
		read_refused(r);
}

/* The tree knows the names of all versions, the server only those of its own. */
static bool is_understood(const char *name, const struct cfg_directive *d)
{
	return strcmp(name, d->name) == 0 || (d->alias != NULL && strcmp(name, d->alias) == 0);
}

void import_line(struct cfg_import *import, const struct import_place *place,
	const struct cfg_conf_line *line, const char *comment)
{
	const struct import_reading r = {
		import, place, line, cfg_directive_find(line->name, import->version), comment};

	if (r.d == NULL || !is_understood(line->name, r.d))
		read_unknown(&r);
	else if (r.d->type == CFG_TYPE_REFUSED)
		read_special(&r);
	else
		read_known(&r);
}
