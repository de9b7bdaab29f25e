/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include "client/admin/findings_show.h"
#include "client/admin/lint_show.h"
#include "client/admin/lint_sources.h"
#include "client/admin/released.h"
#include "client/admin/table.h"
#include "common/clock.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { JUNIT_MAX_BYTES = 64 << 20 };

/* ---- trees ---- */

/* What is done with each environment. */
typedef enum vk_rc with_environment(
	void *context, const struct cfg_rendered *rendered, struct vk_err *err);

static enum vk_rc lint_environment(
	void *context, const struct cfg_rendered *rendered, struct vk_err *err)
{
	return cfg_lint_add_rendered(context, rendered, vk_clock_now(), err);
}

/* Appends what `--waivers` lists. */
static enum vk_rc list_waivers(
	void *context, const struct cfg_rendered *rendered, struct vk_err *err)
{
	const struct cfg_rules_policy *policy = cfg_rendered_policy(rendered);

	(void)err;
	for (size_t i = 0; i < policy->waiver_count; i++) {
		struct vkjson *item = lint_waiver_json(&policy->waivers[i]);
		bool is_in_force = cfg_waiver_is_in_force(&policy->waivers[i], vk_clock_now());

		vkjson_set(item, "environment", vkjson_string(cfg_rendered_environment(rendered)));
		vkjson_set(item, "state", vkjson_string(is_in_force ? "in force" : "expired"));
		vkjson_append(context, item);
	}
	return VK_OK;
}

/* One environment, or all. */
static enum vk_rc for_environments(const struct cfg_tree *tree, const char *only,
	with_environment *with, void *context, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);
	size_t count = rc != VK_OK ? 0 : only != NULL ? 1 : cfg_fleet_environment_count(fleet);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct cfg_rendered *rendered = NULL;

		rc = cfg_render(tree, only != NULL ? only : cfg_fleet_environment_at(fleet, i),
			NULL, &rendered, err);
		if (rc == VK_OK)
			rc = with(context, rendered, err);
		cfg_rendered_free(rendered);
	}
	cfg_fleet_free(fleet);
	return rc;
}

static enum vk_rc for_tree(struct cli *cli, const struct args *args, with_environment *with,
	void *context, struct vk_err *err)
{
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = released_or_source(cli, args, &tree, err);

	if (rc == VK_OK)
		rc = for_environments(tree, args_get(args, "env"), with, context, err);
	cfg_tree_free(tree);
	return rc;
}

/* ---- lists ---- */

static enum vk_rc show_waivers(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"ENVIRONMENT", "environment", TABLE_TEXT},
		{"RULE", "rule", TABLE_TEXT},
		{"WHERE", "where", TABLE_TEXT},
		{"STATE", "state", TABLE_STATE},
		{"EXPIRES", "expires", TABLE_TEXT},
		{"OWNER", "owner", TABLE_TEXT},
		{"REASON", "reason", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vkjson *list = vkjson_array();
	enum vk_rc rc = for_tree(cli, args, list_waivers, list, err);

	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list, "no waivers");
	vkjson_free(list);
	return rc;
}

static void show_rules(const struct cli *cli)
{
	static const struct table_column columns[] = {
		{"RULE", "rule", TABLE_TEXT},
		{"SEVERITY", "severity", TABLE_TEXT},
		{"WHAT", "what", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vkjson *list = lint_rules_json();

	if (!cli_print_json_list(cli, list))
		table_print(cli, columns, list, "no rules");
	vkjson_free(list);
}

/* ---- the command ---- */

static void show(
	struct cli *cli, enum findings_format format, enum cfg_risk limit, struct cfg_lint *lint)
{
	struct vkjson *result = NULL;
	struct vk_buf text;

	switch (format) {
	case FINDINGS_TEXT:
		lint_print(cli, lint);
		return;
	case FINDINGS_JUNIT:
		vk_buf_init(&text, JUNIT_MAX_BYTES);
		lint_junit(lint, limit, &text);
		cli_say(cli, "%s", text.data);
		vk_buf_release(&text);
		return;
	case FINDINGS_JSON:
		result = lint_json(lint);
		break;
	case FINDINGS_SARIF:
		result = lint_sarif(lint);
		break;
	}
	cli->is_json = true;
	(void)cli_print_json(cli, result);
	vkjson_free(result);
}

static enum vk_rc look(
	struct cli *cli, const struct args *args, struct cfg_lint *lint, struct vk_err *err)
{
	bool is_running = args_has(args, "running"), is_file = args_count(args) > 0;

	if (is_running + is_file + args_has(args, "tree") + args_has(args, "release") > 1)
		return vk_err_set(
			err, VK_EINPUT, "FILE, --running, --tree and --release: name one");
	if (is_running)
		return lint_running(lint, cli, args, err);
	if (is_file)
		return lint_file(lint, cli, args, err);
	return for_tree(cli, args, lint_environment, lint, err);
}

/* Whether the answer is no: a finding from the limit on, or a waiver that has ended. */
static bool is_bad(struct cfg_lint *lint, enum cfg_risk limit)
{
	for (size_t i = 0; i < cfg_lint_count(lint); i++) {
		if (cfg_lint_at(lint, i)->rule == cfg_rule_find("waiver-expired"))
			return true;
	}
	return cfg_lint_open(lint, limit) > 0;
}

enum vk_rc cmd_lint(struct cli *cli, const struct args *args, struct vk_err *err)
{
	enum findings_format format = cli->is_json ? FINDINGS_JSON : FINDINGS_TEXT;
	enum cfg_risk limit = CFG_RISK_HIGH;
	struct cfg_lint *lint;
	enum vk_rc rc = VK_OK;

	if (args_has(args, "format"))
		rc = findings_format_parse(args_get(args, "format"), &format, err);
	if (rc == VK_OK && args_has(args, "fail-on"))
		rc = cfg_risk_parse(args_get(args, "fail-on"), &limit, err);
	if (rc == VK_OK && args_has(args, "waivers"))
		return show_waivers(cli, args, err);
	if (rc == VK_OK && args_has(args, "rules")) {
		show_rules(cli);
		return VK_OK;
	}
	if (rc != VK_OK)
		return rc;
	lint = cfg_lint_new();
	rc = look(cli, args, lint, err);
	if (rc == VK_OK) {
		show(cli, format, limit, lint);
		cli->is_answer_no = is_bad(lint, limit);
	}
	cfg_lint_free(lint);
	return rc;
}
