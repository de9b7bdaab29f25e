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

/* What the line is about, for all who look at it. */
struct reading {
	struct cfg_import *import;
	const struct import_place *place;
	const struct cfg_conf_line *line;
	const struct cfg_directive *d;
	const char *comment;
};

#define WRONG_COUNT "wrong number of arguments"

static void refuse(const struct reading *r, const char *hint, const char *cause)
{
	import_note(r->import, CFG_IMPORT_REFUSED, r->place, r->line->name, hint, "%s", cause);
}

static void leave_out(const struct reading *r, const char *hint, const char *why)
{
	import_note(r->import, CFG_IMPORT_LEFT_OUT, r->place, r->line->name, hint, "%s", why);
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
static const char *remedy(const struct cfg_conf_line *line, const char *fallback)
{
	if (has_comment_behind(line))
		return "Valkey knows no comment behind a value: put it on a line of its own";
	if (has_placeholder(line))
		return "a placeholder that is still to be filled in: import the file that it "
		       "becomes";
	return fallback;
}

/* ---- names that are no directive ---- */

static void read_unknown(const struct reading *r)
{
	const char *name = r->line->name, *version = r->import->version;
	const char *hint = "", *with = cfg_version_with(name);
	const char *near = cfg_directive_nearest(name, version);
	const struct cfg_foreign *foreign = cfg_foreign_find(name);
	char text[CFG_FOREIGN_TEXT_BYTES];

	if (strchr(name, '.') != NULL && name[0] >= 'a' && name[0] <= 'z' &&
		r->line->word_count > 0) {
		leave_out(r, "give it to the server where it loads the module",
			"a setting of a module, which vkcfg does not know");
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
	refuse(r, remedy(r->line, hint[0] != '\0' ? hint : "delete the line"),
		"Bad directive or wrong number of arguments");
}

/* ---- what a tree may not say ---- */

static void read_include(const struct reading *r)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = VK_ENOTFOUND;

	if (r->import->include != NULL)
		rc = r->import->include(
			r->import->context, r->import, r->place->file, r->line->words[0], &err);
	if (rc == VK_ENOTFOUND)
		leave_out(r,
			"import it as well: name it before this file, or after it if its "
			"lines count more",
			"the included file is not here");
	else if (rc != VK_OK)
		import_note(r->import, CFG_IMPORT_REFUSED, r->place, r->line->name, err.hint, "%s",
			err.msg);
}

static void read_aclfile(const struct reading *r)
{
	const char *path = r->line->words[0];

	r->import->acl_path = path[0] != '\0' ? arena_strdup(r->import->arena, path) : NULL;
	r->import->acl_from = r->place->file;
	r->import->acl_place = *r->place;
}

static void read_user(const struct reading *r)
{
	r->import->has_user_lines = true;
	import_add_user(r->import, r->place, r->line->words[0], r->line->words + 1,
		r->line->word_count - 1, r->comment);
}

static void read_replicaof(const struct reading *r)
{
	const char *const *words = r->line->words;
	uint64_t port;

	if (r->line->word_count != 2) {
		refuse(r, remedy(r->line, "replicaof HOST PORT"), WRONG_COUNT);
		return;
	}
	import_drop(r->import, r->d->name);
	if (strcasecmp(words[0], "no") == 0 && strcasecmp(words[1], "one") == 0)
		return;
	if (!cfg_memory_parse(words[1], &port) || port > 65535) {
		refuse(r, remedy(r->line, "replicaof HOST PORT"), "Invalid primary port");
		return;
	}
	import_entry(r->import, r->d)->place = *r->place; /* for the check with cluster-enabled */
	leave_out(r, "write the line into runtime.conf of the instance on the host",
		"who is whose replica changes with a failover: a tree does not say it");
}

static void read_refused(const struct reading *r)
{
	static const struct {
		const char *name, *hint;
	} rows[] = {
		{"dir", "name it as 'data' of the instance in pull.yaml on the host"},
		{"daemonize",
			"the host's service manager decides; else write it into runtime.conf"},
		{"supervised",
			"the host's service manager decides; else write it into runtime.conf"},
		{"pidfile", "the host's service manager decides; else write it into runtime.conf"},
		{"loadmodule", "start the server with --loadmodule in its unit on the host"},
	};
	const char *hint = "see vkcfg schema show";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, r->d->name) == 0)
			hint = rows[i].hint;
	}
	leave_out(r, hint, r->d->reason);
}

