/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signing keys of this person, unlocked with their passphrases or PINs for one
 * command, and TUF files signed with all of them.
 */
#ifndef ADMIN_SIGNERS_H
#define ADMIN_SIGNERS_H

#include <stddef.h>

#include "client/admin/cli.h"
#include "client/admin/home.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/keyholder.h"

struct tuf_role;

/* Embedded: signers_init() ... signers_release(). */
struct signers {
	struct keyholder *items[HOME_MAX_KEYS]; /* locked until signers_unlock() */
	size_t count;
};

void signers_init(struct signers *signers);
void signers_release(struct signers *signers);

/* Adds the key of that name, locked. VK_EINPUT if it was added before. */
VK_CHECKED enum vk_rc signers_add(
	struct signers *signers, const struct cli *cli, const char *name, struct vk_err *err);

/* Adds all keys of this person that the role knows; none is no error. */
VK_CHECKED enum vk_rc signers_add_for_role(struct signers *signers, const struct cli *cli,
	const struct tuf_role *role, struct vk_err *err);

/* Asks for the passphrases and PINs, in the order in which the keys were added. */
VK_CHECKED enum vk_rc signers_unlock(
	struct signers *signers, const struct cli *cli, struct vk_err *err);

/* Appends the TUF file of this signed part with the signatures of all keys. */
VK_CHECKED enum vk_rc signers_sign_file(const struct signers *signers, const struct vk_buf *part,
	struct vk_buf *out, struct vk_err *err);

#endif
