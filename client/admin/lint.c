/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/lint.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/sarif.h"
#include "common/buf.h"
#include "common/bundle.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	TEXT_MAX_BYTES = 64 * 1024,
	WHERE_SHOWN = 3, /* instances that are named; the rest is counted */
};

/* One violation, and all who share it. */
struct item {
	const struct cfg_rule *rule;
	char *detail;
	unsigned line; /* of the first */
	char **where;
	size_t where_count;
};

struct lint {
	struct item *items;
	size_t count;
	size_t subjects;
};

struct lint *lint_new(void)
{
	return xcalloc(1, sizeof(struct lint));
}

void lint_free(struct lint *lint)
{
	if (lint == NULL)
		return;
	for (size_t i = 0; i < lint->count; i++) {
		for (size_t k = 0; k < lint->items[i].where_count; k++)
			free(lint->items[i].where[k]);
		free(lint->items[i].where);
		free(lint->items[i].detail);
	}
	free(lint->items);
	free(lint);
}

/* The item that says the same, or a new one. */
static struct item *item_for(struct lint *lint, const struct cfg_violation *violation)
{
	struct item *item;

	for (size_t i = 0; i < lint->count; i++) {
		if (lint->items[i].rule == violation->rule &&
			strcmp(lint->items[i].detail, violation->detail) == 0)
			return &lint->items[i];
	}
	lint->items = xreallocarray(lint->items, lint->count + 1, sizeof(*lint->items));
	item = &lint->items[lint->count++];
	*item = (struct item){.rule = violation->rule,
		.detail = xstrdup(violation->detail),
		.line = violation->line};
	return item;
}

static void add_where(struct item *item, const char *where)
{
	if (item->where_count > 0 && strcmp(item->where[item->where_count - 1], where) == 0)
		return;
	/* Doubled at each power of two: many instances share a violation. */
	if ((item->where_count & (item->where_count - 1)) == 0)
		item->where = xreallocarray(item->where,
			item->where_count == 0 ? 1 : 2 * item->where_count, sizeof(*item->where));
	item->where[item->where_count++] = xstrdup(where);
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = (int)y->rule->risk - (int)x->rule->risk;

	if (order == 0)
		order = strcmp(x->rule->id, y->rule->id);
	return order != 0 ? order : strcmp(x->detail, y->detail);
}

enum vk_rc lint_add(
	struct lint *lint, const char *where, const struct cfg_subject *subject, struct vk_err *err)
{
	struct cfg_violations *violations = NULL;
	enum vk_rc rc = cfg_baseline_check(subject, &violations, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s", where);
		return rc;
	}
	for (size_t i = 0; i < cfg_violations_count(violations); i++) {
		const struct cfg_violation *violation = cfg_violations_at(violations, i);

		add_where(item_for(lint, violation), where);
	}
	cfg_violations_free(violations);
	lint->subjects++;
	if (lint->count > 1)
		qsort(lint->items, lint->count, sizeof(*lint->items), compare_items);
	return VK_OK;
}

/* What valkey-server would read: valkey.conf with its secrets.conf, and users.acl. */
static enum vk_rc add_bundle(
	struct lint *lint, const struct cfg_rendered_bundle *rendered, struct vk_err *err)
{
	const struct vk_bundle_file *conf, *acl, *secrets;
	struct vk_bundle *bundle = NULL;
	struct vk_buf text;
	enum vk_rc rc = vk_bundle_parse(rendered->text, rendered->len, &bundle, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&text, 2 * VK_BUNDLE_MAX_TEXT_BYTES);
	conf = vk_bundle_find(bundle, "valkey.conf");
	acl = vk_bundle_find(bundle, "users.acl");
	secrets = vk_bundle_find(bundle, VK_BUNDLE_SECRETS);
	if (conf != NULL)
		vk_buf_adds(&text, conf->text);
	if (secrets != NULL)
		vk_buf_adds(&text, secrets->text);
	rc = lint_add(lint, rendered->id,
		&(struct cfg_subject){.version = bundle->valkey,
			.conf = text.data,
			.conf_len = text.len,
			.acl = acl != NULL ? acl->text : NULL,
			.acl_len = acl != NULL ? strlen(acl->text) : 0},
		err);
	vk_buf_release(&text);
	vk_bundle_free(bundle);
	return rc;
}

