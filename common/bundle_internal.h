/* SPDX-License-Identifier: BSD-3-Clause */
/* Between bundle.c and the bundle_*.c only. */
#ifndef VK_BUNDLE_INTERNAL_H
#define VK_BUNDLE_INTERNAL_H

#include "common/bundle.h"
#include "common/vkjson.h"

/* The member `secrets`; what it allocates is freed by vk_bundle_free(). */
VK_CHECKED enum vk_rc bundle_parse_secrets(
	const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err);
struct vkjson *bundle_secrets_to_json(const struct vk_bundle *bundle);

/* The list is sorted, and it and the placeholders name the same versions. */
VK_CHECKED enum vk_rc bundle_check_secrets(const struct vk_bundle *bundle, struct vk_err *err);

/* The member `unmanaged-users` of `apply`; what it allocates is freed by vk_bundle_free(). */
VK_CHECKED enum vk_rc bundle_parse_unmanaged(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err);
struct vkjson *bundle_unmanaged_to_json(const struct vk_bundle *bundle);
VK_CHECKED enum vk_rc bundle_check_unmanaged(const struct vk_bundle *bundle, struct vk_err *err);

/* The optional member `drift-of` of `apply`; freed by vk_bundle_free(). */
VK_CHECKED enum vk_rc bundle_parse_drift_rules(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err);
struct vkjson *bundle_drift_rules_to_json(const struct vk_bundle *bundle);
VK_CHECKED enum vk_rc bundle_check_drift_rules(const struct vk_bundle *bundle, struct vk_err *err);

/* The optional members `bake` and `health` of `apply`. */
VK_CHECKED enum vk_rc bundle_parse_health(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err);
void bundle_add_health(const struct vk_bundle *bundle, struct vkjson *apply);
VK_CHECKED enum vk_rc bundle_check_health(const struct vk_bundle *bundle, struct vk_err *err);
/* The optional member `restart-window` of `apply`; freed by vk_bundle_free(). */
VK_CHECKED enum vk_rc bundle_parse_windows(
	const struct vkjson *apply, struct vk_bundle *out, struct vk_err *err);
struct vkjson *bundle_windows_to_json(const struct vk_bundle *bundle);
VK_CHECKED enum vk_rc bundle_check_windows(const struct vk_bundle *bundle, struct vk_err *err);

/* The optional member `group`; freed with bundle_free_group(). */
VK_CHECKED enum vk_rc bundle_parse_group(
	const struct vkjson *doc, struct vk_bundle *out, struct vk_err *err);
void bundle_free_group(const struct vk_bundle_group *group);
struct vkjson *bundle_group_to_json(const struct vk_bundle_group *group);

VK_CHECKED enum vk_rc bundle_check_group(const struct vk_bundle *bundle, struct vk_err *err);

#endif
