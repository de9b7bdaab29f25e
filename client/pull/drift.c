/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"
#include "client/pull/converge.h"
#include "client/pull/difference.h"
#include "client/pull/door.h"
#include "client/pull/drift_calls.h"
#include "client/pull/drift_files.h"
#include "client/pull/drift_member.h"
#include "client/pull/drift_policy.h"
#include "client/pull/drift_topology.h"
#include "client/pull/expected.h"
#include "client/pull/fill.h"
#include "client/pull/journal.h"
#include "client/pull/restart_window.h"
#include "client/pull/role_file.h"
#include "client/pull/presence.h"
#include "client/pull/preflight.h"
#include "client/pull/secrets.h"
#include "client/pull/sentinel_file.h"
#include "client/pull/sentinel_live.h"
#include "client/pull/sentinel_values.h"
#include "client/pull/takeover.h"
#include "common/clock.h"
#include "common/mem.h"

#include "common/banned.h"

static const char process[] = "process"; /* that Valkey runs is drift, too, where it does not */

struct drift {
	const struct instance *instance;
	const char *scratch;
	char generation[GENERATION_NAME_BYTES];
	char *files; /* its directory */
	struct generation_bundle bundle;
	struct expected expected;
	struct drift_policy policy;
	bool has_acted; /* has sent commands that Valkey counts */
	bool may_learn;
	bool is_plan;
	bool has_pending;
	struct pending pending;
	struct outcome *outcome;
};

/* After an update of valkey-server, or when runtime.conf has changed, the same files mean other
 * values: ask again. */
static enum vk_rc learn_if_stale(struct drift *drift, struct vk_err *err)
{
	struct expected_basis now;
	struct expected fresh;
	enum vk_rc rc = expected_basis_now(drift->instance, &now, err);

	if (rc != VK_OK || !drift->may_learn || expected_basis_equal(&now, &drift->expected.basis))
		return rc;
	rc = preflight_run(
		drift->instance, drift->generation, &drift->bundle, drift->scratch, &fresh, err);
	if (rc == VK_OK)
		rc = expected_write(drift->instance, drift->generation, &fresh, err);
	if (rc == VK_OK) {
		expected_release(&drift->expected);
		drift->expected = fresh;
		expected_init(&fresh);
	}
	expected_release(&fresh);
	return rc;
}

static char *hidden(const char *text)
{
	char *copy = xstrdup(text != NULL ? text : "(none)");

	complaint_hide_hashes(copy);
	return copy;
}

static void add_item(struct drift *drift, const struct difference_item *item)
{
	char *expected;
	char *actual;

	if (item->kind == DIFFERENCE_VALUE) {
		outcome_add_drift(drift->outcome, OUTCOME_DRIFT_VALUE, item->name,
			item->is_secret ? "(secret)" : item->expected,
			item->is_secret ? "(secret)" : item->actual);
		return;
	}
	expected = hidden(item->expected);
	actual = hidden(item->actual);
	outcome_add_drift(drift->outcome, OUTCOME_DRIFT_ACL, item->name, expected, actual);
	free(expected);
	free(actual);
}

/* What is there already as drift of what is installed; NULL: nothing. */
static struct outcome_drift *find_named(
	const struct outcome *outcome, const struct difference_item *item)
{
	enum outcome_drift_kind kind =
		item->kind == DIFFERENCE_VALUE ? OUTCOME_DRIFT_VALUE : OUTCOME_DRIFT_ACL;

	for (size_t i = 0; i < outcome->drift_count; i++) {
		if (outcome->drift[i].kind == kind &&
			strcmp(outcome->drift[i].name, item->name) == 0)
			return &outcome->drift[i];
	}
	return NULL;
}

static void add_planned(struct drift *drift, const struct difference_item *item)
{
	struct outcome *outcome = drift->outcome;
	struct outcome_drift *named = find_named(outcome, item);
	size_t before = outcome->drift_count;

	if (named == NULL)
		add_item(drift, item);
	if (outcome->drift_count > before)
		named = &outcome->drift[before];
	else if (named == NULL || named->cause != OUTCOME_PENDING)
		return;
	named->is_planned = true;
	named->cause = OUTCOME_PENDING;
}

