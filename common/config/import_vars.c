/* SPDX-License-Identifier: BSD-3-Clause */
/* Variables of Ansible and its like: which directive each stands for, or what to do about it. */
#include "config.h"

#include "common/config/import_vars.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/import.h"
#include "common/config/import_vars_line.h"
#include "common/mem.h"

#include "common/banned.h"

enum { NAME_BYTES = 128, MAX_DEPTH = 6 };

struct walk {
	struct cfg_import *import;
	const char *file;
	bool has_prefix; /* some variable of the file has one */
	size_t others;	 /* variables that are of something else */
};

/* The longest first. */
static const char *const prefixes[] = {"install_redis__", "install_valkey__", "redis_instance_",
	"valkey_instance_", "redis_server_", "valkey_server_",
	"redis::instance::", "redis::", "valkey::", "redisio_", "keydb_", "redis_", "valkey_",
	"conf_", "redis-", "valkey-"};

static const char *without_prefix(const char *name)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0 && name[len] != '\0')
			return name + len;
	}
	return NULL;
}

/* "Max_Memory" -> "max-memory"; false where it is longer than any. */
static bool normalise(const char *name, char out[NAME_BYTES])
{
	size_t len = strlen(name);

	if (len >= NAME_BYTES)
		return false;
	for (size_t i = 0; i <= len; i++) {
		char c = name[i];

		out[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return true;
}

static const struct import_variable *find_variable(const char *name)
{
	const struct import_variable *near = NULL;

	for (size_t i = 0; i < import_variable_count; i++) {
		const char *at = import_variables[i].name;
		size_t len = strlen(at);

		if (strcmp(at, name) == 0)
			return &import_variables[i];
		if (at[len - 1] == '*' && strncmp(at, name, len - 1) == 0)
			near = &import_variables[i];
	}
	return near;
}

/* ---- one variable ---- */

static void read_map(struct walk *walk, const struct vkyaml_node *map, unsigned depth);

/* The variables of one of several instances: that of --as, or the only one. */
static void read_instances(struct walk *walk, const struct import_place *place, const char *key,
	const struct vkyaml_node *value, unsigned depth)
{
	const struct vkyaml_node *chosen = NULL;
	size_t count = vkyaml_count(value);

	for (size_t i = 0; i < count; i++) {
		const struct vkyaml_node *at = vkyaml_at(value, i), *name = vkyaml_get(at, "name");
		const char *called = vkyaml_kind(value) == VKYAML_MAP ? vkyaml_key(value, i)
				     : name != NULL && vkyaml_kind(name) == VKYAML_SCALAR
					     ? vkyaml_text(name)
					     : "";

		if (vkyaml_kind(at) == VKYAML_MAP &&
			(count == 1 || strcmp(called, walk->import->instance) == 0))
			chosen = at;
		else if (vkyaml_kind(at) == VKYAML_MAP)
			import_note(walk->import, CFG_IMPORT_LEFT_OUT, place, key,
				"import each with its name: --as HOST/INSTANCE",
				"another instance: '%.100s'", called);
	}
	if (chosen != NULL)
		read_map(walk, chosen, depth + 1);
}

static void note_open(struct walk *walk, const struct import_place *place, const char *key,
	const struct vkyaml_node *value)
{
	if (vkyaml_kind(value) == VKYAML_SCALAR && strcmp(vkyaml_text(value), IMPORT_VAULT) == 0)
		import_note(walk->import, CFG_IMPORT_SECRET, place, key,
			"read it with 'ansible-vault view', seal it with 'vkcfg secret set', and "
			"name it in the role",
			"encrypted by Ansible Vault: not taken over");
	else
		import_note(walk->import, CFG_IMPORT_LEFT_OUT, place, key,
			"write into the role what it becomes on this host",
			"an expression of the template language, which is not guessed");
}

static void read_unknown(
	struct walk *walk, const struct import_place *place, const char *key, bool is_ours)
{
	if (is_ours)
		import_note(walk->import, CFG_IMPORT_LEFT_OUT, place, key,
			"if it becomes a line of the configuration, write that under 'config' of "
			"the role",
			"a variable that vkcfg does not know");
	else
		walk->others++;
}

static void read_variable(struct walk *walk, const struct import_place *place, const char *key,
	const struct vkyaml_node *value, unsigned depth)
{
	const char *bare = without_prefix(key);
	bool is_ours = bare != NULL || depth > 0;
	const struct import_variable *variable;
	const struct cfg_directive *d;
	char name[NAME_BYTES];

	if (!normalise(bare != NULL ? bare : key, name)) {
		read_unknown(walk, place, key, is_ours);
		return;
	}
	/* Puppet's classes and Salt's pillars have no prefix; in files of Ansible that is foreign.
	 */
	variable = is_ours || !walk->has_prefix ? find_variable(name) : NULL;
	d = cfg_directive_find(
		variable != NULL ? variable->directive : name, walk->import->version);
	if (variable == NULL && !is_ours && (walk->has_prefix || d == NULL) &&
		strcmp(name, "redis") != 0 && strcmp(name, "valkey") != 0)
		walk->others++;
	else if (variable != NULL && variable->form == IMPORT_VAR_NONE)
		import_note(walk->import, CFG_IMPORT_LEFT_OUT, place, key, variable->hint,
			"no configuration of Valkey");
	else if (variable != NULL && variable->form == IMPORT_VAR_INSTANCES)
		read_instances(walk, place, key, value, depth);
	else if (vkyaml_kind(value) == VKYAML_MAP &&
		 (d == NULL || (variable != NULL && variable->form == IMPORT_VAR_MAP)))
		read_map(walk, value, depth + 1);
	else if (import_vars_is_open(value))
		note_open(walk, place, key, value);
	else if (variable != NULL &&
		 (variable->form == IMPORT_VAR_TEXT || variable->form == IMPORT_VAR_MAP))
		import_vars_text(walk->import, place, value, "");
	else if (d == NULL)
		read_unknown(walk, place, key, is_ours);
	else
		import_vars_lines(walk->import, place, d, variable, value);
}

static void read_map(struct walk *walk, const struct vkyaml_node *map, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return;
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		struct import_place place = {walk->file, vkyaml_key_mark(map, i).line};

		read_variable(walk, &place, vkyaml_key(map, i), vkyaml_at(map, i), depth);
	}
}

/* ---- the file ---- */

static size_t indent_of(const char *line, const char *end)
{
	size_t n = 0;

	while (line + n < end && line[n] == ' ')
		n++;
	return n;
}

/* "!vault |" and what is below it as IMPORT_VAULT, so that lines keep their numbers; "!unsafe"
 * away. */
static void clear_tags(const char *text, size_t len, struct vk_buf *out)
{
	const char *end = text + len;
	size_t vault_indent = SIZE_MAX; /* of the line with the tag */

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline != NULL ? newline : end;
		const char *vault = memmem(text, (size_t)(stop - text), "!vault", 6);
		const char *unsafe = memmem(text, (size_t)(stop - text), "!unsafe ", 8);
		size_t indent = indent_of(text, stop);
		bool is_comment = text + indent < stop && text[indent] == '#';

		if (vault_indent != SIZE_MAX && (indent > vault_indent || text + indent == stop)) {
			/* the encrypted text */
		} else if (vault != NULL && vault > text && vault[-1] == ' ' && !is_comment) {
			vk_buf_add(out, text, (size_t)(vault - text));
			vk_buf_adds(out, "\"" IMPORT_VAULT "\"");
			vault_indent = indent;
		} else if (unsafe != NULL && unsafe > text && unsafe[-1] == ' ' && !is_comment) {
			vk_buf_add(out, text, (size_t)(unsafe - text));
			vk_buf_add(out, unsafe + 8, (size_t)(stop - unsafe) - 8);
			vault_indent = SIZE_MAX;
		} else {
			vk_buf_add(out, text, (size_t)(stop - text));
			vault_indent = SIZE_MAX;
		}
		vk_buf_addc(out, '\n');
		text = newline != NULL ? newline + 1 : end;
	}
}

