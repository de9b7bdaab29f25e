/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dry run: the host's own valkey-server loads the exact files of a staged
 * generation in a scratch directory, without touching data or ports, and is
 * asked for what it made of them. So a configuration that Valkey refuses is
 * refused here, with Valkey's own words, and the answers are the canonical
 * values that the running server must show later.
 *
 * The scratch directory (0700) never holds a secret: the server reads those from
 * the staged generation. What a crash leaves of it is removed by the next run.
 *
 * It also proves that the agent can still log in and do its work under the new
 * ACL: the agent never locks itself out.
 */
#ifndef VK_PULL_PREFLIGHT_H
#define VK_PULL_PREFLIGHT_H

#include "client/pull/expected.h"
#include "client/pull/generation.h"
#include "client/pull/instance.h"

enum {
	PREFLIGHT_TIMEOUT_MS = 15000,
	PREFLIGHT_MAX_CLIENTS = 1000000, /* the cost of more is linear, and stalls the server */
};

/* scratch: a directory that may be made, filled and removed; its parent exists. VK_EINPUT: the
 * configuration is refused (remember it); VK_EIO, VK_EUNAVAIL: could not be tried. Release out in
 * any case (expected_release()). */
VK_CHECKED enum vk_rc preflight_run(const struct instance *instance, const char *generation,
	const struct generation_bundle *bundle, const char *scratch, struct expected *out,
	struct vk_err *err);

#endif
