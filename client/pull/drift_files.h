/* SPDX-License-Identifier: BSD-3-Clause */
/* Drift of a generation's files: see drift.h. */
#ifndef VK_PULL_DRIFT_FILES_H
#define VK_PULL_DRIFT_FILES_H

#include "client/pull/drift_policy.h"
#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"

/* Compares every file of the bundle with the disk and adds what differs to the outcome; where
 * the policy says so it is written again, atomically. VK_EIO where the disk fails. */
VK_CHECKED enum vk_rc drift_check_files(const struct instance *instance, const char *generation,
	const struct vk_bundle *bundle, struct drift_policy *policy, struct outcome *outcome,
	struct vk_err *err);

#endif
