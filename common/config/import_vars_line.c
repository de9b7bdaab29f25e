/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/import_vars_line.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/value_words.h"
#include "common/mem.h"

#include "common/banned.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

bool import_vars_is_open(const struct vkyaml_node *value)
{
	if (vkyaml_kind(value) == VKYAML_SCALAR)
		return strstr(vkyaml_text(value), "{{") != NULL ||
		       strstr(vkyaml_text(value), "{%") != NULL;
	for (size_t i = 0; i < vkyaml_count(value); i++) {
		if (import_vars_is_open(vkyaml_at(value, i)))
			return true;
	}
	return false;
}

/* As Valkey's templates print YAML's booleans; NULL for anything else. */
static const char *boolean_of(const struct vkyaml_node *value, bool is_quoted_too)
{
	if (vkyaml_kind(value) != VKYAML_SCALAR || (vkyaml_is_quoted(value) && !is_quoted_too))
		return NULL;
	if (cfg_value_is_choice("true|True|TRUE|yes|Yes|on|On", vkyaml_text(value)))
		return "yes";
	if (cfg_value_is_choice("false|False|FALSE|no|No|off|Off", vkyaml_text(value)))
		return "no";
	return NULL;
}

/* A line as it would stand in a file: the text behind the name is not quoted anew. */
static void emit(struct cfg_import *import, const struct import_place *place, const char *name,
	const char *rest)
{
	char *text = xasprintf("%s %s", name, rest);
	size_t len = strlen(text), count;
	struct vk_err err = VK_ERR_INIT;
	char **words;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	}
	if (cfg_conf_split(text, len, &words, &count, &err) != VK_OK) {
		import_note(import, CFG_IMPORT_REFUSED, place, name, err.hint, "%s",
			strcmp(err.msg, "unbalanced quotes") == 0
				? "Unbalanced quotes in configuration line"
				: "the value cannot be read");
	} else {
		for (char *c = words[0]; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		import_line(import, place,
			&(struct cfg_conf_line){
				place->line, words[0], count - 1, (const char *const *)words + 1},
			"");
		for (size_t i = 0; i < count; i++)
			sodium_memzero(words[i], strlen(words[i]));
		free(words);
	}
	sodium_memzero(text, len);
	free(text);
}

/* Adds the texts of a node, with blanks between; keys of maps only where they say something. */
static void add_words(const struct vkyaml_node *node, bool has_keys, struct vk_buf *out)
{
	if (vkyaml_kind(node) == VKYAML_SCALAR) {
		vk_buf_addf(out, "%s%s", out->len > 0 ? " " : "", vkyaml_text(node));
		return;
	}
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		if (has_keys && vkyaml_kind(node) == VKYAML_MAP)
			vk_buf_addf(out, "%s%s", out->len > 0 ? " " : "", vkyaml_key(node, i));
		add_words(vkyaml_at(node, i), false, out);
	}
}

/* {changes: 1, seconds: 900} in any order; other maps as they stand. */
static void add_save(const struct vkyaml_node *map, struct vk_buf *out)
{
	const struct vkyaml_node *seconds = vkyaml_get(map, "seconds");
	const struct vkyaml_node *changes = vkyaml_get(map, "changes");

	if (seconds != NULL && changes != NULL) {
		add_words(seconds, false, out);
		add_words(changes, false, out);
	} else {
		add_words(map, vkyaml_count(map) == 1, out);
	}
}

static void emit_node(struct cfg_import *import, const struct import_place *place, const char *name,
	const char *before, const struct vkyaml_node *node)
{
	struct import_place own = {place->file, vkyaml_mark(node).line};
	struct vk_buf text;

	vk_buf_init(&text, LINE_MAX_BYTES);
	vk_buf_adds(&text, before);
	if (vkyaml_kind(node) == VKYAML_MAP)
		add_save(node, &text);
	else
		add_words(node, false, &text);
	if (text.is_overflowed)
		import_note(
			import, CFG_IMPORT_LEFT_OUT, &own, name, "", "a value that is too long");
	else
		emit(import, &own, name, text.data);
	vk_buf_release_wiped(&text);
}

/* CMD alone: the command is taken away. */
static void emit_rename(struct cfg_import *import, const struct import_place *place,
	const char *from, const struct vkyaml_node *to)
{
	bool is_gone = to == NULL || vkyaml_kind(to) != VKYAML_SCALAR || vkyaml_is_null(to) ||
		       vkyaml_text(to)[0] == '\0';
	char *rest = strpbrk(from, " \t") != NULL
			     ? xstrdup(from)
			     : xasprintf("%s %s", from, is_gone ? "\"\"" : vkyaml_text(to));

	emit(import, place, "rename-command", rest);
	free(rest);
}

