/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts and their keys, written into the author's tree. */
#ifndef ADMIN_HOST_FILE_H
#define ADMIN_HOST_FILE_H

#include "common/err.h"

struct cfg_tree;

/* What is written; all borrowed. */
struct host_file {
	const char *directory; /* of the tree */
	const char *name;
	const char *environment;
	const char *public_key; /* "ed25519:..." */
	const char *instance;
	const char *role;
};

/* Writes hosts/NAME.yaml for a host that no file describes; VK_ECONFLICT if the file is there.
 * *path is the caller's to free, in any case. */
VK_CHECKED enum vk_rc host_file_create(
	const struct host_file *host, char **path, struct vk_err *err);

/* Adds the key of a host that a file describes, of a range maybe, to hosts/public-keys.yaml, or to
 * -2, -3, ... where that is full. Where the file does not end in a map of keys, nothing is changed
 * (VK_ECONFLICT). *path is the caller's to free, in any case. */
VK_CHECKED enum vk_rc host_file_add_key(
	const struct host_file *host, const struct cfg_tree *tree, char **path, struct vk_err *err);

#endif
