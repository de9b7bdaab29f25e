/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/lint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/bundle.h"
#include "common/config/render.h"
#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

enum {
	FIRST_SLOTS = 64,
	DETAIL_MAX_BYTES = 512,
	JUDGEMENT_SHOWN = 2, /* findings that the message of a refusal names */
};

/* One finding in one place. */
struct record {
	const struct cfg_rule *rule;
	const char *detail;
	const char *where;
	const struct cfg_waiver *waiver;
	unsigned line;
	size_t order;
};

/* Instances of a role often have the same text: it is checked once. */
struct checked {
	uint8_t digest[VK_SHA256_BYTES];
	struct cfg_violations *violations; /* NULL: a free slot */
};

/* One environment's waivers at work. */
struct waiving {
	struct cfg_rules_policy policy;
	bool *is_used;
	int64_t now;
};

struct cfg_lint {
	struct arena *arena;
	struct record *records;
	size_t count, cap;
	struct checked *checked; /* a hash table; slot_count is a power of two */
	size_t slot_count, checked_count;
	size_t subjects;
	struct cfg_lint_item *items; /* NULL: to be made of the records */
	size_t item_count;
};

struct cfg_lint *cfg_lint_new(void)
{
	struct cfg_lint *lint = xcalloc(1, sizeof(*lint));

	lint->arena = arena_new();
	return lint;
}

static void drop_items(struct cfg_lint *lint)
{
	for (size_t i = 0; i < lint->item_count; i++)
		free((void *)(uintptr_t)lint->items[i].where);
	free(lint->items);
	lint->items = NULL;
	lint->item_count = 0;
}

void cfg_lint_free(struct cfg_lint *lint)
{
	if (lint == NULL)
		return;
	drop_items(lint);
	for (size_t i = 0; i < lint->slot_count; i++)
		cfg_violations_free(lint->checked[i].violations);
	free(lint->checked);
	free(lint->records);
	arena_free(lint->arena);
	free(lint);
}

/* ---- findings ---- */

static void add_record(struct cfg_lint *lint, const struct record *record)
{
	drop_items(lint);
	if (lint->count == lint->cap) {
		lint->cap = lint->cap == 0 ? 64 : 2 * lint->cap;
		lint->records = xreallocarray(lint->records, lint->cap, sizeof(*lint->records));
	}
	lint->records[lint->count] = *record;
	lint->records[lint->count].order = lint->count;
	lint->count++;
}

void cfg_lint_note(struct cfg_lint *lint, const char *where, const char *rule, unsigned line,
	const char *fmt, ...)
{
	struct record record = {.rule = cfg_rule_find(rule), .line = line};
	struct vk_buf detail;
	va_list ap;

	if (record.rule == NULL)
		abort(); /* a check in code names a rule that is not in the table */
	vk_buf_init(&detail, DETAIL_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&detail, fmt, ap);
	va_end(ap);
	record.where = arena_strdup(lint->arena, where);
	record.detail = arena_strdup(lint->arena, detail.data);
	vk_buf_release(&detail);
	add_record(lint, &record);
}

/* The first of the environment's waivers that covers it and is in force. */
static const struct cfg_waiver *find_waiver(
	struct waiving *waiving, const struct cfg_rule *rule, const char *instance)
{
	const struct cfg_waiver *out = NULL;

	for (size_t i = 0; i < waiving->policy.waiver_count; i++) {
		const struct cfg_waiver *waiver = &waiving->policy.waivers[i];

		if (!cfg_waiver_covers(waiver, rule, instance))
			continue;
		waiving->is_used[i] = true;
		if (out == NULL && cfg_waiver_is_in_force(waiver, waiving->now))
			out = waiver;
	}
	return out;
}

enum vk_rc cfg_lint_add(struct cfg_lint *lint, const char *where, const struct cfg_subject *subject,
	const struct cfg_lint_places *places, struct vk_err *err)
{
	struct cfg_violations *violations = NULL;
	enum vk_rc rc = cfg_baseline_check(subject, &violations, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s", where);
		return rc;
	}
	for (size_t i = 0; i < cfg_violations_count(violations); i++) {
		const struct cfg_violation *at = cfg_violations_at(violations, i);

		struct cfg_lint_place place = {where, at->line};

		if (places != NULL && at->line > 0 && at->line <= places->count)
			place = places->items[at->line - 1];
		cfg_lint_note(lint, place.file, at->rule->id, place.line, "%s", at->detail);
	}
	cfg_violations_free(violations);
	lint->subjects++;
	return VK_OK;
}

