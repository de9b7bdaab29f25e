/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/converge.h"
#include "client/pull/difference.h"
#include "client/pull/door.h"
#include "client/pull/fill.h"
#include "client/pull/lease.h"
#include "client/pull/listeners.h"
#include "client/pull/presence.h"
#include "client/pull/restart.h"
#include "client/pull/restart_window.h"
#include "client/pull/secrets.h"
#include "client/pull/sentinel_file.h"
#include "client/pull/sentinel_live.h"
#include "client/pull/sentinel_values.h"
#include "client/pull/takeover.h"
#include "client/pull/tls_proof.h"
#include "common/clock.h"
#include "common/mem.h"

#include "common/banned.h"

/* A look at the running server: the connection, what it says, and how that differs. */
struct look {
	enum vk_rc rc; /* VK_EUNAVAIL: down; VK_EDENIED: up, but it does not let us in */
	struct valkey *valkey;
	struct live live;
	struct difference difference;
};

static void look_release(struct look *look)
{
	valkey_free(look->valkey);
	difference_release(&look->difference);
	live_release(&look->live);
}

static enum vk_rc read_all(struct look *look, const struct instance *instance, const char *current,
	const struct running_side *want, const struct running_side *other, struct vk_err *err)
{
	char schema[SENTINEL_SCHEMA_BYTES];
	const struct difference_rules rules = {
		.schema = sentinel_schema(want->bundle.bundle, schema),
		.formerly = other->is_known ? &other->expected.users : NULL,
		.bundle = want->bundle.bundle,
		.former = other->is_known ? other->bundle.bundle : NULL,
	};
	const struct live_query query = {.schema = rules.schema,
		.extra = (const char *const *)want->expected.extra,
		.mask_key = instance->agent_password};
	enum vk_rc rc = sentinel_live_read(instance, look->valkey, &query, &look->live, err);

	if (rc == VK_OK) {
		difference_make(&look->difference, &want->expected, &look->live, &rules);
		takeover_compare_files(instance, current, &look->difference);
	}
	return rc;
}

/* Connects and compares with the side that is wanted. */
static enum vk_rc look_at(struct look *look, const struct running *running,
	const struct running_side *want, const struct running_side *other, struct vk_err *err)
{
	memset(look, 0, sizeof(*look));
	live_init(&look->live);
	difference_init(&look->difference);
	look->rc = instance_connect(running->instance, &look->valkey, err);
	if (look->rc == VK_OK)
		look->rc = read_all(look, running->instance, running->current, want, other, err);
	return look->rc;
}

static void count_changes(struct running *running, const struct difference *difference)
{
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind == DIFFERENCE_USER)
			running->users_changed++;
		else if (item->cure == CURE_LIVE)
			running->values_changed++;
	}
}

static bool may_restart(const struct running *running, const struct running_side *side)
{
	return side->bundle.bundle->restart == VK_RESTART_ALLOWED &&
	       !running->instance->is_started_later;
}

static enum vk_rc read_back(
	struct running *running, const struct converge_options *options, struct vk_err *err)
{
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->next, &running->previous, err);

	if (rc == VK_OK)
		rc = converge_complain(&look.difference, true, options, err);
	look_release(&look);
	return rc;
}

/* converge_values() with the secrets of the wanted side, which are open as long as it lasts. */
static enum vk_rc set_values(struct running *running, struct look *look,
	const struct running_side *want, const struct converge_options *options, struct vk_err *err)
{
	struct converge_options with_secrets = *options;
	struct secrets *secrets = NULL;
	enum vk_rc rc = VK_OK;

	if (difference_has_secret(&look->difference))
		rc = secrets_open(running->instance, want->bundle.bundle, &secrets, err);
	with_secrets.secrets = secrets;
	if (rc == VK_OK)
		rc = sentinel_converge(running->instance, look->valkey, want->bundle.bundle,
			&look->difference, &want->expected, &with_secrets, err);
	secrets_free(secrets);
	return rc;
}

