/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/waiver.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/fleet_internal.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

#define RULE_HINT "'vkcfg lint --rules' lists them"
#define WHERE_HINT "HOST/INSTANCE, in which * stands for any characters: db*/main"

enum { DAY_S = 24 * 60 * 60 };

bool cfg_pattern_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL; /* the last '*', and where it ends so far */

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL && *from != '/') {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool cfg_waiver_covers(
	const struct cfg_waiver *waiver, const struct cfg_rule *rule, const char *instance)
{
	return strcmp(waiver->rule, rule->id) == 0 &&
	       (waiver->where == NULL || cfg_pattern_matches(waiver->where, instance));
}

bool cfg_waiver_is_in_force(const struct cfg_waiver *waiver, int64_t now)
{
	return now < waiver->until;
}

bool cfg_rule_is_waivable(const struct cfg_rule *rule)
{
	return strncmp(rule->id, "waiver-", strlen("waiver-")) != 0;
}

/* ---- reading ---- */

/* The text of a key that must be there; NULL after a finding. */
static const char *read_member(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, const char *key, const char *hint)
{
	const struct vkyaml_node *node = vkyaml_get(map, key);
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node != NULL ? node : map));
	const char *text;

	if (node != NULL && !vkyaml_is_null(node)) {
		text = cfg_expect_text(fleet, file, node, key);
		if (text == NULL || text[strspn(text, " ")] != '\0')
			return text;
	}
	cfg_report(fleet, &place, NULL, hint, "a waiver needs '%s'", key);
	return NULL;
}

static void report_rule(struct cfg_fleet *fleet, const struct cfg_place *place, const char *id)
{
	struct vk_nearest nearest = vk_nearest_init(id);
	char hint[128] = RULE_HINT;

	for (size_t i = 0; i < cfg_rule_count; i++) {
		if (cfg_rule_is_waivable(&cfg_rules[i]))
			vk_nearest_offer(&nearest, cfg_rules[i].id);
	}
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(fleet, place, id, hint, "the baseline has no rule '%.100s'", id);
}

static bool read_rule(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_waiver *out)
{
	const struct cfg_rule *rule;
	struct cfg_place place;

	out->rule = read_member(fleet, file, map, "rule", RULE_HINT);
	if (out->rule == NULL)
		return false;
	place = cfg_place_of(file, vkyaml_mark(vkyaml_get(map, "rule")));
	rule = cfg_rule_find(out->rule);
	if (rule == NULL)
		report_rule(fleet, &place, out->rule);
	else if (!cfg_rule_is_waivable(rule))
		cfg_report(
			fleet, &place, out->rule, rule->remedy, "'%s' cannot be waived", out->rule);
	return rule != NULL && cfg_rule_is_waivable(rule);
}

/* Two names with '*' in them, and one '/' between. */
static bool is_pattern(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-*";
	size_t host = strspn(text, allowed), instance;

	if (host == 0 || host >= VK_NAME_BYTES || text[host] != '/')
		return false;
	instance = strspn(text + host + 1, allowed);
	return instance > 0 && instance < VK_NAME_BYTES && text[host + 1 + instance] == '\0';
}

static bool read_where(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_waiver *out)
{
	const struct vkyaml_node *node = vkyaml_get(map, "where");
	struct cfg_place place;

	if (node == NULL)
		return true;
	out->where = cfg_expect_text(fleet, file, node, "where");
	if (out->where == NULL || is_pattern(out->where))
		return out->where != NULL;
	place = cfg_place_of(file, vkyaml_mark(node));
	cfg_report(fleet, &place, out->where,
		WHERE_HINT "; without 'where' the whole environment is meant",
		"where: '%.150s' names no instances", out->where);
	return false;
}

static bool read_expires(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_waiver *out)
{
	char time[VK_TIME_TEXT_BYTES];
	struct cfg_place place;
	int64_t start;
	int len;

	out->expires = read_member(
		fleet, file, map, "expires", "the last day that it holds: expires: 2027-01-31");
	if (out->expires == NULL)
		return false;
	len = snprintf(time, sizeof(time), "%sT00:00:00Z", out->expires);
	if (len == sizeof(time) - 1 && vk_time_parse(time, &start)) {
		out->until = start + DAY_S;
		return true;
	}
	place = cfg_place_of(file, vkyaml_mark(vkyaml_get(map, "expires")));
	cfg_report(fleet, &place, out->expires, "YYYY-MM-DD, as 2027-01-31",
		"expires: '%.50s' is no day", out->expires);
	return false;
}

