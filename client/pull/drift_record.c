/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { RECORD_FORMAT = 1, RECORD_MAX_BYTES = 64 * 1024 };

static char *record_path(const struct instance *instance)
{
	return xasprintf("%s/drift-%s.json", instance->state, instance->name);
}

/* ---- reading ---- */

static enum vk_rc parse_times(
	const struct vkjson *array, struct drift_reverts *out, struct vk_err *err)
{
	if (vkjson_count(array) > DRIFT_MAX_REVERTS)
		return vk_err_set(err, VK_ELIMIT, "more than %d times", DRIFT_MAX_REVERTS);
	for (size_t i = 0; i < vkjson_count(array); i++) {
		if (vkjson_type(vkjson_at(array, i)) != VKJSON_INT)
			return vk_err_set(err, VK_EINPUT, "a time is no number");
		out->times[out->count++] = vkjson_integer(vkjson_at(array, i));
	}
	return VK_OK;
}

static enum vk_rc parse_reverts(
	const struct vkjson *json, struct drift_record *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_array(json, "reverts", &list, err);

	if (rc == VK_OK && vkjson_count(list) > DRIFT_MAX_NAMES)
		rc = vk_err_set(err, VK_ELIMIT, "more than %d names", DRIFT_MAX_NAMES);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		struct drift_reverts *reverts = &out->reverts[i];
		const struct vkjson *times = NULL;
		const char *name = "";

		rc = vkjson_get_string(vkjson_at(list, i), "name", &name, err);
		if (rc == VK_OK)
			rc = vkjson_get_array(vkjson_at(list, i), "times", &times, err);
		if (rc == VK_OK)
			rc = parse_times(times, reverts, err);
		snprintf(reverts->name, sizeof(reverts->name), "%s", name);
		out->count++;
	}
	return rc;
}

static enum vk_rc parse_calls(
	const struct vkjson *json, struct drift_record *out, struct vk_err *err)
{
	const struct vkjson *calls = NULL, *since = NULL;
	const char *run_id = "", *generation = "";
	enum vk_rc rc = vkjson_get_opt_string(json, "run-id", "", &run_id, err);

	if (rc != VK_OK || *run_id == '\0')
		return rc;
	rc = vkjson_get_string(json, "generation", &generation, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "calls", &calls, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "since", &since, err);
	for (int i = 0; rc == VK_OK && i < CALLS; i++) {
		const char *name = calls_name((enum call)i);

		rc = vkjson_get_opt_int(calls, name, 0, INT64_MAX, 0, &out->calls.counts[i], err);
		if (rc == VK_OK)
			rc = vkjson_get_opt_int(since, name, 0, INT64_MAX, 0, &out->since[i], err);
	}
	snprintf(out->run_id, sizeof(out->run_id), "%s", run_id);
	snprintf(out->generation, sizeof(out->generation), "%s", generation);
	return rc;
}

/* Not there in files of before. */
static enum vk_rc parse_standing(
	const struct vkjson *json, struct drift_standing *out, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	enum vk_rc rc = vkjson_get_opt_array(json, "standing", &list, err);

	if (rc != VK_OK || list == NULL)
		return rc;
	if (vkjson_count(list) > OUTCOME_MAX_DRIFT)
		return vk_err_set(err, VK_ELIMIT, "more than %d marks", OUTCOME_MAX_DRIFT);
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const char *mark = vkjson_text(vkjson_at(list, i));

		if (mark == NULL || !drift_standing_is_mark(mark))
			return vk_err_set(err, VK_EINPUT, "standing: element %zu is no mark", i);
		memcpy(out->marks[out->count++], mark, DRIFT_MARK_BYTES);
	}
	return VK_OK;
}

static enum vk_rc parse(const struct vk_buf *text, struct drift_record *out, struct vk_err *err)
{
	struct vkjson *json = NULL;
	int64_t format = 0;
	enum vk_rc rc = vkjson_parse(text->data, text->len, &json, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(json, "format", RECORD_FORMAT, RECORD_FORMAT, &format, err);
	if (rc == VK_OK)
		rc = parse_calls(json, out, err);
	if (rc == VK_OK)
		rc = parse_reverts(json, out, err);
	if (rc == VK_OK)
		rc = parse_standing(json, &out->standing, err);
	vkjson_free(json);
	return rc;
}

void drift_record_read(const struct instance *instance, struct drift_record *out)
{
	char *path = record_path(instance);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	enum vk_rc rc;

	memset(out, 0, sizeof(*out));
	vk_buf_init(&text, RECORD_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, &err);
	if (rc == VK_OK)
		rc = parse(&text, out, &err);
	if (rc != VK_OK && rc != VK_ENOTFOUND) {
		vk_log(VK_LOG_WARN, "drift-record-damaged", VK_KV("instance", instance->name),
			VK_KV("file", path), VK_KV("reason", err.msg));
		memset(out, 0, sizeof(*out));
	}
	vk_buf_release(&text);
	free(path);
}

/* ---- writing ---- */

static struct vkjson *reverts_to_json(const struct drift_record *record)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < record->count; i++) {
		const struct drift_reverts *reverts = &record->reverts[i];
		struct vkjson *item = vkjson_object(), *times = vkjson_array();

