/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The placeholders of a bundle, filled in by the host from its own configuration
 * (docs/formats.md): @{instance}, @{generation}, @{data}, @{agent-password}; and
 * its secrets: @{sha256:NAME@VERSION} in users.acl, @{secret:NAME@VERSION} in
 * secrets.conf and as the whole text of other files.
 */
#ifndef VK_PULL_FILL_H
#define VK_PULL_FILL_H

#include "client/pull/instance.h"
#include "client/pull/secrets.h"
#include "common/buf.h"
#include "common/bundle.h"
#include "common/err.h"

/* The files that Valkey reads as configuration. */
#define FILL_RUNTIME "runtime.conf"
#define FILL_CONF VK_BUNDLE_CONF
#define FILL_ACL VK_BUNDLE_ACL
#define FILL_SECRETS VK_BUNDLE_SECRETS

/* Appends a file's text with the placeholders filled in; the caller wipes it. generation is what
 * @{generation} becomes (DIRECTORY/current, or the candidate's own directory in a preflight).
 * secrets: the opened ones, NULL for a file that has none (fill_has_secret()). A placeholder that
 * nobody knows is VK_EINPUT in the files that Valkey reads as configuration, and is left alone in
 * others; the agent's password is known in users.acl only. A secret that is to be a password or a
 * value of Valkey's is VK_EINPUT if it could become more than one word on one line. */
VK_CHECKED enum vk_rc fill_text(const struct instance *instance, const struct vk_bundle_file *file,
	const char *generation, const struct secrets *secrets, struct vk_buf *out,
	struct vk_err *err);

/* What this file becomes must not be shown, nor its digest. */
bool fill_has_secret(const struct vk_bundle_file *file);

/* DIRECTORY/runtime.conf; where nothing may be written there and it is missing, the empty one of
 * the staging directory. The caller's to free. */
char *fill_runtime_path(const struct instance *instance);

/* DIRECTORY/current; the caller's to free. */
char *fill_current_path(const struct instance *instance);

#endif
