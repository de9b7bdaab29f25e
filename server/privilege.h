/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Giving up root. vkcfgd may be started as root (by an init script, in a
 * container), but nothing of it runs so: main() calls privilege_drop() before
 * it opens the state directory or a socket, and refuses root without a user to
 * become. Irreversible: saved ids and supplementary groups go too.
 */
#ifndef VK_PRIVILEGE_H
#define VK_PRIVILEGE_H

#include <sys/types.h>

#include "common/err.h"

struct privilege_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/*
 * Whom to become. Not root: the own user; name must then be "" or the own user's (VK_EDENIED).
 * Root: VK_EDENIED where name is "" or means root, VK_EINPUT where there is no such user.
 */
VK_CHECKED enum vk_rc privilege_find_user(
	const char *name, struct privilege_user *out, struct vk_err *err);

/* Becomes the user for good and proves it; does nothing when it is that user already. */
VK_CHECKED enum vk_rc privilege_drop(const struct privilege_user *user, struct vk_err *err);

#endif
