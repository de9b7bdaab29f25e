/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/findings_show.h"

#include <stdbool.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/printable.h"
#include "client/admin/sarif.h"
#include "common/buf.h"
#include "common/config/findings.h"
#include "common/config/tree.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { TEXT_MAX_BYTES = 64 * 1024, LINE_SHOWN_BYTES = 200 };

static const char *severity_name(const struct cfg_finding *finding)
{
	return finding->severity == CFG_ERROR ? "error" : "warning";
}

enum vk_rc findings_format_parse(const char *name, enum findings_format *out, struct vk_err *err)
{
	static const char *const names[] = {"text", "json", "sarif", "junit"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum findings_format)i;
			return VK_OK;
		}
	}
	vk_err_set(err, VK_EINPUT, "--format '%.50s' is not known", name);
	vk_err_hint(err, "text, json, sarif or junit");
	return VK_EINPUT;
}

/* ---- JSON ---- */

struct vkjson *findings_json(struct cfg_findings *findings)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "severity", vkjson_string(severity_name(finding)));
		vkjson_set(item, "file", vkjson_string(finding->file));
		vkjson_set(item, "line", vkjson_int(finding->line));
		vkjson_set(item, "column", vkjson_int(finding->column));
		vkjson_set(item, "message", vkjson_string(finding->message));
		vkjson_set(item, "hint", vkjson_string(finding->hint));
		vkjson_set(item, "value", vkjson_string(finding->value));
		vkjson_append(list, item);
	}
	vkjson_set(object, "findings", list);
	vkjson_set(object, "errors", vkjson_int((int64_t)cfg_findings_errors(findings)));
	return object;
}

/* ---- SARIF ---- */

static void add_result(const struct cfg_finding *finding, struct vkjson *log)
{
	struct vk_buf text;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	vk_buf_adds(&text, finding->message);
	if (finding->hint[0] != '\0')
		vk_buf_addf(&text, " (%s)", finding->hint);
	sarif_add_result(log, &(struct sarif_result){.rule = "tree",
				      .level = severity_name(finding),
				      .text = text.data,
				      .file = finding->file,
				      .line = finding->line,
				      .column = finding->column});
	vk_buf_release(&text);
}

struct vkjson *findings_sarif(struct cfg_findings *findings)
{
	struct vkjson *log = sarif_new();

	sarif_add_rule(log, "tree", "A tree that cannot be rendered as it is", NULL);
	for (size_t i = 0; i < cfg_findings_count(findings); i++)
		add_result(cfg_findings_at(findings, i), log);
	return log;
}

/* ---- JUnit ---- */

/* Findings hold no control characters. */
static void add_xml(struct vk_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			vk_buf_adds(out, "&amp;");
			break;
		case '<':
			vk_buf_adds(out, "&lt;");
			break;
		case '>':
			vk_buf_adds(out, "&gt;");
			break;
		case '"':
			vk_buf_adds(out, "&quot;");
			break;
		default:
			vk_buf_addc(out, *text);
			break;
		}
	}
}

static void add_failure(const struct cfg_finding *finding, struct vk_buf *out)
{
	struct vk_buf place;

	vk_buf_init(&place, TEXT_MAX_BYTES);
	cfg_finding_format(finding, &place);
	vk_buf_adds(out, "  <testcase classname=\"");
	add_xml(out, finding->file[0] != '\0' ? finding->file : "tree");
	vk_buf_addf(out, "\" name=\"line %u\">\n    <failure message=\"", finding->line);
	add_xml(out, finding->message);
	vk_buf_adds(out, "\">");
	add_xml(out, place.data);
	if (finding->hint[0] != '\0') {
		vk_buf_adds(out, "; ");
		add_xml(out, finding->hint);
	}
	vk_buf_adds(out, "</failure>\n  </testcase>\n");
	vk_buf_release(&place);
}

static void add_warnings(struct cfg_findings *findings, struct vk_buf *out)
{
	struct vk_buf place;

	vk_buf_init(&place, TEXT_MAX_BYTES);
	vk_buf_adds(out, "  <system-out>");
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		if (finding->severity != CFG_WARNING)
			continue;
		vk_buf_reset(&place);
		cfg_finding_format(finding, &place);
		vk_buf_adds(out, "warning: ");
		add_xml(out, place.data);
		vk_buf_addc(out, '\n');
	}
	vk_buf_adds(out, "</system-out>\n");
	vk_buf_release(&place);
}

