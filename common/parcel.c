/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/parcel.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

#define FORMAT "vkcfg-parcel/1"

struct parcel {
	struct vkjson *json;
	struct vkjson *answers; /* a part of it */
};

struct parcel *parcel_new(const char *fleet, const char *host, const char *environment)
{
	struct parcel *parcel = xcalloc(1, sizeof(*parcel));

	parcel->json = vkjson_object();
	parcel->answers = vkjson_object();
	vkjson_set(parcel->json, "format", vkjson_string(FORMAT));
	vkjson_set(parcel->json, "fleet", vkjson_string(fleet));
	vkjson_set(parcel->json, "host", vkjson_string(host));
	vkjson_set(parcel->json, "environment", vkjson_string(environment));
	vkjson_set(parcel->json, "answers", parcel->answers);
	return parcel;
}

void parcel_free(struct parcel *parcel)
{
	if (parcel == NULL)
		return;
	vkjson_free(parcel->json);
	free(parcel);
}

void parcel_add(struct parcel *parcel, const char *target, const char *text, size_t len)
{
	vkjson_set(parcel->answers, target, vkjson_stringn(text, len));
}

void parcel_add_json(struct parcel *parcel, const char *target, struct vkjson *answer)
{
	vkjson_set(parcel->answers, target, answer);
}

static bool is_target(const char *text)
{
	size_t len = strlen(text);

	return text[0] == '/' && len <= PARCEL_TARGET_MAX_BYTES &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "/._-%?=&") == len;
}

static enum vk_rc check_answers(const struct vkjson *answers, struct vk_err *err)
{
	if (vkjson_count(answers) > PARCEL_MAX_ANSWERS)
		return vk_err_set(err, VK_ELIMIT, "more than %d answers", PARCEL_MAX_ANSWERS);
	for (struct vkjson_iter it = vkjson_iter(answers); vkjson_next(&it);) {
		if (!is_target(it.name))
			return vk_err_set(
				err, VK_EINPUT, "answers: '%.80s' is no path of the API", it.name);
		if (vkjson_type(it.value) != VKJSON_STRING &&
			vkjson_type(it.value) != VKJSON_OBJECT)
			return vk_err_set(err, VK_EINPUT,
				"answers: %s: expected a string or an object", it.name);
	}
	return VK_OK;
}

static enum vk_rc check_name(const struct vkjson *json, const char *member, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(json, member, &text, err);

	if (rc == VK_OK && !vk_name_is_valid(text))
		rc = vk_err_set(err, VK_EINPUT, "member '%s': '%.80s' is no name", member, text);
	return rc;
}

static enum vk_rc check(const struct vkjson *json, struct vk_err *err)
{
	static const char *const members[] = {
		"format", "fleet", "host", "environment", "answers", NULL};
	const struct vkjson *answers = NULL;
	const char *format = NULL;
	enum vk_rc rc = vkjson_get_string(json, "format", &format, err);

	if (rc == VK_OK && strcmp(format, FORMAT) != 0)
		rc = vk_err_set(err, VK_EINPUT,
			"format is '%.40s'; this version understands '" FORMAT "'", format);
	if (rc == VK_OK)
		rc = vkjson_check_members(json, members, err);
	if (rc == VK_OK)
		rc = check_name(json, "fleet", err);
	if (rc == VK_OK)
		rc = check_name(json, "host", err);
	if (rc == VK_OK)
		rc = check_name(json, "environment", err);
	if (rc == VK_OK)
		rc = vkjson_get_object(json, "answers", &answers, err);
	return rc == VK_OK ? check_answers(answers, err) : rc;
}

enum vk_rc parcel_parse(const char *text, size_t len, struct parcel **out, struct vk_err *err)
{
	struct parcel *parcel;
	struct vkjson *json = NULL;
	enum vk_rc rc;

	if (len > PARCEL_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "more than %d bytes", PARCEL_MAX_BYTES);
	rc = vkjson_parse(text, len, &json, err);
	if (rc == VK_OK)
		rc = check(json, err);
	if (rc != VK_OK) {
		vkjson_free(json);
		return rc;
	}
	parcel = xcalloc(1, sizeof(*parcel));
	parcel->json = json;
	parcel->answers = (struct vkjson *)vkjson_get(json, "answers");
	*out = parcel;
	return VK_OK;
}

enum vk_rc parcel_format(const struct parcel *parcel, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = check(parcel->json, err);

	if (rc == VK_OK) {
		vkjson_format(parcel->json, false, out);
		vk_buf_addc(out, '\n');
		rc = vk_buf_check(out, "the parcel", err);
	}
	return rc;
}

static const char *member(const struct parcel *parcel, const char *name)
{
	return vkjson_text(vkjson_get(parcel->json, name));
}

const char *parcel_fleet(const struct parcel *parcel)
{
	return member(parcel, "fleet");
}

const char *parcel_host(const struct parcel *parcel)
{
	return member(parcel, "host");
}

const char *parcel_environment(const struct parcel *parcel)
{
	return member(parcel, "environment");
}

const struct vkjson *parcel_get_json(const struct parcel *parcel, const char *target)
{
	const struct vkjson *answer = vkjson_get(parcel->answers, target);

	return answer != NULL && vkjson_type(answer) == VKJSON_OBJECT ? answer : NULL;
}

enum vk_rc parcel_get(
	const struct parcel *parcel, const char *target, struct vk_buf *out, struct vk_err *err)
{
	const struct vkjson *answer = vkjson_get(parcel->answers, target);
	const char *text = answer != NULL ? vkjson_text(answer) : NULL;

	if (answer == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%s: not in the file", target);
	if (text != NULL)
		vk_buf_adds(out, text); /* no string of JSON holds a NUL */
	else
		vkjson_format(answer, false, out);
	return vk_buf_check(out, target, err);
}

/* Keeps the largest. */
static void note_size(const char *text, uint64_t *out, size_t *count, size_t max)
{
	char digits[24];
	size_t len = strspn(text, "0123456789"), least = 0;
	uint64_t size;

	if (len == 0 || len >= sizeof(digits) || max == 0)
		return;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!vk_parse_uint(digits, 1, INT64_MAX, &size))
		return;
	for (size_t i = 0; i < *count; i++) {
		if (out[i] == size)
			return;
		least = out[i] < out[least] ? i : least;
	}
	if (*count < max)
		out[(*count)++] = size;
	else if (out[least] < size)
		out[least] = size;
}

size_t parcel_log_sizes(const struct parcel *parcel, uint64_t *out, size_t max)
{
	static const char prefix[] = "/v1/log/consistency?from=";
	const struct vkjson *desired = parcel_get_json(parcel, "/v1/agent/desired");
	const char *note = vkjson_text(vkjson_get(desired, "checkpoint"));
	const char *line = note != NULL ? strchr(note, '\n') : NULL;
	size_t count = 0;

	if (line != NULL)
		note_size(line + 1, out, &count, max);
	for (struct vkjson_iter it = vkjson_iter(parcel->answers); vkjson_next(&it);) {
		if (strncmp(it.name, prefix, strlen(prefix)) == 0)
			note_size(it.name + strlen(prefix), out, &count, max);
	}
	return count;
}

const char *parcel_find(const struct parcel *parcel, const char *prefix)
{
	for (struct vkjson_iter it = vkjson_iter(parcel->answers); vkjson_next(&it);) {
		if (strncmp(it.name, prefix, strlen(prefix)) == 0)
			return it.name;
	}
	return NULL;
}