		for (size_t k = 0; k < reverts->count; k++)
			vkjson_append(times, vkjson_int(reverts->times[k]));
		vkjson_set(item, "name", vkjson_string(reverts->name));
		vkjson_set(item, "times", times);
		vkjson_append(list, item);
	}
	return list;
}

static struct vkjson *standing_to_json(const struct drift_standing *standing)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < standing->count; i++)
		vkjson_append(list, vkjson_string(standing->marks[i]));
	return list;
}

static struct vkjson *to_json(const struct drift_record *record)
{
	struct vkjson *json = vkjson_object(), *calls, *since;

	vkjson_set(json, "format", vkjson_int(RECORD_FORMAT));
	vkjson_set(json, "reverts", reverts_to_json(record));
	if (record->standing.count > 0)
		vkjson_set(json, "standing", standing_to_json(&record->standing));
	if (record->run_id[0] == '\0')
		return json;
	calls = vkjson_object();
	since = vkjson_object();
	for (int i = 0; i < CALLS; i++) {
		const char *name = calls_name((enum call)i);

		vkjson_set(calls, name, vkjson_int(record->calls.counts[i]));
		if (record->since[i] != 0)
			vkjson_set(since, name, vkjson_int(record->since[i]));
	}
	vkjson_set(json, "run-id", vkjson_string(record->run_id));
	vkjson_set(json, "generation", vkjson_string(record->generation));
	vkjson_set(json, "calls", calls);
	vkjson_set(json, "since", since);
	return json;
}

enum vk_rc drift_record_write(
	const struct instance *instance, struct drift_record *record, struct vk_err *err)
{
	struct vkjson *json;
	struct vk_buf text;
	char *path;
	enum vk_rc rc;

	if (!record->is_changed)
		return VK_OK;
	path = record_path(instance);
	json = to_json(record);
	vk_buf_init(&text, RECORD_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, path, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0600, text.data, text.len, err);
	if (rc == VK_OK)
		record->is_changed = false;
	vk_buf_release(&text);
	vkjson_free(json);
	free(path);
	return rc;
}

/* ---- what was put right ---- */

static const struct drift_reverts *find(const struct drift_record *record, const char *name)
{
	for (size_t i = 0; i < record->count; i++) {
		if (strncmp(record->reverts[i].name, name, DRIFT_NAME_BYTES - 1) == 0)
			return &record->reverts[i];
	}
	return NULL;
}

/* A time that is still to come is of a clock that was put back since. */
static bool is_recent(int64_t time, int64_t now)
{
	return time <= now && now - time < DRIFT_REVERTS_S;
}

bool drift_record_is_full(const struct drift_record *record, const char *name, int64_t now)
{
	const struct drift_reverts *reverts = find(record, name);
	size_t recent = 0;

	for (size_t i = 0; reverts != NULL && i < reverts->count; i++)
		recent += is_recent(reverts->times[i], now);
	return recent == DRIFT_MAX_REVERTS;
}

/* The place of a name; a new one takes that of the name which was put right the longest ago. */
static struct drift_reverts *place_of(struct drift_record *record, const char *name)
{
	struct drift_reverts *place = (struct drift_reverts *)(uintptr_t)find(record, name);

	if (place != NULL)
		return place;
	if (record->count < DRIFT_MAX_NAMES) {
		place = &record->reverts[record->count++];
	} else {
		place = &record->reverts[0];
		for (size_t i = 1; i < record->count; i++) {
			struct drift_reverts *other = &record->reverts[i];

			if (other->times[other->count - 1] < place->times[place->count - 1])
				place = other;
		}
	}
	*place = (struct drift_reverts){.count = 0};
	snprintf(place->name, sizeof(place->name), "%s", name);
	return place;
}

void drift_record_add(struct drift_record *record, const char *name, int64_t now)
{
	struct drift_reverts *place = place_of(record, name);

	if (place->count == DRIFT_MAX_REVERTS) {
		memmove(&place->times[0], &place->times[1],
			(DRIFT_MAX_REVERTS - 1) * sizeof(place->times[0]));
		place->count--;
	}
	place->times[place->count++] = now;
	record->is_changed = true;
}

void drift_record_forget_calls(struct drift_record *record)
{
	record->is_changed = record->is_changed || record->run_id[0] != '\0';
	record->run_id[0] = '\0';
	memset(record->since, 0, sizeof(record->since));
}

void drift_record_stand(struct drift_record *record, const struct outcome *outcome)
{
	struct drift_standing now;

	drift_standing_take(outcome, &now);
	if (drift_standing_is_same(&record->standing, &now))
		return;
	record->standing = now;
	record->is_changed = true;
}
