/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/report.h"

#include <string.h>

#include "common/buf.h"
#include "common/name.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { REPORT_ID_BYTES = 16, REPORT_MEMBER_DIGITS = 16, REPORT_MEMBER_MAX_BYTES = 256 * 1024 };

static const char *const states[] = {"committed", "unchanged", "rolled-back", "failed", "refused",
	"pending-restart", "observing", NULL};
static const char *const healths[] = {"ok", "down", "degraded", NULL};
static const char *const drift_kinds[] = {
	"value", "file", "acl", "command", "certificate", "topology", NULL};
static const char *const drift_actions[] = {
	"report", "alert", "reverted", "too-often", "would-change", NULL};
static const char *const drift_causes[] = {
	"unauthorised", "server-owned", "pending", "emergency", NULL};

static enum vk_rc get_text(const struct vkjson *object, const char *name, size_t max_bytes,
	const char **out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_opt_string(object, name, "", out, err);

	if (rc == VK_OK && strlen(*out) > max_bytes)
		rc = vk_err_set(
			err, VK_ELIMIT, "member '%s': longer than %zu bytes", name, max_bytes);
	return rc;
}

static enum vk_rc get_word_of(const struct vkjson *object, const char *name,
	const char *const *words, const char **out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_string(object, name, out, err);

	if (rc != VK_OK)
		return rc;
	for (; *words != NULL; words++) {
		if (strcmp(*words, *out) == 0)
			return VK_OK;
	}
	return vk_err_set(err, VK_EINPUT, "member '%s': unknown word", name);
}

/* Agents of before do not say whose doing it is. */
static enum vk_rc parse_cause(
	const struct vkjson *object, struct store_drift *drift, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	drift->cause = drift_causes[0];
	if (vkjson_get(object, "cause") != NULL)
		rc = get_word_of(object, "cause", drift_causes, &drift->cause, err);
	if (rc == VK_OK)
		rc = get_text(object, "ticket", REPORT_WORD_MAX_BYTES, &drift->ticket, err);
	if (rc == VK_OK && vkjson_get(object, "until") != NULL)
		rc = vkjson_get_time(object, "until", &drift->until, err);
	return rc;
}

static enum vk_rc parse_drift(
	const struct vkjson *object, struct store_drift *drift, struct vk_err *err)
{
	enum vk_rc rc = get_word_of(object, "kind", drift_kinds, &drift->kind, err);

	if (rc == VK_OK)
		rc = get_word_of(object, "action", drift_actions, &drift->action, err);
	if (rc == VK_OK)
		rc = get_text(object, "name", REPORT_TEXT_MAX_BYTES, &drift->name, err);
	if (rc == VK_OK)
		rc = get_text(object, "expected", REPORT_TEXT_MAX_BYTES, &drift->expected, err);
	if (rc == VK_OK)
		rc = get_text(object, "actual", REPORT_TEXT_MAX_BYTES, &drift->actual, err);
	return rc == VK_OK ? parse_cause(object, drift, err) : rc;
}

static enum vk_rc parse_drifts(const struct vkjson *object, struct arena *arena,
	struct store_instance *instance, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	struct store_drift *drifts;
	size_t count;
	enum vk_rc rc = vkjson_get_opt_array(object, "drift", &list, err);

	if (rc != VK_OK || list == NULL)
		return rc;
	count = vkjson_count(list);
	if (count > STORE_REPORT_MAX_DRIFT)
		return vk_err_set(err, VK_ELIMIT, "member 'drift': more than %d elements",
			STORE_REPORT_MAX_DRIFT);
	drifts = arena_calloc(arena, count + 1, sizeof(*drifts));
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = parse_drift(vkjson_at(list, i), &drifts[i], err);
	instance->drift = drifts;
	instance->drift_count = count;
	return rc;
}

/* What the members of its shard have in common, written anew. */
static enum vk_rc parse_member(const struct vkjson *object, struct arena *arena,
	struct store_instance *instance, struct vk_err *err)
{
	const struct vkjson *member = NULL;
	struct vk_buf text;
	enum vk_rc rc = vkjson_get_opt_object(object, "member", &member, err);

