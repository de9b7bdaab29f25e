/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file that a Sentinel of this host runs from, DIRECTORY/sentinel/sentinel.conf.
 * Sentinel writes it anew by rename, so it has a directory of its own that both
 * may write, and no agent ever writes it for a Sentinel that goes on running.
 */
#ifndef VK_PULL_SENTINEL_FILE_H
#define VK_PULL_SENTINEL_FILE_H

#include "client/pull/instance.h"
#include "client/pull/secrets.h"
#include "common/buf.h"
#include "common/bundle.h"
#include "common/err.h"
#include "common/valkey/live.h"

/* The caller's to free. */
char *sentinel_file_path(const struct instance *instance);

/* Appends all lines of a bundle, those of secrets.conf in the place of their include, and a comment
 * that names the other files; the caller wipes it. generation: what @{generation} becomes. Without
 * secrets, the passwords that only others will ask for stay placeholders, which a preflight may
 * read. VK_EINPUT, naming the secret: its value is no plain word. */
VK_CHECKED enum vk_rc sentinel_file_text(const struct instance *instance,
	const struct vk_bundle *bundle, const char *generation, const struct secrets *secrets,
	bool is_for_preflight, struct vk_buf *out, struct vk_err *err);

/* Before a Sentinel is started: writes the file from what `current` names and from what the file
 * knows; first of all it is noted that the process of that run id (empty: none) does not run from
 * it. An instance that is no Sentinel is left alone. */
VK_CHECKED enum vk_rc sentinel_file_prepare(
	const struct instance *instance, const char *old_run_id, struct vk_err *err);

/* The same for a Sentinel that runs from another file (sentinel_live_read() says so), to be started
 * from this one: what it tells about its groups is what the file begins with. Else does nothing. */
VK_CHECKED enum vk_rc sentinel_file_adopt(
	const struct instance *instance, const struct live *live, struct vk_err *err);

/* Whether it was noted that this process does not run from the present file. */
bool sentinel_file_is_newer(const struct instance *instance, const char *run_id);

/* What Sentinel has written. */
VK_CHECKED enum vk_rc sentinel_file_read(
	const struct instance *instance, struct vk_buf *out, struct vk_err *err);

#endif
