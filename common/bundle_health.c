/* SPDX-License-Identifier: BSD-3-Clause */
/* How long an instance is watched after a release, and what it may do meanwhile. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/bundle_internal.h"

#include "common/banned.h"

const struct vk_health_row vk_health_rows[VK_HEALTH_LIMITS] = {
	[VK_HEALTH_DENIALS] = {"denials", 0, 1000000, 0},
	[VK_HEALTH_ERRORS] = {"errors", 0, 1000000000, 0},
	[VK_HEALTH_EVICTIONS] = {"evictions", 0, 1000000000, 1000},
	[VK_HEALTH_LAG] = {"lag", 1, 3600, 30},
	[VK_HEALTH_LATENCY] = {"latency", 2, 1000, 10},
	[VK_HEALTH_MEMORY] = {"memory", 1, 100, 95},
	[VK_HEALTH_REJECTED] = {"rejected-connections", 0, 1000000000, 0},
};

int64_t vk_bundle_health_limit(const struct vk_bundle *bundle, enum vk_health_limit limit)
{
	return bundle->health.is_set[limit] ? bundle->health.values[limit]
					    : vk_health_rows[limit].fallback;
}

bool vk_health_is_empty(const struct vk_bundle_health *health)
{
	for (int i = 0; i < VK_HEALTH_LIMITS; i++) {
		if (health->is_set[i])
			return false;
	}
	return true;
}

void vk_health_format(const struct vk_bundle_health *health, struct vk_buf *out)
{
	const char *comma = "";

	for (int i = 0; i < VK_HEALTH_LIMITS; i++) {
		if (!health->is_set[i])
			continue;
		vk_buf_addf(
			out, "%s%s: %" PRId64, comma, vk_health_rows[i].name, health->values[i]);
		comma = ", ";
	}
}

enum vk_rc bundle_check_health(const struct vk_bundle *bundle, struct vk_err *err)
{
	if (bundle->bake_s < 0 || bundle->bake_s > VK_BUNDLE_MAX_BAKE_SECONDS)
		return vk_err_set(err, VK_EINPUT, "bake: expected 0 to %d seconds",
			VK_BUNDLE_MAX_BAKE_SECONDS);
	for (int i = 0; i < VK_HEALTH_LIMITS; i++) {
		const struct vk_health_row *row = &vk_health_rows[i];
		int64_t value = bundle->health.values[i];

		if (bundle->health.is_set[i] && (value < row->min || value > row->max))
			return vk_err_set(err, VK_EINPUT,
				"health: %s: expected %" PRId64 " to %" PRId64, row->name, row->min,
				row->max);
	}
	return VK_OK;
}

static enum vk_rc parse_limits(
	const struct vkjson *object, struct vk_bundle_health *out, struct vk_err *err)
{
	const char *names[VK_HEALTH_LIMITS + 1] = {NULL};
	enum vk_rc rc;

	for (int i = 0; i < VK_HEALTH_LIMITS; i++)
		names[i] = vk_health_rows[i].name;
	if (vkjson_count(object) == 0)
		return vk_err_set(err, VK_EINPUT, "expected 1 to %d limits", VK_HEALTH_LIMITS);
	rc = vkjson_check_members(object, names, err);
	for (int i = 0; rc == VK_OK && i < VK_HEALTH_LIMITS; i++) {
		const struct vk_health_row *row = &vk_health_rows[i];

		out->is_set[i] = vkjson_get(object, row->name) != NULL;
		if (out->is_set[i])
			rc = vkjson_get_int(
				object, row->name, row->min, row->max, &out->values[i], err);
	}
	return rc;
}

enum vk_rc bundle_parse_health(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err)
{
	const struct vkjson *object = NULL;
	enum vk_rc rc = vkjson_get_opt_int(
		apply, "bake", 1, VK_BUNDLE_MAX_BAKE_SECONDS, 0, &out->bake_s, err);

	if (rc == VK_OK)
		rc = vkjson_get_opt_object(apply, "health", &object, err);
	if (rc != VK_OK || object == NULL)
		return rc;
	rc = parse_limits(object, &out->health, err);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "health");
}

void bundle_add_health(const struct vk_bundle *bundle, struct vkjson *apply)
{
	struct vkjson *object;

	if (bundle->bake_s > 0)
		vkjson_set(apply, "bake", vkjson_int(bundle->bake_s));
	if (vk_health_is_empty(&bundle->health))
		return;
	object = vkjson_object();
	for (int i = 0; i < VK_HEALTH_LIMITS; i++) {
		if (bundle->health.is_set[i])
			vkjson_set(object, vk_health_rows[i].name,
				vkjson_int(bundle->health.values[i]));
	}
	vkjson_set(apply, "health", object);
}
