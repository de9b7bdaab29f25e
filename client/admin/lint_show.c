/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/lint_show.h"

#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/findings_show.h"
#include "client/admin/sarif.h"
#include "common/config/findings.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	TEXT_MAX_BYTES = 64 * 1024,
	WORST_SHOWN = 5,
	WHERE_SHOWN = 3, /* instances that are named; the rest is counted */
};

/* ---- JSON ---- */

struct vkjson *lint_waiver_json(const struct cfg_waiver *waiver)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "rule", vkjson_string(waiver->rule));
	if (waiver->where != NULL)
		vkjson_set(object, "where", vkjson_string(waiver->where));
	vkjson_set(object, "reason", vkjson_string(waiver->reason));
	vkjson_set(object, "owner", vkjson_string(waiver->owner));
	vkjson_set(object, "expires", vkjson_string(waiver->expires));
	vkjson_set(object, "file", vkjson_string(waiver->file));
	vkjson_set(object, "line", vkjson_int(waiver->line));
	return object;
}

static void set_rule(struct vkjson *object, const struct cfg_rule *rule)
{
	vkjson_set(object, "rule", vkjson_string(rule->id));
	vkjson_set(object, "severity", vkjson_string(cfg_risk_name(rule->risk)));
	vkjson_set(object, "what", vkjson_string(rule->what));
	vkjson_set(object, "reason", vkjson_string(rule->reason));
	vkjson_set(object, "remedy", vkjson_string(rule->remedy));
	vkjson_set(object, "reference", vkjson_string(rule->reference));
}

static struct vkjson *item_json(const struct cfg_lint_item *item)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *where = vkjson_array();

	for (size_t i = 0; i < item->where_count; i++)
		vkjson_append(where, vkjson_string(item->where[i]));
	set_rule(object, item->rule);
	vkjson_set(object, "detail", vkjson_string(item->detail));
	vkjson_set(object, "line", vkjson_int(item->line));
	vkjson_set(object, "where", where);
	vkjson_set(object, "status", vkjson_string(item->waiver == NULL ? "open" : "waived"));
	if (item->waiver != NULL)
		vkjson_set(object, "waiver", lint_waiver_json(item->waiver));
	return object;
}

struct vkjson *lint_json(struct cfg_lint *lint)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *violations = vkjson_array();
	size_t open = cfg_lint_open(lint, CFG_RISK_INFO), count = cfg_lint_count(lint);

	for (size_t i = 0; i < count; i++)
		vkjson_append(violations, item_json(cfg_lint_at(lint, i)));
	vkjson_set(object, "subjects", vkjson_int((int64_t)cfg_lint_subjects(lint)));
	vkjson_set(object, "open", vkjson_int((int64_t)open));
	vkjson_set(object, "waived", vkjson_int((int64_t)(count - open)));
	vkjson_set(object, "violations", violations);
	return object;
}

struct vkjson *lint_rules_json(void)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_rule_count; i++) {
		struct vkjson *object = vkjson_object();

		set_rule(object, &cfg_rules[i]);
		vkjson_set(object, "since", vkjson_string(cfg_rules[i].since));
		if (cfg_rules[i].until != NULL)
			vkjson_set(object, "until", vkjson_string(cfg_rules[i].until));
		vkjson_append(list, object);
	}
	return list;
}

/* ---- SARIF ---- */

static const char *level_of(enum cfg_risk risk)
{
	switch (risk) {
	case CFG_RISK_CRITICAL:
	case CFG_RISK_HIGH:
		return "error";
	case CFG_RISK_MEDIUM:
		return "warning";
	case CFG_RISK_LOW:
	case CFG_RISK_INFO:
		break;
	}
	return "note";
}

