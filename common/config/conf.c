/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

struct cfg_conf {
	struct arena *arena;
	struct cfg_conf_line *lines;
	size_t count;
};

/* ---- one line into words, as Valkey's sdssplitargs() does ---- */

struct cursor {
	const char *at;
	const char *end;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What ends a word outside quotes; fewer characters than those that are skipped before one. */
static bool ends_word(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static char escaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'a':
		return '\a';
	default:
		return c;
	}
}

/* The inside of "...": the cursor stands behind the opening quote. False: never closed. */
static bool read_double_quoted(struct cursor *c, struct vk_buf *word)
{
	while (c->at < c->end && *c->at != '"') {
		uint8_t byte;

		if (*c->at != '\\' || c->end - c->at < 2) {
			vk_buf_addc(word, *c->at++);
		} else if (c->at[1] == 'x' && c->end - c->at >= 4 &&
			   vk_parse_hex(c->at + 2, 2, &byte, 1)) {
			vk_buf_addc(word, (char)byte);
			c->at += 4;
		} else {
			vk_buf_addc(word, escaped(c->at[1]));
			c->at += 2;
		}
	}
	return c->at < c->end;
}

/* The inside of '...', which knows one escape. */
static bool read_single_quoted(struct cursor *c, struct vk_buf *word)
{
	while (c->at < c->end && *c->at != '\'') {
		if (*c->at == '\\' && c->end - c->at >= 2 && c->at[1] == '\'')
			c->at++;
		vk_buf_addc(word, *c->at++);
	}
	return c->at < c->end;
}

static bool read_word(struct cursor *c, struct vk_buf *word)
{
	while (c->at < c->end && !ends_word(*c->at)) {
		char quote = *c->at;

		if (quote != '"' && quote != '\'') {
			vk_buf_addc(word, *c->at++);
			continue;
		}
		c->at++;
		if (!(quote == '"' ? read_double_quoted(c, word) : read_single_quoted(c, word)))
			return false;
		c->at++;
		return c->at == c->end || is_blank(*c->at); /* nothing may stick to a quote */
	}
	return true;
}

/* Appends the words of a line to bytes, each with a NUL behind it. */
static enum vk_rc split_into(
	const char *line, size_t len, struct vk_buf *bytes, size_t *count, struct vk_err *err)
{
	struct cursor c = {line, line + len};

	*count = 0;
	for (;;) {
		size_t begin = bytes->len;

		while (c.at < c.end && is_blank(*c.at))
			c.at++;
		if (c.at == c.end)
			return vk_buf_check(bytes, "a line", err);
		if (*count == CFG_CONF_MAX_WORDS)
			return vk_err_set(err, VK_ELIMIT, "more than %d words", CFG_CONF_MAX_WORDS);
		if (!read_word(&c, bytes))
			return vk_err_set(err, VK_EINPUT, "unbalanced quotes");
		if (memchr(bytes->data + begin, '\0', bytes->len - begin) != NULL)
			return vk_err_set(err, VK_EINPUT, "a NUL byte in a word");
		vk_buf_addc(bytes, '\0');
		(*count)++;
	}
}

/* Pointers to count words that follow each other in bytes; NULL-terminated. */
static void point_at_words(const char *bytes, size_t count, const char **words)
{
	for (size_t i = 0; i < count; i++) {
		words[i] = bytes;
		bytes += strlen(bytes) + 1;
	}
	words[count] = NULL;
}

enum vk_rc cfg_conf_split(
	const char *line, size_t len, char ***words, size_t *count, struct vk_err *err)
{
	struct vk_buf bytes;
	size_t found, table;
	enum vk_rc rc;

	vk_buf_init(&bytes, CFG_CONF_MAX_BYTES);
	rc = split_into(line, len, &bytes, &found, err);
	if (rc == VK_OK) {
		const char **out;

		table = (found + 1) * sizeof(*out);
		out = xmalloc(table + bytes.len);
		memcpy((char *)out + table, bytes.data, bytes.len);
		point_at_words((char *)out + table, found, out);
		*words = (char **)out;
		*count = found;
	}
	vk_buf_release(&bytes);
	return rc;
}

/* ---- files ---- */