/* What an install would do, and nothing is done. */
static void plan(struct drift *drift, const struct difference *difference)
{
	struct outcome *outcome = drift->outcome;
	size_t values = 0, users = 0, restarts = 0;

	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->cure == CURE_MOVE)
			continue;
		values += item->kind == DIFFERENCE_VALUE && item->cure == CURE_LIVE;
		users += item->kind == DIFFERENCE_USER;
		restarts += item->cure == CURE_RESTART;
		add_planned(drift, item);
	}
	if (restarts > 0 && drift->bundle.bundle->restart == VK_RESTART_ALLOWED)
		snprintf(outcome->text, sizeof(outcome->text), "the release would restart Valkey");
	else if (values == 0 && users == 0)
		snprintf(outcome->text, sizeof(outcome->text), "the release would change nothing%s",
			restarts > 0 ? " before a restart" : "");
	else
		snprintf(outcome->text, sizeof(outcome->text),
			"the release would change %zu value%s and %zu user%s live", values,
			values == 1 ? "" : "s", users, users == 1 ? "" : "s");
}

/* Where a restart is not allowed, or waits, a value that waits for one is nobody's doing. */
static bool is_pending(const struct drift *drift, const struct difference_item *item)
{
	return item->cure == CURE_RESTART &&
	       (drift->has_pending || drift->bundle.bundle->restart == VK_RESTART_NEVER);
}

/* Why it still waits, and until when. */
static void tell_pending(struct drift *drift)
{
	struct outcome *outcome = drift->outcome;
	struct restart_window window;

	restart_window_look(drift->bundle.bundle, vk_clock_now(), &window);
	if (outcome->state == OUTCOME_PENDING_RESTART && drift->has_pending &&
		drift->bundle.bundle->restart == VK_RESTART_ALLOWED)
		outcome->window_opens = window.opens;
	if (outcome->state == OUTCOME_PENDING_RESTART && drift->has_pending &&
		outcome->text[0] == '\0')
		pending_describe(&drift->pending, outcome->text, sizeof(outcome->text));
}

static enum vk_rc revert(struct drift *drift, struct valkey *valkey, struct difference *difference,
	struct vk_err *err)
{
	char *current = fill_current_path(drift->instance);
	struct converge_options options = {.scope = CONVERGE_ALL, .current = current};
	struct secrets *secrets = NULL;
	enum vk_rc rc = VK_OK;

	if (difference_has_secret(difference))
		rc = secrets_open(drift->instance, drift->bundle.bundle, &secrets, err);
	options.secrets = secrets;
	if (rc == VK_OK)
		rc = converge_agent(valkey, difference, drift->instance->agent_password, err);
	if (rc == VK_OK)
		rc = sentinel_converge(drift->instance, valkey, drift->bundle.bundle, difference,
			&drift->expected, &options, err);
	if (rc == VK_OK)
		rc = converge_users(valkey, difference, err);
	secrets_free(secrets);
	free(current);
	return rc;
}

static enum outcome_drift_kind kind_of(const struct difference_item *item)
{
	return item->kind == DIFFERENCE_VALUE ? OUTCOME_DRIFT_VALUE : OUTCOME_DRIFT_ACL;
}

static enum drift_verdict judge(const struct drift *drift, const struct difference_item *item)
{
	enum drift_verdict verdict = drift_policy_judge(&drift->policy, kind_of(item), item->name);

	return verdict == DRIFT_REPAIR && item->cure != CURE_LIVE ? DRIFT_TELL : verdict;
}

/* What of it is to be put right, counted; the items are copies, which converging may change. */
static void choose(struct drift *drift, const struct difference *difference,
	const enum drift_verdict *verdicts, struct difference *chosen)
{
	difference_init(chosen);
	chosen->is_foreign = difference->is_foreign;
	chosen->items = xcalloc(difference->count + 1, sizeof(*chosen->items));
	chosen->cap = difference->count + 1;
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (verdicts[i] != DRIFT_REPAIR)
			continue;
		chosen->items[chosen->count++] = *item;
		drift_policy_count(&drift->policy, kind_of(item), item->name);
	}
}

static enum vk_rc repair(struct drift *drift, struct valkey *valkey,
	const struct difference *difference, enum drift_verdict *verdicts, struct vk_err *err)
{
	struct difference chosen;
	size_t at = 0;
	enum vk_rc rc = VK_OK;

	choose(drift, difference, verdicts, &chosen);
	if (chosen.count > 0) {
		drift_policy_begin(&drift->policy);
		drift->has_acted = true;
		rc = revert(drift, valkey, &chosen, err);
	}
	for (size_t i = 0; i < difference->count; i++) {
		/* Valkey may have said that it needs a restart. */
		if (verdicts[i] == DRIFT_REPAIR && chosen.items[at++].cure != CURE_LIVE)
			verdicts[i] = DRIFT_TELL;
	}
	difference_release(&chosen);
	return rc;
}