/* It runs and lets us in with nothing: nobody knows whose it is, and what a restart would lose. */
static bool is_stranger(const struct running *running, const struct look *look)
{
	const struct vk_bundle *bundle = running->next.bundle.bundle;

	return look->rc == VK_EDENIED && look->valkey == NULL && !running->was_restarted &&
	       !running->was_started && (bundle == NULL || !bundle->allows_data_loss);
}

static enum vk_rc refuse_stranger(struct vk_err *err)
{
	return vk_err_prefix(err, VK_EDENIED,
		"what runs is not restarted, because nobody can see what it would lose");
}

/* Live: values, then users. */
static enum vk_rc converge(struct running *running, struct look *look,
	const struct running_side *want, const struct running_side *other, struct vk_err *err)
{
	/* Where it changes it is loaded anyway, and tls-port may not be where TLS is served yet:
	 * what is there may never answer. */
	bool changes_tls = difference_has_tls(&look->difference);
	const struct converge_options options = {.scope = CONVERGE_ALL,
		.current = running->current,
		.reloads_tls = (other->is_known && generation_has_other_files(want->bundle.bundle,
							   other->bundle.bundle)) ||
			       (!changes_tls && tls_proof_is_stale(running->instance,
							&want->expected.values))};
	enum vk_rc rc = converge_agent(
		look->valkey, &look->difference, running->instance->agent_password, err);

	running->has_tls_changed = options.reloads_tls || changes_tls;
	if (rc == VK_OK)
		rc = set_values(running, look, want, &options, err);
	return rc == VK_OK ? converge_users(look->valkey, &look->difference, err) : rc;
}

/* Back to what a takeover has found, over this connection, which is taken. Secrets that were
 * somebody else's are not known here. */
static enum vk_rc restore_found(struct running *running, struct valkey *valkey, struct vk_err *err)
{
	const struct converge_options options = {
		.scope = CONVERGE_ALL, .current = running->current};
	char schema[SENTINEL_SCHEMA_BYTES];
	const struct difference_rules rules = {
		.schema = sentinel_schema(running->next.bundle.bundle, schema),
		.formerly = &running->next.expected.users};
	const struct live_query query = {
		.schema = rules.schema, .mask_key = running->instance->agent_password};
	struct look look = {.valkey = valkey};
	enum vk_rc rc;

	live_init(&look.live);
	difference_init(&look.difference);
	rc = sentinel_live_read(running->instance, look.valkey, &query, &look.live, err);
	if (rc == VK_OK) {
		difference_make(&look.difference, &running->found, &look.live, &rules);
		rc = sentinel_converge(running->instance, look.valkey, running->next.bundle.bundle,
			&look.difference, &running->found, &options, err);
	}
	if (rc == VK_OK)
		rc = converge_users(look.valkey, &look.difference, err);
	look_release(&look);
	return rc;
}

/* Over the connection that is left, where the agent gets in over no other: values, users and files
 * as they were. What was found in a takeover counts where nothing was installed before. */
static enum vk_rc put_back(struct running *running, struct look *look, struct vk_err *err)
{
	struct look back = {.valkey = look->valkey};
	enum vk_rc rc = VK_OK;

	if (!running->previous.is_known && !running->has_found)
		return vk_err_set(err, VK_EUNAVAIL, "nobody knows what there was before");
	look->valkey = NULL;
	if (!running->previous.is_known)
		return restore_found(running, back.valkey, err);
	live_init(&back.live);
	difference_init(&back.difference);
	if (running->was_switched) /* TLS files are read through it */
		rc = generation_switch(running->instance, running->previous_name, err);
	if (rc == VK_OK)
		rc = read_all(&back, running->instance, running->current, &running->previous,
			&running->next, err);
	if (rc == VK_OK)
		rc = converge(running, &back, &running->previous, &running->next, err);
	look_release(&back);
	return rc;
}

typedef enum vk_rc connect_function(
	const struct instance *instance, struct valkey **out, struct vk_err *err);

/* Once all is changed, and before the connection is given up over which it was: does the agent get
 * in over another one? Else the way back begins at once. rc: what became of the change. */
