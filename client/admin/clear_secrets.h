/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of secrets in clear text, in a file of a person's own (mode 0600, lines
 * NAME=VALUE): what an import takes out of configuration files, and what renders
 * them again for a comparison before the values are sealed.
 */
#ifndef ADMIN_CLEAR_SECRETS_H
#define ADMIN_CLEAR_SECRETS_H

#include <stddef.h>

#include "common/buf.h"
#include "common/bundle.h"
#include "common/config/import.h"
#include "common/config/tree.h"
#include "common/err.h"

struct clear_secrets;

/* Reads such a file; VK_EINPUT names the line, never what stands in it. Freed with
 * clear_secrets_free(), which wipes. */
VK_CHECKED enum vk_rc clear_secrets_read(
	const char *path, struct clear_secrets **out, struct vk_err *err);
void clear_secrets_free(struct clear_secrets *secrets);

/* Creates path (VK_ECONFLICT if it exists) with what an import took out. */
VK_CHECKED enum vk_rc clear_secrets_write(
	const char *path, const struct cfg_import *import, struct vk_err *err);

/* The same tree with a pin for each secret that this environment uses and does not pin, so that it
 * can be rendered before anything is sealed. */
VK_CHECKED enum vk_rc clear_secrets_pin(const struct cfg_tree *tree, const char *environment,
	struct cfg_tree **out, struct vk_err *err);

/* Appends the text of a bundle's file as a host would install it whose instance's directory and
 * generation are directory, with its data in directory/data. The user of the agent gets a password
 * that nobody knows. VK_ENOTFOUND: a secret without a value. */
VK_CHECKED enum vk_rc clear_secrets_fill(const struct clear_secrets *secrets, const char *directory,
	const struct vk_bundle_file *file, struct vk_buf *out, struct vk_err *err);

#endif