static enum vk_rc handle(struct drift *drift, struct valkey *valkey,
	const struct difference *difference, struct vk_err *err)
{
	struct outcome *outcome = drift->outcome;
	enum drift_verdict *verdicts = xcalloc(difference->count + 1, sizeof(*verdicts));
	enum vk_rc rc;

	for (size_t i = 0; i < difference->count; i++)
		verdicts[i] = judge(drift, &difference->items[i]);
	rc = repair(drift, valkey, difference, verdicts, err);
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];
		size_t before = outcome->drift_count;

		if (item->cure == CURE_MOVE || is_pending(drift, item))
			outcome->state = OUTCOME_PENDING_RESTART;
		if (item->cure == CURE_MOVE)
			continue;
		add_item(drift, item);
		if (outcome->drift_count == before)
			continue;
		if (is_pending(drift, item))
			outcome->drift[before].cause = OUTCOME_PENDING;
		else
			drift_policy_mark(
				&drift->policy, &outcome->drift[before], verdicts[i], rc == VK_OK);
	}
	tell_pending(drift);
	free(verdicts);
	return rc;
}

/* The role that the running topology has given: told, and what a failover has decided survives the
 * next start. */
static enum vk_rc look_at_role(const struct drift *drift, struct valkey *valkey, struct vk_err *err)
{
	const struct vk_bundle *bundle = drift->bundle.bundle;
	struct restart_state state;
	bool is_changed;
	enum vk_rc rc;

	if (drift->is_plan || bundle->kind == VK_KIND_SENTINEL || bundle->group == NULL)
		return VK_OK;
	rc = restart_state_read(valkey, &state, err);
	if (rc != VK_OK)
		return rc;
	drift_check_role(&drift->policy, &state, drift->outcome);
	if (!drift->may_learn || bundle->group->kind != VK_GROUP_REPLICATED)
		return VK_OK;
	return role_file_follow(drift->instance, &state, &is_changed, err);
}

static enum vk_rc compare_running(struct drift *drift, struct valkey *valkey, struct vk_err *err)
{
	const struct vk_bundle *bundle = drift->bundle.bundle;
	char schema[SENTINEL_SCHEMA_BYTES];
	const struct difference_rules rules = {
		.schema = sentinel_schema(bundle, schema), .bundle = bundle};
	const struct live_query query = {.schema = schema,
		.extra = (const char *const *)drift->expected.extra,
		.mask_key = drift->instance->agent_password};
	struct drift_calls calls = {.is_known = false};
	struct difference difference;
	struct live live;
	enum vk_rc rc;

	live_init(&live);
	difference_init(&difference);
	if (!drift->is_plan && bundle->kind != VK_KIND_SENTINEL)
		drift_calls_read(&calls, valkey);
	rc = sentinel_live_read(drift->instance, valkey, &query, &live, err);
	if (rc == VK_OK) {
		drift->outcome->health = live_health(&live);
		drift->outcome->is_cluster_replica = bundle->group != NULL &&
						     bundle->group->kind == VK_GROUP_CLUSTER &&
						     strcmp(live.role, "slave") == 0;
		memcpy(drift->outcome->valkey, live.version, sizeof(live.version));
		difference_make(&difference, &drift->expected, &live, &rules);
		takeover_compare_files(drift->instance, drift->files, &difference);
		if (!drift->is_plan)
			rc = handle(drift, valkey, &difference, err);
		else if (takeover_check(drift->instance, &difference, err) == VK_OK)
			plan(drift, &difference);
		else
			rc = err->rc;
	}
	if (rc == VK_OK)
		rc = look_at_role(drift, valkey, err);
	if (rc == VK_OK && !drift->is_plan && bundle->kind != VK_KIND_SENTINEL)
		drift_check_certificate(&drift->policy, &live, drift->outcome);
	if (rc == VK_OK && !drift->is_plan && bundle->group != NULL &&
		bundle->kind != VK_KIND_SENTINEL)
		drift_member_take(schema, &drift->expected, &live, drift->outcome);
	if (rc == VK_OK) {
		drift_calls_judge(&calls, &drift->policy, valkey, &live, drift->generation,
			drift->has_acted, drift->outcome);
		takeover_tell(drift->instance, &difference, &live, drift->outcome);
	}
	difference_release(&difference);
	live_release(&live);
	return rc;
}

