/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/health_checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/vkjson.h"

#include "common/banned.h"

enum {
	USUAL_TIMES = 10,    /* as often as on average before is nothing new */
	LATENCY_CALLS = 100, /* fewer say nothing about a command */
	LATENCY_USEC = 1000, /* what is faster than this is fast enough */
	NUMBER_BYTES = 32,
};

void health_add(struct health_verdict *verdict, const char *name, const char *before,
	const char *after, enum health_judgement judgement)
{
	struct health_check *check = &verdict->checks[verdict->count];

	if (verdict->count == HEALTH_MAX_CHECKS)
		return;
	verdict->count++;
	check->name = name;
	check->judgement = judgement;
	snprintf(check->before, sizeof(check->before), "%s", before);
	snprintf(check->after, sizeof(check->after), "%s", after);
}

static void format_number(int64_t number, char out[NUMBER_BYTES])
{
	if (number == HEALTH_UNKNOWN)
		snprintf(out, NUMBER_BYTES, "unknown");
	else
		snprintf(out, NUMBER_BYTES, "%" PRId64, number);
}

/* after: with what is allowed, where it is bad. */
static void add_number(struct health_verdict *out, const char *name, int64_t before, int64_t after,
	int64_t allowed, enum health_judgement judgement)
{
	char old[NUMBER_BYTES], new[2 * NUMBER_BYTES + 32], text[NUMBER_BYTES];

	format_number(before, old);
	format_number(after, text);
	snprintf(new, sizeof(new), "%s", text);
	if (judgement != HEALTH_GOOD)
		snprintf(new, sizeof(new), "%s (at most %" PRId64 ")", text, allowed);
	health_add(out, name, old, new, judgement);
}

/* A counter of the process, which begins anew with each start and with CONFIG RESETSTAT. Before, it
 * had a usual pace, on average of its life: a good deal more than that is allowed, too. */
static void judge_counter(const struct health_subject *subject, struct health_verdict *out,
	enum vk_health_limit limit, int64_t before, int64_t now)
{
	const struct health_state *old = subject->before;
	bool is_same = old != NULL && strcmp(old->run_id, subject->now->run_id) == 0;
	int64_t uptime_s = old != NULL && old->uptime_s > 0 ? old->uptime_s : 1;
	double usual = USUAL_TIMES * (double)before / (double)uptime_s * (double)subject->elapsed_s;
	int64_t more = is_same && now >= before ? now - before : now;
	int64_t allowed = vk_bundle_health_limit(subject->bundle, limit) +
			  (usual < (double)INT32_MAX ? (int64_t)usual : INT32_MAX);

	if (old == NULL && !subject->was_restarted)
		return; /* how much of it is older than the release nobody knows */
	add_number(out, vk_health_rows[limit].name, before, before + more, before + allowed,
		more > allowed ? HEALTH_BAD : HEALTH_GOOD);
}

static void judge_counters(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;

	judge_counter(subject, out, VK_HEALTH_ERRORS, old != NULL ? old->errors : 0, now->errors);
	judge_counter(
		subject, out, VK_HEALTH_EVICTIONS, old != NULL ? old->evicted : 0, now->evicted);
	judge_counter(
		subject, out, VK_HEALTH_REJECTED, old != NULL ? old->rejected : 0, now->rejected);
}

static void judge_denials(const struct health_subject *subject, struct health_verdict *out)
{
	int64_t allowed = vk_bundle_health_limit(subject->bundle, VK_HEALTH_DENIALS);
	const struct denial *example = NULL;
	char text[HEALTH_TEXT_BYTES];
	int64_t count;

	if (!subject->denials->is_known)
		return;
	count = denials_count_new(subject->denials, &subject->scope, &example);
	snprintf(text, sizeof(text), "%" PRId64, count);
	if (example != NULL)
		snprintf(text, sizeof(text),
			"%" PRId64 ": user %.40s, %.40s (%s), at most %" PRId64, count,
			example->user, example->command, example->reason, allowed);
	health_add(out, vk_health_rows[VK_HEALTH_DENIALS].name, "0", text,
		count > allowed ? HEALTH_BAD : HEALTH_GOOD);
}

static int64_t percent_used(const struct health_state *state)
{
	return state->maxmemory > 0
		       ? (int64_t)(100.0 * (double)state->used_memory / (double)state->maxmemory)
		       : 0;
}

/* Where nothing is evicted, a limit that is reached means errors. */
static void judge_memory(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;
	int64_t allowed = vk_bundle_health_limit(subject->bundle, VK_HEALTH_MEMORY);
	int64_t before = old != NULL ? percent_used(old) : HEALTH_UNKNOWN;
	int64_t after = percent_used(now);
	bool was_bad = old != NULL && !old->may_evict && before > allowed &&
		       old->maxmemory == now->maxmemory;

	if (now->may_evict || now->maxmemory == 0)
		return;
	add_number(out, vk_health_rows[VK_HEALTH_MEMORY].name, before, after, allowed,
		after > allowed && !was_bad ? HEALTH_BAD_NOW : HEALTH_GOOD);
}

static double pace(int64_t usec, int64_t calls)
{
	return (double)usec / (double)calls;
}

