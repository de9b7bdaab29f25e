/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/fleet_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/diff_memo.h"
#include "client/admin/difference_part.h"
#include "client/admin/gate.h"
#include "client/admin/grouping.h"
#include "client/admin/session.h"
#include "common/bundle.h"
#include "common/config/diff.h"
#include "common/config/directive.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	TARGET_MAX_BYTES = 256,
	MAX_RELEASES = 16, /* that run at the same time */
	WORD_BYTES = VK_NAME_BYTES + 24,
};

/* What a host has said of an instance. */
struct reported {
	char *id;
	const struct vkjson *instance; /* of plan->hosts */
};

/* A release that hosts run. */
struct running_release {
	int64_t number;
	char word[WORD_BYTES];
	struct diff_side side;
	const struct cfg_rendered *rendered; /* borrowed from side */
};

struct fleet_plan {
	const struct cli *cli;
	const char *environment;
	const struct cfg_rendered *after;
	struct vkjson *hosts;
	struct reported *reports; /* sorted by id */
	size_t report_count;
	struct running_release releases[MAX_RELEASES];
	size_t release_count;
	struct grouping *grouping;
	struct diff_memo memo;
	struct vkjson *instances;
	int64_t unreported, restarts, forbidden;
};

/* ---- what hosts have reported ---- */

static int compare_reports(const void *a, const void *b)
{
	return strcmp(((const struct reported *)a)->id, ((const struct reported *)b)->id);
}

static void index_reports(struct fleet_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < vkjson_count(plan->hosts); i++)
		count += vkjson_count(vkjson_get(vkjson_at(plan->hosts, i), "instances"));
	plan->reports = xcalloc(count + 1, sizeof(*plan->reports));
	for (size_t i = 0; i < vkjson_count(plan->hosts); i++) {
		const struct vkjson *host = vkjson_at(plan->hosts, i);
		const struct vkjson *list = vkjson_get(host, "instances");
		const char *name = vkjson_text(vkjson_get(host, "name"));

		for (size_t k = 0; name != NULL && k < vkjson_count(list); k++) {
			const struct vkjson *one = vkjson_at(list, k);
			const char *instance = vkjson_text(vkjson_get(one, "name"));

			if (instance == NULL)
				continue;
			plan->reports[plan->report_count++] = (struct reported){
				.id = xasprintf("%s/%s", name, instance), .instance = one};
		}
	}
	qsort(plan->reports, plan->report_count, sizeof(*plan->reports), compare_reports);
}

static enum vk_rc fetch_reports(struct fleet_plan *plan, struct vk_err *err)
{
	struct session *session = NULL;
	struct vk_buf target;
	enum vk_rc rc = session_open(plan->cli, &session, err);

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/hosts");
	session_add_query(&target, "environment", plan->environment);
	if (rc == VK_OK)
		rc = vk_buf_check(&target, "the request", err);
	if (rc == VK_OK)
		rc = session_list(session, target.data, SESSION_LIST_MAX_ITEMS, &plan->hosts, err);
	if (rc == VK_OK)
		index_reports(plan);
	vk_buf_release(&target);
	session_free(session);
	return rc;
}

static const struct vkjson *find_report(const struct fleet_plan *plan, const char *id)
{
	const struct reported key = {.id = xstrdup(id)};
	const struct reported *found = plan->report_count == 0
					       ? NULL
					       : bsearch(&key, plan->reports, plan->report_count,
							 sizeof(key), compare_reports);

	free(key.id);
	return found != NULL ? found->instance : NULL;
}

/* ---- releases that run ---- */

static enum vk_rc load_release(
	struct fleet_plan *plan, struct running_release *release, struct vk_err *err)
{
	enum vk_rc rc;

	snprintf(release->word, sizeof(release->word), "%s/%" PRId64, plan->environment,
		release->number);
	diff_side_init(&release->side);
	rc = diff_side_parse(release->word, &release->side, err);
	if (rc == VK_OK)
		rc = diff_side_load(plan->cli, &release->side, err);
	if (rc == VK_OK)
		rc = diff_side_render(&release->side, plan->environment, &release->rendered, err);
	return rc;
}

/* NULL for number 0: nothing runs yet. */
static enum vk_rc find_release(struct fleet_plan *plan, int64_t number,
	const struct cfg_rendered **out, struct vk_err *err)
{
	struct running_release *release;

	*out = NULL;
	if (number == 0)
		return VK_OK;
	for (size_t i = 0; i < plan->release_count; i++) {
		if (plan->releases[i].number == number) {
			*out = plan->releases[i].rendered;
			return VK_OK;
		}
	}
	if (plan->release_count == MAX_RELEASES)
		return vk_err_set(err, VK_ELIMIT, "hosts of %s run more than %d different releases",
			plan->environment, MAX_RELEASES);
	release = &plan->releases[plan->release_count++];
	release->number = number;
	if (load_release(plan, release, err) != VK_OK)
		return err->rc;
	*out = release->rendered;
	return VK_OK;
}