static void add_sarif_item(const struct cfg_lint_item *item, struct vkjson *log)
{
	struct vk_buf text, justification;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	vk_buf_init(&justification, TEXT_MAX_BYTES);
	vk_buf_addf(&text, "%s: %s (%s)", item->rule->what, item->detail, item->rule->remedy);
	if (item->waiver != NULL)
		vk_buf_addf(&justification, "%s (%s, until %s)", item->waiver->reason,
			item->waiver->owner, item->waiver->expires);
	for (size_t i = 0; i < item->where_count; i++)
		sarif_add_result(log,
			&(struct sarif_result){.rule = item->rule->id,
				.level = level_of(item->rule->risk),
				.text = text.data,
				.file = item->where[i],
				.line = item->line,
				.justification = item->waiver != NULL ? justification.data : NULL});
	vk_buf_release(&justification);
	vk_buf_release(&text);
}

struct vkjson *lint_sarif(struct cfg_lint *lint)
{
	struct vkjson *log = sarif_new();
	struct vk_buf help;

	vk_buf_init(&help, TEXT_MAX_BYTES);
	for (size_t i = 0; i < cfg_rule_count; i++) {
		vk_buf_reset(&help);
		vk_buf_addf(&help, "%s. %s (%s)", cfg_rules[i].reason, cfg_rules[i].remedy,
			cfg_rules[i].reference);
		sarif_add_rule(log, cfg_rules[i].id, cfg_rules[i].what, help.data);
	}
	vk_buf_release(&help);
	for (size_t i = 0; i < cfg_lint_count(lint); i++)
		add_sarif_item(cfg_lint_at(lint, i), log);
	return log;
}

/* ---- JUnit ---- */

void lint_junit(struct cfg_lint *lint, enum cfg_risk limit, struct vk_buf *out)
{
	struct cfg_findings *findings = cfg_findings_new();
	struct vk_buf text;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < cfg_lint_count(lint); i++) {
		const struct cfg_lint_item *item = cfg_lint_at(lint, i);
		bool is_failure = item->waiver == NULL && item->rule->risk >= limit;

		vk_buf_reset(&text);
		vk_buf_addf(&text, "%s%s: %s: %s", item->waiver != NULL ? "waived: " : "",
			item->rule->id, item->rule->what, item->detail);
		cfg_findings_add(findings,
			&(struct cfg_finding){.severity = is_failure ? CFG_ERROR : CFG_WARNING,
				.file = item->where[0],
				.line = item->line,
				.message = text.data,
				.hint = item->rule->remedy});
	}
	findings_junit(findings, out);
	vk_buf_release(&text);
	cfg_findings_free(findings);
}

/* ---- text ---- */

static enum cli_style style_of(enum cfg_risk risk)
{
	return risk >= CFG_RISK_HIGH ? CLI_BAD : risk == CFG_RISK_MEDIUM ? CLI_WARN : CLI_DIM;
}

static void print_where(const struct cli *cli, const struct cfg_lint_item *item)
{
	for (size_t i = 0; i < item->where_count && i < WHERE_SHOWN; i++) {
		cli_say(cli, "%s", i > 0 ? ", " : "  in ");
		cli_say_foreign(cli, CLI_PLAIN, item->where[i]);
	}
	if (item->where_count > WHERE_SHOWN)
		cli_say(cli, " and %zu more", item->where_count - WHERE_SHOWN);
	if (item->line > 0 && item->where_count == 1)
		cli_say(cli, ", line %u", item->line);
	cli_say(cli, "\n");
}

static void print_waiver(const struct cli *cli, const struct cfg_waiver *waiver)
{
	cli_say(cli, "  waived until %s by ", waiver->expires);
	cli_say_foreign(cli, CLI_PLAIN, waiver->owner);
	cli_say(cli, ": ");
	cli_say_foreign(cli, CLI_PLAIN, waiver->reason);
	cli_say(cli, "\n");
}

static void print_item(const struct cli *cli, const struct cfg_lint_item *item)
{
	if (item->waiver != NULL)
		cli_say_in(cli, CLI_DIM, "%-8s", "waived");
	else
		cli_say_in(
			cli, style_of(item->rule->risk), "%-8s", cfg_risk_name(item->rule->risk));
	cli_say(cli, " %s: %s: ", item->rule->id, item->rule->what);
	cli_say_foreign(cli, CLI_PLAIN, item->detail);
	cli_say(cli, "\n");
	print_where(cli, item);
	if (item->waiver != NULL) {
		print_waiver(cli, item->waiver);
		return;
	}
	cli_say(cli, "  why: %s\n  do:  %s\n  see: %s\n", item->rule->reason, item->rule->remedy,
		item->rule->reference);
}

