/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/door.h"
#include "client/pull/fill.h"
#include "client/pull/journal.h"
#include "client/pull/observe.h"
#include "client/pull/plan_items.h"
#include "client/pull/presence.h"
#include "client/pull/restart_window.h"
#include "client/pull/secrets.h"
#include "client/pull/sentinel_live.h"
#include "client/pull/sentinel_values.h"
#include "client/pull/takeover.h"
#include "client/pull/update.h"
#include "client/pull/usage.h"
#include "client/pull/wipe.h"
#include "common/clock.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

#define PLAN_DIRECTORY "plan" /* below STATE */

/* One instance: what is installed, what is wanted, what runs. */
struct plan {
	struct agent *agent;
	const struct instance *instance;
	struct observed staged; /* the wanted bundle is written there */
	char installed_name[GENERATION_NAME_BYTES];
	struct generation_bundle installed; /* bundle NULL: nothing is, or it is damaged */
	struct expected before;
	const struct generation_bundle *wanted; /* NULL: what is installed */
	struct expected after;
	struct vkjson *json;
};

static const struct generation_bundle *target(const struct plan *plan)
{
	return plan->wanted != NULL ? plan->wanted : &plan->installed;
}

static void tell(struct plan *plan, const char *state, const char *reason)
{
	vkjson_set(plan->json, "state", vkjson_string(state));
	if (reason != NULL && reason[0] != '\0')
		vkjson_set(plan->json, "reason", vkjson_string(reason));
}

/* ---- both sides ---- */

static void read_installed(struct plan *plan)
{
	struct vk_err ignored = VK_ERR_INIT;

	if (generation_current(plan->instance, plan->installed_name, &ignored) != VK_OK ||
		plan->installed_name[0] == '\0' ||
		generation_read_bundle(
			plan->instance, plan->installed_name, &plan->installed, &ignored) != VK_OK)
		return;
	vkjson_set(plan->json, "installed", vkjson_int(generation_release(plan->installed_name)));
	if (expected_read(plan->instance, plan->installed_name, &plan->before, &ignored) != VK_OK)
		generation_bundle_release(&plan->installed);
}

static enum vk_rc stage(struct plan *plan, int64_t release, struct vk_err *err)
{
	const struct instance *instance = &plan->staged.instance;
	char name[GENERATION_NAME_BYTES];
	char *scratch = xasprintf("%s/" PLAN_DIRECTORY "/.scratch", instance->state);
	const struct source source = agent_source(plan->agent);
	enum vk_rc rc = secrets_fetch(plan->instance, plan->wanted->bundle, &source, err);

	if (rc == VK_OK)
		rc = observe_stage(&plan->staged, scratch, release, plan->wanted, err);
	if (rc == VK_OK)
		rc = generation_current(instance, name, err);
	if (rc == VK_OK)
		rc = expected_read(instance, name, &plan->after, err);
	free(scratch);
	return rc;
}

static enum vk_rc read_live(struct plan *plan, struct valkey *valkey, const char *schema,
	struct live *live, struct difference *difference, struct vk_err *err)
{
	const struct instance *instance = plan->instance;
	const struct expected *want = plan->wanted != NULL ? &plan->after : &plan->before;
	const struct difference_rules rules = {.schema = schema,
		.formerly = plan->installed.bundle != NULL ? &plan->before.users : NULL,
		.bundle = target(plan)->bundle,
		.former = plan->installed.bundle};
	const struct live_query query = {.schema = schema,
		.extra = (const char *const *)want->extra,
		.mask_key = instance->agent_password};
	enum vk_rc rc = sentinel_live_read(instance, valkey, &query, live, err);
	char *files = plan->wanted != NULL ? fill_current_path(&plan->staged.instance)
					   : fill_current_path(instance);

	if (rc == VK_OK) {
		difference_make(difference, want, live, &rules);
		takeover_compare_files(instance, files, difference);
		rc = takeover_check(instance, difference, err);
	}
	free(files);
	return rc;
}