/* ---- an instance ---- */

static void copy_member(struct vkjson *to, const char *name, const struct vkjson *from)
{
	const struct vkjson *value = vkjson_get(from, name);

	if (value != NULL)
		vkjson_set(to, name, vkjson_ref(value));
}

static enum vk_rc add_bundle(
	struct vkjson *entry, const struct cfg_rendered_bundle *after, struct vk_err *err)
{
	struct vk_bundle *bundle = NULL;
	struct vkjson *windows;
	enum vk_rc rc = vk_bundle_parse(after->text, after->len, &bundle, err);

	if (rc != VK_OK)
		return rc;
	windows = vkjson_array();
	for (size_t i = 0; i < bundle->window_count; i++)
		vkjson_append(windows, vkjson_string(bundle->windows[i]));
	vkjson_set(entry, "windows", windows);
	if (bundle->group != NULL) {
		vkjson_set(entry, "group", vkjson_string(bundle->group->name));
		vkjson_set(entry, "group_kind",
			vkjson_string(bundle->group->sentinel_count > 0
					      ? "sentinel"
					      : vk_bundle_group_kind_name(bundle->group->kind)));
	}
	vk_bundle_free(bundle);
	return VK_OK;
}

/* Users that are removed, whose connections Valkey closes. */
static struct vkjson *closed_by(const struct cfg_diff *diff)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *change = cfg_diff_at(diff, i);

		if (change->kind == CFG_CHANGE_USER && change->new_text == NULL)
			vkjson_append(list, vkjson_string(change->name));
	}
	return list;
}

static bool is_changed(const struct cfg_diff *diff, const char *name)
{
	for (size_t i = 0; i < cfg_diff_count(diff); i++) {
		const struct cfg_change *change = cfg_diff_at(diff, i);

		if (change->kind == CFG_CHANGE_DIRECTIVE && strcmp(change->name, name) == 0)
			return true;
	}
	return false;
}

/* Where the host runs something else than its release says, and that is to change. */
static struct vkjson *drift_of(const struct cfg_diff *diff, const struct vkjson *report)
{
	const struct vkjson *drift = vkjson_get(report, "drift");
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < vkjson_count(drift); i++) {
		const struct vkjson *item = vkjson_at(drift, i);
		const char *name = vkjson_text(vkjson_get(item, "name"));
		struct vkjson *one;

		if (name == NULL || !is_changed(diff, name))
			continue;
		one = vkjson_object();
		copy_member(one, "name", item);
		copy_member(one, "actual", item);
		vkjson_append(list, one);
	}
	return list;
}

static enum vk_rc add_entry(struct fleet_plan *plan, const struct cfg_rendered_bundle *after,
	const struct vkjson *report, const struct cfg_diff *diff, struct vk_err *err)
{
	static const char *const copied[] = {"valkey", "state", "health", "reported"};
	const char *valkey = vkjson_text(vkjson_get(report, "valkey"));
	enum cfg_way way = cfg_diff_way(diff);
	struct vkjson *entry = vkjson_object();
	enum vk_rc rc = add_bundle(entry, after, err);

	vkjson_set(entry, "instance", vkjson_string(after->id));
	vkjson_set(entry, "runs", vkjson_int(vkjson_integer(vkjson_get(report, "release"))));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy_member(entry, copied[i], report);
	vkjson_set(entry, "known",
		vkjson_bool(valkey == NULL || *valkey == '\0' || cfg_version_is_known(valkey)));
	vkjson_set(entry, "way", vkjson_string(cfg_way_name(way)));
	vkjson_set(entry, "closes", closed_by(diff));
	vkjson_set(entry, "drift", drift_of(diff, report));
	vkjson_append(plan->instances, entry);
	plan->restarts += way == CFG_WAY_RESTART;
	plan->forbidden += way == CFG_WAY_NEVER;
	return rc;
}

static bool is_same(
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after)
{
	return before != NULL && after != NULL && before->len == after->len &&
	       memcmp(before->text, after->text, after->len) == 0;
}

/* One that is in the release; before is what its host has reported. */
static enum vk_rc add_instance(
	struct fleet_plan *plan, const struct cfg_rendered_bundle *after, struct vk_err *err)
{
	const struct vkjson *report = find_report(plan, after->id);
	int64_t number = vkjson_integer(vkjson_get(report, "release"));
	const struct cfg_rendered_bundle *before = NULL;
	const struct cfg_rendered *rendered = NULL;
	const struct cfg_diff *diff = NULL;
	enum vk_rc rc = find_release(plan, number, &rendered, err);

