/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/file_lines.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

struct text {
	const char *at;
	size_t len;
};

static size_t first_line(const struct text *text)
{
	const char *newline = memchr(text->at, '\n', text->len);

	return newline != NULL ? (size_t)(newline - text->at) + 1 : text->len;
}

static size_t last_line(const struct text *text)
{
	size_t len = text->len;

	while (len > 1 && text->at[len - 2] != '\n')
		len--;
	return len > 0 ? text->len - len + 1 : 0;
}

static bool is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* Takes the lines off that both begin with, then those that both end with. */
static void strip_common(struct text *a, struct text *b)
{
	while (a->len > 0 && b->len > 0) {
		size_t len = first_line(a);

		if (!is_same(a->at, len, b->at, first_line(b)))
			break;
		*a = (struct text){a->at + len, a->len - len};
		*b = (struct text){b->at + len, b->len - len};
	}
	while (a->len > 0 && b->len > 0) {
		size_t len = last_line(a);

		if (!is_same(
			    a->at + a->len - len, len, b->at + b->len - last_line(b), last_line(b)))
			break;
		a->len -= len;
		b->len -= len;
	}
}

static void print_lines(
	const struct cli *cli, enum cli_style style, const char *sign, struct text text)
{
	while (text.len > 0) {
		size_t len = first_line(&text);
		bool is_whole = text.at[len - 1] == '\n';
		char *line = xstrndup(text.at, len - is_whole);

		cli_say_in(cli, style, "    %s ", sign);
		cli_say_foreign(cli, style, line);
		cli_say(cli, is_whole ? "\n" : " (no newline)\n");
		free(line);
		text = (struct text){text.at + len, text.len - len};
	}
}

void file_lines_print(const struct cli *cli, const char *before, const char *after)
{
	struct text a = {before, before != NULL ? strlen(before) : 0};
	struct text b = {after, after != NULL ? strlen(after) : 0};

	strip_common(&a, &b);
	print_lines(cli, CLI_BAD, "-", a);
	print_lines(cli, CLI_GOOD, "+", b);
}
