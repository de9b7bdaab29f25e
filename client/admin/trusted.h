/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The metadata that this person trusts, for ceremonies: they must work where the
 * server is out of reach, and after metadata has expired, for signing anew is
 * how it becomes valid again. Signatures and versions are checked, expiry is
 * not.
 */
#ifndef ADMIN_TRUSTED_H
#define ADMIN_TRUSTED_H

#include "common/err.h"
#include "common/tuf/tuf_meta.h"

struct cli;
struct session;

/* Embedded: trusted_init() ... trusted_release(). */
struct trusted {
	struct tuf_meta *root;
	struct tuf_meta *targets;
	struct tuf_meta *role; /* of the environment that was asked for; NULL: none */
};

void trusted_init(struct trusted *trusted);
void trusted_release(struct trusted *trusted);

/* Brings the metadata in home up to date, where session is not NULL and the server can be reached
 * (a remark is made where it cannot), and loads it. environment may be NULL; whether its role is
 * there is for the caller to see. VK_ENOTFOUND when no root is pinned. */
VK_CHECKED enum vk_rc trusted_load(struct trusted *trusted, const struct cli *cli,
	struct session *session, const char *environment, struct vk_err *err);

#endif
