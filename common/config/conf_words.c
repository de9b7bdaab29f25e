/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/conf_words.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

struct cursor {
	const char *at;
	const char *end;
	char *to; /* the next byte of the word */
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool cfg_ends_word(char c)
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
static bool read_double_quoted(struct cursor *c)
{
	while (c->at < c->end && *c->at != '"') {
		uint8_t byte;

		if (*c->at != '\\' || c->end - c->at < 2) {
			*c->to++ = *c->at++;
		} else if (c->at[1] == 'x' && c->end - c->at >= 4 &&
			   vk_parse_hex(c->at + 2, 2, &byte, 1)) {
			*c->to++ = (char)byte;
			c->at += 4;
		} else {
			*c->to++ = escaped(c->at[1]);
			c->at += 2;
		}
	}
	return c->at < c->end;
}

/* The inside of '...', which knows one escape. */
static bool read_single_quoted(struct cursor *c)
{
	while (c->at < c->end && *c->at != '\'') {
		if (*c->at == '\\' && c->end - c->at >= 2 && c->at[1] == '\'')
			c->at++;
		*c->to++ = *c->at++;
	}
	return c->at < c->end;
}

static bool read_word(struct cursor *c)
{
	while (c->at < c->end && !cfg_ends_word(*c->at)) {
		char quote = *c->at;

		if (quote != '"' && quote != '\'') {
			*c->to++ = *c->at++;
			continue;
		}
		c->at++;
		if (!(quote == '"' ? read_double_quoted(c) : read_single_quoted(c)))
			return false;
		c->at++;
		return c->at == c->end || is_blank(*c->at); /* nothing may stick to a quote */
	}
	return true;
}

enum vk_rc cfg_words_read(const char *line, size_t len, char *bytes, size_t *used,
	struct cfg_words *out, struct vk_err *err)
{
	struct cursor c = {line, line + len, bytes};

	out->count = 0;
	for (;;) {
		const char *begin, *word = c.to;

		while (c.at < c.end && is_blank(*c.at))
			c.at++;
		begin = c.at;
		out->words[out->count] = NULL;
		*used = (size_t)(c.to - bytes);
		if (c.at == c.end)
			return VK_OK;
		if (out->count == CFG_CONF_MAX_WORDS)
			return vk_err_set(err, VK_ELIMIT, "more than %d words", CFG_CONF_MAX_WORDS);
		if (!read_word(&c))
			return vk_err_set(err, VK_EINPUT, "unbalanced quotes");
		if (c.at - begin > CFG_CONF_MAX_WORD_BYTES)
			return vk_err_set(err, VK_ELIMIT, "a word of more than %d bytes",
				CFG_CONF_MAX_WORD_BYTES);
		if (memchr(word, '\0', (size_t)(c.to - word)) != NULL)
			return vk_err_set(err, VK_EINPUT, "a NUL byte in a word");
		*c.to++ = '\0';
		out->spans[out->count] =
			(struct cfg_span){(size_t)(begin - line), (size_t)(c.at - begin)};
		out->words[out->count++] = word;
	}
}

/* One allocation: the table of words, then their bytes. */
static char **copy_words(const struct cfg_words *words, const char *bytes, size_t used)
{
	size_t table = (words->count + 1) * sizeof(char *);
	char **out = xmalloc(table + used + 1);
	char *copy = (char *)out + table;

	memcpy(copy, bytes, used);
	for (size_t i = 0; i < words->count; i++)
		out[i] = copy + (words->words[i] - bytes);
	out[words->count] = NULL;
	return out;
}

enum vk_rc cfg_conf_split(
	const char *line, size_t len, char ***words, size_t *count, struct vk_err *err)
{
	struct cfg_words found;
	size_t used = 0;
	char *bytes;
	enum vk_rc rc;

	if (len > CFG_CONF_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "a line of more than %d bytes", CFG_CONF_MAX_BYTES);
	bytes = xmalloc(len + 1);
	rc = cfg_words_read(line, len, bytes, &used, &found, err);
	if (rc == VK_OK) {
		*words = copy_words(&found, bytes, used);
		*count = found.count;
	}
	sodium_memzero(bytes, len + 1);
	free(bytes);
	return rc;
}