/* ---- what comes of it ---- */

/* Adds the windows; what the restart waits for where none is open. */
static void add_windows(
	const struct vk_bundle *bundle, struct vkjson *restart, struct restart_window *window)
{
	struct vkjson *list;

	restart_window_look(bundle, vk_clock_now(), window);
	if (bundle->window_count == 0)
		return;
	list = vkjson_array();
	for (size_t i = 0; i < bundle->window_count; i++)
		vkjson_append(list, vkjson_string(bundle->windows[i]));
	vkjson_set(restart, "windows", list);
	if (window->opens != 0)
		vkjson_set(restart, "opens", vkjson_time(window->opens));
}

/* Why it waits, whatever else there is: NULL where it does not. */
static const char *standing_reason(const struct plan *plan, const struct vk_bundle *bundle)
{
	if (bundle->restart == VK_RESTART_NEVER)
		return "the role says restart: never";
	if (plan->instance->is_started_later)
		return "whoever starts the agent starts Valkey";
	return door_is_there(plan->instance) ? NULL : "pull.yaml names no door";
}

static void add_failover(const struct restart_plan *how, struct vkjson *restart)
{
	char *to;

	if (how->way != RESTART_AFTER_FAILOVER)
		return;
	to = xasprintf("%s:%lld", how->target->address, (long long)how->target->port);
	vkjson_set(restart, "failover_to", vkjson_string(to));
	free(to);
}

/* {"way":"in-place|after-failover|waits","reason","failover_to","windows","opens","seconds","how"}
 */
static enum vk_rc add_restart(struct plan *plan, struct valkey *valkey,
	const struct difference *difference, const struct usage *usage, struct vk_err *err)
{
	static const char *const ways[] = {[RESTART_HOLD] = "waits",
		[RESTART_IN_PLACE] = "in-place",
		[RESTART_AFTER_FAILOVER] = "after-failover",
		[RESTART_BY_SENTINEL] = "after-failover",
		[RESTART_BY_REPLICA] = "after-failover"};
	const struct vk_bundle *bundle = target(plan)->bundle;
	const char *reason = standing_reason(plan, bundle);
	struct restart_plan how = {.way = RESTART_IN_PLACE};
	struct restart_state state = {.is_replica = false};
	struct restart_window window;
	char estimate[USAGE_HOW_BYTES];
	struct vkjson *restart;
	enum vk_rc rc = VK_OK;

	if (bundle->kind != VK_KIND_SENTINEL) {
		rc = restart_state_read(valkey, &state, err);
		if (rc == VK_OK)
			restart_plan_make(&state, bundle, difference, &how);
	}
	if (rc != VK_OK)
		return rc;
	restart = vkjson_object();
	add_windows(bundle, restart, &window);
	if (reason == NULL && !window.is_open)
		reason = window.reason;
	if (reason == NULL && how.way == RESTART_HOLD)
		reason = how.reason;
	add_failover(&how, restart);
	vkjson_set(
		restart, "way", vkjson_string(reason != NULL ? ways[RESTART_HOLD] : ways[how.way]));
	if (reason != NULL)
		vkjson_set(restart, "reason", vkjson_string(reason));
	vkjson_set(restart, "seconds",
		vkjson_int(usage_restart_seconds(usage, &state, estimate, sizeof(estimate))));
	vkjson_set(restart, "how", vkjson_string(estimate));
	vkjson_set(plan->json, "restart", restart);
	return VK_OK;
}

