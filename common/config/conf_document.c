/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/conf_document.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/arena.h"
#include "common/config/conf_words.h"
#include "common/mem.h"

#include "common/banned.h"

struct cfg_document {
	struct arena *arena; /* tables of words and spans */
	char *file;
	char *text;
	size_t len;
	char *bytes; /* of the decoded words: len + 1, see cfg_words_read() */
	size_t used;
	struct cfg_document_line *lines;
	size_t count;
};

/* ---- lines ---- */

bool cfg_next_line(const char **at, const char *end, const char **line, size_t *len)
{
	const char *newline;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*line = *at;
	*len = (size_t)((newline != NULL ? newline : end) - *at);
	*at += *len + (newline != NULL);
	if (newline != NULL && *len > 0 && newline[-1] == '\r')
		(*len)--;
	return true;
}

const char *cfg_line_ending(const char *text, size_t len)
{
	const char *newline = len > 0 ? memchr(text, '\n', len) : NULL;

	return newline != NULL && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
}

static unsigned line_number(const char *text, const char *at)
{
	unsigned number = 1;

	for (; text < at; text++)
		number += *text == '\n';
	return number;
}

enum vk_rc cfg_check_text(
	const char *file, const char *text, size_t len, size_t max, struct vk_err *err)
{
	const char *nul = len > 0 && len <= max ? memchr(text, '\0', len) : NULL;

	if (len > max)
		return vk_err_set(err, VK_ELIMIT, "%s: larger than %zu bytes", file, max);
	if (nul != NULL)
		return vk_err_set(
			err, VK_EINPUT, "%s:%u: a NUL byte", file, line_number(text, nul));
	if (len < 3 || memcmp(text, "\xef\xbb\xbf", 3) != 0)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "%s:1: a byte order mark", file);
	vk_err_hint(err, "save the file as UTF-8 without a byte order mark");
	return VK_EINPUT;
}

/* ---- reading ---- */

static void read_words(struct cfg_document *document, struct cfg_document_line *line)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_words found;
	const char **words;
	struct cfg_span *spans;
	size_t used = 0;

	line->rc = cfg_words_read(document->text + line->inner.begin, line->inner.len,
		document->bytes + document->used, &used, &found, &err);
	if (line->rc != VK_OK) {
		line->kind = CFG_DOCUMENT_BROKEN;
		line->problem = arena_strdup(document->arena, err.msg);
		return;
	}
	if (found.count == 0) /* a blank that only sdssplitargs() skips */
		return;
	words = arena_alloc(document->arena, (found.count + 1) * sizeof(*words));
	spans = arena_alloc(document->arena, found.count * sizeof(*spans));
	for (size_t i = 0; i < found.count; i++) {
		words[i] = found.words[i];
		spans[i] = found.spans[i];
		spans[i].begin += line->inner.begin;
	}
	words[found.count] = NULL;
	document->used += used;
	line->kind = CFG_DOCUMENT_DIRECTIVE;
	line->word_count = found.count;
	line->words = words;
	line->spans = spans;
}

static void add_line(struct cfg_document *document, size_t begin, size_t len, size_t whole)
{
	const char *text = document->text;
	struct cfg_document_line *line;
	size_t end = begin + len, start = begin;

	if (document->count % 256 == 0)
		document->lines = xreallocarray(
			document->lines, document->count + 256, sizeof(*document->lines));
	line = &document->lines[document->count++];
	while (start < end && cfg_ends_word(text[start]))
		start++;
	while (end > start && cfg_ends_word(text[end - 1]))
		end--;
	*line = (struct cfg_document_line){.number = (unsigned)document->count,
		.kind = CFG_DOCUMENT_BLANK,
		.whole = {begin, whole},
		.inner = {start, end - start}};
	if (start < end && text[start] == '#')
		line->kind = CFG_DOCUMENT_COMMENT;
	else if (start < end)
		read_words(document, line);
}

enum vk_rc cfg_document_parse(const char *file, const char *text, size_t len,
	struct cfg_document **out, struct vk_err *err)
{
	enum vk_rc rc = cfg_check_text(file, text, len, CFG_CONF_MAX_BYTES, err);
	struct cfg_document *document;
	const char *at, *end, *line;
	size_t line_len;

	if (rc != VK_OK)
		return rc;
	document = xcalloc(1, sizeof(*document));
	document->arena = arena_new();
	document->file = xstrndup(file, strlen(file));
	document->text = xmalloc(len + 1);
	document->bytes = xmalloc(len + 1);
	document->len = len;
	if (len > 0)
		memcpy(document->text, text, len);
	document->text[len] = '\0';
	at = document->text;
	end = at + len;
	while (document->count < CFG_DOCUMENT_MAX_LINES &&
		cfg_next_line(&at, end, &line, &line_len))
		add_line(document, (size_t)(line - document->text), line_len, (size_t)(at - line));
	if (at < end) {
		cfg_document_free(document);
		return vk_err_set(
			err, VK_ELIMIT, "%s: more than %d lines", file, CFG_DOCUMENT_MAX_LINES);
	}
	*out = document;
	return VK_OK;
}