static enum vk_rc prove_return(struct running *running, struct look *look,
	connect_function *connect, enum vk_rc rc, struct vk_err *err)
{
	struct vk_err failure = VK_ERR_INIT, ignored = VK_ERR_INIT;
	struct valkey *second = NULL;

	if (connect(running->instance, &second, &failure) == VK_OK) {
		valkey_free(second);
		return rc;
	}
	/* It may just have died, which is not the release's fault. */
	if (put_back(running, look, &ignored) == VK_OK) {
		vk_err_prefix(&failure, VK_EINPUT, "the agent would not get in any more");
		failure.rc = VK_EINPUT;
	}
	if (rc == VK_OK)
		*err = failure;
	return err->rc;
}

/* What does not let us in is changed by a restart. It may not be its time. */
static enum vk_rc accept_closed(const struct running *running, struct vk_err *err)
{
	const struct vk_bundle *bundle = running->next.bundle.bundle;
	struct restart_window window;

	restart_window_look(bundle, vk_clock_now(), &window);
	if (!may_restart(running, &running->next) || window.is_open)
		return VK_OK;
	return vk_err_set(
		err, VK_EUNAVAIL, "only a restart could bring the release: %s", window.reason);
}

enum vk_rc running_accept(struct running *running, struct vk_err *err)
{
	struct converge_options options = {
		.scope = CONVERGE_BEFORE_SWITCH, .current = running->current};
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->next, &running->previous, err);
	bool is_set = false;

	options.keeps_listeners = listeners_judge(&look.difference) != LISTENERS_ANY;
	if (is_stranger(running, &look)) {
		rc = refuse_stranger(err);
	} else if (rc == VK_EDENIED) {
		rc = accept_closed(running, err);
	} else if (rc == VK_EUNAVAIL && presence_is_down(running->instance)) {
		rc = VK_OK; /* nothing runs, or nothing that we may change: the files decide */
	} else if (rc == VK_OK &&
		   takeover_check(running->instance, &look.difference, err) != VK_OK) {
		rc = err->rc;
	} else if (rc == VK_OK && running->previous.is_known) {
		count_changes(running, &look.difference);
		rc = set_values(running, &look, &running->next, &options, err);
		rc = prove_return(running, &look, instance_connect, rc, err);
		is_set = rc == VK_OK;
	}
	look_release(&look);
	return is_set ? read_back(running, &options, err) : rc;
}

static enum vk_rc restart(struct running *running, struct look *look, struct vk_err *err)
{
	bool was_up = look->rc != VK_EUNAVAIL;
	bool was_tried = running->was_restarted || running->was_started;
	enum vk_rc rc;

	/* What does not answer may hold data that is nowhere else. */
	if (!was_up && !was_tried && !presence_is_down(running->instance))
		return VK_EUNAVAIL; /* err has what the look has said */
	if (is_stranger(running, look))
		return refuse_stranger(err);
	valkey_free(look->valkey);
	look->valkey = NULL;
	rc = door_restart(running->instance, look->live.run_id, err);
	/* A door that could not even be tried has changed nothing. */
	if (rc != VK_EIO) {
		running->was_restarted = running->was_restarted || was_up;
		running->was_started = running->was_started || !was_up;
	}
	return rc;
}

static void keep_reason(struct running *running, const char *reason)
{
	running->is_restart_pending = true;
	snprintf(running->held, sizeof(running->held), "%s", reason);
}

static bool is_window_open(struct running *running)
{
	struct restart_window window;

	restart_window_look(running->next.bundle.bundle, vk_clock_now(), &window);
	if (!window.is_open)
		keep_reason(running, window.reason);
	return window.is_open;
}

/* A Sentinel has no data, and no role to give away. */
static bool has_data(const struct running *running)
{
	return running->next.bundle.bundle->kind != VK_KIND_SENTINEL;
}

static enum vk_rc restart_or_hold(struct running *running, struct look *look, struct vk_err *err)
{
	struct restart action = {.instance = running->instance,
		.bundle = running->next.bundle.bundle,
		.difference = &look->difference};
	struct vk_err ignored = VK_ERR_INIT;
	enum vk_rc rc;