static void add_valkey(struct plan *plan, const struct live *live, const struct usage *usage)
{
	vkjson_set(plan->json, "valkey", vkjson_string(live->version));
	vkjson_set(plan->json, "role",
		vkjson_string(strcmp(live->role, "slave") == 0	  ? "replica"
			      : strcmp(live->role, "master") == 0 ? "primary"
								  : live->role));
	vkjson_set(plan->json, "known", vkjson_bool(cfg_version_is_known(live->version)));
	vkjson_set(plan->json, "clients", vkjson_int(usage->clients));
	vkjson_set(plan->json, "memory_bytes", vkjson_int(usage->memory_bytes));
}

static enum vk_rc add_changes(struct plan *plan, struct valkey *valkey, const char *schema,
	const struct difference *difference, const struct usage *usage, struct vk_err *err)
{
	const struct vk_bundle *bundle = target(plan)->bundle;
	struct vkjson *items =
		plan_items_of_values(difference, schema, bundle->restart == VK_RESTART_ALLOWED);
	bool is_restart = difference_count(difference, CURE_RESTART) > 0;
	bool was_installed = plan->installed.bundle != NULL;
	enum vk_rc rc = VK_OK;

	if (plan->wanted != NULL)
		rc = plan_items_add_bundles(
			items, was_installed ? &plan->installed : NULL, plan->wanted, err);
	if (rc == VK_OK && is_restart)
		rc = add_restart(plan, valkey, difference, usage, err);
	vkjson_set(plan->json, "closes", plan_items_closed(difference));
	vkjson_set(plan->json, "changes", vkjson_ref(items));
	tell(plan,
		plan->wanted != NULL ? "install"
		: is_restart	     ? "pending-restart"
				     : "unchanged",
		NULL);
	vkjson_free(items);
	return rc;
}

static enum vk_rc compare_running(struct plan *plan, struct valkey *valkey, struct vk_err *err)
{
	char schema[SENTINEL_SCHEMA_BYTES];
	struct difference difference;
	struct usage usage;
	struct live live;
	enum vk_rc rc = usage_read(valkey, &usage, err);

	live_init(&live);
	difference_init(&difference);
	if (rc == VK_OK)
		rc = read_live(plan, valkey, sentinel_schema(target(plan)->bundle, schema), &live,
			&difference, err);
	if (rc == VK_OK) {
		add_valkey(plan, &live, &usage);
		rc = add_changes(plan, valkey, schema, &difference, &usage, err);
	}
	difference_release(&difference);
	live_release(&live);
	return rc;
}

static enum vk_rc compare(struct plan *plan, struct vk_err *err)
{
	struct valkey *valkey = NULL;
	enum vk_rc rc = instance_connect(plan->instance, &valkey, err);

	if (rc == VK_OK)
		rc = compare_running(plan, valkey, err);
	else if (rc == VK_EUNAVAIL && presence_is_down(plan->instance)) {
		*err = (struct vk_err)VK_ERR_INIT;
		rc = VK_OK;
		tell(plan, plan->wanted == NULL ? "unchanged" : "install",
			"Valkey is down: it is started");
	}
	valkey_free(valkey);
	return rc;
}

/* ---- one instance ---- */

static const struct generation_bundle *find_wanted(
	const struct update *update, const struct instance *instance)
{
	for (size_t i = 0; i < update->count; i++) {
		if (update->bundles[i].instance == instance)
			return &update->bundles[i].bundle;
	}
	return NULL;
}

static bool has_failed(const struct plan *plan, int64_t release, struct failed *out)
{
	struct vk_err ignored = VK_ERR_INIT;

	return failed_read(plan->instance, out, &ignored) == VK_OK && out->release == release &&
	       strcmp(out->digest, plan->wanted->digest) == 0;
}

static enum vk_rc look(struct plan *plan, const struct update *update, struct vk_err *err)
{
	struct failed failed;
	enum vk_rc rc;

