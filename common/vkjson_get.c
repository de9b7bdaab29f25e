/* SPDX-License-Identifier: BSD-3-Clause */
/* The typed getters of common/vkjson.h, written over its untyped ones. */
#include "config.h"

#include "common/vkjson.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "common/clock.h"
#include "common/num.h"

#include "common/banned.h"

static enum vk_rc expected(const char *name, const char *what, struct vk_err *err)
{
	return vk_err_set(err, VK_EINPUT, "member '%s': expected %s", name, what);
}

/* Finds a member of the type; a missing one is *out = NULL. */
static enum vk_rc find(const struct vkjson *obj, const char *name, enum vkjson_type type,
	const char *what, const struct vkjson **out, struct vk_err *err)
{
	const struct vkjson *value = vkjson_get(obj, name);

	if (value != NULL && vkjson_type(value) != type)
		return expected(name, what, err);
	*out = value;
	return VK_OK;
}

static enum vk_rc missing(const char *name, struct vk_err *err)
{
	return vk_err_set(err, VK_EINPUT, "member '%s' is missing", name);
}

static enum vk_rc require(const struct vkjson *obj, const char *name, enum vkjson_type type,
	const char *what, const struct vkjson **out, struct vk_err *err)
{
	const struct vkjson *value = NULL;
	enum vk_rc rc = find(obj, name, type, what, &value, err);

	if (rc != VK_OK)
		return rc;
	if (value == NULL)
		return missing(name, err);
	*out = value;
	return VK_OK;
}

enum vk_rc vkjson_get_opt_string(const struct vkjson *obj, const char *name, const char *fallback,
	const char **out, struct vk_err *err)
{
	const struct vkjson *value = NULL;
	enum vk_rc rc = find(obj, name, VKJSON_STRING, "a string", &value, err);

	if (rc == VK_OK)
		*out = value != NULL ? vkjson_text(value) : fallback;
	return rc;
}

enum vk_rc vkjson_get_string(
	const struct vkjson *obj, const char *name, const char **out, struct vk_err *err)
{
	const struct vkjson *value = NULL;
	enum vk_rc rc = require(obj, name, VKJSON_STRING, "a string", &value, err);

	if (rc == VK_OK)
		*out = vkjson_text(value);
	return rc;
}

enum vk_rc vkjson_get_opt_int(const struct vkjson *obj, const char *name, int64_t min, int64_t max,
	int64_t fallback, int64_t *out, struct vk_err *err)
{
	const struct vkjson *value = NULL;
	int64_t number;
	enum vk_rc rc = find(obj, name, VKJSON_INT, "an integer", &value, err);

	if (rc != VK_OK)
		return rc;
	number = value != NULL ? vkjson_integer(value) : fallback;
	if (value != NULL && (number < min || number > max))
		return vk_err_set(err, VK_EINPUT,
			"member '%s': expected an integer from %" PRId64 " to %" PRId64, name, min,
			max);
	*out = number;
	return VK_OK;
}

enum vk_rc vkjson_get_int(const struct vkjson *obj, const char *name, int64_t min, int64_t max,
	int64_t *out, struct vk_err *err)
{
	if (vkjson_get(obj, name) == NULL)
		return missing(name, err);
	return vkjson_get_opt_int(obj, name, min, max, 0, out, err);
}

enum vk_rc vkjson_get_opt_bool(
	const struct vkjson *obj, const char *name, bool fallback, bool *out, struct vk_err *err)
{
	const struct vkjson *value = NULL;
	enum vk_rc rc = find(obj, name, VKJSON_BOOL, "true or false", &value, err);

	if (rc == VK_OK)
		*out = value != NULL ? vkjson_is_true(value) : fallback;
	return rc;
}

enum vk_rc vkjson_get_bool(
	const struct vkjson *obj, const char *name, bool *out, struct vk_err *err)
{
	if (vkjson_get(obj, name) == NULL)
		return missing(name, err);
	return vkjson_get_opt_bool(obj, name, false, out, err);
}

enum vk_rc vkjson_get_opt_array(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err)
{
	return find(obj, name, VKJSON_ARRAY, "an array", out, err);
}

enum vk_rc vkjson_get_array(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err)
{
	return require(obj, name, VKJSON_ARRAY, "an array", out, err);
}

enum vk_rc vkjson_get_opt_object(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err)
{
	return find(obj, name, VKJSON_OBJECT, "an object", out, err);
}

enum vk_rc vkjson_get_object(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err)
{
	return require(obj, name, VKJSON_OBJECT, "an object", out, err);
}

enum vk_rc vkjson_get_hex(
	const struct vkjson *obj, const char *name, void *out, size_t len, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(obj, name, &text, err);

	if (rc != VK_OK)
		return rc;
	if (strspn(text, "0123456789abcdef") != strlen(text) ||
		!vk_parse_hex(text, strlen(text), out, len))
		return vk_err_set(err, VK_EINPUT,
			"member '%s': expected %zu lower-case hexadecimal digits", name, 2 * len);
	return VK_OK;
}

enum vk_rc vkjson_get_time(
	const struct vkjson *obj, const char *name, int64_t *out, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc = vkjson_get_string(obj, name, &text, err);

	if (rc != VK_OK)
		return rc;
	if (!vk_time_parse(text, out))
		return expected(name, "a time like 2026-11-23T01:33:05Z", err);
	return VK_OK;
}

static bool is_listed(const char *name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

enum vk_rc vkjson_check_members(
	const struct vkjson *obj, const char *const *names, struct vk_err *err)
{
	if (obj == NULL || vkjson_type(obj) != VKJSON_OBJECT)
		return vk_err_set(err, VK_EINPUT, "expected an object");
	for (struct vkjson_iter it = vkjson_iter(obj); vkjson_next(&it);) {
		if (!is_listed(it.name, names))
			return vk_err_set(err, VK_EINPUT, "unknown member '%.64s'", it.name);
	}
	return VK_OK;
}
