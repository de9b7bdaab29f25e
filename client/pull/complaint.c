/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/complaint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/directive.h"
#include "common/mem.h"
#include "common/valkey/values.h"

#include "common/banned.h"

enum { HASH_DIGITS = 64, MAX_LOG_LINES = 3 };

#define FATAL_MARK "FATAL CONFIG FILE ERROR"

void complaint_hide_hashes(char *text)
{
	char *to = text;

	while (*text != '\0') {
		size_t digits = strspn(text, "0123456789abcdefABCDEF");

		if (digits >= HASH_DIGITS) {
			memcpy(to, "(hash)", strlen("(hash)"));
			to += strlen("(hash)");
			text += digits;
		} else if (digits > 0) {
			memmove(to, text, digits);
			to += digits;
			text += digits;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* A line of Valkey's output as printable text, at most as long as out has room. */
static void add_line(const char *line, size_t len, struct vk_buf *out)
{
	char *copy = xstrndup(line, len);
	size_t used;

	for (char *c = copy; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	complaint_hide_hashes(copy);
	used = strlen(copy);
	vk_buf_add(out, copy, used < out->max_bytes - out->len ? used : out->max_bytes - out->len);
	free(copy);
}

static void add_text(const char *text, struct vk_buf *out)
{
	add_line(text, strlen(text), out);
}

/* ">>> 'tls-key-file-pass "x"'": name and value, or the name alone where it may be a secret. */
static void add_offending(const char *line, size_t len, const char *schema, struct vk_buf *out)
{
	size_t name_len = 0;
	char *name;

	while (name_len < len && (isalnum((unsigned char)line[name_len]) || line[name_len] == '-'))
		name_len++;
	name = xstrndup(line, name_len);
	add_text("'", out);
	if (cfg_directive_find(name, schema) != NULL && !value_is_secret(schema, name)) {
		add_line(line, len, out);
	} else {
		add_text(name, out);
		add_text(" ...'", out);
	}
	free(name);
}

/* The block after FATAL_MARK: "Reading the configuration file, at line N", the line, the reason. */
static void add_fatal(const char *block, const char *end, const char *schema, struct vk_buf *out)
{
	static const char reading[] = "Reading the configuration file, at ";
	bool is_first = true;

	for (const char *line = block; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline != NULL ? newline : end) - line);

		if (len > strlen(reading) && strncmp(line, reading, strlen(reading)) == 0) {
			add_line(line + strlen(reading), len - strlen(reading), out);
		} else if (len > 5 && strncmp(line, ">>> '", 5) == 0) {
			add_text(is_first ? "" : ": ", out);
			add_offending(line + 5, len - 5, schema, out);
		} else if (len > 0 && strncmp(line, "***", len < 3 ? len : 3) != 0) {
			add_text(is_first ? "" : ": ", out);
			add_line(line, len, out);
		} else {
			line += len + 1;
			continue;
		}
		is_first = false;
		line += len + 1;
	}
}

/* "123:M 23 Nov 2026 01:50:40.000 # text": the text of a warning, or NULL. What Valkey itself marks
 * as WARNING is advice about the machine, and never why it ended. */
static const char *warning_text(const char *line, size_t len, size_t *text_len)
{
	static const char advice[] = "WARNING";
	const char *mark = memmem(line, len, " # ", 3);
	const char *text;

	if (mark == NULL)
		return NULL;
	text = mark + 3;
	*text_len = len - (size_t)(text - line);
	if (*text_len >= strlen(advice) && strncmp(text, advice, strlen(advice)) == 0)
		return NULL;
	return text;
}

/* The last few warnings, in their order. */
static void add_warnings(const char *output, const char *end, struct vk_buf *out)
{
	const char *found[MAX_LOG_LINES];
	size_t lens[MAX_LOG_LINES];
	size_t count = 0;

	for (const char *line = output; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline != NULL ? newline : end) - line);
		size_t text_len = 0;
		const char *text = warning_text(line, len, &text_len);

		if (text != NULL) {
			found[count % MAX_LOG_LINES] = text;
			lens[count % MAX_LOG_LINES] = text_len;
			count++;
		}
		line += len + 1;
	}
	for (size_t i = count > MAX_LOG_LINES ? count - MAX_LOG_LINES : 0; i < count; i++) {
		add_line(found[i % MAX_LOG_LINES], lens[i % MAX_LOG_LINES], out);
		if (i + 1 < count)
			add_text("; ", out);
	}
}

void complaint_extract(const char *output, size_t len, const char *schema, struct vk_buf *out)
{
	const char *end = output + len;
	const char *fatal = memmem(output, len, FATAL_MARK, strlen(FATAL_MARK));
	const char *block = fatal != NULL ? memchr(fatal, '\n', (size_t)(end - fatal)) : NULL;
	size_t before = out->len;

	if (block != NULL)
		add_fatal(block + 1, end, schema, out);
	else
		add_warnings(output, end, out);
	if (out->len == before)
		add_text("valkey-server ended without a reason", out);
}
