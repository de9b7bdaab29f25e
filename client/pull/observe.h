/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An instance that is only observed: the release that it should run is written
 * into STATE/observe/NAME, judged by its valkey-server there, and compared with
 * what runs. Nothing below the instance's own directories is written, nothing
 * is set in the running server, and nothing is started or restarted.
 */
#ifndef VK_PULL_OBSERVE_H
#define VK_PULL_OBSERVE_H

#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"
#include "common/err.h"

struct observed {
	struct instance instance; /* the same, but for where its generations are */
	char *staging;
};

void observed_init(struct observed *observed, const struct instance *instance);
void observed_release(struct observed *observed);

/* Stages a release's bundle, whose secrets are here already, and lets valkey-server judge it: from
 * then on it is what the instance is compared with. VK_EINPUT: it would be refused. */
VK_CHECKED enum vk_rc observe_stage(const struct observed *observed, const char *scratch,
	int64_t release, const struct generation_bundle *bundle, struct vk_err *err);

/* Puts into the outcome how what runs differs from what is installed (drift), and what the staged
 * release would change. scratch: as for drift_check(); NULL: nothing is learned anew. */
void observe_compare(const struct observed *observed, const struct instance *instance,
	const char *scratch, struct outcome *outcome);

/* An instance that is not observed any more: its staged release, which may hold secrets, goes. */
void observe_forget(const struct instance *instance);

#endif
