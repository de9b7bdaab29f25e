/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/findings.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/mem.h"

#include "common/banned.h"

enum { VALUE_SHOWN_BYTES = 200, MESSAGE_MAX_BYTES = 1024, FILE_MAX_BYTES = 4096 };

struct cfg_findings {
	struct arena *arena;
	struct cfg_finding *items;
	size_t count;
	size_t error_count; /* those that are not kept included */
	bool is_sorted;
};

struct cfg_findings *cfg_findings_new(void)
{
	struct cfg_findings *findings = xcalloc(1, sizeof(*findings));

	findings->arena = arena_new();
	return findings;
}

void cfg_findings_free(struct cfg_findings *findings)
{
	if (findings == NULL)
		return;
	free(findings->items);
	arena_free(findings->arena);
	free(findings);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* A copy for a person's terminal: cut, and without control characters. */
static const char *copy_clean(struct cfg_findings *findings, const char *text, size_t max)
{
	char *copy;

	if (text == NULL || text[0] == '\0')
		return "";
	copy = arena_dup(findings->arena, text, strnlen(text, max));
	for (char *c = copy; *c != '\0'; c++) {
		if (is_control(*c))
			*c = '?';
	}
	return copy;
}

/* True if clean is what copy_clean() makes of text. */
static bool is_copy(const char *clean, const char *text, size_t max)
{
	for (; max > 0 && *text != '\0'; clean++, text++, max--) {
		if (*clean != (is_control(*text) ? '?' : *text))
			return false;
	}
	return *clean == '\0';
}

/* One line of a role that is wrong for 10,000 instances is one finding. */
static bool is_known(const struct cfg_findings *findings, const struct cfg_finding *finding)
{
	for (size_t i = findings->count; i-- > 0;) {
		const struct cfg_finding *item = &findings->items[i];

		if (item->line == finding->line && item->column == finding->column &&
			is_copy(item->message, finding->message, MESSAGE_MAX_BYTES) &&
			is_copy(item->file, finding->file, FILE_MAX_BYTES))
			return true;
	}
	return false;
}

void cfg_findings_add(struct cfg_findings *findings, const struct cfg_finding *finding)
{
	if (is_known(findings, finding))
		return;
	findings->error_count += finding->severity == CFG_ERROR;
	if (findings->count == CFG_FINDINGS_MAX)
		return;
	findings->items =
		xreallocarray(findings->items, findings->count + 1, sizeof(*findings->items));
	findings->items[findings->count++] = (struct cfg_finding){
		.severity = finding->severity,
		.file = copy_clean(findings, finding->file, FILE_MAX_BYTES),
		.line = finding->line,
		.column = finding->column,
		.message = copy_clean(findings, finding->message, MESSAGE_MAX_BYTES),
		.hint = copy_clean(findings, finding->hint, MESSAGE_MAX_BYTES),
		.value = copy_clean(findings, finding->value, VALUE_SHOWN_BYTES),
	};
	findings->is_sorted = false;
}

static int compare(const void *a, const void *b)
{
	const struct cfg_finding *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	if (order == 0)
		order = (x->column > y->column) - (x->column < y->column);
	return order != 0 ? order : strcmp(x->message, y->message);
}

size_t cfg_findings_count(const struct cfg_findings *findings)
{
	return findings->count;
}

const struct cfg_finding *cfg_findings_at(struct cfg_findings *findings, size_t i)
{
	if (!findings->is_sorted) {
		qsort(findings->items, findings->count, sizeof(*findings->items), compare);
		findings->is_sorted = true;
	}
	return &findings->items[i];
}

size_t cfg_findings_errors(const struct cfg_findings *findings)
{
	return findings->error_count;
}

void cfg_finding_format(const struct cfg_finding *finding, struct vk_buf *out)
{
	if (finding->file[0] != '\0')
		vk_buf_adds(out, finding->file);
	if (finding->file[0] != '\0' && finding->line != 0)
		vk_buf_addf(out, ":%u:%u", finding->line, finding->column);
	vk_buf_adds(out, finding->file[0] != '\0' ? ": " : "");
	vk_buf_adds(out, finding->message);
}

enum vk_rc cfg_findings_check(struct cfg_findings *findings, struct vk_err *err)
{
	struct vk_buf text;

	if (findings->error_count == 0)
		return VK_OK;
	vk_buf_init(&text, 8192);
	for (size_t i = 0; i < findings->count; i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		if (finding->severity != CFG_ERROR)
			continue;
		cfg_finding_format(finding, &text);
		if (findings->error_count > 1)
			vk_buf_addf(&text, " (and %zu more)", findings->error_count - 1);
		vk_err_set(err, VK_EINPUT, "%s", text.data);
		vk_err_hint(err, "%s", finding->hint);
		break;
	}
	vk_buf_release(&text);
	return VK_EINPUT;
}
