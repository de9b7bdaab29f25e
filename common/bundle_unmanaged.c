/* SPDX-License-Identifier: BSD-3-Clause */
/* What is to become of users that a bundle does not name. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/bundle_internal.h"
#include "common/mem.h"

#include "common/banned.h"

bool vk_bundle_pattern_is_valid(const char *text)
{
	size_t len = strnlen(text, VK_BUNDLE_PATTERN_MAX_BYTES + 1);
	bool is_all = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
		is_all = is_all && text[i] == '*';
	}
	return !is_all && len <= VK_BUNDLE_PATTERN_MAX_BYTES;
}

/* Only the last '*' is ever taken up again, which is enough and keeps it at pattern x name. */
bool vk_bundle_pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			retry = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++retry;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

bool vk_bundle_keeps_user(const struct vk_bundle *bundle, const char *name)
{
	if (bundle->unmanaged_users == VK_UNMANAGED_KEEP)
		return true;
	for (size_t i = 0; i < bundle->kept_count; i++) {
		if (vk_bundle_pattern_matches(bundle->kept[i], name))
			return true;
	}
	return false;
}

void vk_bundle_unmanaged_format(const struct vk_bundle *bundle, struct vk_buf *out)
{
	if (bundle->kept_count == 0)
		vk_buf_adds(out, vk_bundle_unmanaged_name(bundle->unmanaged_users));
	for (size_t i = 0; i < bundle->kept_count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? ", " : "keep ", bundle->kept[i]);
}

enum vk_rc bundle_check_unmanaged(const struct vk_bundle *bundle, struct vk_err *err)
{
	if (bundle->kept_count > VK_BUNDLE_MAX_PATTERNS)
		return vk_err_set(err, VK_ELIMIT, "unmanaged-users: more than %d patterns",
			VK_BUNDLE_MAX_PATTERNS);
	if (bundle->kept_count > 0 && bundle->unmanaged_users != VK_UNMANAGED_REMOVE)
		return vk_err_set(err, VK_EINPUT, "unmanaged-users: patterns, and all are kept");
	for (size_t i = 0; i < bundle->kept_count; i++) {
		if (!vk_bundle_pattern_is_valid(bundle->kept[i]))
			return vk_err_set(err, VK_EINPUT,
				"unmanaged-users: pattern %zu is none of users' names", i);
		if (i > 0 && strcmp(bundle->kept[i - 1], bundle->kept[i]) >= 0)
			return vk_err_set(err, VK_EINPUT,
				"unmanaged-users: patterns must be sorted, each only once");
	}
	return VK_OK;
}

/* An array of patterns: others than these are removed. */
static enum vk_rc parse_patterns(
	const struct vkjson *array, struct vk_bundle *out, struct vk_err *err)
{
	const char **kept;

	if (vkjson_count(array) == 0 || vkjson_count(array) > VK_BUNDLE_MAX_PATTERNS)
		return vk_err_set(err, VK_EINPUT, "unmanaged-users: expected 1 to %d patterns",
			VK_BUNDLE_MAX_PATTERNS);
	kept = xcalloc(vkjson_count(array), sizeof(*kept));
	out->unmanaged_users = VK_UNMANAGED_REMOVE;
	out->kept = kept;
	for (size_t i = 0; i < vkjson_count(array); i++) {
		if (vkjson_type(vkjson_at(array, i)) != VKJSON_STRING)
			return vk_err_set(err, VK_EINPUT, "unmanaged-users: a pattern is no text");
		kept[out->kept_count++] = vkjson_text(vkjson_at(array, i));
	}
	return VK_OK;
}

enum vk_rc bundle_parse_unmanaged(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *value = vkjson_get(apply, "unmanaged-users");
	const char *word = NULL;
	enum vk_rc rc;

	if (value != NULL && vkjson_type(value) == VKJSON_ARRAY)
		return parse_patterns(value, out, err);
	rc = vkjson_get_string(apply, "unmanaged-users", &word, err);
	if (rc == VK_OK && !vk_bundle_unmanaged_parse(word, &out->unmanaged_users))
		rc = vk_err_set(err, VK_EINPUT,
			"member 'unmanaged-users': expected keep, remove or a list");
	return rc;
}

struct vkjson *bundle_unmanaged_to_json(const struct vk_bundle *bundle)
{
	struct vkjson *array;

	if (bundle->kept_count == 0)
		return vkjson_string(vk_bundle_unmanaged_name(bundle->unmanaged_users));
	array = vkjson_array();
	for (size_t i = 0; i < bundle->kept_count; i++)
		vkjson_append(array, vkjson_string(bundle->kept[i]));
	return array;
}