	if (rc != VK_OK || member == NULL)
		return rc;
	if (vkjson_count(member) > REPORT_MEMBER_MAX_NAMES)
		return vk_err_set(err, VK_ELIMIT, "member 'member': more than %d names",
			REPORT_MEMBER_MAX_NAMES);
	for (struct vkjson_iter it = vkjson_iter(member); vkjson_next(&it);) {
		const char *digest = vkjson_text(it.value);

		if (digest == NULL || strlen(digest) != REPORT_MEMBER_DIGITS ||
			strspn(digest, "0123456789abcdef") != REPORT_MEMBER_DIGITS ||
			strlen(it.name) > REPORT_WORD_MAX_BYTES * 2)
			return vk_err_set(err, VK_EINPUT, "member 'member': expected digests");
	}
	vk_buf_init(&text, REPORT_MEMBER_MAX_BYTES);
	vkjson_format(member, false, &text);
	rc = vk_buf_check(&text, "member 'member'", err);
	if (rc == VK_OK)
		instance->facts = arena_strdup(arena, text.data);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc parse_instance(const struct vkjson *object, struct arena *arena,
	struct store_instance *instance, struct vk_err *err)
{
	const struct {
		const char *name;
		size_t max_bytes;
		const char **out;
	} texts[] = {
		{"generation", REPORT_WORD_MAX_BYTES, &instance->generation},
		{"valkey", REPORT_WORD_MAX_BYTES, &instance->valkey},
		{"outcome", REPORT_TEXT_MAX_BYTES, &instance->outcome},
		{"error", REPORT_WORD_MAX_BYTES, &instance->error},
		{"detail", REPORT_TEXT_MAX_BYTES, &instance->detail},
	};
	enum vk_rc rc = vkjson_get_string(object, "name", &instance->name, err);

	if (rc == VK_OK && !vk_name_is_valid(instance->name))
		rc = vk_err_set(err, VK_EINPUT, "member 'name': not a valid instance name");
	if (rc == VK_OK)
		rc = vkjson_get_int(object, "release", 0, INT64_MAX, &instance->release, err);
	if (rc == VK_OK)
		rc = get_word_of(object, "state", states, &instance->state, err);
	if (rc == VK_OK)
		rc = get_word_of(object, "health", healths, &instance->health, err);
	for (size_t i = 0; rc == VK_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = get_text(object, texts[i].name, texts[i].max_bytes, texts[i].out, err);
	if (rc == VK_OK)
		rc = parse_member(object, arena, instance, err);
	return rc == VK_OK ? parse_drifts(object, arena, instance, err) : rc;
}

static bool is_twice(const struct store_instance *instances, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(instances[i].name, instances[at].name) == 0)
			return true;
	}
	return false;
}

static enum vk_rc parse_instances(const struct vkjson *body, struct arena *arena,
	struct store_report *report, struct vk_err *err)
{
	const struct vkjson *list = NULL;
	struct store_instance *instances;
	size_t count;
	enum vk_rc rc = vkjson_get_array(body, "instances", &list, err);

	if (rc != VK_OK)
		return rc;
	count = vkjson_count(list);
	if (count > STORE_REPORT_MAX_INSTANCES)
		return vk_err_set(err, VK_ELIMIT, "member 'instances': more than %d elements",
			STORE_REPORT_MAX_INSTANCES);
	instances = arena_calloc(arena, count + 1, sizeof(*instances));
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		rc = parse_instance(vkjson_at(list, i), arena, &instances[i], err);
		if (rc == VK_OK && is_twice(instances, i))
			rc = vk_err_set(err, VK_EINPUT, "instance '%s' is reported twice",
				instances[i].name);
	}
	report->instances = instances;
	report->instance_count = count;
	return rc;
}

enum vk_rc report_parse(const struct vkjson *body, const char *host, struct arena *arena,
	struct store_report *out, struct vk_err *err)
{
	struct store_report report = {.host = host};
	uint8_t id[REPORT_ID_BYTES];
	enum vk_rc rc = vkjson_get_hex(body, "id", id, sizeof(id), err);

	if (rc == VK_OK)
		rc = vkjson_get_string(body, "id", &report.id, err);
	if (rc == VK_OK)
		rc = get_text(body, "agent", REPORT_WORD_MAX_BYTES, &report.agent, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(body, "log_size", 0, INT64_MAX, 0, &report.log_size, err);
	if (rc == VK_OK)
		rc = get_text(body, "cosignature", REPORT_COSIGNATURE_MAX_BYTES,
			&report.cosignature, err);
	if (rc == VK_OK)
		rc = get_text(body, "warning", REPORT_TEXT_MAX_BYTES, &report.warning, err);
	if (rc == VK_OK)
		rc = parse_instances(body, arena, &report, err);
	if (rc == VK_OK)
		*out = report;
	return rc;
}
