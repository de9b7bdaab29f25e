/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The placeholders of a bundle, filled in by the host from its own configuration
 * (docs/formats.md): @{instance}, @{generation}, @{data}, @{agent-password}.
 */
#ifndef VK_PULL_FILL_H
#define VK_PULL_FILL_H

#include "client/pull/instance.h"
#include "common/buf.h"
#include "common/bundle.h"
#include "common/err.h"

/* The two files that Valkey reads as configuration. */
#define FILL_CONF "valkey.conf"
#define FILL_ACL "users.acl"

/* Appends a file's text with the placeholders filled in. generation is what @{generation}
 * becomes (DIRECTORY/current, or the candidate's own directory in a preflight). A placeholder that
 * nobody knows is VK_EINPUT in valkey.conf and users.acl and is left alone in other files; the
 * agent's password is known in users.acl only. */
VK_CHECKED enum vk_rc fill_text(const struct instance *instance, const struct vk_bundle_file *file,
	const char *generation, struct vk_buf *out, struct vk_err *err);

/* DIRECTORY/current; the caller's to free. */
char *fill_current_path(const struct instance *instance);

#endif
