/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of an instance with its secrets filled in, as the agent would install them. */
#ifndef ADMIN_RENDER_FILLED_H
#define ADMIN_RENDER_FILLED_H

#include "common/config/tree.h"
#include "common/err.h"

struct cli;

/* Renders instance id of an environment and writes its files below directory, which is made
 * absolute, with an empty runtime.conf and a directory data/, so that a server can be started from
 * it. secrets_path: see clear_secrets.h. */
VK_CHECKED enum vk_rc render_filled(const struct cli *cli, const struct cfg_tree *tree,
	const char *environment, const char *id, const char *secrets_path, const char *directory,
	struct vk_err *err);

#endif
