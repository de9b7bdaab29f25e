/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signing keys of this person, opened with their passphrases for one command,
 * and TUF files signed with all of them.
 */
#ifndef ADMIN_SIGNERS_H
#define ADMIN_SIGNERS_H

#include <stddef.h>

#include "client/admin/cli.h"
#include "client/admin/home.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/keyfile.h"

struct tuf_key;
struct tuf_role;
struct vk_signkey;

struct signer {
	struct keyfile_info info;
	struct tuf_key *key;       /* the public part, with its key id */
	struct vk_signkey *secret; /* NULL until signers_unlock() */
};

/* Embedded: signers_init() ... signers_release(). */
struct signers {
	struct signer items[HOME_MAX_KEYS];
	size_t count;
};

void signers_init(struct signers *signers);
void signers_release(struct signers *signers);

/* Adds the key of that name, without its secret. VK_EINPUT if it was added before. */
VK_CHECKED enum vk_rc signers_add(
	struct signers *signers, const struct cli *cli, const char *name, struct vk_err *err);

/* Adds all keys of this person that the role knows; none is no error. */
VK_CHECKED enum vk_rc signers_add_for_role(struct signers *signers, const struct cli *cli,
	const struct tuf_role *role, struct vk_err *err);

/* Asks for the passphrases, in the order in which the keys were added. */
VK_CHECKED enum vk_rc signers_unlock(
	struct signers *signers, const struct cli *cli, struct vk_err *err);

/* Appends the TUF file of this signed part with the signatures of all keys. */
VK_CHECKED enum vk_rc signers_sign_file(const struct signers *signers, const struct vk_buf *part,
	struct vk_buf *out, struct vk_err *err);

#endif
