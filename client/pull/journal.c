/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { JOURNAL_MAX_BYTES = 16384, JOURNAL_FORMAT = 1 };

static const char *const step_names[] = {
	[JOURNAL_STAGED] = "staged",
	[JOURNAL_PREFLIGHTED] = "preflighted",
	[JOURNAL_ACCEPTED] = "accepted",
	[JOURNAL_SWITCHED] = "switched",
	[JOURNAL_LOADED] = "loaded",
	[JOURNAL_VERIFIED] = "verified",
	[JOURNAL_ROLLING_BACK] = "rolling-back",
};

const char *journal_step_name(enum journal_step step)
{
	return step_names[step];
}

static enum vk_rc parse_step(const char *text, enum journal_step *out, struct vk_err *err)
{
	for (size_t i = 0; i < sizeof(step_names) / sizeof(step_names[0]); i++) {
		if (strcmp(step_names[i], text) == 0) {
			*out = (enum journal_step)i;
			return VK_OK;
		}
	}
	return vk_err_set(err, VK_EINPUT, "unknown step");
}

static enum vk_rc read_json(
	const struct instance *instance, const char *name, struct vkjson **out, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", instance->directory, name);
	struct vkjson *json = NULL;
	struct vk_buf text;
	int64_t format;
	enum vk_rc rc;

	vk_buf_init(&text, JOURNAL_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK) {
		rc = vkjson_parse(text.data, text.len, &json, err);
		if (rc == VK_OK)
			rc = vkjson_get_int(
				json, "format", JOURNAL_FORMAT, JOURNAL_FORMAT, &format, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s", path);
	}
	if (rc == VK_OK) {
		*out = json;
		json = NULL;
	}
	vkjson_free(json);
	vk_buf_release(&text);
	free(path);
	return rc;
}

/* Takes the reference to json. */
static enum vk_rc write_json(
	const struct instance *instance, const char *name, struct vkjson *json, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", instance->directory, name);
	struct vk_buf text;
	enum vk_rc rc;

	vkjson_set(json, "format", vkjson_int(JOURNAL_FORMAT));
	vk_buf_init(&text, JOURNAL_MAX_BYTES);
	vkjson_format(json, false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, name, err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0640, text.data, text.len, err);
	vk_buf_release(&text);
	vkjson_free(json);
	free(path);
	return rc;
}

static enum vk_rc remove_durably(
	const struct instance *instance, const char *name, struct vk_err *err)
{
	char *path = xasprintf("%s/%s", instance->directory, name);
	enum vk_rc rc = VK_OK;

	if (access(path, F_OK) == 0) { /* a run with nothing to do writes nothing */
		rc = vk_file_remove(AT_FDCWD, path, err);
		if (rc == VK_OK)
			rc = vk_file_sync_dir(AT_FDCWD, instance->directory, err);
	}
	free(path);
	return rc;
}

static enum vk_rc get_name(const struct vkjson *json, const char *member,
	char out[GENERATION_NAME_BYTES], struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_opt_string(json, member, "", &text, err);

	if (rc != VK_OK)
		return rc;
	if (*text != '\0' && !generation_name_is_valid(text))
		return vk_err_set(err, VK_EINPUT, "member '%s': no name of a generation", member);
	snprintf(out, GENERATION_NAME_BYTES, "%s", text);
	return VK_OK;
}

static enum vk_rc get_text(
	const struct vkjson *json, const char *member, char *out, size_t size, struct vk_err *err)
{
	const char *text;
	enum vk_rc rc = vkjson_get_opt_string(json, member, "", &text, err);

	if (rc == VK_OK)
		snprintf(out, size, "%s", text);
	return rc;
}

static enum vk_rc parse_journal(const struct vkjson *json, struct journal *out, struct vk_err *err)
{
	const char *step;
	enum vk_rc rc = vkjson_get_string(json, "step", &step, err);

	if (rc == VK_OK)
		rc = parse_step(step, &out->step, err);
	if (rc == VK_OK)
		rc = vkjson_get_int(json, "release", 1, INT64_MAX, &out->release, err);
	if (rc == VK_OK)
		rc = get_name(json, "generation", out->generation, err);
	if (rc == VK_OK && out->generation[0] == '\0')
		rc = vk_err_set(err, VK_EINPUT, "member 'generation' is missing");
	if (rc == VK_OK)
		rc = get_name(json, "previous", out->previous, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(json, "was-switched", false, &out->was_switched, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(json, "restarted", false, &out->was_restarted, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(json, "fault", false, &out->is_fault, err);
	if (rc == VK_OK)
		rc = get_text(json, "error", out->error, sizeof(out->error), err);
	return rc;
}

enum vk_rc journal_read(const struct instance *instance, struct journal *out, struct vk_err *err)
{
	struct journal journal = {.step = JOURNAL_STAGED};
	struct vkjson *json = NULL;
	enum vk_rc rc = read_json(instance, "journal.json", &json, err);

	if (rc == VK_OK) {
		rc = parse_journal(json, &journal, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s/journal.json", instance->directory);
	}
	if (rc == VK_OK)
		*out = journal;
	vkjson_free(json);
	return rc;
}

enum vk_rc journal_write(
	const struct instance *instance, const struct journal *journal, struct vk_err *err)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "step", vkjson_string(step_names[journal->step]));
	vkjson_set(json, "release", vkjson_int(journal->release));
	vkjson_set(json, "generation", vkjson_string(journal->generation));
	vkjson_set(json, "previous", vkjson_string(journal->previous));
	if (journal->was_switched)
		vkjson_set(json, "was-switched", vkjson_bool(true));
	if (journal->was_restarted)
		vkjson_set(json, "restarted", vkjson_bool(true));
	if (journal->is_fault)
		vkjson_set(json, "fault", vkjson_bool(true));
	if (journal->error[0] != '\0')
		vkjson_set(json, "error", vkjson_string(journal->error));
	return write_json(instance, "journal.json", json, err);
}

enum vk_rc journal_remove(const struct instance *instance, struct vk_err *err)
{
	return remove_durably(instance, "journal.json", err);
}

static enum vk_rc parse_failed(const struct vkjson *json, struct failed *out, struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = vkjson_get_int(json, "release", 1, INT64_MAX, &out->release, err);

	if (rc == VK_OK)
		rc = vkjson_get_hex(json, "bundle", digest, sizeof(digest), err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_bool(json, "rolled-back", false, &out->is_rolled_back, err);
	if (rc == VK_OK)
		rc = get_text(json, "error", out->error, sizeof(out->error), err);
	if (rc == VK_OK)
		vk_digest_format(digest, out->digest);
	return rc;
}

enum vk_rc failed_read(const struct instance *instance, struct failed *out, struct vk_err *err)
{
	struct failed failed = {.release = 0};
	struct vkjson *json = NULL;
	enum vk_rc rc = read_json(instance, "failed.json", &json, err);

	if (rc == VK_OK)
		rc = parse_failed(json, &failed, err);
	if (rc == VK_OK)
		*out = failed;
	vkjson_free(json);
	return rc == VK_EINPUT || rc == VK_ELIMIT ? VK_ENOTFOUND : rc;
}

enum vk_rc failed_write(
	const struct instance *instance, const struct failed *failed, struct vk_err *err)
{
	struct vkjson *json = vkjson_object();

	vkjson_set(json, "release", vkjson_int(failed->release));
	vkjson_set(json, "bundle", vkjson_string(failed->digest));
	vkjson_set(json, "rolled-back", vkjson_bool(failed->is_rolled_back));
	vkjson_set(json, "error", vkjson_string(failed->error));
	return write_json(instance, "failed.json", json, err);
}

enum vk_rc failed_remove(const struct instance *instance, struct vk_err *err)
{
	return remove_durably(instance, "failed.json", err);
}

static enum vk_rc parse_pending(const struct vkjson *json, struct pending *out, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_time(json, "since", &out->since, err);

	if (rc == VK_OK)
		rc = get_name(json, "generation", out->generation, err);
	if (rc == VK_OK)
		rc = get_name(json, "previous", out->previous, err);
	if (rc == VK_OK)
		rc = get_text(json, "reason", out->reason, sizeof(out->reason), err);
	return rc;
}

enum vk_rc pending_read(const struct instance *instance, struct pending *out, struct vk_err *err)
{
	struct pending pending = {.since = 0};
	struct vkjson *json = NULL;
	enum vk_rc rc = read_json(instance, "pending.json", &json, err);

	if (rc == VK_OK)
		rc = parse_pending(json, &pending, err);
	if (rc == VK_OK)
		*out = pending;
	vkjson_free(json);
	return rc == VK_EINPUT || rc == VK_ELIMIT ? VK_ENOTFOUND : rc;
}

enum vk_rc pending_keep(const struct instance *instance, const char *generation,
	const char *previous, const char *reason, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct pending before;
	bool is_known = pending_read(instance, &before, &ignored) == VK_OK;
	bool is_same = is_known && strcmp(before.generation, generation) == 0;
	struct vkjson *json;

	if (is_same && strcmp(before.reason, reason) == 0)
		return VK_OK;
	json = vkjson_object();
	vkjson_set(json, "since", vkjson_time(is_known ? before.since : vk_clock_now()));
	vkjson_set(json, "generation", vkjson_string(generation));
	vkjson_set(json, "previous", vkjson_string(is_same ? before.previous : previous));
	vkjson_set(json, "reason", vkjson_string(reason));
	return write_json(instance, "pending.json", json, err);
}

enum vk_rc pending_remove(const struct instance *instance, struct vk_err *err)
{
	return remove_durably(instance, "pending.json", err);
}

void pending_describe(const struct pending *pending, char *out, size_t size)
{
	char since[VK_TIME_TEXT_BYTES];

	vk_time_format(pending->since, since);
	snprintf(out, size, "pending restart since %s: %s", since, pending->reason);
}
