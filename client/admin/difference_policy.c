/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference_policy.h"

#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/lint_show.h"
#include "common/config/fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const struct cfg_rules_policy nothing;

static const struct cfg_rules_policy *policy_of(
	const struct cfg_fleet *fleet, const char *environment)
{
	const struct cfg_rules_policy *policy =
		fleet != NULL ? cfg_fleet_policy(fleet, environment) : NULL;

	return policy != NULL ? policy : &nothing;
}

void difference_policy(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment)
{
	const struct cfg_rules_policy *old = policy_of(before, environment);
	const struct cfg_rules_policy *new = policy_of(after, environment);
	struct vkjson *item;

	if (old->has_block == new->has_block && old->block == new->block)
		return;
	item = vkjson_object();
	vkjson_set(item, "policy", vkjson_string("block"));
	if (old->has_block)
		vkjson_set(item, "old", vkjson_string(cfg_risk_name(old->block)));
	if (new->has_block)
		vkjson_set(item, "new", vkjson_string(cfg_risk_name(new->block)));
	vkjson_append(list, item);
}

static const char *text_of(const struct vkjson *object, const char *member, const char *absent)
{
	const struct vkjson *value = vkjson_get(object, member);

	return value != NULL && vkjson_text(value) != NULL ? vkjson_text(value) : absent;
}

void difference_print_policy(const struct cli *cli, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);

		cli_say_in(cli, CLI_BOLD, "policy");
		cli_say(cli, " %s: ", text_of(item, "policy", ""));
		cli_say_in(cli, CLI_BAD, "%s", text_of(item, "old", "(nothing)"));
		cli_say(cli, " -> ");
		cli_say_in(cli, CLI_GOOD, "%s", text_of(item, "new", "(nothing)"));
		cli_say(cli, "\n");
	}
}

static bool is_same(const char *x, const char *y)
{
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

/* The one for the same rule in the same place, or NULL. */
static const struct cfg_waiver *find(
	const struct cfg_rules_policy *policy, const struct cfg_waiver *wanted)
{
	for (size_t i = 0; i < policy->waiver_count; i++) {
		const struct cfg_waiver *waiver = &policy->waivers[i];

		if (strcmp(waiver->rule, wanted->rule) == 0 &&
			is_same(waiver->where, wanted->where))
			return waiver;
	}
	return NULL;
}

static void add(struct vkjson *list, const struct cfg_waiver *waiver, const char *presence)
{
	struct vkjson *item = lint_waiver_json(waiver);

	vkjson_unset(item, "file"); /* a line that has moved is no change */
	vkjson_unset(item, "line");
	vkjson_set(item, "presence", vkjson_string(presence));
	vkjson_append(list, item);
}

void difference_waivers(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment)
{
	const struct cfg_rules_policy *old = policy_of(before, environment);
	const struct cfg_rules_policy *new = policy_of(after, environment);

	for (size_t i = 0; i < new->waiver_count; i++) {
		const struct cfg_waiver *y = &new->waivers[i], *x = find(old, y);

		if (x == NULL)
			add(list, y, "added");
		else if (strcmp(x->reason, y->reason) != 0 || strcmp(x->owner, y->owner) != 0 ||
			 strcmp(x->expires, y->expires) != 0)
			add(list, y, "changed");
	}
	for (size_t i = 0; i < old->waiver_count; i++) {
		if (find(new, &old->waivers[i]) == NULL)
			add(list, &old->waivers[i], "removed");
	}
}

void difference_print_waivers(const struct cli *cli, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);
		const char *presence = text_of(item, "presence", "");

		cli_say_in(cli, CLI_BOLD, "waiver");
		cli_say_in(cli, strcmp(presence, "removed") == 0 ? CLI_GOOD : CLI_WARN, " %s",
			presence);
		cli_say(cli, ": %s in %s until %s by ", text_of(item, "rule", ""),
			text_of(item, "where", "all instances"), text_of(item, "expires", ""));
		cli_say_foreign(cli, CLI_PLAIN, text_of(item, "owner", ""));
		cli_say(cli, ": ");
		cli_say_foreign(cli, CLI_PLAIN, text_of(item, "reason", ""));
		cli_say(cli, "\n");
	}
}
