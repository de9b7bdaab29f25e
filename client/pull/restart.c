/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/restart.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/pull/door.h"
#include "client/pull/failover.h"
#include "client/pull/failover_sentinel.h"
#include "client/pull/generation.h"
#include "client/pull/lease.h"
#include "client/pull/relief.h"
#include "client/pull/role_file.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"

#include "common/banned.h"

enum {
	LOOK_STEP_MS = 50,
	SETTLE_MS = 15000,   /* for what is soon over; then the next run tries again */
	PROGRESS_MS = 5000,  /* between two lines of the log */
	LEASE_MARGIN_S = 60, /* besides saving, the door and catching up */
};

static enum vk_rc hold(struct restart *restart, const char *reason)
{
	restart->is_held = true;
	snprintf(restart->reason, sizeof(restart->reason), "%s", reason);
	return VK_OK;
}

/* Now and then, while something takes long. */
static void tell_progress(const struct restart *restart, const char *text, int64_t *told_ms)
{
	int64_t now_ms = vk_clock_monotonic_ms();

	if (now_ms - *told_ms < PROGRESS_MS)
		return;
	*told_ms = now_ms;
	vk_log(VK_LOG_INFO, "restart-waits", VK_KV("instance", restart->instance->name),
		VK_KV("reason", text));
}

static enum vk_rc make_plan(struct restart *restart, struct valkey *valkey,
	struct restart_state *state, struct restart_plan *plan, struct vk_err *err)
{
	enum vk_rc rc = restart_state_read(valkey, state, err);

	if (rc == VK_OK)
		restart_plan_make(state, restart->bundle, restart->difference, plan);
	if (rc == VK_OK && plan->way == RESTART_BY_SENTINEL &&
		failover_find_sentinel(restart->instance, restart->bundle) == NULL) {
		plan->way = RESTART_HOLD;
		snprintf(plan->reason, sizeof(plan->reason),
			"it is a primary and waits for a failover: this host runs no Sentinel of "
			"its "
			"group; SENTINEL FAILOVER %s on one of them",
			restart->bundle->group->name);
	}
	return rc;
}

/* A plan after what passes has passed. */
static enum vk_rc settle(struct restart *restart, struct valkey *valkey,
	struct restart_state *state, struct restart_plan *plan, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + SETTLE_MS;
	int64_t told_ms = vk_clock_monotonic_ms();

	for (;;) {
		enum vk_rc rc = make_plan(restart, valkey, state, plan, err);

		if (rc != VK_OK || plan->way != RESTART_HOLD || !plan->is_passing ||
			vk_clock_monotonic_ms() >= deadline_ms)
			return rc;
		tell_progress(restart, plan->reason, &told_ms);
		poll(NULL, 0, LOOK_STEP_MS);
	}
}

/* Saves once before the door: a server that cannot is not asked to stop, because it would refuse
 * and then be killed. The stop itself saves what came later. */
static enum vk_rc prove_save(struct restart *restart, struct valkey *valkey,
	struct restart_state *state, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + restart->instance->restart_timeout_ms;
	int64_t told_ms = vk_clock_monotonic_ms();
	enum vk_rc rc = valkey_demand(valkey, VALKEY_ARGV("BGSAVE"), NULL, err);

	if (rc == VK_EINPUT || rc == VK_EDENIED) {
		*err = (struct vk_err)VK_ERR_INIT;
		return hold(restart, "BGSAVE is refused");
	}
	while (rc == VK_OK) {
		rc = restart_state_read(valkey, state, err);
		if (rc != VK_OK || !state->is_saving)
			break;
		if (vk_clock_monotonic_ms() >= deadline_ms)
			return hold(restart, "a BGSAVE is running");
		tell_progress(restart, "a BGSAVE is running", &told_ms);
		poll(NULL, 0, LOOK_STEP_MS);
	}
	return rc == VK_OK && state->is_save_failed ? hold(restart, "the last save failed") : rc;
}

/* Only a replica can take over, and only its own agent can tell it: that hears of it by the server.
 */