/* ---- rendered instances ---- */

static struct checked *find_slot(struct checked *slots, size_t count, const uint8_t *digest)
{
	size_t at;

	memcpy(&at, digest, sizeof(at));
	for (at &= count - 1; slots[at].violations != NULL; at = (at + 1) & (count - 1)) {
		if (memcmp(slots[at].digest, digest, VK_SHA256_BYTES) == 0)
			break;
	}
	return &slots[at];
}

/* At most half of the slots are taken. */
static void make_room(struct cfg_lint *lint)
{
	size_t count = lint->slot_count == 0 ? FIRST_SLOTS : 2 * lint->slot_count;
	struct checked *slots;

	if (2 * (lint->checked_count + 1) <= lint->slot_count)
		return;
	slots = xcalloc(count, sizeof(*slots));
	for (size_t i = 0; i < lint->slot_count; i++) {
		if (lint->checked[i].violations != NULL)
			*find_slot(slots, count, lint->checked[i].digest) = lint->checked[i];
	}
	free(lint->checked);
	lint->checked = slots;
	lint->slot_count = count;
}

static void digest_text(struct vk_sha256_stream *stream, const char *text)
{
	/* With its NUL: a text ends where it ends. */
	vk_sha256_add(stream, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 0);
}

/* All that the baseline looks at. The first line, a comment that names the instance, is left out.
 */
static void digest_subject(const struct cfg_subject *subject, uint8_t out[VK_SHA256_BYTES])
{
	const char *conf = subject->conf;
	struct vk_sha256_stream stream;

	if (*conf == '#')
		conf += strcspn(conf, "\n");
	vk_sha256_init(&stream);
	digest_text(&stream, subject->version);
	digest_text(&stream, conf);
	digest_text(&stream, subject->acl);
	digest_text(&stream, subject->is_sentinel     ? "sentinel"
			     : subject->is_replicated ? "replicated"
			     : subject->is_member     ? "member"
						      : "alone");
	vk_sha256_final(&stream, out);
}

static enum vk_rc check_once(struct cfg_lint *lint, const struct cfg_subject *subject,
	const struct cfg_violations **out, struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];
	struct checked *slot;
	enum vk_rc rc = VK_OK;

	make_room(lint);
	digest_subject(subject, digest);
	slot = find_slot(lint->checked, lint->slot_count, digest);
	if (slot->violations == NULL) {
		rc = cfg_baseline_check(subject, &slot->violations, err);
		if (rc != VK_OK)
			return rc;
		memcpy(slot->digest, digest, sizeof(digest));
		lint->checked_count++;
	}
	*out = slot->violations;
	return VK_OK;
}

static void add_text(const struct vk_bundle *bundle, const char *path, struct vk_buf *out)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, path);

	if (file != NULL)
		vk_buf_adds(out, file->text);
}

/* What the server would read: valkey.conf or sentinel.conf with its secrets.conf, and users.acl. */
static enum vk_rc check_bundle(struct cfg_lint *lint, const struct cfg_rendered_bundle *rendered,
	const struct cfg_violations **out, struct vk_err *err)
{
	const struct vk_bundle_file *acl;
	struct cfg_subject subject = {.conf = NULL};
	struct vk_bundle *bundle = NULL;
	struct vk_buf text;
	enum vk_rc rc = vk_bundle_parse(rendered->text, rendered->len, &bundle, err);

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&text, 2 * VK_BUNDLE_MAX_TEXT_BYTES);
	subject.is_sentinel = bundle->kind == VK_KIND_SENTINEL;
	add_text(bundle, subject.is_sentinel ? VK_BUNDLE_SENTINEL : VK_BUNDLE_CONF, &text);
	add_text(bundle, VK_BUNDLE_SECRETS, &text);
	acl = vk_bundle_find(bundle, VK_BUNDLE_ACL);
	subject.version = bundle->valkey;
	subject.conf = text.data;
	subject.conf_len = text.len;
	subject.acl = acl != NULL ? acl->text : NULL;
	subject.acl_len = acl != NULL ? strlen(acl->text) : 0;
	subject.is_member = bundle->group != NULL && bundle->group->member_count > 1;
	subject.is_replicated = subject.is_member && bundle->group->kind == VK_GROUP_REPLICATED;
	rc = check_once(lint, &subject, out, err);
	vk_buf_release(&text);
	vk_bundle_free(bundle);
	return rc;
}