static enum vk_rc parse(
	const char *file, const char *text, size_t len, struct vkyaml **out, struct vk_err *err)
{
	struct vk_buf clear;
	enum vk_rc rc;

	vk_buf_init(&clear, 2 * (size_t)VKYAML_MAX_BYTES);
	clear_tags(text, len, &clear);
	rc = vkyaml_parse(file, clear.data, clear.len, out, err);
	vk_buf_release_wiped(&clear);
	return rc;
}

enum vk_rc cfg_import_vars(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err)
{
	struct vkyaml *doc = NULL;
	struct walk walk = {.import = import};
	const struct vkyaml_node *root;
	enum vk_rc rc;

	if (len > VKYAML_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "%s: larger than %d bytes", file, VKYAML_MAX_BYTES);
	rc = parse(file, text, len, &doc, err);
	if (rc != VK_OK)
		return rc;
	root = vkyaml_root(doc);
	if (root != NULL && vkyaml_kind(root) != VKYAML_MAP) {
		rc = vkyaml_error(doc, vkyaml_mark(root), err, "no map of variables");
		goto out;
	}
	import_add_source(import, file);
	walk.file = arena_strdup(import->arena, file);
	if (root == NULL)
		goto out;
	for (size_t i = 0; i < vkyaml_count(root); i++)
		walk.has_prefix = walk.has_prefix || without_prefix(vkyaml_key(root, i)) != NULL;
	read_map(&walk, root, 0);
	if (walk.others > 0)
		import_note(import, CFG_IMPORT_LEFT_OUT, &(struct import_place){walk.file, 0},
			"variables", "", "%zu variables of something else", walk.others);
out:
	vkyaml_free(doc);
	return rc;
}
