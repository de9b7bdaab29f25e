/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secrets.conf of a bundle: the few directives whose values are secrets, one per
 * line, DIRECTIVE "@{secret:NAME@VERSION}", and nothing else (docs/formats.md).
 */
#ifndef VK_PULL_SECRETS_CONF_H
#define VK_PULL_SECRETS_CONF_H

#include <stdbool.h>

#include "common/bundle.h"
#include "common/err.h"
#include "common/placeholder.h"

/* The line in valkey.conf that reads it. */
#define SECRETS_CONF_INCLUDE "include \"@{generation}/" VK_BUNDLE_SECRETS "\"\n"

/* VK_EINPUT unless the file is as above, each directive once, and valkey.conf includes it; or
 * neither is there. */
VK_CHECKED enum vk_rc secrets_conf_check(const struct vk_bundle *bundle, struct vk_err *err);

/* The secret of a directive; false where secrets.conf has none for it. */
bool secrets_conf_find(
	const struct vk_bundle *bundle, const char *directive, struct vk_placeholder *out);

#endif
