/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a Sentinel's files and its answers say, as names and values that can be
 * compared: "maxclients", "sentinel sentinel-user", "sentinel quorum GROUP".
 * A Sentinel has no CONFIG GET: what it does not tell about its groups stands in
 * its own file, which it writes whenever something changes.
 *
 * Pure: no connection, no file.
 */
#ifndef VK_PULL_SENTINEL_VALUES_H
#define VK_PULL_SENTINEL_VALUES_H

#include "client/pull/difference.h"
#include "common/bundle.h"
#include "common/err.h"
#include "common/valkey/reply.h"
#include "common/valkey/values.h"

enum { SENTINEL_SCHEMA_BYTES = 64 };

/* The comment that names the release's other files, and the value of that name. */
#define SENTINEL_FILES_COMMENT "# vkcfg-files "
#define SENTINEL_FILES "files"

/* Live only: it was started before its present file was written. */
#define SENTINEL_PROCESS "process"

/* Live only: the file that it runs from, where that is not ours. */
#define SENTINEL_FOREIGN "sentinel.conf"

/* The version whose directives a bundle uses: "8.0", of a Sentinel "sentinel 8.0". Returns out. */
const char *sentinel_schema(const struct vk_bundle *bundle, char out[SENTINEL_SCHEMA_BYTES]);

/* Adds what a file says that is not there yet, with what a Sentinel does where it says nothing, but
 * for what Sentinel has learned; sorts. Passwords are masked, unless mask_key is NULL. */
VK_CHECKED enum vk_rc sentinel_values_read(const char *text, size_t len, const char *schema,
	const char *mask_key, struct values *values, struct vk_err *err);

/* The field of one group, which a Sentinel answers as names and texts in turn; NULL if it has none
 * that could be shown. */
const char *sentinel_values_field(const struct reply *group, const char *name);

/* Adds the answer to SENTINEL MASTERS; sorts. */
VK_CHECKED enum vk_rc sentinel_values_add_masters(
	struct values *values, const struct reply *reply, struct vk_err *err);

/* Adds an item for each value that is another one. Where the Sentinel runs from a file that is not
 * ours (difference->is_foreign), only what it tells is compared. */
void sentinel_values_compare(struct difference *difference, const struct values *expected,
	const struct values *live, const char *schema);

#endif
