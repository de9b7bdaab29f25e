/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/lint_show.h"
#include "client/admin/released.h"
#include "common/clock.h"
#include "common/config/explain.h"
#include "common/config/lint.h"
#include "common/config/render.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* ---- JSON ---- */

static void set_text(struct vkjson *object, const char *name, const char *text)
{
	if (text != NULL)
		vkjson_set(object, name, vkjson_string(text));
}

static struct vkjson *origin_json(const struct cfg_origin *origin)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "layer", vkjson_string(origin->layer));
	vkjson_set(object, "file", vkjson_string(origin->file));
	vkjson_set(object, "line", vkjson_int(origin->line));
	vkjson_set(object, "column", vkjson_int(origin->column));
	vkjson_set(object, "text", vkjson_string(origin->text));
	vkjson_set(object, "effective", vkjson_bool(origin->is_effective));
	set_text(object, "reason", origin->reason);
	return object;
}

static struct vkjson *lock_json(const struct cfg_origin *lock)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "layer", vkjson_string(lock->layer));
	vkjson_set(object, "file", vkjson_string(lock->file));
	vkjson_set(object, "line", vkjson_int(lock->line));
	vkjson_set(object, "column", vkjson_int(lock->column));
	return object;
}

static void set_directive(struct vkjson *object, const struct cfg_directive *d)
{
	vkjson_set(object, "directive", vkjson_string(d->name));
	vkjson_set(object, "live", vkjson_bool((d->flags & CFG_LIVE) != 0));
	vkjson_set(object, "way", vkjson_string(cfg_way_name(cfg_directive_way(d))));
	vkjson_set(object, "owner", vkjson_string(cfg_owner_words(d->owner)));
	set_text(object, "unit", d->unit);
}

static void set_user(struct vkjson *object, const struct cfg_explained *item)
{
	struct vkjson *roles = vkjson_array();

	for (size_t i = 0; i < item->acl_role_count; i++) {
		const struct cfg_origin *role = &item->acl_roles[i];
		struct vkjson *entry = vkjson_object();

		vkjson_set(entry, "name", vkjson_string(role->layer));
		vkjson_set(entry, "file", vkjson_string(role->file));
		vkjson_set(entry, "line", vkjson_int(role->line));
		vkjson_set(entry, "rules", vkjson_string(role->text));
		vkjson_append(roles, entry);
	}
	vkjson_set(object, "acl-roles", roles);
	vkjson_set(object, "hashes", vkjson_int((int64_t)item->hash_count));
}

static struct vkjson *explained_json(const struct cfg_explained *item);

static struct vkjson *used_json(const struct cfg_explained *item)
{
	struct vkjson *used = vkjson_array();

	for (size_t i = 0; i < item->used_count; i++)
		vkjson_append(used, explained_json(&item->used[i])); /* which use nothing */
	return used;
}

static struct vkjson *explained_json(const struct cfg_explained *item)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *origins = vkjson_array(), *secrets = vkjson_array();

	for (size_t i = 0; i < item->count; i++)
		vkjson_append(origins, origin_json(&item->origins[i]));
	for (size_t i = 0; i < item->secret_count; i++)
		vkjson_append(secrets, vkjson_string(item->secrets[i]));
	vkjson_set(object, "section", vkjson_string(item->section));
	vkjson_set(object, "word", vkjson_string(item->word));
	if (item->directive != NULL)
		set_directive(object, item->directive);
	if (strcmp(item->section, "users") == 0)
		set_user(object, item);
	set_text(object, "value", item->value);
	set_text(object, "default", item->fallback);
	vkjson_set(object, "is-default", vkjson_bool(item->is_fallback));
	set_text(object, "help", item->help);
	set_text(object, "share", item->share);
	if (item->lock != NULL)
		vkjson_set(object, "lock", lock_json(item->lock));
	vkjson_set(object, "secrets", secrets);
	vkjson_set(object, "uses", used_json(item));
	vkjson_set(object, "origins", origins);
	return object;
}

static struct vkjson *group_json(const struct cfg_explained_group *group)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *members = vkjson_array();

	for (size_t i = 0; i < group->count; i++)
		vkjson_append(members, vkjson_string(group->members[i]));
	vkjson_set(object, "name", vkjson_string(group->name));
	vkjson_set(object, "kind", vkjson_string(group->kind));
	vkjson_set(object, "file", vkjson_string(group->file));
	vkjson_set(object, "shard", vkjson_int((int64_t)group->shard));
	vkjson_set(object, "members", members);
	return object;
}

