/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/gate.h"

#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/lint_show.h"
#include "common/clock.h"
#include "common/config/render.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum vk_rc gate_look(const struct cfg_rendered *rendered, struct vkjson **out,
	struct vk_err *judgement, struct vk_err *err)
{
	struct cfg_lint *lint = cfg_lint_new();
	enum vk_rc rc = cfg_lint_add_rendered(lint, rendered, vk_clock_now(), err);

	if (rc == VK_OK) {
		*judgement = (struct vk_err)VK_ERR_INIT;
		judgement->rc = cfg_lint_judge(lint, rendered, judgement);
		*out = lint_json(lint);
	}
	cfg_lint_free(lint);
	return rc;
}

static bool is_same(const struct cfg_lint_item *x, const struct cfg_lint_item *y)
{
	return x->rule == y->rule && x->waiver == NULL && y->waiver == NULL &&
	       strcmp(x->detail, y->detail) == 0;
}

/* How many of the findings that block are open in the current release, too. */
static size_t count_old(struct cfg_lint *old, struct cfg_lint *new, enum cfg_risk block)
{
	size_t out = 0;

	for (size_t i = 0; i < cfg_lint_count(new); i++) {
		const struct cfg_lint_item *item = cfg_lint_at(new, i);
		bool is_old = false;

		for (size_t k = 0; k < cfg_lint_count(old) && !is_old; k++)
			is_old = is_same(cfg_lint_at(old, k), item);
		out += is_old && item->rule->risk >= block;
	}
	return out;
}

static void say_what_is_old(const struct cli *cli, const struct cfg_rendered *before,
	struct cfg_lint *lint, enum cfg_risk block)
{
	struct cfg_lint *old = cfg_lint_new();
	size_t count;

	if (before != NULL && cfg_lint_add_rendered(old, before, vk_clock_now(), NULL) == VK_OK) {
		count = count_old(old, lint, block);
		if (count > 0)
			cli_note(cli,
				"note: %zu of these are in the current release already; they count "
				"all the same",
				count);
	}
	cfg_lint_free(old);
}

enum vk_rc gate_pass(const struct cli *cli, const struct cfg_rendered *before,
	const struct cfg_rendered *rendered, struct vkjson **out, struct vk_err *err)
{
	const struct cfg_rules_policy *policy = cfg_rendered_policy(rendered);
	struct cfg_lint *lint = cfg_lint_new();
	struct vkjson *json = NULL;
	enum vk_rc rc = cfg_lint_add_rendered(lint, rendered, vk_clock_now(), err);

	if (rc == VK_OK) {
		json = lint_json(lint);
		rc = cfg_lint_judge(lint, rendered, err);
		if (rc != VK_OK) {
			lint_print_short(cli, json, policy->block);
			say_what_is_old(cli, before, lint, policy->block);
		}
	}
	if (rc == VK_OK)
		*out = json;
	else
		vkjson_free(json);
	cfg_lint_free(lint);
	return rc;
}

static bool is_shown(const struct vkjson *item)
{
	enum cfg_risk risk = CFG_RISK_INFO;
	const char *severity = "";

	if (vkjson_get(item, "waiver") != NULL)
		return true;
	return vkjson_get_opt_string(item, "severity", "", &severity, NULL) == VK_OK &&
	       cfg_risk_parse(severity, &risk, NULL) == VK_OK && risk >= CFG_RISK_HIGH;
}

void gate_print(const struct cli *cli, const struct vkjson *baseline)
{
	const struct vkjson *list = vkjson_get(baseline, "violations");

	for (size_t i = 0; i < vkjson_count(list); i++) {
		if (!is_shown(vkjson_at(list, i)))
			continue;
		lint_print_short(cli, baseline, CFG_RISK_HIGH);
		return;
	}
}
