/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file, line by line: unlike Valkey, which stops at the first bad one. */
#include "config.h"

#include "common/config/import.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/import_internal.h"
#include "common/mem.h"

#include "common/banned.h"

enum { COMMENT_MAX_LINES = 12, COMMENT_LINE_MAX_BYTES = 200 };

/* The comment above a directive: the last lines of it, without an empty line between. */
struct comment {
	const char *lines[COMMENT_MAX_LINES];
	size_t count;
};

/* The byte length of a valid UTF-8 sequence (RFC 3629) at text, or 0. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} rows[] = {
		{0x20, 0x7e, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (text[0] < rows[i].first || text[0] > rows[i].last)
			continue;
		if (rows[i].len > 1 && (text[1] < rows[i].low || text[1] > rows[i].high))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++) {
			if ((text[k] & 0xc0) != 0x80)
				return 0;
		}
		return rows[i].len;
	}
	return 0;
}

bool import_is_text(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at != '\0') {
		size_t len = utf8_length(at);

		/* C1, and what YAML counts as no character or as the end of a line */
		if (len == 0 || (at[0] == 0xc2 && at[1] < 0xa0) ||
			(at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) ||
			(at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe) ||
			(at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf))
			return false;
		at += len;
	}
	return true;
}

/* A commented-out line with a password in it is no explanation. */
static bool may_hold_secret(const struct cfg_import *import, const char *text)
{
	size_t skip = strspn(text, "# \t");
	size_t len = strcspn(text + skip, " \t=:");
	char *name = xstrndup(text + skip, len);
	const struct cfg_directive *d = cfg_directive_find(name, import->version);

	free(name);
	return (d != NULL && (d->flags & CFG_SENSITIVE) != 0) || strchr(text, '>') != NULL;
}

/* line: "# ...", not empty. */
static void add_comment(
	struct cfg_import *import, struct comment *comment, const char *line, size_t len)
{
	char *text = arena_dup(import->arena, line, len);

	for (char *c = text; *c != '\0'; c++)
		*c = *c == '\t' ? ' ' : *c;
	if (strspn(text, "# ") == len) { /* an empty comment line ends a paragraph */
		comment->count = 0;
		return;
	}
	if (len > COMMENT_LINE_MAX_BYTES || !import_is_text(text) || may_hold_secret(import, text))
		return;
	if (comment->count == COMMENT_MAX_LINES)
		memmove(comment->lines, comment->lines + 1,
			--comment->count * sizeof(comment->lines[0]));
	comment->lines[comment->count++] = text;
}

static const char *take_comment(struct cfg_import *import, struct comment *comment)
{
	const char *out = "";

	for (size_t i = 0; i < comment->count; i++)
		out = arena_printf(import->arena, "%s%s\n", out, comment->lines[i]);
	comment->count = 0;
	return out;
}

static void wipe_words(char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sodium_memzero(words[i], strlen(words[i]));
	free(words);
}

/* Where quotes are not closed: the name alone, for the message. */
static void note_bad_quotes(struct cfg_import *import, const struct import_place *place,
	const char *line, size_t len, const struct vk_err *err)
{
	size_t name = 0;
	char *subject;

	while (name < len && name < 64 && line[name] > ' ' && line[name] < 0x7f)
		name++;
	subject = xstrndup(line, name);
	if (err->rc == VK_EINPUT && strcmp(err->msg, "unbalanced quotes") == 0)
		import_note(import, CFG_IMPORT_REFUSED, place, subject,
			"close the quote; nothing may follow a closing quote without a blank",
			"Unbalanced quotes in configuration line");
	else
		import_note(import, CFG_IMPORT_REFUSED, place, subject, err->hint, "%s", err->msg);
	free(subject);
}

static void read_line(struct cfg_import *import, const struct import_place *place, const char *text,
	size_t len, struct comment *comment)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_conf_line line;
	char **words;
	size_t count;

	if (cfg_conf_split(text, len, &words, &count, &err) != VK_OK) {
		note_bad_quotes(import, place, text, len, &err);
		comment->count = 0;
		return;
	}
	if (count > 0) {
		for (char *c = words[0]; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		line = (struct cfg_conf_line){
			place->line, words[0], count - 1, (const char *const *)words + 1};
		import_line(import, place, &line, take_comment(import, comment));
	}
	wipe_words(words, count);
}

static void read_lines(
	struct cfg_import *import, const char *file, const char *text, const char *end)
{
	struct import_place place = {file, 0};
	struct comment comment = {.count = 0};

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line = text, *stop = newline != NULL ? newline : end;

		text = newline != NULL ? newline + 1 : end;
		place.line++;
		while (line < stop && strchr(" \t\r", *line) != NULL)
			line++;
		while (stop > line && strchr(" \t\r", stop[-1]) != NULL)
			stop--;
		if (line == stop)
			comment.count = 0;
		else if (line[0] == '#')
			add_comment(import, &comment, line, (size_t)(stop - line));
		else
			read_line(import, &place, line, (size_t)(stop - line), &comment);
	}
}

/* What is no configuration file at all. */
static enum vk_rc check_text(const struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err)
{
	if (len > CFG_CONF_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "%s: larger than %d bytes", file, CFG_CONF_MAX_BYTES);
	if (len > 0 && memchr(text, '\0', len) != NULL)
		return vk_err_set(err, VK_EINPUT, "%s: a NUL byte", file);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		vk_err_set(err, VK_EINPUT,
			"%s:1: a byte order mark: Valkey says Bad directive or wrong number of "
			"arguments",
			file);
		vk_err_hint(err, "save the file as UTF-8 without a byte order mark");
		return VK_EINPUT;
	}
	for (size_t i = 0; i < import->depth; i++) {
		if (strcmp(import->stack[i], file) == 0)
			return vk_err_set(err, VK_EINPUT, "%s: the file includes itself", file);
	}
	if (import->depth == CFG_IMPORT_MAX_DEPTH || import->file_count == CFG_IMPORT_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT,
			"%s: files that are more than %d deep, or more than %d", file,
			CFG_IMPORT_MAX_DEPTH, CFG_IMPORT_MAX_FILES);
	return VK_OK;
}

void import_add_source(struct cfg_import *import, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash != NULL ? slash + 1 : file;

	if (import_is_text(name))
		vk_buf_addf(&import->sources, "%s%s", import->sources.len > 0 ? ", " : "", name);
}

enum vk_rc cfg_import_conf(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err)
{
	enum vk_rc rc = check_text(import, file, text, len, err);

	if (rc != VK_OK)
		return rc;
	import_add_source(import, file);
	file = arena_strdup(import->arena, file);
	import->stack[import->depth++] = file;
	import->file_count++;
	if (import->depth == 1)
		import->is_sentinel = import->is_sentinel || import_is_sentinel(file, text, len);
	if (len > 0)
		read_lines(import, file, text, text + len);
	import->depth--;
	return VK_OK;
}

enum vk_rc cfg_import_acl(struct cfg_import *import, const char *file, const char *text, size_t len,
	struct vk_err *err)
{
	struct import_place place = {arena_strdup(import->arena, file), 0};
	const char *end = text + len;
	enum vk_rc rc = check_text(import, file, text, len, err);

	if (rc != VK_OK)
		return rc;
	import_add_source(import, file);
	import->has_acl = true;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline != NULL ? newline : end) - text);
		char *line = xmalloc(line_len + 1);

		memcpy(line, text, line_len);
		line[line_len] = '\0';
		text += line_len + (newline != NULL);
		place.line++;
		import_acl_line(import, &place, line);
		sodium_memzero(line, line_len);
		free(line);
	}
	return VK_OK;
}