/* The command that has become slowest against what it was. */
static void judge_latency(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;
	double allowed = (double)vk_bundle_health_limit(subject->bundle, VK_HEALTH_LATENCY);
	double worst = 0;
	char before[HEALTH_TEXT_BYTES] = "", after[HEALTH_TEXT_BYTES] = "";
	bool is_same = old != NULL && strcmp(old->run_id, now->run_id) == 0;

	for (size_t i = 0; old != NULL && i < now->command_count; i++) {
		const struct health_command *new = &now->commands[i];
		const struct health_command *was = health_state_command(old, new->name);
		bool is_continued = was != NULL && is_same && new->calls >= was->calls;
		int64_t calls = new->calls - (is_continued ? was->calls : 0);
		int64_t usec = new->usec - (is_continued ? was->usec : 0);
		double times;

		if (was == NULL || was->calls < LATENCY_CALLS || calls < LATENCY_CALLS)
			continue;
		times = pace(usec, calls) / (pace(was->usec, was->calls) + 1e-3);
		if (times <= worst)
			continue;
		worst = pace(usec, calls) < LATENCY_USEC ? 0 : times;
		snprintf(before, sizeof(before), "%.40s %.0f us", new->name,
			pace(was->usec, was->calls));
		snprintf(after, sizeof(after), "%.0f us (at most %.0f times as much)",
			pace(usec, calls), allowed);
	}
	if (after[0] != '\0')
		health_add(out, vk_health_rows[VK_HEALTH_LATENCY].name, before, after,
			worst > allowed ? HEALTH_BAD_NOW : HEALTH_GOOD);
}

/* A flag that was good before, and has to be good in the end. */
static void judge_flag(const struct health_subject *subject, struct health_verdict *out,
	const char *name, bool was_bad, bool is_bad)
{
	static const char *const words[] = {"ok", "failed"};

	health_add(out, name, subject->before != NULL ? words[was_bad] : "unknown", words[is_bad],
		is_bad && subject->before != NULL && !was_bad ? HEALTH_BAD_NOW : HEALTH_GOOD);
}

static void judge_replication(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;
	int64_t allowed = vk_bundle_health_limit(subject->bundle, VK_HEALTH_LAG);
	bool is_other = old != NULL && strcmp(old->role, now->role) != 0;
	/* In a group another member may just hand over, or be taken over from. */
	bool is_planned = subject->was_restarted || subject->bundle->group != NULL;
	char before[NUMBER_BYTES], after[NUMBER_BYTES];

	health_add(out, "role", old != NULL ? old->role : "unknown", now->role,
		is_other && !is_planned ? HEALTH_BAD : HEALTH_GOOD);
	judge_flag(subject, out, "link", old != NULL && old->is_link_down, now->is_link_down);
	if (old == NULL)
		return;
	format_number(old->replicas, before);
	format_number(now->replicas, after);
	/* Who was a primary and is a replica now has given its replicas away. */
	if (!is_other && old->replicas + now->replicas > 0)
		health_add(out, "replicas", before, after,
			now->replicas < old->replicas ? HEALTH_BAD_NOW : HEALTH_GOOD);
	if (now->lag_s != HEALTH_UNKNOWN)
		add_number(out, vk_health_rows[VK_HEALTH_LAG].name, old->lag_s, now->lag_s, allowed,
			now->lag_s > allowed && old->lag_s <= allowed ? HEALTH_BAD_NOW
								      : HEALTH_GOOD);
}

static void judge_cluster(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;
	char before[NUMBER_BYTES], after[NUMBER_BYTES];

	if (old == NULL || old->slots == HEALTH_UNKNOWN || now->slots == HEALTH_UNKNOWN)
		return;
	format_number(old->slots, before);
	format_number(now->slots, after);
	health_add(out, "slots", before, after,
		now->slots < old->slots ? HEALTH_BAD_NOW : HEALTH_GOOD);
	format_number(old->failed_nodes, before);
	format_number(now->failed_nodes, after);
	health_add(out, "failed-nodes", before, after,
		now->failed_nodes > old->failed_nodes ? HEALTH_BAD_NOW : HEALTH_GOOD);
}

void health_judge(const struct health_subject *subject, struct health_verdict *out)
{
	const struct health_state *old = subject->before, *now = subject->now;

	out->count = 0;
	judge_denials(subject, out);
	judge_counters(subject, out);
	judge_memory(subject, out);
	judge_replication(subject, out);
	judge_cluster(subject, out);
	judge_flag(subject, out, "saving", old != NULL && old->is_save_failed, now->is_save_failed);
	judge_flag(subject, out, "append-only-file", old != NULL && old->is_append_failed,
		now->is_append_failed);
	/* Much data takes long after a restart, and is no fault. */
	if (!subject->was_restarted)
		judge_flag(
			subject, out, "loading", old != NULL && old->is_loading, now->is_loading);
	judge_latency(subject, out);
}

enum health_judgement health_worst(const struct health_verdict *verdict)
{
	enum health_judgement worst = HEALTH_GOOD;

	for (size_t i = 0; i < verdict->count; i++) {
		if (verdict->checks[i].judgement > worst)
			worst = verdict->checks[i].judgement;
	}
	return worst;
}

void health_describe(const struct health_verdict *verdict, struct vk_buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < verdict->count; i++) {
		const struct health_check *check = &verdict->checks[i];

		if (check->judgement == HEALTH_GOOD)
			continue;
		vk_buf_addf(out, "%s%s: %s -> %s", comma, check->name, check->before, check->after);
		comma = "; ";
	}
}

struct vkjson *health_verdict_to_json(const struct health_verdict *verdict)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < verdict->count; i++) {
		const struct health_check *check = &verdict->checks[i];
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "name", vkjson_string(check->name));
		vkjson_set(item, "before", vkjson_string(check->before));
		vkjson_set(item, "after", vkjson_string(check->after));
		vkjson_set(item, "good", vkjson_bool(check->judgement == HEALTH_GOOD));
		vkjson_append(list, item);
	}
	return list;
}
