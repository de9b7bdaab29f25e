/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/acl_document.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/config/acl.h"
#include "common/config/conf_words.h"
#include "common/mem.h"

#include "common/banned.h"

struct cfg_acl_document {
	char *file;
	char *text;
	char *parts; /* the text again, cut into names and rules by NULs */
	size_t len;
	struct cfg_acl_line *lines;
	size_t count;
};

/* begin, len: a line without its end. */
static void add_line(struct cfg_acl_document *document, size_t begin, size_t len, size_t whole)
{
	static const char keyword[] = "user ";
	struct cfg_acl_line *line;
	char *parts = document->parts;
	size_t at = begin, end = begin + len;

	if (document->count % 256 == 0)
		document->lines = xreallocarray(
			document->lines, document->count + 256, sizeof(*document->lines));
	line = &document->lines[document->count++];
	*line = (struct cfg_acl_line){.number = (unsigned)document->count,
		.kind = CFG_ACL_BLANK,
		.whole = {begin, whole}};
	while (at < end && cfg_ends_word(parts[at]))
		at++;
	while (end > at && cfg_ends_word(parts[end - 1]))
		end--;
	if (at == end)
		return;
	line->kind = CFG_ACL_OTHER;
	if (end - at < strlen(keyword) || memcmp(parts + at, keyword, strlen(keyword)) != 0)
		return;
	at += strlen(keyword);
	line->kind = parts[at] == ' ' ? CFG_ACL_NAMELESS : CFG_ACL_USER;
	parts[end] = '\0'; /* what ends the line, a blank, or the NUL behind the text */
	line->name = parts + at;
	line->name_span = (struct cfg_span){at, strcspn(parts + at, " ")};
	at += line->name_span.len;
	while (at < end && parts[at] == ' ')
		parts[at++] = '\0';
	line->rules = parts + at;
	line->rules_span = (struct cfg_span){at, end - at};
}

enum vk_rc cfg_acl_document_parse(const char *file, const char *text, size_t len,
	struct cfg_acl_document **out, struct vk_err *err)
{
	enum vk_rc rc = cfg_check_text(file, text, len, CFG_ACL_MAX_BYTES, err);
	struct cfg_acl_document *document;
	const char *at, *end, *line;
	size_t line_len;

	if (rc != VK_OK)
		return rc;
	document = xcalloc(1, sizeof(*document));
	document->file = xstrndup(file, strlen(file));
	document->text = xmalloc(len + 1);
	document->parts = xmalloc(len + 1);
	document->len = len;
	if (len > 0) {
		memcpy(document->text, text, len);
		memcpy(document->parts, text, len);
	}
	document->text[len] = '\0';
	document->parts[len] = '\0';
	at = document->text;
	end = at + len;
	while (document->count < CFG_DOCUMENT_MAX_LINES &&
		cfg_next_line(&at, end, &line, &line_len))
		add_line(document, (size_t)(line - document->text), line_len, (size_t)(at - line));
	if (at < end) {
		cfg_acl_document_free(document);
		return vk_err_set(
			err, VK_ELIMIT, "%s: more than %d lines", file, CFG_DOCUMENT_MAX_LINES);
	}
	*out = document;
	return VK_OK;
}

/* All but the document itself. */
static void release(struct cfg_acl_document *document)
{
	sodium_memzero(document->text, document->len);
	sodium_memzero(document->parts, document->len);
	free(document->text);
	free(document->parts);
	free(document->file);
	free(document->lines);
}

void cfg_acl_document_free(struct cfg_acl_document *document)
{
	if (document == NULL)
		return;
	release(document);
	free(document);
}

size_t cfg_acl_document_count(const struct cfg_acl_document *document)
{
	return document->count;
}

const struct cfg_acl_line *cfg_acl_document_at(const struct cfg_acl_document *document, size_t i)
{
	return &document->lines[i];
}

