/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parcel for one host (common/parcel.h), of what is released now: metadata and
 * document as this person has verified them, bundles rendered here and proven
 * against the document, secrets as they are sealed to the key that the host has
 * in the tree, and the proofs that the audit log only grew.
 */
#ifndef ADMIN_PARCEL_MAKE_H
#define ADMIN_PARCEL_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "client/admin/current.h"
#include "client/admin/session.h"
#include "common/err.h"

struct parcel;

enum { PARCEL_MAX_LOG_SIZES = 16 };

struct parcel_wish {
	const char *host;
	size_t log_size_count; /* the log as the host has seen it: one of these; 0 is always there
				*/
	uint64_t log_sizes[PARCEL_MAX_LOG_SIZES];
};

struct parcel_made {
	int64_t release;
	int64_t expires; /* the timestamp: hosts refuse the parcel from then on */
	uint64_t log_size;
	size_t bundles, secrets;
};

/* Freed with parcel_free(). VK_ENOTFOUND: no such host in the release; VK_EDENIED: a secret is not
 * sealed to it. */
VK_CHECKED enum vk_rc parcel_make(struct session *session, const struct current *current,
	const struct parcel_wish *wish, struct parcel **out, struct parcel_made *made,
	struct vk_err *err);

#endif
