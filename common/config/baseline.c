/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that are data, and what the checks in code stand on. */
#include "config.h"

#include "common/config/baseline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/baseline_internal.h"
#include "common/config/directive.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum { DETAIL_BYTES = 256 };

struct cfg_violations {
	struct arena *arena;
	struct cfg_violation *items;
	size_t count, cap;
};

static const char *const risk_names[] = {
	[CFG_RISK_INFO] = "info",
	[CFG_RISK_LOW] = "low",
	[CFG_RISK_MEDIUM] = "medium",
	[CFG_RISK_HIGH] = "high",
	[CFG_RISK_CRITICAL] = "critical",
};

enum { RISK_COUNT = sizeof(risk_names) / sizeof(risk_names[0]) };

const char *cfg_risk_name(enum cfg_risk risk)
{
	return risk_names[risk];
}

enum vk_rc cfg_risk_parse(const char *name, enum cfg_risk *out, struct vk_err *err)
{
	for (size_t i = 0; i < RISK_COUNT; i++) {
		if (strcmp(name, risk_names[i]) == 0) {
			*out = (enum cfg_risk)i;
			return VK_OK;
		}
	}
	vk_err_set(err, VK_EINPUT, "'%.50s' is no severity", name);
	vk_err_hint(err, "info, low, medium, high or critical");
	return VK_EINPUT;
}

static int compare_ids(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_rule *)element)->id);
}

const struct cfg_rule *cfg_rule_find(const char *id)
{
	return bsearch(id, cfg_rules, cfg_rule_count, sizeof(*cfg_rules), compare_ids);
}

/* ---- the subject ---- */

const char *baseline_value(const struct baseline_look *look, const char *name)
{
	const struct cfg_directive *d = cfg_directive_find(name, look->subject->version);
	const char *value;

	if (d == NULL || (d->flags & CFG_IGNORED) != 0)
		return NULL;
	value = cfg_conf_values_get(look->values, d->name);
	if (value == NULL)
		value = d->fallback;
	return value != NULL ? value : "";
}

bool baseline_is(const struct baseline_look *look, const char *name, const char *value)
{
	const char *actual = baseline_value(look, name);

	return actual != NULL && strcmp(actual, value) == 0;
}

unsigned baseline_line(const struct baseline_look *look, const char *name)
{
	const char *version = look->subject->version;
	const struct cfg_directive *d = cfg_directive_find(name, version);
	unsigned line = 0;

	for (size_t i = 0; i < cfg_conf_count(look->conf); i++) {
		const struct cfg_conf_line *at = cfg_conf_at(look->conf, i);

		if (d != NULL && cfg_directive_find(at->name, version) == d)
			line = at->number;
	}
	return line;
}

bool baseline_has_tls(const struct baseline_look *look)
{
	return !baseline_is(look, "tls-port", "0");
}

static bool is_loopback(const char *address, size_t len)
{
	if (len > 0 && *address == '-') {
		address++;
		len--;
	}
	return (len >= 4 && strncmp(address, "127.", 4) == 0) ||
	       (len == 3 && strncmp(address, "::1", 3) == 0) ||
	       (len == 9 && strncmp(address, "localhost", 9) == 0);
}

bool baseline_is_exposed(const struct baseline_look *look)
{
	const char *bind = baseline_value(look, "bind");

	if (baseline_is(look, "port", "0") && !baseline_has_tls(look))
		return false;
	while (*bind != '\0') {
		size_t len = strcspn(bind, " ");

		if (len > 0 && !is_loopback(bind, len))
			return true;
		bind += len;
		bind += strspn(bind, " ");
	}
	return false;
}

/* ---- violations ---- */

static bool concerns(const struct cfg_rule *rule, const char *version)
{
	size_t order = cfg_version_order(version);

	return order >= cfg_version_order(rule->since) &&
	       (rule->until == NULL || order <= cfg_version_order(rule->until));
}

void baseline_add(struct baseline_look *look, const char *id, unsigned line, const char *fmt, ...)
{
	const struct cfg_rule *rule = cfg_rule_find(id);
	struct cfg_violations *out = look->out;
	char detail[DETAIL_BYTES];
	va_list args;

	if (rule == NULL)
		abort(); /* a check in code names a rule that is not in the table */
	if (!concerns(rule, look->subject->version))
		return;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	if (out->count == out->cap) {
		out->cap = out->cap == 0 ? 16 : 2 * out->cap;
		out->items = xreallocarray(out->items, out->cap, sizeof(*out->items));
	}
	out->items[out->count++] =
		(struct cfg_violation){rule, arena_strdup(out->arena, detail), line};
}