static void trim(const char **line, size_t *len)
{
	while (*len > 0 && ends_word((*line)[0])) {
		(*line)++;
		(*len)--;
	}
	while (*len > 0 && ends_word((*line)[*len - 1]))
		(*len)--;
}

static void add_line(
	struct cfg_conf *conf, unsigned number, const struct vk_buf *bytes, size_t count)
{
	char *copy = arena_dup(conf->arena, bytes->data, bytes->len);
	const char **words = arena_alloc(conf->arena, (count + 1) * sizeof(*words));

	point_at_words(copy, count, words);
	for (char *c = copy; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	if (conf->count % 64 == 0)
		conf->lines = xreallocarray(conf->lines, conf->count + 64, sizeof(*conf->lines));
	conf->lines[conf->count++] = (struct cfg_conf_line){
		.number = number, .name = copy, .word_count = count - 1, .words = words + 1};
}

static enum vk_rc parse_lines(
	struct cfg_conf *conf, const char *file, const char *text, size_t len, struct vk_err *err)
{
	const char *end = text + len;
	struct vk_buf bytes;
	enum vk_rc rc = VK_OK;
	unsigned number = 0;

	vk_buf_init(&bytes, CFG_CONF_MAX_BYTES);
	while (text < end && rc == VK_OK) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line = text;
		size_t line_len = (size_t)((newline != NULL ? newline : end) - text), count;

		number++;
		text += line_len + (newline != NULL);
		trim(&line, &line_len);
		if (line_len == 0 || line[0] == '#')
			continue;
		vk_buf_reset(&bytes);
		rc = split_into(line, line_len, &bytes, &count, err);
		if (rc == VK_OK && conf->count == CFG_CONF_MAX_LINES)
			rc = vk_err_set(
				err, VK_ELIMIT, "more than %d directives", CFG_CONF_MAX_LINES);
		if (rc == VK_OK && count > 0 && bytes.data[0] == '\0')
			rc = vk_err_set(err, VK_EINPUT, "a directive without a name");
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s:%u", file, number);
		else if (count > 0)
			add_line(conf, number, &bytes, count);
	}
	vk_buf_release(&bytes);
	return rc;
}

enum vk_rc cfg_conf_parse(
	const char *file, const char *text, size_t len, struct cfg_conf **out, struct vk_err *err)
{
	struct cfg_conf *conf;
	enum vk_rc rc;

	if (len > CFG_CONF_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "%s: larger than %d bytes", file, CFG_CONF_MAX_BYTES);
	if (len > 0 && memchr(text, '\0', len) != NULL)
		return vk_err_set(err, VK_EINPUT, "%s: a NUL byte", file);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return vk_err_set(err, VK_EINPUT, "%s:1: a byte order mark", file);
	conf = xcalloc(1, sizeof(*conf));
	conf->arena = arena_new();
	rc = parse_lines(conf, file, text, len, err);
	if (rc == VK_OK)
		*out = conf;
	else
		cfg_conf_free(conf);
	return rc;
}

void cfg_conf_free(struct cfg_conf *conf)
{
	if (conf == NULL)
		return;
	free(conf->lines);
	arena_free(conf->arena);
	free(conf);
}

size_t cfg_conf_count(const struct cfg_conf *conf)
{
	return conf->count;
}

const struct cfg_conf_line *cfg_conf_at(const struct cfg_conf *conf, size_t i)
{
	return &conf->lines[i];
}

/* ---- writing ---- */

/* Characters that mean themselves anywhere in a word. */
static bool is_plain(const char *word)
{
	if (word[0] == '\0')
		return false;
	for (; *word != '\0'; word++) {
		char c = *word;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			continue;
		if (strchr("-_.:/*+,=%~", c) == NULL)
			return false;
	}
	return true;
}

void cfg_conf_quote(const char *word, struct vk_buf *out)
{
	if (is_plain(word)) {
		vk_buf_adds(out, word);
		return;
	}
	vk_buf_addc(out, '"');
	for (; *word != '\0'; word++) {
		unsigned char c = (unsigned char)*word;

		if (c == '"' || c == '\\')
			vk_buf_addf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			vk_buf_addf(out, "\\x%02x", c);
		else
			vk_buf_addc(out, (char)c);
	}
	vk_buf_addc(out, '"');
}
