/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_report.h"

#include <string.h>

#include "server/store/store_instance.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

struct instances {
	const struct store_instance *items;
	size_t count;
};

static const struct store_instance *find_instance(const struct instances *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	}
	return NULL;
}

static const struct store_drift *find_drift(
	const struct store_instance *instance, const struct store_drift *drift)
{
	for (size_t i = 0; i < instance->drift_count; i++) {
		const struct store_drift *have = &instance->drift[i];

		if (strcmp(have->kind, drift->kind) == 0 && strcmp(have->name, drift->name) == 0)
			return have;
	}
	return NULL;
}

static bool is_same_drift(const struct store_drift *a, const struct store_drift *b)
{
	return strcmp(a->expected, b->expected) == 0 && strcmp(a->actual, b->actual) == 0 &&
	       strcmp(a->action, b->action) == 0 && strcmp(a->cause, b->cause) == 0 &&
	       strcmp(a->ticket, b->ticket) == 0 && a->until == b->until;
}

static bool is_same_instance(const struct store_instance *old, const struct store_instance *new)
{
	if (old->release != new->release || strcmp(old->state, new->state) != 0 ||
		old->drift_count != new->drift_count)
		return false;
	for (size_t i = 0; i < new->drift_count; i++) {
		const struct store_drift *have = find_drift(old, &new->drift[i]);

		if (have == NULL || !is_same_drift(have, &new->drift[i]))
			return false;
	}
	return true;
}

static bool is_changed(const struct instances *old, const struct store_report *report)
{
	if (old->count != report->instance_count)
		return true;
	for (size_t i = 0; i < report->instance_count; i++) {
		const struct store_instance *have = find_instance(old, report->instances[i].name);

		if (have == NULL || !is_same_instance(have, &report->instances[i]))
			return true;
	}
	return false;
}

/* A copy of the instance whose drift carries the time at which it was first seen. */
static struct store_instance with_since(struct arena *arena, const struct instances *old,
	const struct store_instance *new, int64_t now)
{
	const struct store_instance *have = find_instance(old, new->name);
	struct store_drift *drift = arena_calloc(arena, new->drift_count, sizeof(*drift));
	struct store_instance copy = *new;

	for (size_t i = 0; i < new->drift_count; i++) {
		const struct store_drift *before =
			have != NULL ? find_drift(have, &new->drift[i]) : NULL;

		drift[i] = new->drift[i];
		drift[i].since = before != NULL ? before->since : now;
	}
	copy.drift = drift;
	return copy;
}

static enum vk_rc add_id(struct store *store, const struct store_report *report, int64_t now,
	bool *is_repeated, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO reports (host, id, received) VALUES (?, ?, ?)"
		" ON CONFLICT (host, id) DO NOTHING");
	enum vk_rc rc;

	db_bind_text(q, report->host);
	db_bind_text(q, report->id);
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc != VK_OK)
		return rc;
	*is_repeated = db_changes(store_db(store)) == 0;
	q = db_prepare(store_db(store),
		"DELETE FROM reports WHERE host = ? AND seq NOT IN (SELECT k.seq FROM reports k"
		" WHERE k.host = ? ORDER BY k.seq DESC LIMIT ?)");
	db_bind_text(q, report->host);
	db_bind_text(q, report->host);
	db_bind_int(q, STORE_REPORTS_KEPT);
	return db_run(q, err);
}

/* Each report that differs from the one before is recorded for ever: a host has a limit. */
static enum vk_rc check_rate(
	struct store *store, const struct store_report *report, int64_t now, struct vk_err *err)
{
	/* What came later than now came before the clock was put back. */
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT COUNT(*) FROM reports WHERE host = ? AND received > ? AND received <= ?");
	int64_t count;
	enum vk_rc rc;

	db_bind_text(q, report->host);
	db_bind_int(q, now - STORE_REPORTS_SECONDS);
	db_bind_int(q, now);
	count = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	if (rc == VK_OK && count >= STORE_REPORTS_KEPT)
		return vk_err_set(err, VK_EUNAVAIL, "more than %d reports within %d seconds",
			STORE_REPORTS_KEPT - 1, STORE_REPORTS_SECONDS);
	return rc;
}

static enum vk_rc update_host(
	struct store *store, const struct store_report *report, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE hosts SET agent = ?, warning = ?, log_size = ?, last_seen = ?"
		" WHERE name = ?");

	db_bind_text(q, report->agent);
	db_bind_text(q, report->warning != NULL ? report->warning : "");
	db_bind_int(q, report->log_size);
	db_bind_int(q, now);
	db_bind_text(q, report->host);
	return db_run(q, err);
}

static enum vk_rc replace_instances(struct store *store, const struct store_report *report,
	const struct instances *old, int64_t now, struct arena *arena, struct vk_err *err)
{
	enum vk_rc rc = store_remove_instances(store, report->host, err);

	for (size_t i = 0; rc == VK_OK && i < report->instance_count; i++) {
		struct store_instance instance = with_since(arena, old, &report->instances[i], now);

		rc = store_add_instance(store, report->host, &instance, now, err);
	}
	return rc;
}

static enum vk_rc check_limits(const struct store_report *report, struct vk_err *err)
{
	if (report->instance_count > STORE_REPORT_MAX_INSTANCES)
		return vk_err_set(err, VK_ELIMIT, "a report has more than %d instances",
			STORE_REPORT_MAX_INSTANCES);
	for (size_t i = 0; i < report->instance_count; i++) {
		if (report->instances[i].drift_count > STORE_REPORT_MAX_DRIFT)
			return vk_err_set(err, VK_ELIMIT, "instance %s has more than %d drifts",
				report->instances[i].name, STORE_REPORT_MAX_DRIFT);
	}
	return VK_OK;
}

enum vk_rc store_save_report(struct store *store, const struct store_report *report, int64_t now,
	struct store_report_outcome *out, struct vk_err *err)
{
	struct store_report_outcome outcome = {0};
	struct arena *arena = arena_new();
	struct instances old = {0};
	struct store_host host;
	enum vk_rc rc = check_limits(report, err);

	if (rc == VK_OK)
		rc = store_get_host(store, report->host, arena, &host, err);
	if (rc == VK_OK)
		rc = add_id(store, report, now, &outcome.is_repeated, err);
	if (rc != VK_OK || outcome.is_repeated)
		goto out;
	rc = check_rate(store, report, now, err);
	if (rc != VK_OK)
		goto out;
	old.items = host.instances;
	old.count = host.instance_count;
	outcome.is_changed = is_changed(&old, report);
	rc = replace_instances(store, report, &old, now, arena, err);
	if (rc == VK_OK)
		rc = update_host(store, report, now, err);
out:
	arena_free(arena);
	if (rc == VK_OK)
		*out = outcome;
	return rc;
}
