/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a preflight does otherwise for a Sentinel. Sentinel rewrites the file that
 * it is started with and contacts whoever stands in it: it gets a copy in which
 * every group has port 0, at which a Sentinel does not even try (preflight.h).
 */
#ifndef VK_PULL_SENTINEL_PREFLIGHT_H
#define VK_PULL_SENTINEL_PREFLIGHT_H

#include "client/pull/expected.h"
#include "client/pull/instance.h"
#include "common/bundle.h"
#include "common/err.h"

/* Writes the copy into the scratch directory: no port, the socket "s", files of the candidate.
 * Passwords for others are not in it. */
VK_CHECKED enum vk_rc sentinel_preflight_write(const struct instance *instance,
	const struct vk_bundle *bundle, const char *candidate, const char *scratch, int scratch_fd,
	struct vk_err *err);

/* The values that a Sentinel with this bundle has. */
VK_CHECKED enum vk_rc sentinel_preflight_expect(const struct instance *instance,
	const struct vk_bundle *bundle, struct values *out, struct vk_err *err);

#endif
