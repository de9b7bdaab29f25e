/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A valkey.conf that loses nothing: every line with its number, its kind, its
 * words as Valkey decodes them, and where they stand. Printed without a change
 * it is the same bytes; a change of one directive leaves all others alone.
 *
 * The only place that cuts a valkey.conf into lines and lines into words. It
 * knows no directive: what names and values mean is not its business.
 */
#ifndef VK_CONFIG_CONF_DOCUMENT_H
#define VK_CONFIG_CONF_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/config/conf.h"
#include "common/err.h"

enum {
	CFG_DOCUMENT_MAX_LINES = 100 * 1000, /* of all kinds; CFG_CONF_MAX_BYTES bounds the rest */
	CFG_CONF_MAX_WORD_BYTES = 64 * 1024, /* in the file: with quotes and escapes */
};

enum cfg_document_kind {
	CFG_DOCUMENT_BLANK,
	CFG_DOCUMENT_COMMENT,
	CFG_DOCUMENT_DIRECTIVE,
	CFG_DOCUMENT_BROKEN, /* has no words: problem says why. Valkey would not start */
};

struct cfg_span {
	size_t begin, len;
};

struct cfg_document_line {
	unsigned number; /* from 1 */
	enum cfg_document_kind kind;
	struct cfg_span whole;	      /* of the document's text, with what ends the line */
	struct cfg_span inner;	      /* without its end and the blanks around it */
	size_t word_count;	      /* with the name */
	const char *const *words;     /* decoded, the name as it is written; NULL-terminated */
	const struct cfg_span *spans; /* of each word, with its quotes */
	enum vk_rc rc;		      /* of a broken line */
	const char *problem;
};

struct cfg_document;

/* A line that cannot be read is kept as broken. Refused as a whole: more than the limits, a NUL
 * byte, a byte order mark. file is for messages. The text is copied, and wiped when it is freed:
 * passwords may stand in it. */
VK_CHECKED enum vk_rc cfg_document_parse(const char *file, const char *text, size_t len,
	struct cfg_document **out, struct vk_err *err);
void cfg_document_free(struct cfg_document *document);

/* Of all lines, in their order. They live until the document is changed or freed. */
size_t cfg_document_count(const struct cfg_document *document);
const struct cfg_document_line *cfg_document_at(const struct cfg_document *document, size_t i);

/* The bytes of the document, with a NUL behind them. */
const char *cfg_document_text(const struct cfg_document *document, size_t *len);

/* The last line that says this name (in any case), which is the one that Valkey obeys, or NULL. */
const struct cfg_document_line *cfg_document_find(
	const struct cfg_document *document, const char *name);

/* Gives the last line of this name these values; lines before it stay, being overruled already.
 * Words that stay the same keep their spelling, and so does all around them. Without such a line
 * one is added at the end, ended as the first line of the file is. On failure nothing is changed.
 * Of a directive whose lines add up (save, rename-command) it is the last one too. */
VK_CHECKED enum vk_rc cfg_document_set(struct cfg_document *document, const char *name,
	const char *const *values, size_t count, struct vk_err *err);

/* Deletes all lines of this name: with the last one alone an earlier one would come to life.
 * VK_ENOTFOUND: there is none. */
VK_CHECKED enum vk_rc cfg_document_remove(
	struct cfg_document *document, const char *name, struct vk_err *err);

/* ---- what also reads other files ---- */

/* The next line of [*at, end): its bytes without what ends it, which is "\n" or "\r\n"; *at moves
 * behind it. False at the end. */
bool cfg_next_line(const char **at, const char *end, const char **line, size_t *len);

/* "\r\n" or "\n", as the first line ends. */
const char *cfg_line_ending(const char *text, size_t len);

/* Refuses what is no text of Valkey's: too long, a NUL byte, a byte order mark. */
VK_CHECKED enum vk_rc cfg_check_text(
	const char *file, const char *text, size_t len, size_t max, struct vk_err *err);

#endif