static bool may_start(const struct drift *drift)
{
	return drift->policy.may_act && drift_policy_announced(&drift->policy, process) == NULL &&
	       vk_bundle_drift_of(drift->bundle.bundle, process) == VK_DRIFT_REVERT;
}

/* A Valkey that is down is started where drift is to be reverted: that it runs is part of it. */
static enum vk_rc connect_or_start(struct drift *drift, struct valkey **valkey, struct vk_err *err)
{
	enum vk_rc rc = instance_connect(drift->instance, valkey, err);

	if (rc == VK_EUNAVAIL && may_start(drift) && door_is_there(drift->instance) &&
		presence_is_down(drift->instance) &&
		door_restart(drift->instance, "", err) == VK_OK) {
		outcome_add_drift(drift->outcome, OUTCOME_DRIFT_VALUE, process, "running", "down");
		if (drift->outcome->drift_count > 0)
			drift->outcome->drift[drift->outcome->drift_count - 1].is_reverted = true;
		rc = instance_connect(drift->instance, valkey, err);
	}
	drift->outcome->health = rc == VK_OK ? "ok" : rc == VK_EDENIED ? "degraded" : "down";
	return rc;
}

static enum vk_rc check_running(struct drift *drift, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	enum vk_rc rc = connect_or_start(drift, &valkey, err);

	if (rc == VK_OK)
		rc = compare_running(drift, valkey, err);
	else if (rc == VK_EUNAVAIL && drift->instance->is_started_later)
		rc = drift->may_learn && !drift->is_plan
			     ? sentinel_file_prepare(drift->instance, "", err)
			     : VK_OK;
	valkey_free(valkey);
	return rc;
}

static enum vk_rc load(struct drift *drift, struct vk_err *err)
{
	enum vk_rc rc =
		generation_read_bundle(drift->instance, drift->generation, &drift->bundle, err);

	if (rc == VK_OK)
		rc = expected_read(drift->instance, drift->generation, &drift->expected, err);
	if (rc == VK_OK && strcmp(drift->expected.bundle, drift->bundle.digest) != 0)
		rc = vk_err_set(err, VK_EINPUT, "generation %s is damaged", drift->generation);
	return rc;
}

void drift_check(const struct instance *instance, const char *scratch, enum drift_flags flags,
	struct outcome *outcome)
{
	struct drift drift = {.instance = instance, .scratch = scratch, .outcome = outcome};
	struct vk_err err = VK_ERR_INIT, ignored = VK_ERR_INIT;
	enum vk_rc rc;

	expected_init(&drift.expected);
	rc = generation_current(instance, drift.generation, &err);
	if (rc == VK_OK && drift.generation[0] == '\0')
		goto out;
	drift.files = generation_path(instance, drift.generation);
	drift.has_pending = pending_read(instance, &drift.pending, &ignored) == VK_OK &&
			    strcmp(drift.pending.generation, drift.generation) == 0;
	if (rc == VK_OK)
		rc = load(&drift, &err);
	if (rc == VK_OK) {
		tls_expiry_look(&drift.expected.values, &outcome->tls);
		drift.may_learn = (flags & DRIFT_LOOK_ONLY) == 0;
		drift.is_plan = (flags & DRIFT_PLAN) != 0;
		drift_policy_init(&drift.policy, instance, drift.bundle.bundle,
			drift.may_learn && !drift.is_plan);
		if (!drift.is_plan)
			rc = drift_check_files(instance, drift.generation, drift.bundle.bundle,
				&drift.policy, outcome, &err);
	}
	if (rc == VK_OK)
		rc = learn_if_stale(&drift, &err);
	if (rc == VK_OK)
		rc = check_running(&drift, &err);
	if (rc == VK_OK)
		drift_record_stand(&drift.policy.record, outcome);
	drift_policy_keep(&drift.policy);
	/* What the run itself failed at, says more than what the check failed at. */
	if (rc != VK_OK && outcome->failure.rc == VK_OK)
		outcome->failure = err;
out:
	drift_policy_release(&drift.policy);
	free(drift.files);
	generation_bundle_release(&drift.bundle);
	expected_release(&drift.expected);
}