	if (!has_data(running))
		return restart(running, look, err);
	if (takeover_check(running->instance, &look->difference, &ignored) != VK_OK) {
		snprintf(action.reason, sizeof(action.reason), "%.300s", ignored.msg);
		keep_reason(running, action.reason);
		return VK_OK;
	}
	rc = restart_run(&action, look->valkey, err);
	running->has_lease = running->has_lease || action.has_lease;
	running->was_restarted = running->was_restarted || action.was_tried;
	running->is_turn_awaited = rc == VK_OK && action.is_turn_awaited;
	if (rc == VK_OK && action.is_held)
		keep_reason(running, action.reason);
	else
		running->is_restart_pending = false;
	return rc;
}

/* All that can change live, first: how the server keeps its data, too, so that what the restart
 * reads has been written by then. */
static enum vk_rc apply_live(struct running *running, struct look *look, struct vk_err *err)
{
	enum vk_rc rc;

	running->is_restart_pending = difference_count(&look->difference, CURE_MOVE) > 0;
	if (running->values_changed == 0)
		count_changes(running, &look->difference);
	rc = converge(running, look, &running->next, &running->previous, err);
	rc = prove_return(running, look, instance_connect_as_agent, rc, err);
	if (rc != VK_OK || difference_count(&look->difference, CURE_RESTART) == 0)
		return rc;
	if (may_restart(running, &running->next))
		return is_window_open(running) ? restart_or_hold(running, look, err) : VK_OK;
	if (running->next.bundle.bundle->restart == VK_RESTART_NEVER)
		keep_reason(running, "the role says restart: never");
	running->is_restart_pending = true;
	return VK_OK;
}

enum vk_rc running_look_at_restart(struct running *running, bool *is_due, struct vk_err *err)
{
	struct restart action = {
		.instance = running->instance, .bundle = running->next.bundle.bundle};
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->next, &running->previous, err);

	*is_due = false;
	action.difference = &look.difference;
	if (rc == VK_OK && difference_count(&look.difference, CURE_RESTART) > 0) {
		if (!may_restart(running, &running->next))
			keep_reason(running, "the role says restart: never");
		else if (is_window_open(running) && has_data(running))
			rc = restart_look(&action, look.valkey, err);
		running->is_turn_awaited = rc == VK_OK && action.is_turn_awaited;
		if (rc == VK_OK && action.is_held)
			keep_reason(running, action.reason);
		*is_due = rc == VK_OK && running->held[0] == '\0';
	}
	look_release(&look);
	return rc;
}

void running_end(struct running *running)
{
	if (running->has_lease)
		lease_give_back(running->instance);
	running->has_lease = false;
}

/* For the way back from a takeover. */
static void keep_found(struct running *running, const struct live *live)
{
	expected_release(&running->found);
	for (size_t i = 0; i < live->values.count; i++)
		values_add(&running->found.values, live->values.items[i].name,
			live->values.items[i].text);
	for (size_t i = 0; i < live->users.count; i++)
		users_add(&running->found.users, live->users.items[i].name,
			live->users.items[i].rules);
	running->has_found = true;
}

enum vk_rc running_apply(struct running *running, struct vk_err *err)
{
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->next, &running->previous, err);

	running->was_switched = true;
	if (rc == VK_OK && !running->previous.is_known && !running->has_found)
		keep_found(running, &look.live);
	if (rc == VK_OK)
		rc = sentinel_file_adopt(running->instance, &look.live, err);
	if (rc == VK_OK)
		rc = apply_live(running, &look, err);
	else if (rc == VK_EUNAVAIL && running->instance->is_started_later)
		rc = sentinel_file_prepare(running->instance, "", err);
	else if (rc == VK_EUNAVAIL || (rc == VK_EDENIED && may_restart(running, &running->next)))
		rc = restart(running, &look, err);
	look_release(&look);
	return rc;
}

static void put_health(struct outcome *outcome, const struct look *look)
{
	if (look->rc == VK_EDENIED)
		outcome->health = "degraded";
	if (look->rc != VK_OK)
		return;
	outcome->health = live_health(&look->live);
	memcpy(outcome->valkey, look->live.version, sizeof(outcome->valkey));
}

/* What is in files that somebody else replaces, too, is judged only where this install loads it. */
enum vk_rc running_prove_tls(const struct running *running, struct vk_err *err)
{
	const struct values *values = &running->next.expected.values;