/* Waivers that somebody has to look at. */
static void check_waivers(struct cfg_lint *lint, const struct waiving *waiving)
{
	int64_t now = waiving->now;

	for (size_t i = 0; i < waiving->policy.waiver_count; i++) {
		const struct cfg_waiver *waiver = &waiving->policy.waivers[i];

		if (!cfg_waiver_is_in_force(waiver, now))
			cfg_lint_note(lint, waiver->file, "waiver-expired", waiver->line,
				"the waiver of %s by %.100s ended on %s", waiver->rule,
				waiver->owner, waiver->expires);
		else if (!waiving->is_used[i])
			cfg_lint_note(lint, waiver->file, "waiver-unused", waiver->line,
				"the waiver of %s%s%s by %.100s", waiver->rule,
				waiver->where != NULL ? " in " : "",
				waiver->where != NULL ? waiver->where : "", waiver->owner);
		else if (waiver->until > now + CFG_WAIVER_LONG_S)
			cfg_lint_note(lint, waiver->file, "waiver-long", waiver->line,
				"the waiver of %s by %.100s holds until %s", waiver->rule,
				waiver->owner, waiver->expires);
	}
}

/* What takes a tree to see: the instances of a host together. */
static void check_memory(struct cfg_lint *lint, const struct cfg_rendered_bundle *bundle,
	const char *where, struct waiving *waiving)
{
	const struct cfg_rule *rule = cfg_rule_find("data-host-memory");

	if (bundle->host_memory_needed <= bundle->host_memory)
		return;
	add_record(lint,
		&(struct record){.rule = rule,
			.detail = arena_printf(lint->arena,
				"the instances of %s may take %" PRIu64 " bytes, it has %" PRIu64,
				bundle->host, bundle->host_memory_needed, bundle->host_memory),
			.where = where,
			.waiver = find_waiver(waiving, rule, where)});
}

static enum vk_rc add_bundle(struct cfg_lint *lint, const struct cfg_rendered_bundle *bundle,
	struct waiving *waiving, struct vk_err *err)
{
	const struct cfg_violations *violations = NULL;
	const char *where = arena_strdup(lint->arena, bundle->id);
	enum vk_rc rc = check_bundle(lint, bundle, &violations, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s", bundle->id);
		return rc;
	}
	for (size_t i = 0; violations != NULL && i < cfg_violations_count(violations); i++) {
		const struct cfg_violation *at = cfg_violations_at(violations, i);

		add_record(lint, &(struct record){.rule = at->rule,
					 .detail = at->detail,
					 .where = where,
					 .line = at->line,
					 .waiver = find_waiver(waiving, at->rule, where)});
	}
	check_memory(lint, bundle, where, waiving);
	lint->subjects++;
	return VK_OK;
}

enum vk_rc cfg_lint_add_rendered(
	struct cfg_lint *lint, const struct cfg_rendered *rendered, int64_t now, struct vk_err *err)
{
	struct waiving waiving = {.now = now};
	enum vk_rc rc = VK_OK;

	cfg_policy_copy(lint->arena, cfg_rendered_policy(rendered), &waiving.policy);
	waiving.is_used = xcalloc(waiving.policy.waiver_count + 1, sizeof(bool));
	for (size_t i = 0; rc == VK_OK && i < cfg_rendered_count(rendered); i++)
		rc = add_bundle(lint, cfg_rendered_at(rendered, i), &waiving, err);
	if (rc == VK_OK)
		check_waivers(lint, &waiving);
	free(waiving.is_used);
	return rc;
}

enum vk_rc cfg_lint_add_instance(struct cfg_lint *lint, const struct cfg_rendered *rendered,
	const char *id, struct vk_err *err)
{
	const struct cfg_rendered_bundle *bundle = cfg_rendered_find(rendered, id, NULL);
	struct waiving none = {.now = 0};

	if (bundle == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "no instance '%.200s'", id);
	return add_bundle(lint, bundle, &none, err);
}

