/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/restart_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/banned.h"

__attribute__((format(printf, 2, 3))) static bool hold(
	struct restart_plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(plan->reason, sizeof(plan->reason), format, args);
	va_end(args);
	plan->way = RESTART_HOLD;
	return true;
}

/* What is over after a while. */
static bool hold_for_now(const struct restart_state *state, struct restart_plan *plan)
{
	plan->is_passing = true;
	if (state->is_loading)
		return hold(plan, "the data set is being loaded (%" PRId64 " %%)",
			state->loaded_percent);
	if (state->is_syncing)
		return hold(plan, "a full sync from the primary is running");
	if (state->is_failing_over)
		return hold(plan, "a failover is running");
	for (size_t i = 0; i < state->replica_count; i++) {
		if (!state->replicas[i].is_online)
			return hold(plan, "a full sync of replica %s:%" PRId64 " is running",
				state->replicas[i].address, state->replicas[i].port);
	}
	if (state->is_saving)
		return hold(plan, "a BGSAVE is running");
	if (state->is_rewriting)
		return hold(plan, "the AOF is being rewritten");
	plan->is_passing = false;
	if (state->is_migrating)
		return hold(plan, "slots are migrating, or CLUSTER NODES cannot be read");
	return false;
}

static bool hold_for_failure(const struct restart_state *state, struct restart_plan *plan)
{
	if (state->is_save_failed && state->is_saved_at_stop)
		return hold(plan, "the last save failed");
	if (state->is_append_failed && state->has_append)
		return hold(plan, "the last write of the AOF failed");
	return false;
}

static bool is_persisted(const struct restart_state *state)
{
	return state->has_append || state->is_saved_at_stop;
}

/* A restart with another name of the file would begin without the data. */
static const char *renamed_data(
	const struct restart_state *state, const struct difference *difference)
{
	for (size_t i = 0; difference != NULL && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];
		bool is_of_append = strcmp(item->name, "appendfilename") == 0 ||
				    strcmp(item->name, "appenddirname") == 0;
		bool is_of_rdb = strcmp(item->name, "dbfilename") == 0;

		if (item->kind != DIFFERENCE_VALUE || item->cure != CURE_RESTART)
			continue;
		if (strcmp(item->name, "dir") == 0 ||
			(state->has_append ? is_of_append : is_of_rdb))
			return item->name;
	}
	return NULL;
}

/* The restarted process is alone with what it finds on its disk. */
static bool hold_for_data(const struct restart_state *state, const struct vk_bundle *bundle,
	const struct difference *difference, struct restart_plan *plan)
{
	const char *name = renamed_data(state, difference);

	if (!state->has_keys || bundle->allows_data_loss)
		return false;
	if (!is_persisted(state))
		return hold(plan,
			"its data stands in memory only%s; to lose it, the role would have to say "
			"allow-data-loss: true",
			state->replica_count > 0 ? ", and its replicas would become as empty" : "");
	if (name != NULL)
		return hold(plan,
			"%s changes: it would start without its data; to lose it, the role would "
			"have to say allow-data-loss: true",
			name);
	return false;
}

static void plan_replica(const struct restart_state *state, const struct vk_bundle *bundle,
	struct restart_plan *plan)
{
	if (state->is_link_down && state->has_keys && !is_persisted(state) &&
		!bundle->allows_data_loss) {
		hold(plan, "the link to its primary is down, and its data stands in memory only: "
			   "it may be the last copy");
		return;
	}
	plan->way = RESTART_IN_PLACE;
}

static bool is_member(const struct vk_bundle_group *group, const struct restart_replica *replica)
{
	for (size_t i = 0; i < group->member_count; i++) {
		const struct vk_bundle_member *member = &group->members[i];

		if (replica->port == member->port || replica->port == member->tls_port)
			return true;
	}
	return false;
}

/* The one that has come furthest. Addresses may be names to the tree and numbers to the server, so
 * that a replica is known by its port; the server knows no other ones than its own. */
static const struct restart_replica *choose(
	const struct restart_state *state, const struct vk_bundle_group *group)
{
	const struct restart_replica *best = NULL;

	for (size_t i = 0; i < state->replica_count; i++) {
		const struct restart_replica *replica = &state->replicas[i];

		if (is_member(group, replica) && (best == NULL || replica->offset > best->offset))
			best = replica;
	}
	return best;
}

/* True where somebody else takes over, or has to. */
static bool plan_failover(const struct restart_state *state, const struct vk_bundle *bundle,
	struct restart_plan *plan)
{
	const struct vk_bundle_group *group = bundle->group;

	if (state->replica_count == 0)
		return false;
	if (state->is_cluster && state->is_failed_over_at_stop)
		return false;
	if (state->is_cluster && group == NULL)
		return hold(plan, "it is a primary and waits for a failover: CLUSTER FAILOVER on "
				  "one of its replicas");
	if (group == NULL)
		return false;
	if (state->is_cluster) {
		plan->way = RESTART_BY_REPLICA;
		return true;
	}
	if (group->sentinel_count > 0) {
		plan->way = RESTART_BY_SENTINEL;
		return true;
	}
	plan->target = choose(state, group);
	if (plan->target == NULL)
		return false;
	plan->way = RESTART_AFTER_FAILOVER;
	return true;
}

void restart_plan_make(const struct restart_state *state, const struct vk_bundle *bundle,
	const struct difference *difference, struct restart_plan *out)
{
	memset(out, 0, sizeof(*out));
	if (hold_for_now(state, out) || hold_for_failure(state, out))
		return;
	if (state->is_replica) {
		plan_replica(state, bundle, out);
		return;
	}
	if (plan_failover(state, bundle, out) || hold_for_data(state, bundle, difference, out))
		return;
	out->way = RESTART_IN_PLACE;
	out->needs_save = state->is_saved_at_stop && !state->has_append && state->unsaved > 0;
}
