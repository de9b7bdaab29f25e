/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#include "common/banned.h"

enum { TEXT_BYTES = 64 };

void drift_calls_read(struct drift_calls *calls, struct valkey *valkey)
{
	struct vk_err ignored = VK_ERR_INIT;

	calls->is_known = calls_read(valkey, &calls->first, &ignored) == VK_OK;
}

/* Users that others make are their own affair, unless the tree asks for the commands. */
static bool is_left_to_others(const struct vk_bundle *bundle, enum call call)
{
	char name[DRIFT_NAME_BYTES];

	if (bundle->unmanaged_users == VK_UNMANAGED_REMOVE && bundle->kept_count == 0)
		return false;
	snprintf(name, sizeof(name), "commands.%s", calls_name(call));
	for (size_t i = 0; i < bundle->drift_rule_count; i++) {
		if (vk_bundle_pattern_matches(bundle->drift_rules[i].pattern, name))
			return false;
	}
	return true;
}

/* How many calls what is new in this run explains; a call sets a value, or several at once. */
static int64_t explained(
	const struct drift_policy *policy, const struct outcome *outcome, enum call call)
{
	const struct drift_standing *before = &policy->record.standing;
	const struct vk_bundle *bundle = policy->bundle;
	size_t files = 0;

	switch (call) {
	case CALL_CONFIG_SET:
		return (int64_t)drift_standing_count_new(
			before, outcome, OUTCOME_DRIFT_VALUE, NULL);
	case CALL_ACL_SETUSER:
	case CALL_ACL_DELUSER:
		return is_left_to_others(bundle, call) ? INT64_MAX
						       : (int64_t)drift_standing_count_new(before,
								 outcome, OUTCOME_DRIFT_ACL, NULL);
	case CALL_CONFIG_REWRITE: /* Sentinel has it written after each failover */
		if (bundle->group != NULL && bundle->group->sentinel_count > 0)
			return INT64_MAX;
		files = drift_standing_count_new(
			before, outcome, OUTCOME_DRIFT_FILE, VK_BUNDLE_CONF);
		break;
	case CALL_ACL_LOAD:
		files = drift_standing_count_new(before, outcome, OUTCOME_DRIFT_ACL, NULL);
		/* fall through */
	case CALL_ACL_SAVE:
		files += drift_standing_count_new(
			before, outcome, OUTCOME_DRIFT_FILE, VK_BUNDLE_ACL);
		break;
	case CALL_CONFIG_RESETSTAT:
	case CALLS:
		break;
	}
	return files > 0 ? INT64_MAX : 0;
}

static void account(struct drift_record *record, enum call call, int64_t count)
{
	record->calls.counts[call] = count;
	record->since[call] = 0;
	record->is_changed = true;
}

static void tell(struct drift_policy *policy, enum call call, int64_t more, struct outcome *outcome)
{
	enum drift_verdict verdict =
		drift_policy_judge(policy, OUTCOME_DRIFT_COMMAND, calls_name(call));
	size_t before = outcome->drift_count;
	char since[VK_TIME_TEXT_BYTES], text[TEXT_BYTES];

	vk_time_format(policy->record.since[call], since);
	snprintf(text, sizeof(text), "%" PRId64 " call%s, seen %s", more, more == 1 ? "" : "s",
		since);
	outcome_add_drift(outcome, OUTCOME_DRIFT_COMMAND, calls_name(call), "none by others", text);
	/* What was called cannot be taken back. */
	if (outcome->drift_count > before)
		drift_policy_mark(policy, &outcome->drift[before],
			verdict == DRIFT_ALARM ? DRIFT_ALARM : DRIFT_TELL, false);
}

static void judge(
	struct drift_policy *policy, enum call call, int64_t count, struct outcome *outcome)
{
	struct drift_record *record = &policy->record;
	int64_t more = count - record->calls.counts[call];
	int64_t by_drift;

	if (more <= 0)
		return;
	by_drift = explained(policy, outcome, call);
	if (by_drift >= more) {
		account(record, call, count);
		return;
	}
	if (by_drift > 0) {
		record->calls.counts[call] += by_drift;
		record->is_changed = true;
		more -= by_drift;
	}
	if (record->since[call] == 0 || record->since[call] > policy->now) {
		record->since[call] = policy->now;
		record->is_changed = true;
	}
	tell(policy, call, more, outcome);
	if (policy->now - record->since[call] >= DRIFT_CALLS_SHOWN_S)
		account(record, call, count);
}

static void begin_anew(struct drift_record *record, const struct live *live, const char *generation,
	const struct calls *counts)
{
	snprintf(record->run_id, sizeof(record->run_id), "%s", live->run_id);
	snprintf(record->generation, sizeof(record->generation), "%s", generation);
	record->calls = *counts;
	memset(record->since, 0, sizeof(record->since));
	record->is_changed = true;
}

/* CONFIG RESETSTAT has set all counts back. */
static void notice_reset(struct drift_record *record, const struct calls *counts)
{
	bool is_reset = false;

	for (int i = 0; i < CALLS; i++)
		is_reset = is_reset || counts->counts[i] < record->calls.counts[i];
	if (!is_reset)
		return;
	memset(&record->calls, 0, sizeof(record->calls));
	record->is_changed = true;
}

/* The run's own commands are accounted for; so is what others did in these milliseconds. */
static void add_own(
	struct drift_record *record, const struct calls *first, const struct calls *last)
{
	for (int i = 0; i < CALLS; i++)
		record->calls.counts[i] += last->counts[i] - first->counts[i];
	record->is_changed = true;
}

void drift_calls_judge(const struct drift_calls *calls, struct drift_policy *policy,
	struct valkey *valkey, const struct live *live, const char *generation, bool has_acted,
	struct outcome *outcome)
{
	struct drift_record *record = &policy->record;
	struct drift_calls last = {.is_known = false};

	if (!calls->is_known)
		return;
	if (strcmp(record->run_id, live->run_id) != 0 ||
		strcmp(record->generation, generation) != 0) {
		begin_anew(record, live, generation, &calls->first);
	} else {
		notice_reset(record, &calls->first);
		for (int i = 0; i < CALLS; i++)
			judge(policy, (enum call)i, calls->first.counts[i], outcome);
	}
	if (!has_acted)
		return;
	drift_calls_read(&last, valkey);
	if (last.is_known)
		add_own(record, &calls->first, &last.first);
	else
		drift_record_forget_calls(record);
}