/* ---- what becomes something else ---- */

static struct import_entry *set_entry(const struct reading *r, const char *item)
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

static void read_sealed(const struct reading *r)
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
	entry = set_entry(r, "");
	entry->secret = secret;
	import_note(r->import, CFG_IMPORT_SECRET, r->place, r->line->name, "",
		"taken out of the text: secret:%s", secret);
}

/* The last component where a tree may write it, else the directive's own name. */
static const char *file_name(const struct reading *r, const char *path)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strspn(name, allowed);

	return len > 0 && len < 64 && name[len] == '\0' && name[0] != '.' ? name : r->d->name;
}

static bool is_taken(const struct reading *r, const char *path, const char *origin)
{
	for (size_t i = 0; i < r->import->entry_count; i++) {
		const struct import_entry *e = &r->import->entries[i];

		if (e->directive != r->d && e->origin != NULL && strcmp(e->items[0], path) == 0 &&
			strcmp(e->origin, origin) != 0)
			return true;
	}
	return false;
}

static void read_path(const struct reading *r)
{
	const char *origin = r->line->words[0], *name = file_name(r, origin), *path, *hint;
	bool is_tls = strncmp(r->d->name, "tls-", 4) == 0;

	if (origin[0] == '\0') {
		set_entry(r, "")->origin = NULL;
		return;
	}
	path = arena_printf(
		r->import->arena, "%s/%s", is_tls ? "@{instance}/tls" : "@{data}", name);
	if (is_taken(r, path, origin))
		path = arena_printf(r->import->arena, "%s/%s-%s",
			is_tls ? "@{instance}/tls" : "@{data}", r->d->name, name);
	set_entry(r, path)->origin = arena_strdup(r->import->arena, origin);
	hint = is_tls ? "copy the file there before the first release: tls/ in the instance's "
			"directory on the host"
		      : "whoever uses the old path must use the new one: in the data directory";
	import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, hint,
		"a tree names paths by placeholders: %s", path);
}

static void read_rename(const struct reading *r)
{
	char *name, *item;
	struct vk_buf text;

	if (r->line->word_count != 2) {
		refuse(r, remedy(r->line, "rename-command OLD NEW"),
			"Bad directive or wrong number of arguments");
		return;
	}
	name = xstrdup(r->line->words[0]);
	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	vk_buf_init(&text, ITEM_MAX_BYTES);
	cfg_conf_quote(r->line->words[0], &text);
	vk_buf_addc(&text, ' ');
	cfg_conf_quote(r->line->words[1], &text);
	item = vk_buf_detach(&text, NULL);
	if (strchr(name, '|') != NULL || !cfg_command_is_known(name, r->import->version))
		refuse(r, "name a command of this version of Valkey",
			"No such command in rename-command");
	else if (cfg_value_is_choice("config|acl|info|ping|auth", name))
		leave_out(r, "limit the command with the rules of ACL users",
			"vkcfg itself needs this command under its own name");
	else if (!import_is_text(item) || strstr(item, "@{") != NULL)
		leave_out(r, "choose another name", "a name that cannot stand in a tree");
	else
		(void)set_entry(r, item);
	vk_buf_release(&text);
	free(item);
	free(name);
}

/* ---- all others ---- */

static char *join_words(const struct reading *r)
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