	read_installed(plan);
	plan->wanted = find_wanted(update, plan->instance);
	if (plan->wanted == NULL) {
		tell(plan, "unchanged", "it is not part of the release");
		return VK_OK;
	}
	if (plan->installed.bundle != NULL &&
		strcmp(plan->wanted->digest, plan->installed.digest) == 0)
		plan->wanted = NULL;
	if (plan->wanted != NULL && has_failed(plan, update->desired.release, &failed)) {
		tell(plan, "refused", failed.error);
		return VK_OK;
	}
	if (plan->instance->silence != NULL)
		return vk_err_set(err, VK_EUNAVAIL, "Valkey %s", plan->instance->silence);
	if (plan->wanted == NULL)
		return compare(plan, err);
	rc = stage(plan, update->desired.release, err);
	return rc == VK_OK ? compare(plan, err) : rc;
}

static struct vkjson *plan_instance(
	struct agent *agent, const struct update *update, const struct instance *instance)
{
	struct plan plan = {.agent = agent, .instance = instance, .json = vkjson_object()};
	struct vk_err err = VK_ERR_INIT;

	observed_init(&plan.staged, instance);
	free(plan.staged.staging);
	plan.staged.staging =
		xasprintf("%s/" PLAN_DIRECTORY "/%s", instance->state, instance->name);
	plan.staged.instance.staging = plan.staged.staging;
	expected_init(&plan.before);
	expected_init(&plan.after);
	vkjson_set(plan.json, "instance", vkjson_string(instance->name));
	plan_forget(instance->state); /* of one that was cut short */
	if (look(&plan, update, &err) != VK_OK)
		tell(&plan, err.rc == VK_EINPUT || err.rc == VK_ELIMIT ? "refused" : "failed",
			err.msg);
	plan_forget(instance->state);
	expected_release(&plan.before);
	expected_release(&plan.after);
	generation_bundle_release(&plan.installed);
	observed_release(&plan.staged);
	return plan.json;
}

void plan_forget(const char *state)
{
	char *path = xasprintf("%s/" PLAN_DIRECTORY, state);
	struct vk_err err = VK_ERR_INIT;

	if (access(path, F_OK) == 0 && wipe_tree(path, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "staging-left", &err);
	free(path);
}

/* ---- the host ---- */

static struct vkjson *plan_host(struct agent *agent, struct update *update, bool *is_empty)
{
	struct pull_settings *settings = agent->settings;
	struct vkjson *json = vkjson_object();
	struct vkjson *list = vkjson_array();

	vkjson_set(json, "fleet", vkjson_string(agent->pins.fleet));
	vkjson_set(json, "host", vkjson_string(agent->pins.host));
	vkjson_set(json, "environment", vkjson_string(agent->pins.environment));
	vkjson_set(json, "release", vkjson_int(update->desired.release));
	vkjson_set(json, "timestamp_expires", vkjson_time(update->desired.timestamp_expires));
	presence_look(settings->instances, settings->count);
	*is_empty = true;
	for (size_t i = 0; i < settings->count; i++) {
		struct vkjson *one = plan_instance(agent, update, &settings->instances[i]);

		*is_empty = *is_empty &&
			    strcmp(vkjson_text(vkjson_get(one, "state")), "unchanged") == 0;
		vkjson_append(list, one);
	}
	vkjson_set(json, "instances", list);
	return json;
}

enum vk_rc plan_show(
	struct agent *agent, bool is_json, struct vk_buf *out, bool *is_empty, struct vk_err *err)
{
	struct vkjson *json;
	struct update update;
	enum vk_rc rc = update_init(&update, agent->settings, &agent->pins, err);

	if (rc == VK_OK) {
		update.source = agent_source(agent);
		update.desired.etag[0] = '\0'; /* with all bundles, also those that are known */
		rc = update_poll(&update, 0, err);
	}
	if (rc == VK_OK) {
		json = plan_host(agent, &update, is_empty);
		if (is_json)
			vkjson_format(json, true, out);
		else
			plan_print(json, out);
		vkjson_free(json);
		rc = vk_buf_check(out, "plan", err);
	}
	update_release(&update);
	return rc;
}
