/* SPDX-License-Identifier: BSD-3-Clause */
/* The windows outside of which a bundle allows no restart. */
#include "config.h"

#include <string.h>

#include "common/bundle_internal.h"
#include "common/mem.h"
#include "common/window.h"

#include "common/banned.h"

enum vk_rc bundle_check_windows(const struct vk_bundle *bundle, struct vk_err *err)
{
	if (bundle->window_count > VK_BUNDLE_MAX_WINDOWS)
		return vk_err_set(err, VK_ELIMIT, "restart-window: more than %d windows",
			VK_BUNDLE_MAX_WINDOWS);
	for (size_t i = 0; i < bundle->window_count; i++) {
		if (!vk_window_is_canonical(bundle->windows[i]))
			return vk_err_set(err, VK_EINPUT,
				"restart-window: %zu is no window, or not in its one form", i);
		if (i > 0 && strcmp(bundle->windows[i - 1], bundle->windows[i]) >= 0)
			return vk_err_set(err, VK_EINPUT,
				"restart-window: windows must be sorted, each only once");
	}
	return VK_OK;
}

enum vk_rc bundle_parse_windows(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *array = NULL;
	const char **windows;
	enum vk_rc rc;

	if (vkjson_get(apply, "restart-window") == NULL)
		return VK_OK;
	rc = vkjson_get_array(apply, "restart-window", &array, err);
	if (rc != VK_OK)
		return rc;
	if (vkjson_count(array) == 0 || vkjson_count(array) > VK_BUNDLE_MAX_WINDOWS)
		return vk_err_set(err, VK_EINPUT, "restart-window: expected 1 to %d windows",
			VK_BUNDLE_MAX_WINDOWS);
	windows = xcalloc(vkjson_count(array), sizeof(*windows));
	out->windows = windows;
	for (size_t i = 0; i < vkjson_count(array); i++) {
		if (vkjson_type(vkjson_at(array, i)) != VKJSON_STRING)
			return vk_err_set(err, VK_EINPUT, "restart-window: a window is no text");
		windows[out->window_count++] = vkjson_text(vkjson_at(array, i));
	}
	return VK_OK;
}

struct vkjson *bundle_windows_to_json(const struct vk_bundle *bundle)
{
	struct vkjson *array = vkjson_array();

	for (size_t i = 0; i < bundle->window_count; i++)
		vkjson_append(array, vkjson_string(bundle->windows[i]));
	return array;
}

void vk_bundle_windows_format(const struct vk_bundle *bundle, struct vk_buf *out)
{
	for (size_t i = 0; i < bundle->window_count; i++)
		vk_buf_addf(out, "%s%s", i > 0 ? "; " : "", bundle->windows[i]);
}