static enum vk_rc wait_for_relief(struct restart *restart)
{
	relief_want(restart->instance);
	restart->is_turn_awaited = true;
	return hold(restart,
		"it is a primary and waits until a replica of its shard takes over, by "
		"that one's agent or by CLUSTER FAILOVER");
}

/* A failover that did not come about leaves everything as it was. */
static enum vk_rc hand_over(struct restart *restart, struct valkey *valkey,
	const struct restart_plan *plan, struct restart_state *state, struct vk_err *err)
{
	char reason[RESTART_REASON_BYTES];
	bool was_paused = true;
	enum vk_rc rc =
		plan->way == RESTART_AFTER_FAILOVER
			? failover_to(valkey, plan->target, state, err)
			: failover_by_sentinel(valkey,
				  failover_find_sentinel(restart->instance, restart->bundle),
				  restart->bundle, state, &was_paused, err);

	if (rc == VK_OK) {
		vk_log(VK_LOG_INFO, "failover", VK_KV("instance", restart->instance->name),
			VK_KV("primary", state->primary), VK_KN("port", state->primary_port));
		return VK_OK;
	}
	restart->is_turn_awaited = !was_paused;
	snprintf(reason, sizeof(reason), "%.250s", err->msg);
	*err = (struct vk_err)VK_ERR_INIT;
	return hold(restart, reason);
}

/* One look at a replica after its restart; true when there is nothing more to wait for. */
static bool has_caught_up(
	struct restart *restart, const struct restart_state *before, struct restart_state *now)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	bool is_there = instance_connect(restart->instance, &valkey, &ignored) == VK_OK &&
			restart_state_read(valkey, now, &ignored) == VK_OK;

	valkey_free(valkey);
	if (!is_there) /* answers nothing yet; the deadline judges */
		*now = (struct restart_state){.is_replica = true, .is_link_down = true};
	return is_there &&
	       (!now->is_replica || (!now->is_loading && !now->is_link_down && !now->is_syncing &&
					    now->offset >= before->offset));
}

/* A link that was there before has to come back. A sync that takes longer is no fault. */
static enum vk_rc catch_up(struct restart *restart, const struct restart_state *before,
	int patience_ms, struct vk_err *err)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + patience_ms;
	int64_t told_ms = vk_clock_monotonic_ms();
	struct restart_state now;
	char text[RESTART_REASON_BYTES];

	while (!has_caught_up(restart, before, &now)) {
		if (vk_clock_monotonic_ms() >= deadline_ms) {
			if (now.is_loading || now.is_syncing || !now.is_link_down)
				return VK_OK;
			return vk_err_set(err, VK_EUNAVAIL,
				"after the restart: the link to the primary does not come back");
		}
		snprintf(text, sizeof(text),
			"the replica catches up: %" PRId64 " bytes of a sync, "
			"offset %" PRId64 " of %" PRId64,
			now.sync_left_bytes, now.offset, before->offset);
		tell_progress(restart, text, &told_ms);
		poll(NULL, 0, LOOK_STEP_MS);
	}
	return VK_OK;
}

static enum vk_rc pass_door(
	struct restart *restart, const struct restart_state *state, struct vk_err *err)
{
	bool is_changed = false;
	enum vk_rc rc = role_file_follow(restart->instance, state, &is_changed, err);

	if (rc != VK_OK)
		return rc;
	/* A failover may have had Valkey write its file anew, with the values that it has now. */
	rc = generation_mend(restart->instance, restart->bundle, err);
	if (rc != VK_OK)
		return rc;
	fault_point("pull.before-door");
	rc = door_restart(restart->instance, state->run_id, err);
	/* A door that could not even be tried has changed nothing. */
	restart->was_tried = rc != VK_EIO;
	if (rc == VK_OK && state->is_replica && !state->is_link_down)
		rc = catch_up(restart, state, restart->instance->restart_timeout_ms, err);
	return rc;
}