	if (rc == VK_OK && rendered != NULL)
		before = cfg_rendered_find(rendered, after->id, NULL);
	plan->unreported += report == NULL;
	if (rc == VK_OK && is_same(before, after)) {
		grouping_add_unchanged(plan->grouping);
		return VK_OK;
	}
	if (rc == VK_OK)
		rc = diff_memo_get(&plan->memo, before, after, &diff, err);
	if (rc != VK_OK)
		return rc;
	grouping_add(plan->grouping, diff, before, after);
	return add_entry(plan, after, report, diff, err);
}

/* One that a host runs and that the release does not have any more: the agent leaves it alone. */
static enum vk_rc add_gone(
	struct fleet_plan *plan, const struct reported *reported, struct vk_err *err)
{
	int64_t number = vkjson_integer(vkjson_get(reported->instance, "release"));
	const struct cfg_rendered *rendered = NULL;
	const struct cfg_rendered_bundle *before = NULL;
	const struct cfg_diff *diff = NULL;
	enum vk_rc rc = VK_OK;

	if (number == 0 || cfg_rendered_find(plan->after, reported->id, NULL) != NULL)
		return VK_OK;
	rc = find_release(plan, number, &rendered, err);
	if (rc == VK_OK && rendered != NULL)
		before = cfg_rendered_find(rendered, reported->id, NULL);
	if (rc == VK_OK && before != NULL)
		rc = diff_memo_get(&plan->memo, before, NULL, &diff, err);
	if (rc == VK_OK && diff != NULL)
		grouping_add(plan->grouping, diff, before, NULL);
	return rc;
}

static enum vk_rc add_instances(struct fleet_plan *plan, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < cfg_rendered_count(plan->after); i++)
		rc = add_instance(plan, cfg_rendered_at(plan->after, i), err);
	for (size_t i = 0; rc == VK_OK && i < plan->report_count; i++)
		rc = add_gone(plan, &plan->reports[i], err);
	return rc;
}

/* ---- the whole ---- */

static struct vkjson *make_json(const struct fleet_plan *plan, const char *to)
{
	struct vkjson *json = vkjson_object();
	struct vkjson *difference = grouping_json(plan->grouping, plan->environment);

	for (size_t i = 0; difference_parts[i].member != NULL; i++)
		vkjson_set(difference, difference_parts[i].member, vkjson_array());
	vkjson_set(json, "environment", vkjson_string(plan->environment));
	vkjson_set(json, "to", vkjson_string(to));
	vkjson_set(json, "difference", difference);
	vkjson_set(json, "instances", vkjson_ref(plan->instances));
	vkjson_set(json, "restarts", vkjson_int(plan->restarts));
	vkjson_set(json, "restarts_forbidden", vkjson_int(plan->forbidden));
	vkjson_set(json, "unreported", vkjson_int(plan->unreported));
	return json;
}

static void release(struct fleet_plan *plan)
{
	for (size_t i = 0; i < plan->release_count; i++)
		diff_side_release(&plan->releases[i].side);
	for (size_t i = 0; i < plan->report_count; i++)
		free(plan->reports[i].id);
	free(plan->reports);
	diff_memo_release(&plan->memo);
	grouping_free(plan->grouping);
	vkjson_free(plan->instances);
	vkjson_free(plan->hosts);
	free(plan);
}

enum vk_rc fleet_plan_make(
	const struct cli *cli, struct diff_side *side, struct vkjson **out, struct vk_err *err)
{
	struct fleet_plan *plan = xcalloc(1, sizeof(*plan));
	struct vk_err judgement = VK_ERR_INIT;
	struct vkjson *baseline = NULL;
	enum vk_rc rc;

	plan->cli = cli;
	plan->environment = side->environment;
	plan->instances = vkjson_array();
	diff_memo_init(&plan->memo, 0);
	rc = diff_side_render(side, side->environment, &plan->after, err);
	if (rc == VK_OK && plan->after == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "%s: there is nothing to plan", side->label);
	if (rc == VK_OK)
		rc = fetch_reports(plan, err);
	plan->grouping = grouping_new(NULL, plan->after);
	if (rc == VK_OK)
		rc = add_instances(plan, err);
	if (rc == VK_OK)
		rc = gate_look(plan->after, &baseline, &judgement, err);
	if (rc == VK_OK) {
		*out = make_json(plan, side->label);
		vkjson_set(*out, "baseline", baseline);
		if (judgement.rc != VK_OK)
			vkjson_set(*out, "judgement", vkjson_string(judgement.msg));
	}
	release(plan);
	return rc;
}

bool fleet_plan_is_empty(const struct vkjson *plan)
{
	return vkjson_count(vkjson_get(vkjson_get(plan, "difference"), "groups")) == 0;
}