static void read_value(const struct reading *r, const char *item)
{
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf cause;

	if (strlen(item) > CFG_VALUE_MAX_BYTES || !import_is_text(item) ||
		strstr(item, "@{") != NULL) {
		leave_out(r, "a tree takes UTF-8 text without control characters and '@{'",
			"a value that cannot stand in a tree");
	} else if (strcmp(r->d->name, "proc-title-template") == 0 && !import_is_title(item)) {
		refuse(r,
			"{title} {listen-addr} {server-mode} {port} {tls-port} {unixsocket} "
			"{config-file}",
			"template format is invalid or contains unknown variables");
	} else if (cfg_value_normalise_list(r->d, &item, 1, NULL, &err) != VK_OK) {
		vk_buf_init(&cause, CAUSE_MAX_BYTES);
		import_cause(r->d, item, &cause);
		refuse(r, remedy(r->line, err.hint[0] != '\0' ? err.hint : err.msg), cause.data);
		vk_buf_release(&cause);
	} else if (cfg_value_is_choice(
			   "enable-module-command|enable-protected-configs", r->d->name) &&
		   strcasecmp(item, "no") != 0) {
		leave_out(r, "it stays 'no'",
			"it would let a client of Valkey load code or write files");
	} else {
		(void)set_entry(r, item);
		if (strcmp(r->d->name, "activedefrag") == 0 && strcasecmp(item, "yes") == 0)
			import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name,
				"taken over; where the server is such a build, delete the line",
				"a build with the system's allocator, as Debian's, says: Active "
				"defragmentation cannot be enabled: it requires a server compiled "
				"with a modified Jemalloc like the one shipped by default with the "
				"source distribution");
	}
}

/* Valkey takes a path here; a tree leaves the file in the data directory. */
static void read_nodes_file(const struct reading *r)
{
	const char *path = r->line->words[0];

	if (strchr(path, '/') == NULL) {
		read_value(r, path);
		return;
	}
	(void)set_entry(r, file_name(r, path));
	import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name,
		"move the file there before the first release",
		"the nodes file stands in the data directory: %s", file_name(r, path));
}

static void note_old_name(const struct reading *r)
{
	if (strcmp(r->line->name, r->d->name) != 0)
		import_note(r->import, CFG_IMPORT_CHANGED, r->place, r->line->name, "",
			"Valkey %s calls it %s", r->import->version, r->d->name);
}

static void read_known(const struct reading *r)
{
	bool is_multi = (r->d->flags & CFG_MULTI) != 0 || r->d->type == CFG_TYPE_RENAME;
	char *item;

	if (is_multi ? r->line->word_count == 0 : r->line->word_count != 1) {
		refuse(r, remedy(r->line, "one value; quotes keep words together"), WRONG_COUNT);
	} else if (r->d->type == CFG_TYPE_RENAME) {
		read_rename(r);
	} else if (strcmp(r->d->name, "cluster-config-file") == 0) {
		read_nodes_file(r);
	} else if (r->d->type == CFG_TYPE_PATH) {
		note_old_name(r);
		read_path(r);
	} else {
		note_old_name(r);
		item = join_words(r);
		read_value(r, item);
		free(item);
	}
}

/* Directives of type CFG_TYPE_REFUSED. */
static void read_special(const struct reading *r)
{
	const char *name = r->d->name;
	bool is_multi = (r->d->flags & CFG_MULTI) != 0;

	if (strcmp(name, "sentinel") == 0)
		refuse(r, "a file of a Sentinel: vkcfg does not manage them yet",
			"sentinel directive while not in sentinel mode");
	else if (strcmp(name, "replicaof") == 0)
		read_replicaof(r);
	else if (is_multi ? r->line->word_count == 0 : r->line->word_count != 1)
		refuse(r, remedy(r->line, "one value; quotes keep words together"),
			(r->d->flags & CFG_FILE_ONLY) != 0 && (r->d->flags & CFG_IGNORED) == 0
				? "Bad directive or wrong number of arguments"
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
	const struct reading r = {
		import, place, line, cfg_directive_find(line->name, import->version), comment};

	if (r.d == NULL || !is_understood(line->name, r.d))
		read_unknown(&r);
	else if (r.d->type == CFG_TYPE_REFUSED)
		read_special(&r);
	else
		read_known(&r);
}
