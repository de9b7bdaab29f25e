/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Valkey that runs already, from files that are not ours, and keeps running:
 * its values and users are compared and changed like those of any other, but
 * where its files are only a restart can change, and no release is worth one.
 */
#ifndef VK_PULL_TAKEOVER_H
#define VK_PULL_TAKEOVER_H

#include <stddef.h>

#include "client/pull/difference.h"
#include "client/pull/instance.h"
#include "common/valkey/live.h"
#include "client/pull/outcome.h"
#include "common/err.h"

/* VK_EDENIED where the data is in another directory than pull.yaml says: from ours the server would
 * start empty. */
VK_CHECKED enum vk_rc takeover_check(
	const struct instance *instance, const struct difference *difference, struct vk_err *err);

/* A TLS file that holds something else than ours is no matter of places: it is to be set now.
 * candidate: the directory for which DIRECTORY/current stands. */
void takeover_compare_files(
	const struct instance *instance, const char *candidate, struct difference *difference);

/* Puts into the outcome what waits for a restart because of its place, and that the unit must start
 * other files then. Nothing where nothing waits. */
void takeover_tell(const struct instance *instance, const struct difference *difference,
	const struct live *live, struct outcome *outcome);

#endif
