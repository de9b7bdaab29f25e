/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a caller may make this very request: finds the environment that it is about, where the
 * route table says that it stands, and asks the route. For callers whose permission is limited to
 * some environments only; for all others the table has decided before.
 */
#ifndef VK_SERVER_ACCESS_H
#define VK_SERVER_ACCESS_H

#include "common/err.h"
#include "server/view.h"

struct request;

/* Worker's thread, body complete. VK_EDENIED; VK_ENOTFOUND: there is no such environment, or
 * nothing that would tell it; VK_EINPUT: the body does not say it. */
VK_CHECKED enum vk_rc access_check(struct request *req, struct vk_err *err);

/* The roles that a user has in this environment: enum identity_roles. */
unsigned access_roles_in(const struct view_identity *user, const char *environment);

#endif