/* ---- the result ---- */

/* By their places; none comes first. */
static int compare_waivers(const struct cfg_waiver *x, const struct cfg_waiver *y)
{
	int order;

	if (x == y)
		return 0;
	if (x == NULL || y == NULL)
		return x == NULL ? -1 : 1;
	order = strcmp(x->file, y->file);
	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	return order != 0 ? order : (x > y) - (x < y); /* of one list */
}

static int compare_findings(const struct record *x, const struct record *y)
{
	int order = 0;

	if (x->rule != y->rule)
		order = (int)y->rule->risk - (int)x->rule->risk;
	if (order == 0 && x->rule != y->rule)
		order = strcmp(x->rule->id, y->rule->id);
	if (order == 0)
		order = compare_waivers(x->waiver, y->waiver);
	if (order == 0 && x->detail != y->detail)
		order = strcmp(x->detail, y->detail);
	return order;
}

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = compare_findings(x, y);

	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* One item of records that say the same; each place once. */
static void make_item(const struct record *records, size_t count, struct cfg_lint_item *out)
{
	const char **where = xcalloc(count, sizeof(*where));

	*out = (struct cfg_lint_item){.rule = records->rule,
		.detail = records->detail,
		.line = records->line,
		.waiver = records->waiver,
		.where = where};
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(records[i].where, records[i - 1].where) != 0)
			where[out->where_count++] = records[i].where;
	}
}

static void make_items(struct cfg_lint *lint)
{
	if (lint->items != NULL)
		return;
	if (lint->count > 1)
		qsort(lint->records, lint->count, sizeof(*lint->records), compare_records);
	lint->items = xcalloc(lint->count + 1, sizeof(*lint->items));
	for (size_t i = 0, same; i < lint->count; i += same) {
		for (same = 1; i + same < lint->count; same++) {
			if (compare_findings(&lint->records[i], &lint->records[i + same]) != 0)
				break;
		}
		make_item(&lint->records[i], same, &lint->items[lint->item_count++]);
	}
}

size_t cfg_lint_count(struct cfg_lint *lint)
{
	make_items(lint);
	return lint->item_count;
}

const struct cfg_lint_item *cfg_lint_at(struct cfg_lint *lint, size_t i)
{
	make_items(lint);
	return &lint->items[i];
}

size_t cfg_lint_subjects(const struct cfg_lint *lint)
{
	return lint->subjects;
}

size_t cfg_lint_open(struct cfg_lint *lint, enum cfg_risk risk)
{
	size_t out = 0;

	for (size_t i = 0; i < cfg_lint_count(lint); i++)
		out += lint->items[i].waiver == NULL && lint->items[i].rule->risk >= risk;
	return out;
}

enum vk_rc cfg_lint_judge(
	struct cfg_lint *lint, const struct cfg_rendered *rendered, struct vk_err *err)
{
	const struct cfg_rules_policy *policy = cfg_rendered_policy(rendered);
	const char *environment = cfg_rendered_environment(rendered);
	size_t open = policy->has_block ? cfg_lint_open(lint, policy->block) : 0, shown = 0;
	struct vk_buf text;

	if (open == 0)
		return VK_OK;
	vk_buf_init(&text, sizeof(err->msg));
	for (size_t i = 0; i < lint->item_count && shown < JUDGEMENT_SHOWN; i++) {
		const struct cfg_lint_item *item = &lint->items[i];

		if (item->waiver != NULL)
			continue;
		vk_buf_addf(&text, "%s%s (%s) in %.63s", shown++ > 0 ? ", " : "", item->rule->id,
			cfg_risk_name(item->rule->risk), item->where[0]);
		if (item->where_count > 1)
			vk_buf_addf(&text, " and %zu more", item->where_count - 1);
		if (shown == open)
			break;
	}
	if (open > shown)
		vk_buf_addf(&text, ", and %zu findings more", open - shown);
	vk_err_set(err, VK_EINPUT, "the policy of %s (block: %s) keeps this out: %s", environment,
		cfg_risk_name(policy->block), text.data);
	vk_err_hint(err,
		"'vkcfg lint --env %s' shows all: mend them, or waive them in "
		"environments/%s.yaml with reason, owner and last day",
		environment, environment);
	vk_buf_release(&text);
	return VK_EINPUT;
}