/* The next of the shard waits until this one has proven itself. */
static int64_t lease_seconds(const struct restart *restart)
{
	const struct instance *instance = restart->instance;

	return LEASE_MARGIN_S + restart->bundle->bake_s + FAILOVER_TIMEOUT_MS / 1000 +
	       3 * (int64_t)(instance->restart_timeout_ms / 1000);
}

/* Everything that may still hold it, with the lease in hand. */
static enum vk_rc prepare(struct restart *restart, struct valkey *valkey,
	struct restart_state *state, struct restart_plan *plan, struct vk_err *err)
{
	enum vk_rc rc = make_plan(restart, valkey, state, plan, err); /* others had the lease */

	if (rc == VK_OK && plan->way == RESTART_HOLD)
		return hold(restart, plan->reason);
	if (rc == VK_OK && plan->way == RESTART_BY_REPLICA)
		return wait_for_relief(restart);
	if (rc == VK_OK && plan->needs_save)
		rc = prove_save(restart, valkey, state, err);
	if (rc == VK_OK && !restart->is_held && plan->way != RESTART_IN_PLACE)
		rc = hand_over(restart, valkey, plan, state, err);
	return rc;
}

enum vk_rc restart_run(struct restart *restart, struct valkey *valkey, struct vk_err *err)
{
	const struct instance *instance = restart->instance;
	struct restart_state state;
	struct restart_plan plan;
	char reason[RESTART_REASON_BYTES];
	enum vk_rc rc = settle(restart, valkey, &state, &plan, err);

	if (rc != VK_OK)
		return rc;
	restart->is_turn_awaited = true;
	if (plan.way == RESTART_HOLD) {
		restart->is_turn_awaited = plan.is_passing;
		return hold(restart, plan.reason);
	}
	if (plan.way == RESTART_BY_REPLICA)
		return wait_for_relief(restart);
	if (!lease_take(instance, restart->bundle, lease_seconds(restart), reason, sizeof(reason)))
		return hold(restart, reason);
	restart->is_turn_awaited = false;
	restart->has_lease = true;
	rc = prepare(restart, valkey, &state, &plan, err);
	return rc == VK_OK && !restart->is_held ? pass_door(restart, &state, err) : rc;
}

void restart_begin_way_back(struct restart *restart, struct valkey *valkey)
{
	const struct instance *instance = restart->instance;
	struct vk_err ignored = VK_ERR_INIT;
	struct restart_state state;
	char reason[RESTART_REASON_BYTES] = "";
	bool is_changed;

	if (restart->bundle->group == NULL)
		return;
	restart->has_lease = lease_take(
		instance, restart->bundle, lease_seconds(restart), reason, sizeof(reason));
	vk_log(VK_LOG_INFO, "rollback-restart", VK_KV("instance", instance->name),
		VK_KV("lease", restart->has_lease ? "held" : "none"), VK_KV("reason", reason));
	/* Where its role cannot be kept it is the one of the file. */
	if (valkey != NULL && restart_state_read(valkey, &state, &ignored) == VK_OK &&
		role_file_follow(instance, &state, &is_changed, &ignored) != VK_OK)
		vk_log_err(VK_LOG_WARN, "role-not-kept", &ignored);
}

void restart_end_way_back(struct restart *restart)
{
	const struct restart_state before = {.is_replica = true};
	struct vk_err ignored = VK_ERR_INIT;

	if (restart->bundle->group != NULL &&
		catch_up(restart, &before, SETTLE_MS, &ignored) != VK_OK)
		vk_log(VK_LOG_INFO, "rollback-restart", VK_KV("instance", restart->instance->name),
			VK_KV("reason", ignored.msg));
}

enum vk_rc restart_look(struct restart *restart, struct valkey *valkey, struct vk_err *err)
{
	struct restart_state state;
	struct restart_plan plan;
	enum vk_rc rc = make_plan(restart, valkey, &state, &plan, err);

	if (rc == VK_OK && plan.way == RESTART_BY_REPLICA)
		return wait_for_relief(restart);
	if (rc != VK_OK || plan.way != RESTART_HOLD)
		return rc;
	restart->is_turn_awaited = plan.is_passing;
	return hold(restart, plan.reason);
}