/* Once for people; in JSON, which is a list of directives, with each. */
static void print_group(const struct cli *cli, const struct cfg_explained_group *group)
{
	cli_say_in(cli, CLI_BOLD, "group %s ", group->name);
	cli_say(cli, "%s", group->kind);
	if (group->shard_count > 1)
		cli_say(cli, ", shard %zu of %zu", group->shard + 1, group->shard_count);
	cli_say_in(cli, CLI_DIM, "  # %s; a new group begins with the first as primary\n",
		group->file);
	for (size_t i = 0; i < group->count; i++)
		cli_say(cli, "  %s\n", group->members[i]);
}

/* ---- text ---- */

enum { REASON_INDENT = 14, REASON_WIDTH = 66 }; /* 80 columns in all */

/* A reason is a sentence or two: broken between words. */
static void print_reason(const struct cli *cli, const char *text)
{
	while (*text != '\0') {
		char line[REASON_WIDTH + 1];
		size_t len = strlen(text);

		if (len > REASON_WIDTH) {
			len = REASON_WIDTH;
			while (len > 0 && text[len] != ' ')
				len--;
			len = len > 0 ? len : REASON_WIDTH; /* one endless word */
		}
		memcpy(line, text, len);
		line[len] = '\0';
		cli_say(cli, "%*s", REASON_INDENT, "");
		cli_say_foreign(cli, CLI_DIM, line);
		cli_say(cli, "\n");
		text += len;
		text += strspn(text, " ");
	}
}

static void print_place(const struct cli *cli, const struct cfg_origin *origin)
{
	cli_say_foreign(cli, CLI_PLAIN, origin->file);
	cli_say(cli, ":%u", origin->line);
}

static void print_origin(const struct cli *cli, const struct cfg_origin *origin)
{
	cli_say(cli, "  %-12s", origin->layer);
	print_place(cli, origin);
	cli_say(cli, ": ");
	cli_say_foreign(cli, origin->is_effective ? CLI_PLAIN : CLI_DIM, origin->text);
	cli_say(cli, "%s\n", origin->is_effective ? "" : "  (overridden)");
	if (origin->reason != NULL)
		print_reason(cli, origin->reason);
}

static const char *way_of(const struct cfg_directive *d)
{
	switch (cfg_directive_way(d)) {
	case CFG_WAY_LIVE:
		return "changes live";
	case CFG_WAY_RESTART_PREFERRED:
		return "changes live, what is there already only with a restart";
	case CFG_WAY_RESTART:
		return "needs a restart";
	case CFG_WAY_NEVER:
		break;
	}
	return "not changed by vkcfg";
}

static void print_value(const struct cli *cli, const struct cfg_explained *item)
{
	cli_say_in(cli, CLI_BOLD, "%s ", item->word);
	cli_say_foreign(cli, CLI_PLAIN,
		item->value == NULL	 ? "(none)"
		: item->value[0] == '\0' ? "\"\""
					 : item->value);
}

static const char *nobody_says(const struct cfg_explained *item)
{
	if (item->directive != NULL)
		return "Valkey's default, no layer sets it";
	return strcmp(item->section, "variables") == 0 ? "vkcfg's own variable"
						       : "vkcfg's default, no layer sets it";
}

static void print_head(const struct cli *cli, const struct cfg_explained *item)
{
	bool has_way = item->directive != NULL;

	print_value(cli, item);
	if (has_way || item->count == 0)
		cli_say_in(cli, CLI_DIM, "  # %s%s%s", has_way ? way_of(item->directive) : "",
			has_way && item->count == 0 ? "; " : "",
			item->count == 0 ? nobody_says(item) : "");
	cli_say(cli, "\n");
}

/* What is known about the directive, and what would hold without the tree. */
static void print_facts(const struct cli *cli, const struct cfg_explained *item)
{
	const struct cfg_directive *d = item->directive;

	if (item->help != NULL) {
		cli_say(cli, "  ");
		cli_say_foreign(cli, CLI_DIM, item->help);
		cli_say(cli, "\n");
	}
	if (d != NULL) {
		cli_say(cli, "  decided by  %s\n", cfg_owner_words(d->owner));
		if (d->unit != NULL)
			cli_say(cli, "  unit        %s\n", d->unit);
	}
	if (item->fallback != NULL && item->count > 0) {
		cli_say(cli, "  default     ");
		cli_say_foreign(
			cli, CLI_PLAIN, item->fallback[0] != '\0' ? item->fallback : "\"\"");
		cli_say(cli, "%s\n", item->is_fallback ? " (the same)" : "");
	}
	if (item->lock != NULL) {
		cli_say_in(cli, CLI_WARN, "  locked");
		cli_say(cli, "      by the %s (", item->lock->layer);
		print_place(cli, item->lock);
		cli_say(cli, "): later layers may not change it\n");
	}
}