void lint_print(const struct cli *cli, struct cfg_lint *lint)
{
	size_t open = cfg_lint_open(lint, CFG_RISK_INFO), count = cfg_lint_count(lint);

	for (size_t i = 0; i < count; i++)
		print_item(cli, cfg_lint_at(lint, i));
	if (open == 0)
		cli_say_in(cli, CLI_GOOD, "nothing breaks the baseline");
	else
		cli_say(cli, "%zu findings, of them high or critical: %zu", open,
			cfg_lint_open(lint, CFG_RISK_HIGH));
	if (count > open)
		cli_say(cli, ", waived: %zu", count - open);
	cli_say(cli, " (instances: %zu, rules: %zu)\n", cfg_lint_subjects(lint), cfg_rule_count);
}

static const char *text_of(const struct vkjson *object, const char *member)
{
	const char *text = "";

	return vkjson_get_opt_string(object, member, "", &text, NULL) == VK_OK ? text : "";
}

static void print_short(const struct cli *cli, const struct vkjson *item, enum cfg_risk limit)
{
	const struct vkjson *where = vkjson_get(item, "where"),
			    *waiver = vkjson_get(item, "waiver");
	enum cfg_risk risk = CFG_RISK_INFO;

	if (cfg_risk_parse(text_of(item, "severity"), &risk, NULL) != VK_OK ||
		(waiver == NULL && risk < limit))
		return;
	if (waiver != NULL)
		cli_say_in(cli, CLI_WARN, "waived until %s by ", text_of(waiver, "expires"));
	else
		cli_say_in(cli, style_of(risk), "%s", text_of(item, "severity"));
	if (waiver != NULL)
		cli_say_foreign(cli, CLI_WARN, text_of(waiver, "owner"));
	cli_say(cli, " %s in ", text_of(item, "rule"));
	cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_at(where, 0)));
	if (vkjson_count(where) > 1)
		cli_say(cli, " and %zu more", vkjson_count(where) - 1);
	cli_say(cli, ": ");
	cli_say_foreign(cli, CLI_PLAIN,
		waiver != NULL ? text_of(waiver, "reason") : text_of(item, "detail"));
	cli_say(cli, "\n");
}

void lint_print_short(const struct cli *cli, const struct vkjson *lint, enum cfg_risk limit)
{
	const struct vkjson *list = vkjson_get(lint, "violations");
	int64_t open = 0, waived = 0;

	if (vkjson_get_opt_int(lint, "open", 0, INT64_MAX, 0, &open, NULL) != VK_OK ||
		vkjson_get_opt_int(lint, "waived", 0, INT64_MAX, 0, &waived, NULL) != VK_OK)
		return;
	for (size_t i = 0; i < vkjson_count(list); i++)
		print_short(cli, vkjson_at(list, i), limit);
	cli_say(cli, "baseline: %lld findings, %lld waived\n", (long long)open, (long long)waived);
}

void lint_print_worst(const struct cli *cli, struct cfg_lint *lint)
{
	size_t shown = 0;

	cli_say(cli, "the baseline: %zu findings, of them high or critical: %zu\n",
		cfg_lint_open(lint, CFG_RISK_INFO), cfg_lint_open(lint, CFG_RISK_HIGH));
	for (size_t i = 0; i < cfg_lint_count(lint) && shown < WORST_SHOWN; i++) {
		const struct cfg_lint_item *item = cfg_lint_at(lint, i);

		if (item->waiver != NULL)
			continue;
		cli_say(cli, "  ");
		cli_say_in(
			cli, style_of(item->rule->risk), "%-8s", cfg_risk_name(item->rule->risk));
		cli_say(cli, " %s: %s: ", item->rule->id, item->rule->what);
		cli_say_foreign(cli, CLI_PLAIN, item->detail);
		cli_say(cli, "\n");
		shown++;
	}
	if (shown == WORST_SHOWN)
		cli_say(cli, "  all of them, with reason and remedy: vkcfg lint\n");
}