/* ---- rules that are data ---- */

static bool is_among(const char *value, const char *list)
{
	size_t len = strlen(value);

	while (*list != '\0') {
		size_t item = strcspn(list, "|");

		if (item == len && strncmp(list, value, len) == 0)
			return true;
		list += item + (list[item] == '|');
	}
	return false;
}

/* Numbers that do not fit are larger than all others. */
static uint64_t number_of(const char *text)
{
	uint64_t out;

	return vk_parse_uint(text, 0, UINT64_MAX, &out) ? out : UINT64_MAX;
}

static bool is_met(const char *value, const char *expect)
{
	if (strncmp(expect, "= ", 2) == 0)
		return strcmp(value, expect + 2) == 0;
	if (strncmp(expect, ">= ", 3) == 0)
		return number_of(value) >= number_of(expect + 3);
	if (strncmp(expect, "<= ", 3) == 0)
		return number_of(value) <= number_of(expect + 3);
	if (strncmp(expect, "in ", 3) == 0)
		return is_among(value, expect + 3);
	abort(); /* the table */
}

static bool holds(const struct baseline_look *look, const char *when)
{
	if (strcmp(when, "tls") == 0)
		return baseline_has_tls(look);
	if (strcmp(when, "aof") == 0)
		return baseline_is(look, "appendonly", "yes");
	abort(); /* the table */
}

static void check_rule(struct baseline_look *look, const struct cfg_rule *rule)
{
	const char *value;

	if (rule->expect == NULL || !concerns(rule, look->subject->version))
		return;
	if (rule->when != NULL && !holds(look, rule->when))
		return;
	value = baseline_value(look, rule->directive);
	if (value == NULL || is_met(value, rule->expect))
		return;
	baseline_add(look, rule->id, baseline_line(look, rule->directive), "%s is '%.80s'",
		rule->directive, value);
}

/* ---- all of it ---- */

static int compare_violations(const void *a, const void *b)
{
	const struct cfg_violation *x = a, *y = b;
	int order = (int)y->rule->risk - (int)x->rule->risk;

	if (order == 0)
		order = strcmp(x->rule->id, y->rule->id);
	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	return order != 0 ? order : strcmp(x->detail, y->detail);
}

static enum vk_rc read_subject(struct baseline_look *look, struct vk_err *err)
{
	const struct cfg_subject *subject = look->subject;
	enum vk_rc rc =
		cfg_conf_parse("valkey.conf", subject->conf, subject->conf_len, &look->conf, err);

	if (rc == VK_OK && !cfg_version_is_known(subject->version))
		rc = vk_err_set(
			err, VK_EINPUT, "Valkey version '%.50s' is not known", subject->version);
	if (rc == VK_OK && subject->values != NULL)
		look->values = cfg_conf_values_from(subject->values, subject->value_count);
	else if (rc == VK_OK)
		rc = cfg_conf_effective(look->conf, subject->version, &look->values, err);
	if (rc == VK_OK)
		rc = baseline_read_users(look, err);
	return rc;
}

static void check_all(struct baseline_look *look)
{
	if (baseline_is_sentinel(look)) {
		baseline_check_sentinel(look);
	} else {
		for (size_t i = 0; i < cfg_rule_count; i++)
			check_rule(look, &cfg_rules[i]);
		baseline_check_values(look);
	}
	baseline_check_users(look);
	baseline_check_version(look);
}

enum vk_rc cfg_baseline_check(
	const struct cfg_subject *subject, struct cfg_violations **out, struct vk_err *err)
{
	struct cfg_violations *violations = xcalloc(1, sizeof(*violations));
	struct baseline_look look = {.subject = subject, .out = violations};
	enum vk_rc rc;

	violations->arena = look.arena = arena_new();
	rc = read_subject(&look, err);
	if (rc == VK_OK) {
		check_all(&look);
		if (violations->count > 1)
			qsort(violations->items, violations->count, sizeof(*violations->items),
				compare_violations);
		*out = violations;
	} else {
		cfg_violations_free(violations);
	}
	cfg_acl_free(look.acl);
	cfg_conf_values_free(look.values);
	cfg_conf_free(look.conf);
	return rc;
}

void cfg_violations_free(struct cfg_violations *violations)
{
	if (violations == NULL)
		return;
	free(violations->items);
	arena_free(violations->arena);
	free(violations);
}

size_t cfg_violations_count(const struct cfg_violations *violations)
{
	return violations->count;
}

const struct cfg_violation *cfg_violations_at(const struct cfg_violations *violations, size_t i)
{
	return &violations->items[i];
}