static void print_parts(const struct cli *cli, const struct cfg_explained *item)
{
	for (size_t i = 0; i < item->acl_role_count; i++) {
		cli_say(cli, "  acl-role    ");
		cli_say_foreign(cli, CLI_PLAIN, item->acl_roles[i].layer);
		cli_say(cli, " (");
		print_place(cli, &item->acl_roles[i]);
		cli_say(cli, "): ");
		cli_say_foreign(cli, CLI_PLAIN, item->acl_roles[i].text);
		cli_say(cli, "\n");
	}
	for (size_t i = 0; i < item->secret_count; i++) {
		cli_say(cli, "  sealed      ");
		cli_say_foreign(cli, CLI_PLAIN, item->secrets[i]);
		cli_say(cli, "\n");
	}
	if (item->hash_count > 0)
		cli_say(cli, "  passwords   %zu as hashes, not shown\n", item->hash_count);
	if (item->share != NULL) {
		cli_say(cli, "  share       ");
		cli_say_foreign(cli, CLI_PLAIN, item->share);
		cli_say(cli, "\n");
	}
}

static void print_one(const struct cli *cli, const struct cfg_explained *item)
{
	print_head(cli, item);
	print_facts(cli, item);
	print_parts(cli, item);
	for (size_t i = item->count; i-- > 0;)
		print_origin(cli, &item->origins[i]);
}

static void print_item(const struct cli *cli, const struct cfg_explained *item)
{
	print_one(cli, item);
	for (size_t i = 0; i < item->used_count; i++) {
		cli_say_in(cli, CLI_DIM, "\nmade of:\n");
		print_one(cli, &item->used[i]);
	}
}

/* One line: the value, and who says so. */
static void print_short(const struct cli *cli, const struct cfg_explained *item)
{
	const struct cfg_origin *last = item->count > 0 ? &item->origins[item->count - 1] : NULL;

	cli_say(cli, "  ");
	print_value(cli, item);
	cli_say_in(cli, CLI_DIM, "  # ");
	if (last != NULL)
		print_place(cli, last);
	else
		cli_say_in(cli, CLI_DIM, "%s", nobody_says(item));
	cli_say_in(cli, CLI_DIM, "%s%s%s\n", item->directive != NULL ? ", " : "",
		item->directive != NULL ? cfg_way_words(cfg_directive_way(item->directive)) : "",
		item->lock != NULL ? ", locked" : "");
}

static void print_all(const struct cli *cli, const struct cfg_explanation *explanation)
{
	const char *section = "";

	for (size_t i = 0; i < cfg_explanation_count(explanation); i++) {
		const struct cfg_explained *item = cfg_explanation_at(explanation, i);

		if (strcmp(item->section, section) != 0)
			cli_say_in(cli, CLI_BOLD, "%s\n", item->section);
		section = item->section;
		print_short(cli, item);
	}
}

/* ---- the baseline ---- */

/* Whether a finding is about this directive of this instance. */
static bool concerns(
	const struct cfg_lint_item *finding, const struct cfg_explained *item, const char *id)
{
	if (item->directive == NULL || finding->rule->directive == NULL ||
		strcmp(finding->rule->directive, item->directive->name) != 0)
		return false;
	for (size_t i = 0; i < finding->where_count; i++) {
		if (strcmp(finding->where[i], id) == 0)
			return true;
	}
	return false;
}

/* The rules that the directive breaks, as lint shows them. */
static struct vkjson *findings_json(
	struct cfg_lint *lint, const struct cfg_explained *item, const char *id)
{
	struct vkjson *out = vkjson_array();

