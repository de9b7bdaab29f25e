/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be held against the baseline besides a tree: files, their host, a running server. */
#ifndef ADMIN_LINT_SOURCES_H
#define ADMIN_LINT_SOURCES_H

#include "common/config/lint.h"

struct args;
struct cli;

/* A valkey.conf with what it includes (relative to the file that includes) and its ACL file: of
 * --acl, or of aclfile. With --host the owners and modes of the files are looked at, too. */
VK_CHECKED enum vk_rc lint_file(
	struct cfg_lint *lint, const struct cli *cli, const struct args *args, struct vk_err *err);

/* The Valkey of --running. */
VK_CHECKED enum vk_rc lint_running(
	struct cfg_lint *lint, const struct cli *cli, const struct args *args, struct vk_err *err);

/* ---- lint_host.c ---- */

/* A file of the configuration, and its directory. */
void lint_host_file(struct cfg_lint *lint, const char *path);

/* Files and directories that a valkey.conf names by absolute paths. */
void lint_host_named(struct cfg_lint *lint, const struct cfg_conf *conf, const char *version);

#endif
