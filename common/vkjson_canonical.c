/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Canonical JSON (OLPC). An emitter of our own: a JSON library escapes control
 * characters, which the canonical form leaves raw, and then every signature
 * over a PEM key breaks.
 */
#include "config.h"

#include "common/vkjson.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

struct member {
	const char *name;
	const struct vkjson *value;
};

/* By unsigned bytes: strcmp() compares so, whatever the locale. */
static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static struct member *sort_members(const struct vkjson *obj)
{
	struct member *members = xcalloc(vkjson_count(obj) + 1, sizeof(*members));
	size_t n = 0;

	for (struct vkjson_iter it = vkjson_iter(obj); vkjson_next(&it); n++)
		members[n] = (struct member){it.name, it.value};
	qsort(members, n, sizeof(*members), compare_members);
	return members;
}

static void add_string(const char *text, struct vk_buf *out)
{
	vk_buf_addc(out, '"');
	for (;;) {
		size_t plain = strcspn(text, "\"\\");

		vk_buf_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		vk_buf_addc(out, '\\');
		vk_buf_addc(out, *text++);
	}
	vk_buf_addc(out, '"');
}

static enum vk_rc add_value(
	const struct vkjson *value, unsigned depth, struct vk_buf *out, struct vk_err *err);

static enum vk_rc add_object(
	const struct vkjson *value, unsigned depth, struct vk_buf *out, struct vk_err *err)
{
	struct member *members = sort_members(value);
	size_t count = vkjson_count(value);
	enum vk_rc rc = VK_OK;

	vk_buf_addc(out, '{');
	for (size_t i = 0; i < count && rc == VK_OK; i++) {
		if (i > 0)
			vk_buf_addc(out, ',');
		add_string(members[i].name, out);
		vk_buf_addc(out, ':');
		rc = add_value(members[i].value, depth, out, err);
	}
	vk_buf_addc(out, '}');
	free(members);
	return rc;
}

static enum vk_rc add_array(
	const struct vkjson *value, unsigned depth, struct vk_buf *out, struct vk_err *err)
{
	size_t count = vkjson_count(value);
	enum vk_rc rc = VK_OK;

	vk_buf_addc(out, '[');
	for (size_t i = 0; i < count && rc == VK_OK; i++) {
		if (i > 0)
			vk_buf_addc(out, ',');
		rc = add_value(vkjson_at(value, i), depth, out, err);
	}
	vk_buf_addc(out, ']');
	return rc;
}

static enum vk_rc add_value(
	const struct vkjson *value, unsigned depth, struct vk_buf *out, struct vk_err *err)
{
	switch (vkjson_type(value)) {
	case VKJSON_OBJECT:
	case VKJSON_ARRAY:
		if (depth >= VKJSON_MAX_DEPTH)
			return vk_err_set(err, VK_ELIMIT, "JSON is nested deeper than %d levels",
				VKJSON_MAX_DEPTH);
		return vkjson_type(value) == VKJSON_OBJECT ? add_object(value, depth + 1, out, err)
							   : add_array(value, depth + 1, out, err);
	case VKJSON_STRING:
		add_string(vkjson_text(value), out);
		return VK_OK;
	case VKJSON_INT:
		vk_buf_addf(out, "%" PRId64, vkjson_integer(value));
		return VK_OK;
	case VKJSON_REAL:
		return vk_err_set(err, VK_EINPUT, "a number is not an integer");
	case VKJSON_BOOL:
		vk_buf_adds(out, vkjson_is_true(value) ? "true" : "false");
		return VK_OK;
	case VKJSON_NULL:
		vk_buf_adds(out, "null");
		return VK_OK;
	}
	abort();
}

enum vk_rc vkjson_canonical(const struct vkjson *value, struct vk_buf *out, struct vk_err *err)
{
	enum vk_rc rc = add_value(value, 0, out, err);

	return rc == VK_OK ? vk_buf_check(out, "canonical JSON", err) : rc;
}
