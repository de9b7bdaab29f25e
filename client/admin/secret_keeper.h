/* SPDX-License-Identifier: BSD-3-Clause */
/* The key with which a keeper opens the secrets of an environment: one of this person's own key
 * files that the tree names as a keeper's. */
#ifndef ADMIN_SECRET_KEEPER_H
#define ADMIN_SECRET_KEEPER_H

#include "client/admin/cli.h"
#include "common/err.h"
#include "common/signkey.h"

struct cfg_secrets;

/* Asks for the passphrase of the first own key that is one of the environment's keepers, or of the
 * key of that name (key_name, may be NULL), and opens it; freed with vk_signkey_free(). VK_EDENIED:
 * not a keeper, or the passphrase is wrong. */
VK_CHECKED enum vk_rc secret_keeper_open(const struct cli *cli, const char *environment,
	const char *key_name, const struct cfg_secrets *secrets, struct vk_signkey **out,
	struct vk_err *err);

#endif
