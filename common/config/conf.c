/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/config/conf_document.h"
#include "common/mem.h"

#include "common/banned.h"

struct cfg_conf {
	struct cfg_document *document; /* holds the words */
	struct arena *arena;	       /* the names in lower case */
	struct cfg_conf_line *lines;
	size_t count;
};

static enum vk_rc add_line(
	struct cfg_conf *conf, const struct cfg_document_line *line, struct vk_err *err)
{
	char *name;

	if (line->kind == CFG_DOCUMENT_BROKEN)
		return vk_err_set(err, line->rc, "%s", line->problem);
	if (line->kind != CFG_DOCUMENT_DIRECTIVE)
		return VK_OK;
	if (conf->count == CFG_CONF_MAX_LINES)
		return vk_err_set(err, VK_ELIMIT, "more than %d directives", CFG_CONF_MAX_LINES);
	if (line->words[0][0] == '\0')
		return vk_err_set(err, VK_EINPUT, "a directive without a name");
	name = arena_strdup(conf->arena, line->words[0]);
	for (char *c = name; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	if (conf->count % 64 == 0)
		conf->lines = xreallocarray(conf->lines, conf->count + 64, sizeof(*conf->lines));
	conf->lines[conf->count++] = (struct cfg_conf_line){.number = line->number,
		.name = name,
		.word_count = line->word_count - 1,
		.words = line->words + 1};
	return VK_OK;
}

enum vk_rc cfg_conf_parse(
	const char *file, const char *text, size_t len, struct cfg_conf **out, struct vk_err *err)
{
	struct cfg_conf *conf = xcalloc(1, sizeof(*conf));
	enum vk_rc rc = cfg_document_parse(file, text, len, &conf->document, err);

	conf->arena = arena_new();
	for (size_t i = 0; rc == VK_OK && i < cfg_document_count(conf->document); i++) {
		rc = add_line(conf, cfg_document_at(conf->document, i), err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s:%zu", file, i + 1);
	}
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
	cfg_document_free(conf->document);
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

const struct cfg_document *cfg_conf_document(const struct cfg_conf *conf)
{
	return conf->document;
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