enum vk_rc lint_add_rendered(
	struct lint *lint, const struct cfg_rendered *rendered, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < cfg_rendered_count(rendered); i++)
		rc = add_bundle(lint, cfg_rendered_at(rendered, i), err);
	return rc;
}

size_t lint_count(const struct lint *lint, enum cfg_risk risk)
{
	size_t out = 0;

	for (size_t i = 0; i < lint->count; i++)
		out += lint->items[i].rule->risk >= risk;
	return out;
}

/* ---- showing ---- */

static struct vkjson *item_json(const struct item *item)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *where = vkjson_array();

	for (size_t i = 0; i < item->where_count; i++)
		vkjson_append(where, vkjson_string(item->where[i]));
	vkjson_set(object, "rule", vkjson_string(item->rule->id));
	vkjson_set(object, "severity", vkjson_string(cfg_risk_name(item->rule->risk)));
	vkjson_set(object, "what", vkjson_string(item->rule->what));
	vkjson_set(object, "detail", vkjson_string(item->detail));
	vkjson_set(object, "reason", vkjson_string(item->rule->reason));
	vkjson_set(object, "remedy", vkjson_string(item->rule->remedy));
	vkjson_set(object, "line", vkjson_int(item->line));
	vkjson_set(object, "where", where);
	return object;
}

struct vkjson *lint_json(const struct lint *lint)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *violations = vkjson_array();

	for (size_t i = 0; i < lint->count; i++)
		vkjson_append(violations, item_json(&lint->items[i]));
	vkjson_set(object, "subjects", vkjson_int((int64_t)lint->subjects));
	vkjson_set(object, "violations", violations);
	return object;
}

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

static void add_sarif_item(const struct item *item, struct vkjson *log)
{
	struct vk_buf text;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	vk_buf_addf(&text, "%s: %s (%s)", item->rule->what, item->detail, item->rule->remedy);
	for (size_t i = 0; i < item->where_count; i++)
		sarif_add_result(log, &(struct sarif_result){.rule = item->rule->id,
					      .level = level_of(item->rule->risk),
					      .text = text.data,
					      .file = item->where[i],
					      .line = item->line});
	vk_buf_release(&text);
}

struct vkjson *lint_sarif(const struct lint *lint)
{
	struct vkjson *log = sarif_new();

	for (size_t i = 0; i < cfg_rule_count; i++)
		sarif_add_rule(log, cfg_rules[i].id, cfg_rules[i].what, cfg_rules[i].reason);
	for (size_t i = 0; i < lint->count; i++)
		add_sarif_item(&lint->items[i], log);
	return log;
}

static enum cli_style style_of(enum cfg_risk risk)
{
	return risk >= CFG_RISK_HIGH ? CLI_BAD : risk == CFG_RISK_MEDIUM ? CLI_WARN : CLI_DIM;
}

static void print_where(const struct cli *cli, const struct item *item)
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

static void print_item(const struct cli *cli, const struct item *item)
{
	cli_say_in(cli, style_of(item->rule->risk), "%-8s", cfg_risk_name(item->rule->risk));
	cli_say(cli, " %s: %s: ", item->rule->id, item->rule->what);
	cli_say_foreign(cli, CLI_PLAIN, item->detail);
	cli_say(cli, "\n");
	print_where(cli, item);
	cli_say(cli, "  why: %s\n  do:  %s\n", item->rule->reason, item->rule->remedy);
}

void lint_print(const struct cli *cli, const struct lint *lint)
{
	for (size_t i = 0; i < lint->count; i++)
		print_item(cli, &lint->items[i]);
	if (lint->count == 0)
		cli_say_in(cli, CLI_GOOD, "nothing breaks the baseline");
	else
		cli_say(cli, "%zu findings, of them high or critical: %zu", lint->count,
			lint_count(lint, CFG_RISK_HIGH));
	cli_say(cli, " (instances: %zu, rules: %zu)\n", lint->subjects, cfg_rule_count);
}
