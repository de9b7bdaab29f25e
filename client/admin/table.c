/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/table.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/printable.h"
#include "common/buf.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	CELL_MAX_BYTES = 65536,
	DIGEST_SHOWN = 12,
	GAP = 2, /* columns between two cells */
};

static void add_scalar(struct vk_buf *out, const struct vkjson *value)
{
	struct vk_buf text;

	switch (vkjson_type(value)) {
	case VKJSON_STRING:
		printable_add(out, vkjson_text(value), strlen(vkjson_text(value)), false);
		return;
	case VKJSON_BOOL: {
		struct vkjson *yes = vkjson_bool(true);

		vk_buf_adds(out, vkjson_equal(value, yes) ? "yes" : "no");
		vkjson_free(yes);
		return;
	}
	case VKJSON_NULL:
		return;
	case VKJSON_INT:
	case VKJSON_REAL:
	case VKJSON_OBJECT:
	case VKJSON_ARRAY:
		vk_buf_init(&text, CELL_MAX_BYTES);
		vkjson_format(value, false, &text);
		printable_add(out, text.data, text.len, false);
		vk_buf_release(&text);
		return;
	}
}

static void add_list(struct vk_buf *out, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		if (i > 0)
			vk_buf_adds(out, ", ");
		add_scalar(out, vkjson_at(list, i));
	}
}

/* 2026-11-23T01:33:05Z with a blank for the T: what is no time is shown as it is. */
static void add_time(struct vk_buf *out, const struct vkjson *value)
{
	size_t start = out->len;

	add_scalar(out, value);
	if (out->len - start == 20 && out->data[start + 10] == 'T')
		out->data[start + 10] = ' ';
}

static void add_digest(struct vk_buf *out, const struct vkjson *value)
{
	struct vk_buf text;

	vk_buf_init(&text, CELL_MAX_BYTES);
	add_scalar(&text, value);
	vk_buf_add(out, text.data, text.len < DIGEST_SHOWN ? text.len : DIGEST_SHOWN);
	vk_buf_release(&text);
}

static void format_cell(struct vk_buf *out, const struct vkjson *value, enum table_kind kind)
{
	if (value == NULL)
		return;
	switch (kind) {
	case TABLE_TEXT:
	case TABLE_NUMBER:
	case TABLE_STATE:
		if (vkjson_type(value) == VKJSON_ARRAY)
			add_list(out, value);
		else
			add_scalar(out, value);
		return;
	case TABLE_TIME:
		add_time(out, value);
		return;
	case TABLE_DIGEST:
		add_digest(out, value);
		return;
	case TABLE_COUNT:
		vk_buf_addf(out, "%zu", vkjson_count(value));
		return;
	}
}

static char *cell_text(const struct vkjson *item, const struct table_column *column)
{
	struct vk_buf text;
	char *cell;

	vk_buf_init(&text, CELL_MAX_BYTES);
	format_cell(&text, vkjson_get(item, column->member), column->kind);
	cell = vk_buf_detach(&text, NULL);
	vk_buf_release(&text);
	return cell;
}

static enum cli_style style_of(const char *word)
{
	static const struct {
		const char *word;
		enum cli_style style;
	} words[] = {
		{"ok", CLI_GOOD},
		{"committed", CLI_GOOD},
		{"unchanged", CLI_GOOD},
		{"released", CLI_GOOD},
		{"open", CLI_WARN},
		{"pending-restart", CLI_WARN},
		{"rolled-back", CLI_BAD},
		{"failed", CLI_BAD},
		{"refused", CLI_BAD},
		{"rejected", CLI_BAD},
		{"stale", CLI_DIM},
		{"down", CLI_BAD},
		{"degraded", CLI_WARN},
		{"revoked", CLI_BAD},
		{"report", CLI_WARN},
		{"alert", CLI_BAD},
		{"too-often", CLI_BAD},
		{"reverted", CLI_GOOD},
		{"observing", CLI_WARN},
		{"would-change", CLI_WARN},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0)
			return words[i].style;
	}
	return CLI_PLAIN;
}

static bool is_right(enum table_kind kind)
{
	return kind == TABLE_NUMBER || kind == TABLE_COUNT;
}

static void print_cell(const struct cli *cli, const char *text, enum cli_style style, size_t width,
	bool right, bool is_last)
{
	size_t used = printable_width(text);
	int pad = used < width ? (int)(width - used) : 0;

	cli_say(cli, "%*s", right ? pad : 0, "");
	cli_say_in(cli, style, "%s", text);
	if (!is_last)
		cli_say(cli, "%*s", (right ? 0 : pad) + GAP, "");
}

static size_t count_columns(const struct table_column *columns)
{
	size_t count = 0;

	while (columns[count].title != NULL)
		count++;
	return count;
}

static void print_row(const struct cli *cli, const struct table_column *columns, char *const *cells,
	const size_t *widths, size_t count)
{
	for (size_t c = 0; c < count; c++) {
		enum cli_style style =
			columns[c].kind == TABLE_STATE ? style_of(cells[c]) : CLI_PLAIN;

		print_cell(
			cli, cells[c], style, widths[c], is_right(columns[c].kind), c + 1 == count);
	}
	cli_say(cli, "\n");
}

void table_print(const struct cli *cli, const struct table_column *columns,
	const struct vkjson *items, const char *empty_text)
{
	size_t count = count_columns(columns);
	size_t rows = vkjson_count(items);
	char **cells;
	size_t *widths;

	if (rows == 0 && empty_text != NULL)
		cli_say(cli, "%s\n", empty_text);
	if (cli->is_json || rows == 0)
		return;
	cells = xcalloc(rows * count, sizeof(*cells));
	widths = xcalloc(count, sizeof(*widths));
	for (size_t c = 0; c < count; c++)
		widths[c] = strlen(columns[c].title);
	for (size_t i = 0; i < rows * count; i++) {
		cells[i] = cell_text(vkjson_at(items, i / count), &columns[i % count]);
		if (printable_width(cells[i]) > widths[i % count])
			widths[i % count] = printable_width(cells[i]);
	}
	for (size_t c = 0; c < count; c++)
		print_cell(cli, columns[c].title, CLI_BOLD, widths[c], is_right(columns[c].kind),
			c + 1 == count);
	cli_say(cli, "\n");
	for (size_t r = 0; r < rows; r++)
		print_row(cli, columns, cells + r * count, widths, count);
	for (size_t i = 0; i < rows * count; i++)
		free(cells[i]);
	free(cells);
	free(widths);
}

void table_print_object(
	const struct cli *cli, const struct table_column *columns, const struct vkjson *object)
{
	size_t width = 0;
	char *text;

	for (size_t c = 0; columns[c].title != NULL; c++) {
		if (strlen(columns[c].title) > width)
			width = strlen(columns[c].title);
	}
	for (size_t c = 0; columns[c].title != NULL; c++) {
		if (vkjson_get(object, columns[c].member) == NULL)
			continue;
		text = cell_text(object, &columns[c]);
		if (text[0] != '\0') {
			cli_say_in(cli, CLI_BOLD, "%s:", columns[c].title);
			cli_say(cli, "%*s", (int)(width - strlen(columns[c].title)) + GAP, "");
			cli_say_in(cli, columns[c].kind == TABLE_STATE ? style_of(text) : CLI_PLAIN,
				"%s", text);
			cli_say(cli, "\n");
		}
		free(text);
	}
}