void findings_junit(struct cfg_findings *findings, struct vk_buf *out)
{
	size_t errors = 0;

	for (size_t i = 0; i < cfg_findings_count(findings); i++)
		errors += cfg_findings_at(findings, i)->severity == CFG_ERROR;
	vk_buf_addf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"vkcfg validate\" tests=\"%zu\" failures=\"%zu\">\n",
		errors > 0 ? errors : 1, errors);
	if (errors == 0)
		vk_buf_adds(out, "  <testcase classname=\"tree\" name=\"validate\"/>\n");
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		if (cfg_findings_at(findings, i)->severity == CFG_ERROR)
			add_failure(cfg_findings_at(findings, i), out);
	}
	add_warnings(findings, out);
	vk_buf_adds(out, "</testsuite>\n");
}

/* ---- text ---- */

/* False where some finding of this line has no value to show. */
static bool may_show_line(struct cfg_findings *findings, const struct cfg_finding *finding)
{
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *other = cfg_findings_at(findings, i);

		if (other->line == finding->line && other->value[0] == '\0' &&
			strcmp(other->file, finding->file) == 0)
			return false;
	}
	return true;
}

/* Line number line of text; NULL where it has fewer. */
static const char *find_line(const char *text, unsigned line, size_t *len)
{
	for (; line > 1; line--) {
		text = strchr(text, '\n');
		if (text == NULL)
			return NULL;
		text++;
	}
	*len = strcspn(text, "\r\n");
	return text;
}

/* The byte at which column (in characters, from 1) begins. */
static size_t column_offset(const char *line, size_t len, unsigned column)
{
	size_t at = 0;

	while (at < len && column > 1) {
		at++;
		while (at < len && ((unsigned char)line[at] & 0xc0) == 0x80)
			at++;
		column--;
	}
	return at;
}

/* Where the value stands, from the column on: a quote may come before it. */
static size_t value_offset(const char *line, size_t len, size_t from, const char *value)
{
	size_t value_len = strlen(value);

	for (size_t at = from; at + value_len <= len; at++) {
		if (memcmp(line + at, value, value_len) == 0)
			return at;
	}
	return from;
}

static void add_times(struct vk_buf *out, char c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		vk_buf_addc(out, c);
}

static void print_excerpt(
	const struct cli *cli, const struct cfg_finding *finding, const char *line, size_t len)
{
	size_t from = column_offset(line, len, finding->column);
	size_t at = value_offset(line, len, from, finding->value);
	size_t end = at + strlen(finding->value);
	struct vk_buf shown, before, marked;

	if (len > LINE_SHOWN_BYTES)
		return;
	vk_buf_init(&shown, TEXT_MAX_BYTES);
	vk_buf_init(&before, TEXT_MAX_BYTES);
	vk_buf_init(&marked, TEXT_MAX_BYTES);
	printable_add(&shown, line, len, false);
	printable_add(&before, line, at, false);
	if (end <= len && memcmp(line + at, finding->value, end - at) == 0)
		printable_add(&marked, line + at, end - at, false);
	else
		vk_buf_addc(&marked, '^');
	cli_say(cli, "%5u | %s\n      | ", finding->line, shown.data);
	vk_buf_reset(&shown);
	add_times(&shown, ' ', printable_width(before.data));
	cli_say(cli, "%s", shown.data);
	vk_buf_reset(&shown);
	add_times(&shown, '^', printable_width(marked.data));
	cli_say_in(cli, finding->severity == CFG_ERROR ? CLI_BAD : CLI_WARN, "%s\n", shown.data);
	vk_buf_release(&marked);
	vk_buf_release(&before);
	vk_buf_release(&shown);
}

static void print_line(const struct cli *cli, struct cfg_findings *findings,
	const struct cfg_finding *finding, const struct cfg_tree *tree)
{
	const struct cfg_tree_file *file = cfg_tree_file_find(tree, finding->file);
	const char *line;
	size_t len = 0;

	if (file == NULL || finding->line == 0 || !may_show_line(findings, finding))
		return;
	line = find_line(file->text, finding->line, &len);
	if (line != NULL)
		print_excerpt(cli, finding, line, len);
}

void findings_print(
	const struct cli *cli, struct cfg_findings *findings, const struct cfg_tree *tree)
{
	struct vk_buf text;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < cfg_findings_count(findings); i++) {
		const struct cfg_finding *finding = cfg_findings_at(findings, i);

		vk_buf_reset(&text);
		cfg_finding_format(finding, &text);
		cli_say_in(cli, finding->severity == CFG_ERROR ? CLI_BAD : CLI_WARN,
			"%s: ", severity_name(finding));
		cli_say_foreign(cli, CLI_PLAIN, text.data);
		cli_say(cli, "\n");
		print_line(cli, findings, finding, tree);
		if (finding->hint[0] != '\0') {
			cli_say(cli, "  hint: ");
			cli_say_foreign(cli, CLI_PLAIN, finding->hint);
			cli_say(cli, "\n");
		}
	}
	vk_buf_release(&text);
}