	for (size_t i = 0; i < cfg_lint_count(lint); i++) {
		const struct cfg_lint_item *finding = cfg_lint_at(lint, i);
		struct vkjson *object;

		if (!concerns(finding, item, id))
			continue;
		object = vkjson_object();
		vkjson_set(object, "rule", vkjson_string(finding->rule->id));
		vkjson_set(object, "severity", vkjson_string(cfg_risk_name(finding->rule->risk)));
		vkjson_set(object, "detail", vkjson_string(finding->detail));
		vkjson_set(object, "status",
			vkjson_string(finding->waiver == NULL ? "open" : "waived"));
		if (finding->waiver != NULL)
			vkjson_set(object, "waiver", lint_waiver_json(finding->waiver));
		vkjson_append(out, object);
	}
	return out;
}

static void print_findings(const struct cli *cli, struct cfg_lint *lint,
	const struct cfg_explained *item, const char *id)
{
	for (size_t i = 0; i < cfg_lint_count(lint); i++) {
		const struct cfg_lint_item *finding = cfg_lint_at(lint, i);
		const struct cfg_waiver *waiver = finding->waiver;

		if (!concerns(finding, item, id))
			continue;
		cli_say_in(cli, waiver == NULL ? CLI_BAD : CLI_DIM, "  baseline    ");
		cli_say(cli, "rule %s (%s): ", finding->rule->id,
			cfg_risk_name(finding->rule->risk));
		cli_say_foreign(cli, CLI_PLAIN, finding->detail);
		if (waiver != NULL) {
			cli_say(cli, "\n              waived until %s by ", waiver->expires);
			cli_say_foreign(cli, CLI_PLAIN, waiver->owner);
			cli_say(cli, ": ");
			cli_say_foreign(cli, CLI_PLAIN, waiver->reason);
			cli_say(cli, " (");
			cli_say_foreign(cli, CLI_PLAIN, waiver->file);
			cli_say(cli, ":%u)", waiver->line);
		}
		cli_say(cli, "\n");
	}
}

/* What cannot be rendered yet, as where a secret is missing, is explained all the same. */
static void look(const struct cli *cli, const struct cfg_tree *tree,
	const struct cfg_explanation *explanation, struct cfg_lint *lint)
{
	struct cfg_rendered *rendered = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc =
		cfg_render(tree, cfg_explanation_environment(explanation), NULL, &rendered, &err);

	if (rc == VK_OK)
		rc = cfg_lint_add_rendered(lint, rendered, vk_clock_now(), &err);
	if (rc != VK_OK)
		cli_note(cli, "note: not held against the baseline: %s", err.msg);
	cfg_rendered_free(rendered);
}

/* ---- the command ---- */

static struct vkjson *items_json(
	const struct cfg_explanation *explanation, struct cfg_lint *lint, const char *id)
{
	const struct cfg_explained_group *group = cfg_explanation_group(explanation);
	struct vkjson *items = vkjson_array();

	for (size_t i = 0; i < cfg_explanation_count(explanation); i++) {
		const struct cfg_explained *explained = cfg_explanation_at(explanation, i);
		struct vkjson *item = explained_json(explained);

		vkjson_set(item, "findings", findings_json(lint, explained, id));
		if (group != NULL)
			vkjson_set(item, "group", group_json(group));
		vkjson_append(items, item);
	}
	return items;
}

static void print_text(const struct cli *cli, const struct cfg_explanation *explanation,
	struct cfg_lint *lint, const char *id, const char *word)
{
	const struct cfg_explained_group *group = cfg_explanation_group(explanation);

	if (group != NULL)
		print_group(cli, group);
	if (word == NULL) {
		print_all(cli, explanation);
	} else if (strcmp(word, "group") == 0) {
		cli_say(cli, "%s", group == NULL ? "in no group\n" : "");
	} else {
		print_item(cli, cfg_explanation_at(explanation, 0));
		print_findings(cli, lint, cfg_explanation_at(explanation, 0), id);
	}
}

enum vk_rc cmd_explain(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *id = args_at(args, 0);
	const char *word = args_count(args) > 1 ? args_at(args, 1) : NULL;
	struct cfg_explanation *explanation = NULL;
	struct cfg_lint *lint = cfg_lint_new();
	struct vkjson *items = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = released_or_source(cli, args, &tree, err);

	if (rc == VK_OK)
		rc = cfg_explain(tree, id, word, &explanation, err);
	if (rc != VK_OK)
		goto out;
	look(cli, tree, explanation, lint);
	items = items_json(explanation, lint, id);
	if (!cli_print_json_list(cli, items))
		print_text(cli, explanation, lint, id, word);
out:
	vkjson_free(items);
	cfg_lint_free(lint);
	cfg_explanation_free(explanation);
	cfg_tree_free(tree);
	return rc;
}
