/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of roles and targets in URLs and file names, and the patterns that delegate paths. */
#ifndef VK_TUF_PATH_H
#define VK_TUF_PATH_H

#include <stdbool.h>

#include "common/buf.h"

/* Appends text with every byte except A-Z a-z 0-9 _ . - ~ percent-encoded: the name of a role in
 * a URL and on disk, where it can thus never leave its directory. */
void tuf_path_encode_role(const char *text, struct vk_buf *out);

/* The same, but '/' stays: a target's path in a URL. */
void tuf_path_encode_target(const char *text, struct vk_buf *out);

/* A target's path under `targets/`, encoded, with the hash (may be NULL) before the last part:
 * "prod/<hash>.42.json". */
void tuf_path_target_url(const char *path, const char *hash_hex, struct vk_buf *out);

/* Shell pattern per path component; `*` never crosses a slash (TUF specification, 4.5). */
bool tuf_path_matches(const char *pattern, const char *path);

#endif