static void renames(struct cfg_import *import, const struct import_place *place,
	const struct vkyaml_node *value)
{
	struct import_place own = {place->file, vkyaml_mark(value).line};

	if (vkyaml_kind(value) == VKYAML_SCALAR) {
		emit_rename(import, &own, vkyaml_text(value), NULL);
	} else if (vkyaml_kind(value) == VKYAML_MAP && vkyaml_count(value) == 2 &&
		   vkyaml_kind(vkyaml_at(value, 0)) == VKYAML_SCALAR &&
		   cfg_value_is_choice(
			   "command|name|old|from|original|old_name", vkyaml_key(value, 0))) {
		emit_rename(import, &own, vkyaml_text(vkyaml_at(value, 0)), vkyaml_at(value, 1));
	} else {
		for (size_t i = 0; i < vkyaml_count(value); i++) {
			if (vkyaml_kind(value) == VKYAML_MAP)
				emit_rename(
					import, &own, vkyaml_key(value, i), vkyaml_at(value, i));
			else
				renames(import, &own, vkyaml_at(value, i));
		}
	}
}

static bool is_unset(const struct cfg_directive *d, const struct vkyaml_node *value)
{
	const char *boolean = boolean_of(value, false);
	bool is_truth =
		d->type == CFG_TYPE_BOOL || d->type == CFG_TYPE_ENUM || d->type == CFG_TYPE_REFUSED;

	if (vkyaml_kind(value) != VKYAML_SCALAR)
		return vkyaml_count(value) == 0;
	if (vkyaml_is_null(value) || cfg_value_is_choice("|undef|None|omit", vkyaml_text(value)))
		return true;
	return boolean != NULL && boolean[0] == 'n' && (!is_truth || (d->flags & CFG_SEALED) != 0);
}

static void values(struct cfg_import *import, const struct import_place *place,
	const struct cfg_directive *d, const char *before, const struct vkyaml_node *value)
{
	bool is_repeated = (d->flags & CFG_REPEATED) != 0 || (d->flags & CFG_MULTI) == 0;
	const char *boolean = boolean_of(value, d->type == CFG_TYPE_BOOL);

	if (boolean != NULL)
		emit(import, place, d->name, boolean);
	else if (vkyaml_kind(value) == VKYAML_LIST && is_repeated)
		for (size_t i = 0; i < vkyaml_count(value); i++)
			emit_node(import, place, d->name, before, vkyaml_at(value, i));
	else if (vkyaml_kind(value) == VKYAML_MAP && is_repeated)
		for (size_t i = 0; i < vkyaml_count(value); i++) {
			char *key = xasprintf("%s ", vkyaml_key(value, i));

			emit_node(import, place, d->name, key, vkyaml_at(value, i));
			free(key);
		}
	else if (vkyaml_kind(value) == VKYAML_SCALAR && d->type == CFG_TYPE_SAVE &&
		 strchr(vkyaml_text(value), '\n') != NULL)
		import_vars_text(import, place, value, "save ");
	else
		emit_node(import, place, d->name, before, value);
}

void import_vars_lines(struct cfg_import *import, const struct import_place *place,
	const struct cfg_directive *d, const struct import_variable *variable,
	const struct vkyaml_node *value)
{
	enum import_variable_form form = variable != NULL ? variable->form : IMPORT_VAR_VALUE;
	const char *boolean = boolean_of(value, true);
	char *before;

	if (form == IMPORT_VAR_IF_YES || form == IMPORT_VAR_IF_NO) {
		if (boolean != NULL && (boolean[0] == 'y') == (form == IMPORT_VAR_IF_YES))
			emit(import, place, d->name, "\"\"");
		return;
	}
	if (is_unset(d, value))
		return;
	if (form == IMPORT_VAR_RENAME) {
		renames(import, place, value);
	} else if (form == IMPORT_VAR_USERS) {
		import_vars_text(import, place, value, "user ");
	} else {
		before = form == IMPORT_VAR_CLASS ? xasprintf("%s ", variable->word) : xstrdup("");
		values(import, place, d, before, value);
		free(before);
	}
}

/* One line of text; before is put in front of lines that do not begin so. */
static void text_line(struct cfg_import *import, const struct import_place *place, const char *line,
	const char *before)
{
	size_t name, len = strlen(before);
	char *first;

	line += strspn(line, " \t");
	if (line[0] == '\0' || line[0] == '#')
		return;
	if (len > 0 && strncmp(line, before, len) == 0)
		line += len;
	name = len > 0 ? 0 : strcspn(line, " \t");
	first = len > 0 ? xstrndup(before, len - 1) : xstrndup(line, name);
	emit(import, place, first, line + name);
	free(first);
}

void import_vars_text(struct cfg_import *import, const struct import_place *place,
	const struct vkyaml_node *value, const char *before)
{
	struct import_place own = {place->file, vkyaml_mark(value).line};
	char *copy, *save = NULL;

	if (vkyaml_kind(value) != VKYAML_SCALAR) {
		for (size_t i = 0; i < vkyaml_count(value); i++)
			import_vars_text(import, &own, vkyaml_at(value, i), before);
		return;
	}
	copy = xstrdup(vkyaml_text(value));
	own.line += vkyaml_is_quoted(value) && strchr(copy, '\n') != NULL; /* below the | */
	for (char *line = copy; line != NULL; line = save) {
		save = strchr(line, '\n');
		if (save != NULL)
			*save++ = '\0';
		text_line(import, &own, line, before);
		own.line++;
	}
	sodium_memzero(copy, strlen(vkyaml_text(value)));
	free(copy);
}
