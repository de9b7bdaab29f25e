/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file, line by line: unlike Valkey, which stops at the first bad one. */
#include "config.h"

#include "common/config/import.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/conf_document.h"
#include "common/config/import_internal.h"
#include "common/mem.h"

#include "common/banned.h"

enum { COMMENT_MAX_LINES = 12, COMMENT_LINE_MAX_BYTES = 200, TOKEN_BYTES = 16 };

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

/* Letters and digits, as keys and hashes are: long, and none of a language. */
static bool has_token(const char *text)
{
	static const char characters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+_=";

	while (*text != '\0') {
		size_t len = strspn(text, characters);

		if (len >= TOKEN_BYTES && strcspn(text, "0123456789") < len)
			return true;
		text += len;
		text += strcspn(text, characters);
	}
	return false;
}

/* A commented-out line with a password in it is no explanation, nor is one that speaks of
 * passwords: what stands behind may be one. */
static bool may_hold_secret(const struct cfg_import *import, const char *text)
{
	static const char *const words[] = {"pass", "pwd", "pw:", "pw=", "pw ", "secret", "token",
		"credential", "key:", "key=", "api key", "apikey", "api-key", "api_key",
		"private key", ">"};
	size_t skip = strspn(text, "# \t");
	size_t len = strcspn(text + skip, " \t=:");
	char *name = xstrndup(text + skip, len);
	const struct cfg_directive *d = cfg_directive_find(name, import->version);

	free(name);
	if (d != NULL && (d->flags & CFG_SENSITIVE) != 0)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasestr(text, words[i]) != NULL)
			return true;
	}
	return (strstr(text, "://") != NULL && strchr(text, '@') != NULL) || has_token(text);
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

/* Where quotes are not closed: the name alone, for the message. */
static void note_broken(struct cfg_import *import, const struct import_place *place,
	const struct cfg_document_line *line, const char *text)
{
	size_t name = 0;
	const char *subject;

	while (name < line->inner.len && text[name] > ' ' && text[name] < 0x7f)
		name++;
	subject = import_shown_name(import, arena_dup(import->arena, text, name), false);
	if (line->rc == VK_EINPUT && strcmp(line->problem, "unbalanced quotes") == 0)
		import_note(import, CFG_IMPORT_REFUSED, place, subject,
			"close the quote; nothing may follow a closing quote without a blank",
			"Unbalanced quotes in configuration line");
	else
		import_note(import, CFG_IMPORT_REFUSED, place, subject, "", "%s", line->problem);
}

static void read_directive(struct cfg_import *import, const struct import_place *place,
	const struct cfg_document_line *from, struct comment *comment)
{
	char *name = xstrndup(from->words[0], strlen(from->words[0]));
	const struct cfg_conf_line line = {
		place->line, name, from->word_count - 1, from->words + 1};

	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	import_line(import, place, &line, take_comment(import, comment));
	free(name);
}

static void read_lines(
	struct cfg_import *import, const char *file, const struct cfg_document *document)
{
	struct comment comment = {.count = 0};
	size_t len;
	const char *text = cfg_document_text(document, &len);

	for (size_t i = 0; i < cfg_document_count(document); i++) {
		const struct cfg_document_line *line = cfg_document_at(document, i);
		const struct import_place place = {file, line->number};

		switch (line->kind) {
		case CFG_DOCUMENT_BLANK:
			comment.count = 0;
			break;
		case CFG_DOCUMENT_COMMENT:
			add_comment(import, &comment, text + line->inner.begin, line->inner.len);
			break;
		case CFG_DOCUMENT_BROKEN:
			note_broken(import, &place, line, text + line->inner.begin);
			comment.count = 0;
			break;
		case CFG_DOCUMENT_DIRECTIVE:
			read_directive(import, &place, line, &comment);
			break;
		}
	}
}

static enum vk_rc check_stack(const struct cfg_import *import, const char *file, struct vk_err *err)
{
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

/* For Valkey a byte order mark is a part of the first name, whatever that line says: refused, and
 * the text without it in *copy, or NULL. */
static void refuse_marked_line(
	struct cfg_import *import, const char *file, const char *text, size_t len, char **copy)
{
	const struct import_place place = {arena_strdup(import->arena, file), 1};

	if (len < 3 || memcmp(text, "\xef\xbb\xbf", 3) != 0)
		return;
	import_note(import, CFG_IMPORT_REFUSED, &place, "byte order mark",
		"save the file as UTF-8 without a byte order mark", "%s",
		"Bad directive or wrong number of arguments");
	*copy = xmalloc(len);
	memcpy(*copy, text, len);
	for (size_t i = 0; i < len && (*copy)[i] != '\n'; i++)
		(*copy)[i] = ' ';
}

enum vk_rc cfg_import_conf(struct cfg_import *import, const char *file, const char *text,
	size_t len, struct vk_err *err)
{
	struct cfg_document *document = NULL;
	char *unmarked = NULL;
	enum vk_rc rc;

	if (len <= CFG_CONF_MAX_BYTES)
		refuse_marked_line(import, file, text, len, &unmarked);
	rc = cfg_document_parse(file, unmarked != NULL ? unmarked : text, len, &document, err);
	if (rc == VK_OK)
		rc = check_stack(import, file, err);
	if (rc != VK_OK)
		goto out;
	import_add_source(import, file);
	file = arena_strdup(import->arena, file);
	import->stack[import->depth++] = file;
	import->file_count++;
	if (import->depth == 1)
		import->is_sentinel = import->is_sentinel || import_is_sentinel(file, document);
	read_lines(import, file, document);
	import->depth--;
out:
	if (unmarked != NULL)
		sodium_memzero(unmarked, len);
	free(unmarked);
	cfg_document_free(document);
	return rc;
}

enum vk_rc cfg_import_acl(struct cfg_import *import, const char *file, const char *text, size_t len,
	struct vk_err *err)
{
	struct import_place place = {arena_strdup(import->arena, file), 0};
	const char *end = text + len, *line;
	size_t line_len;
	enum vk_rc rc = cfg_check_text(file, text, len, CFG_ACL_MAX_BYTES, err);

	if (rc == VK_OK)
		rc = check_stack(import, file, err);
	if (rc != VK_OK)
		return rc;
	import_add_source(import, file);
	import->has_acl = true;
	while (cfg_next_line(&text, end, &line, &line_len)) {
		char *copy = xmalloc(line_len + 1);

		memcpy(copy, line, line_len);
		copy[line_len] = '\0';
		place.line++;
		import_acl_line(import, &place, copy);
		sodium_memzero(copy, line_len);
		free(copy);
	}
	return VK_OK;
}