const char *cfg_acl_document_text(const struct cfg_acl_document *document, size_t *len)
{
	*len = document->len;
	return document->text;
}

static bool is_of(const struct cfg_acl_line *line, const char *name)
{
	return line->kind == CFG_ACL_USER && strcmp(line->name, name) == 0;
}

const struct cfg_acl_line *cfg_acl_document_find(
	const struct cfg_acl_document *document, const char *name)
{
	for (size_t i = document->count; i > 0; i--) {
		if (is_of(&document->lines[i - 1], name))
			return &document->lines[i - 1];
	}
	return NULL;
}

/* ---- changing: the new text is written as a whole and read again ---- */

static enum vk_rc replace_text(
	struct cfg_acl_document *document, const struct vk_buf *text, struct vk_err *err)
{
	struct cfg_acl_document *changed;
	enum vk_rc rc = vk_buf_check(text, document->file, err);

	if (rc == VK_OK)
		rc = cfg_acl_document_parse(document->file, text->data, text->len, &changed, err);
	if (rc != VK_OK)
		return rc;
	release(document);
	*document = *changed;
	free(changed);
	return VK_OK;
}

/* The line of a user that is there: what stands before and behind its rules stays. */
static void write_changed(const struct cfg_acl_document *document, const struct cfg_acl_line *line,
	const char *rules, size_t len, struct vk_buf *out)
{
	size_t behind = line->rules_span.begin + line->rules_span.len;

	vk_buf_add(out, document->text, line->rules_span.begin);
	if (line->rules_span.begin == line->name_span.begin + line->name_span.len && len > 0)
		vk_buf_addc(out, ' '); /* it had no rules */
	vk_buf_add(out, rules, len);
	vk_buf_add(out, document->text + behind, document->len - behind);
}

static void write_added(const struct cfg_acl_document *document, const char *name,
	const char *rules, size_t len, struct vk_buf *out)
{
	const char *ending = cfg_line_ending(document->text, document->len);

	vk_buf_add(out, document->text, document->len);
	if (document->len > 0 && document->text[document->len - 1] != '\n')
		vk_buf_adds(out, ending);
	vk_buf_addf(out, "user %s%s", name, len > 0 ? " " : "");
	vk_buf_add(out, rules, len);
	vk_buf_adds(out, ending);
}

enum vk_rc cfg_acl_document_set(
	struct cfg_acl_document *document, const char *name, const char *rules, struct vk_err *err)
{
	const struct cfg_acl_line *line = cfg_acl_document_find(document, name);
	struct vk_buf text;
	size_t len;
	enum vk_rc rc;

	if (name[0] == '\0' || strpbrk(name, " \t\r\n") != NULL)
		return vk_err_set(err, VK_EINPUT, "a user's name is one word");
	if (strpbrk(rules, "\r\n") != NULL)
		return vk_err_set(err, VK_EINPUT, "the rules of '%.100s' are one line", name);
	while (cfg_ends_word(*rules))
		rules++;
	len = strlen(rules);
	while (len > 0 && cfg_ends_word(rules[len - 1]))
		len--;
	vk_buf_init(&text, CFG_ACL_MAX_BYTES);
	if (line != NULL)
		write_changed(document, line, rules, len, &text);
	else
		write_added(document, name, rules, len, &text);
	rc = replace_text(document, &text, err);
	vk_buf_release_wiped(&text);
	return rc;
}

enum vk_rc cfg_acl_document_remove(
	struct cfg_acl_document *document, const char *name, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	if (cfg_acl_document_find(document, name) == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%.100s: no such user", name);
	vk_buf_init(&text, CFG_ACL_MAX_BYTES);
	for (size_t i = 0; i < document->count; i++) {
		const struct cfg_acl_line *line = &document->lines[i];

		if (!is_of(line, name))
			vk_buf_add(&text, document->text + line->whole.begin, line->whole.len);
	}
	rc = replace_text(document, &text, err);
	vk_buf_release_wiped(&text);
	return rc;
}