/* All but the document itself. */
static void release(struct cfg_document *document)
{
	sodium_memzero(document->text, document->len);
	sodium_memzero(document->bytes, document->len + 1); /* a broken line left some there too */
	free(document->text);
	free(document->bytes);
	free(document->file);
	free(document->lines);
	arena_free(document->arena);
}

void cfg_document_free(struct cfg_document *document)
{
	if (document == NULL)
		return;
	release(document);
	free(document);
}

size_t cfg_document_count(const struct cfg_document *document)
{
	return document->count;
}

const struct cfg_document_line *cfg_document_at(const struct cfg_document *document, size_t i)
{
	return &document->lines[i];
}

const char *cfg_document_text(const struct cfg_document *document, size_t *len)
{
	*len = document->len;
	return document->text;
}

static bool is_named(const struct cfg_document_line *line, const char *name)
{
	return line->kind == CFG_DOCUMENT_DIRECTIVE && strcasecmp(line->words[0], name) == 0;
}

const struct cfg_document_line *cfg_document_find(
	const struct cfg_document *document, const char *name)
{
	for (size_t i = document->count; i > 0; i--) {
		if (is_named(&document->lines[i - 1], name))
			return &document->lines[i - 1];
	}
	return NULL;
}

/* ---- changing: the new text is written as a whole and read again ---- */

static enum vk_rc replace_text(
	struct cfg_document *document, const struct vk_buf *text, struct vk_err *err)
{
	struct cfg_document *changed;
	enum vk_rc rc = vk_buf_check(text, document->file, err);

	if (rc == VK_OK)
		rc = cfg_document_parse(document->file, text->data, text->len, &changed, err);
	if (rc != VK_OK)
		return rc;
	release(document);
	*document = *changed;
	free(changed);
	return VK_OK;
}

static void add_word(struct vk_buf *out, const char *word)
{
	vk_buf_addc(out, ' ');
	cfg_conf_quote(word, out);
}

static void write_changed(const struct cfg_document *document, const struct cfg_document_line *line,
	const char *const *values, size_t count, struct vk_buf *out)
{
	const struct cfg_span *last = &line->spans[line->word_count - 1];
	size_t at = line->spans[0].begin + line->spans[0].len;

	vk_buf_add(out, document->text, at);
	for (size_t i = 0; i < count; i++) {
		const struct cfg_span *span;

		if (i + 1 >= line->word_count) {
			add_word(out, values[i]);
			continue;
		}
		span = &line->spans[i + 1];
		vk_buf_add(out, document->text + at, span->begin - at);
		if (strcmp(line->words[i + 1], values[i]) == 0)
			vk_buf_add(out, document->text + span->begin, span->len);
		else
			cfg_conf_quote(values[i], out);
		at = span->begin + span->len;
	}
	at = last->begin + last->len;
	vk_buf_add(out, document->text + at, document->len - at);
}

static void write_added(const struct cfg_document *document, const char *name,
	const char *const *values, size_t count, struct vk_buf *out)
{
	const char *ending = cfg_line_ending(document->text, document->len);

	vk_buf_add(out, document->text, document->len);
	if (document->len > 0 && document->text[document->len - 1] != '\n')
		vk_buf_adds(out, ending);
	cfg_conf_quote(name, out);
	for (size_t i = 0; i < count; i++)
		add_word(out, values[i]);
	vk_buf_adds(out, ending);
}

enum vk_rc cfg_document_set(struct cfg_document *document, const char *name,
	const char *const *values, size_t count, struct vk_err *err)
{
	const struct cfg_document_line *line = cfg_document_find(document, name);
	struct vk_buf text;
	enum vk_rc rc;

	if (name[0] == '\0')
		return vk_err_set(err, VK_EINPUT, "a directive without a name");
	if (count == 0)
		return vk_err_set(err, VK_EINPUT, "%s: a directive without a value", name);
	if (count >= CFG_CONF_MAX_WORDS)
		return vk_err_set(
			err, VK_ELIMIT, "%s: more than %d words", name, CFG_CONF_MAX_WORDS);
	for (size_t i = 0; i < count; i++) {
		if (strlen(values[i]) > CFG_CONF_MAX_WORD_BYTES / 4 - 1) /* escaped and quoted */
			return vk_err_set(err, VK_ELIMIT, "%s: a word of more than %d bytes", name,
				CFG_CONF_MAX_WORD_BYTES / 4 - 1);
	}
	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	if (line != NULL)
		write_changed(document, line, values, count, &text);
	else
		write_added(document, name, values, count, &text);
	rc = replace_text(document, &text, err);
	vk_buf_release_wiped(&text);
	return rc;
}

enum vk_rc cfg_document_remove(struct cfg_document *document, const char *name, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	if (cfg_document_find(document, name) == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%s: no such directive", name);
	vk_buf_init(&text, CFG_CONF_MAX_BYTES);
	for (size_t i = 0; i < document->count; i++) {
		const struct cfg_document_line *line = &document->lines[i];

		if (!is_named(line, name))
			vk_buf_add(&text, document->text + line->whole.begin, line->whole.len);
	}
	rc = replace_text(document, &text, err);
	vk_buf_release_wiped(&text);
	return rc;
}
