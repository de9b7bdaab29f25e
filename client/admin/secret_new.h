/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new version of a secret: encrypted under a random key on this machine,
 * sealed to the recipients that the tree names, and sent. What comes back is the
 * pin for the tree. Shared by `vkcfg secret set` and `vkcfg secret rotate`.
 */
#ifndef ADMIN_SECRET_NEW_H
#define ADMIN_SECRET_NEW_H

#include "client/admin/cli.h"
#include "client/admin/secret_value.h"
#include "client/admin/session.h"
#include "common/config/secret_use.h"
#include "common/err.h"
#include "common/secret.h"

struct secret_new {
	struct cfg_pin pin;
	size_t host_count;   /* sealed to so many hosts */
	size_t keeper_count; /* and so many keepers */
};

/* The number that comes after all versions that the tree pins or the server holds. */
VK_CHECKED enum vk_rc secret_new_version(struct session *session, const char *environment,
	const char *name, const struct cfg_pins *pins, int64_t *out, struct vk_err *err);

/* Refuses (VK_EINPUT, before a value is asked for) where nobody could open it again: an environment
 * without keepers, or a tree of another fleet than the session's. */
VK_CHECKED enum vk_rc secret_new_check(struct session *session, const struct cfg_secrets *secrets,
	const char *environment, struct vk_err *err);

/* Makes and sends the version; a host without a key is remarked on. VK_EINPUT: the tree uses the
 * secret as a password or in a directive, and the value cannot be one. */
VK_CHECKED enum vk_rc secret_new_send(const struct cli *cli, struct session *session,
	const struct cfg_secrets *secrets, const struct vk_secret_id *id,
	const struct secret_value *value, struct secret_new *out, struct vk_err *err);

#endif
