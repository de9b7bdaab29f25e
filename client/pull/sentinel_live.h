/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A running Sentinel: what it says about itself, and changing that with SENTINEL
 * SET and SENTINEL CONFIG SET. Each function does for a server what live.h and
 * converge.h do, so that callers need not ask which of both it is.
 */
#ifndef VK_PULL_SENTINEL_LIVE_H
#define VK_PULL_SENTINEL_LIVE_H

#include "client/pull/converge.h"
#include "client/pull/instance.h"
#include "common/bundle.h"
#include "common/err.h"
#include "common/valkey/live.h"

/* live_read(); of a Sentinel (query->schema says so) its groups as it tells them, the rest from its
 * own file, whether it runs from that file, and its users. A group without enough Sentinels counts
 * as a link that is down. */
VK_CHECKED enum vk_rc sentinel_live_read(const struct instance *instance, struct valkey *valkey,
	const struct live_query *query, struct live *live, struct vk_err *err);

/* converge_values(). bundle: the one that is wanted. A Sentinel takes the values one by one; what
 * was set before one that it refuses is put back by whoever goes back to another bundle. */
VK_CHECKED enum vk_rc sentinel_converge(const struct instance *instance, struct valkey *valkey,
	const struct vk_bundle *bundle, struct difference *difference,
	const struct expected *expected, const struct converge_options *options,
	struct vk_err *err);

/* For a preflight: the users of a Sentinel that runs from a copy, and whether the agent may do all
 * that it has to; else VK_EINPUT. */
VK_CHECKED enum vk_rc sentinel_learn(struct valkey *valkey, struct live *live, struct vk_err *err);

#endif