	return running->has_tls_changed || tls_proof_is_ours(running->instance, values)
		       ? tls_proof_check(running->instance, values, err)
		       : VK_OK;
}

enum vk_rc running_verify(struct running *running, struct outcome *outcome, struct vk_err *err)
{
	struct valkey *agent = NULL;
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->next, &running->previous, err);

	put_health(outcome, &look);
	tls_expiry_look(&running->next.expected.values, &outcome->tls);
	if (rc == VK_EUNAVAIL && running->instance->is_started_later) {
		look_release(&look);
		return VK_OK; /* the preflight has judged the files, and nothing else is there */
	}
	if (rc == VK_OK)
		takeover_tell(running->instance, &look.difference, &look.live, outcome);
	if (rc == VK_OK)
		rc = converge_complain(&look.difference, running->is_restart_pending, NULL, err);
	if (rc == VK_OK)
		rc = running_prove_tls(running, err);
	if (rc == VK_OK)
		rc = instance_connect_as_agent(running->instance, &agent, err);
	valkey_free(agent);
	look_release(&look);
	return rc;
}

static enum vk_rc restart_back(struct running *running, struct look *look, struct vk_err *err)
{
	struct restart action = {
		.instance = running->instance, .bundle = running->previous.bundle.bundle};
	bool is_member = action.bundle->kind == VK_KIND_VALKEY;
	enum vk_rc rc;

	if (is_member)
		restart_begin_way_back(&action, look->valkey);
	running->has_lease = running->has_lease || action.has_lease;
	rc = restart(running, look, err);
	if (is_member && rc == VK_OK)
		restart_end_way_back(&action);
	return rc;
}

/* Brings what runs to the previous generation. A restart that was tried may have left anything,
 * even a server that is just ending: then only another restart is certain. */
static enum vk_rc restore_known(struct running *running, struct vk_err *err)
{
	bool was_tried = running->was_restarted || running->was_started;
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->previous, &running->next, err);

	if (is_stranger(running, &look) && !running->was_switched)
		rc = VK_OK; /* and was not changed */
	else if (was_tried || rc == VK_EUNAVAIL || rc == VK_EDENIED)
		rc = restart_back(running, &look, err);
	else if (rc == VK_OK)
		rc = converge(running, &look, &running->previous, &running->next, err);
	look_release(&look);
	return rc;
}

static enum vk_rc verify_restored(
	struct running *running, struct outcome *outcome, struct vk_err *err)
{
	struct look look;
	enum vk_rc rc = look_at(&look, running, &running->previous, &running->next, err);

	put_health(outcome, &look);
	if (rc == VK_OK)
		rc = converge_complain(&look.difference, !running->was_restarted, NULL, err);
	else if (is_stranger(running, &look) && !running->was_switched)
		rc = VK_OK; /* it was not changed */
	look_release(&look);
	return rc;
}

enum vk_rc running_restore(struct running *running, struct outcome *outcome, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	struct vk_err ignored = VK_ERR_INIT;
	struct look look = {.rc = VK_OK};
	enum vk_rc rc;

	if (running->previous.is_known) {
		rc = restore_known(running, err);
		/* A door that fails although the right thing runs is no reason to go on. */
		if (rc == VK_OK || rc == VK_EUNAVAIL)
			rc = verify_restored(running, outcome, err);
		return rc;
	}
	if (running->has_found && !running->was_restarted && running->next.is_known &&
		instance_connect(running->instance, &valkey, err) == VK_OK &&
		restore_found(running, valkey, err) != VK_OK && err->rc != VK_EUNAVAIL)
		return err->rc;
	valkey = NULL;
	live_init(&look.live);
	if (running->was_restarted && running->was_switched &&
		door_restart(running->instance, "", &ignored) != VK_OK)
		outcome->health =
			"down"; /* it was not ours: its own service has to be looked after */
	look.rc = instance_connect(running->instance, &valkey, &ignored);
	if (look.rc == VK_OK)
		look.rc = live_read_info(valkey, &look.live, &ignored);
	put_health(outcome, &look);
	live_release(&look.live);
	valkey_free(valkey);
	return VK_OK;
}
