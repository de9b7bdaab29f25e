/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_policy.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/directive.h"
#include "common/log.h"
#include "common/mem.h"

#include "common/banned.h"

static const char *const prefixes[] = {
	[OUTCOME_DRIFT_VALUE] = "",
	[OUTCOME_DRIFT_FILE] = "files.",
	[OUTCOME_DRIFT_ACL] = "users.",
	[OUTCOME_DRIFT_COMMAND] = "commands.",
	[OUTCOME_DRIFT_CERTIFICATE] = "certificates.",
	[OUTCOME_DRIFT_TOPOLOGY] = "topology.",
};

/* What a tree calls it: "maxmemory", "users.app", "files.valkey.conf". */
static void name_of(enum outcome_drift_kind kind, const char *name, char out[DRIFT_NAME_BYTES])
{
	snprintf(out, DRIFT_NAME_BYTES, "%s%s", prefixes[kind], name);
}

void drift_policy_init(struct drift_policy *policy, const struct instance *instance,
	const struct vk_bundle *bundle, bool may_act)
{
	policy->instance = instance;
	policy->bundle = bundle;
	policy->may_act = may_act;
	policy->now = vk_clock_now();
	announced_read(instance->state, instance->name, &policy->announced);
	drift_record_read(instance, &policy->record);
}

void drift_policy_release(struct drift_policy *policy)
{
	announced_release(&policy->announced);
}

/* A rule may use another name of the directive than the one that its version prefers. */
static enum vk_bundle_drift wanted(const struct vk_bundle *bundle, const char *name)
{
	for (size_t i = 0; i < bundle->drift_rule_count; i++) {
		const struct vk_bundle_drift_rule *rule = &bundle->drift_rules[i];
		const struct cfg_directive *directive =
			cfg_directive_find(rule->pattern, bundle->valkey);

		if (directive != NULL && strcmp(directive->name, name) == 0)
			return rule->drift;
	}
	return vk_bundle_drift_of(bundle, name);
}

/* It, too, may use another name of the directive. */
const struct vk_announcement *drift_policy_announced(
	const struct drift_policy *policy, const char *name)
{
	const struct announced *announced = &policy->announced;
	const struct vk_announcement *found = announced_find(announced, name, policy->now);

	for (size_t i = 0; found == NULL && i < announced->count; i++) {
		const struct cfg_directive *directive =
			cfg_directive_find(announced->items[i].name, policy->bundle->valkey);

		if (directive != NULL && strcmp(directive->name, name) == 0)
			found = announced_find(announced, announced->items[i].name, policy->now);
	}
	return found;
}

enum drift_verdict drift_policy_judge(
	const struct drift_policy *policy, enum outcome_drift_kind kind, const char *name)
{
	char full[DRIFT_NAME_BYTES];

	name_of(kind, name, full);
	if (drift_policy_announced(policy, full) != NULL)
		return DRIFT_TELL;
	switch (wanted(policy->bundle, full)) {
	case VK_DRIFT_REPORT:
		return DRIFT_TELL;
	case VK_DRIFT_ALERT:
		return DRIFT_ALARM;
	case VK_DRIFT_REVERT:
		break;
	}
	if (!policy->may_act)
		return DRIFT_TELL;
	return drift_record_is_full(&policy->record, full, policy->now) ? DRIFT_TOO_OFTEN
									: DRIFT_REPAIR;
}

void drift_policy_count(struct drift_policy *policy, enum outcome_drift_kind kind, const char *name)
{
	char full[DRIFT_NAME_BYTES];

	name_of(kind, name, full);
	drift_record_add(&policy->record, full, policy->now);
}

static void write_record(const struct instance *instance, struct drift_record *record)
{
	struct vk_err err = VK_ERR_INIT;

	if (drift_record_write(instance, record, &err) != VK_OK)
		vk_log(VK_LOG_WARN, "drift-not-recorded", VK_KV("instance", instance->name),
			VK_KV("reason", err.msg));
}

void drift_policy_begin(struct drift_policy *policy)
{
	struct drift_record record = policy->record;

	drift_record_forget_calls(&record);
	record.is_changed = true;
	write_record(policy->instance, &record);
	policy->record.is_changed = true; /* what is known again afterwards is to be written */
}

void drift_policy_keep(struct drift_policy *policy)
{
	if (policy->may_act)
		write_record(policy->instance, &policy->record);
}

void drift_policy_mark(const struct drift_policy *policy, struct outcome_drift *drift,
	enum drift_verdict verdict, bool is_done)
{
	const struct vk_announcement *announcement;
	char full[DRIFT_NAME_BYTES];

	name_of(drift->kind, drift->name, full);
	announcement = drift_policy_announced(policy, full);
	drift->is_reverted = verdict == DRIFT_REPAIR && is_done;
	drift->is_alert = verdict == DRIFT_ALARM;
	drift->is_too_often = verdict == DRIFT_TOO_OFTEN;
	if (announcement == NULL)
		return;
	drift->cause = OUTCOME_EMERGENCY;
	drift->ticket = xstrdup(announcement->ticket);
	drift->until = announcement->until;
}