static bool read_waiver(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_waiver *out)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, "a waiver");
	bool is_good;

	*out = (struct cfg_waiver){.file = file, .line = vkyaml_mark(node).line};
	if (map == NULL)
		return false;
	cfg_expect_keys(fleet, file, map, CFG_KEYS_WAIVER, "a waiver");
	is_good = read_rule(fleet, file, map, out);
	is_good = read_where(fleet, file, map, out) && is_good;
	out->reason = read_member(fleet, file, map, "reason", "approvers and auditors read it");
	out->owner = read_member(fleet, file, map, "owner", "who answers for it");
	is_good = read_expires(fleet, file, map, out) && is_good;
	return is_good && out->reason != NULL && out->owner != NULL;
}

static void read_waivers(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *list,
	struct cfg_rules_policy *policy)
{
	struct cfg_place place;
	struct cfg_waiver *waivers;
	size_t count;

	if (list == NULL || vkyaml_is_null(list))
		return;
	place = cfg_place_of(file, vkyaml_mark(list));
	count = vkyaml_count(list);
	if (vkyaml_kind(list) != VKYAML_LIST || count > CFG_WAIVERS_MAX) {
		cfg_report(fleet, &place, NULL,
			"waivers: [{rule: ..., reason: ..., owner: ..., expires: 2027-01-31}]",
			"waivers: expected a list of at most %d, found %s", CFG_WAIVERS_MAX,
			vkyaml_kind_name(list));
		return;
	}
	waivers = arena_calloc(fleet->arena, count + 1, sizeof(*waivers));
	for (size_t i = 0; i < count; i++) {
		if (read_waiver(fleet, file, vkyaml_at(list, i), &waivers[policy->waiver_count]))
			policy->waiver_count++;
	}
	policy->waivers = waivers;
}

static void read_block(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_rules_policy *policy)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, "policy");
	const struct vkyaml_node *block = vkyaml_get(map, "block");
	struct vk_err err = VK_ERR_INIT;
	struct cfg_place place;
	const char *text;

	cfg_expect_keys(fleet, file, map, CFG_KEYS_POLICY, "policy");
	if (block == NULL)
		return;
	text = cfg_expect_text(fleet, file, block, "block");
	if (text == NULL)
		return;
	policy->has_block = cfg_risk_parse(text, &policy->block, &err) == VK_OK;
	place = cfg_place_of(file, vkyaml_mark(block));
	if (!policy->has_block)
		cfg_report(fleet, &place, text, err.hint, "block: %s", err.msg);
}

void cfg_policy_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root,
	struct cfg_rules_policy *policy)
{
	const struct vkyaml_node *node = vkyaml_get(root, "policy");

	if (node != NULL)
		read_block(fleet, file, node, policy);
	read_waivers(fleet, file, vkyaml_get(root, "waivers"), policy);
}

const struct cfg_rules_policy *cfg_fleet_policy(
	const struct cfg_fleet *fleet, const char *environment)
{
	const struct cfg_environment *found = cfg_fleet_find_environment(fleet, environment);

	return found != NULL ? &found->policy : NULL;
}

static const char *copy(struct arena *arena, const char *text)
{
	return text != NULL ? arena_strdup(arena, text) : NULL;
}

void cfg_policy_copy(
	struct arena *arena, const struct cfg_rules_policy *from, struct cfg_rules_policy *out)
{
	struct cfg_waiver *waivers = arena_calloc(arena, from->waiver_count + 1, sizeof(*waivers));

	for (size_t i = 0; i < from->waiver_count; i++) {
		const struct cfg_waiver *waiver = &from->waivers[i];

		waivers[i] = (struct cfg_waiver){
			.rule = copy(arena, waiver->rule),
			.where = copy(arena, waiver->where),
			.reason = copy(arena, waiver->reason),
			.owner = copy(arena, waiver->owner),
			.expires = copy(arena, waiver->expires),
			.until = waiver->until,
			.file = copy(arena, waiver->file),
			.line = waiver->line,
		};
	}
	*out = *from;
	out->waivers = waivers;
}
