/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent never runs as root. Started as root (cron, an init script), it
 * becomes the user that pull.yaml names, with that user's groups (Valkey's is
 * among them), before it reads a byte from the network; without such a user it
 * refuses. Irreversible.
 */
#ifndef VK_PULL_PRIVILEGE_H
#define VK_PULL_PRIVILEGE_H

#include "common/err.h"

/* user: NULL where pull.yaml names none. Not root already: user must be NULL or one's own. */
VK_CHECKED enum vk_rc pull_drop_root(const char *user, struct vk_err *err);

#endif
