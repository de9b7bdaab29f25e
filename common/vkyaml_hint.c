/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libyaml names the rule of the grammar that failed. People make a dozen mistakes, and each shows
 * in the sentence, in the rule that was being read, and in the character at which it stopped.
 */
#include "config.h"

#include "common/vkyaml_hint.h"

#include <stdbool.h>
#include <string.h>

#include "common/banned.h"

/* Where it stopped. */
struct stop {
	const yaml_parser_t *parser;
	const char *line; /* the text's line, from its first byte ... */
	const char *at;	  /* ... to the character, which may be its end ... */
	const char *end;  /* ... without the newline */
	unsigned began;	  /* the line in which the list, map or quoted text begins; 0: unknown */
};

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline : end;
}

/* libyaml counts characters; a byte that continues one in UTF-8 is none. */
static struct stop stop_of(const yaml_parser_t *parser, const char *text, size_t len)
{
	const char *end = text + len;
	struct stop stop = {.parser = parser, .line = text};
	size_t columns = parser->problem_mark.column;

	for (size_t i = 0; i < parser->problem_mark.line && stop.line < end; i++) {
		stop.line = line_end(stop.line, end);
		stop.line += stop.line < end;
	}
	stop.end = line_end(stop.line, end);
	for (stop.at = stop.line; stop.at < stop.end; stop.at++) {
		bool is_start = ((unsigned char)*stop.at & 0xc0) != 0x80;

		if (is_start && columns-- == 0)
			break;
	}
	if (parser->context != NULL)
		stop.began = (unsigned)parser->context_mark.line + 1;
	return stop;
}

static bool says(const char *sentence, const char *part)
{
	return sentence != NULL && strstr(sentence, part) != NULL;
}

static void hint_character(const struct stop *stop, struct vk_err *err)
{
	if (stop->at == stop->end || *stop->at == '\0')
		return;
	if (*stop->at == '\t')
		vk_err_hint(err, "indent with spaces: YAML allows no tab there");
	else if (strchr("%@`", *stop->at) != NULL)
		vk_err_hint(err, "put a text that begins with '%c' in quotes", *stop->at);
}

/* A second ": " in one line, or a line before it that was no "NAME: VALUE". */
static void hint_colon(const struct stop *stop, struct vk_err *err)
{
	const char *first = memchr(stop->line, ':', (size_t)(stop->at - stop->line));

	if (first != NULL)
		vk_err_hint(err, "put a text that has ': ' in it in quotes");
	else
		vk_err_hint(err, "is ':' and a space behind the name missing in the line before?");
}

static void hint_open(const struct stop *stop, char bracket, struct vk_err *err)
{
	if (stop->began != 0)
		vk_err_hint(err,
			"the '%c' of line %u is not closed before here; a text with , [ ] { } in "
			"it stands in quotes",
			bracket, stop->began);
}

static void hint_indent(const struct stop *stop, struct vk_err *err)
{
	if (stop->began != 0)
		vk_err_hint(err,
			"indent it like the other lines of the map or list that begins in line %u",
			stop->began);
	else
		vk_err_hint(err, "indent it like the first line of the file");
}

void vkyaml_hint(const yaml_parser_t *parser, const char *text, size_t len, struct vk_err *err)
{
	const struct stop stop = stop_of(parser, text, len);
	const char *problem = parser->problem, *context = parser->context;

	if (says(problem, "cannot start any token"))
		hint_character(&stop, err);
	else if (says(problem, "mapping values are not allowed"))
		hint_colon(&stop, err);
	else if (says(context, "quoted scalar") && says(problem, "end of stream"))
		vk_err_hint(err, "the quote that opens in line %u is never closed", stop.began);
	else if (says(problem, "unknown escape"))
		vk_err_hint(err, "in double quotes \\ begins an escape: write \\\\, or take single "
				 "quotes");
	else if (says(context, "flow sequence"))
		hint_open(&stop, '[', err);
	else if (says(context, "flow mapping"))
		hint_open(&stop, '{', err);
	else if (says(problem, "could not find expected ':'"))
		vk_err_hint(err, "a line of a map is 'NAME: VALUE'");
	else if (says(context, "block") || says(problem, "<document start>"))
		hint_indent(&stop, err);
}
