/* SPDX-License-Identifier: BSD-3-Clause */
/* The database part of `vkcfgd init`: schema, fleet, first admin, first audit entries. */
#ifndef VK_INIT_FLEET_H
#define VK_INIT_FLEET_H

#include <stdint.h>

#include "common/err.h"
#include "common/token.h"

struct init_fleet {
	const char *state; /* directory; keys and certificates are in place */
	const char *name;
	const char *admin;
	const uint8_t *secret; /* VK_TOKEN_SECRET_BYTES: of the admin's token */
	int64_t ttl_seconds;
};

/* Makes the database and records fleet.init and user.add in the audit log, whose first checkpoint
 * is signed. */
VK_CHECKED enum vk_rc init_fleet_database(const struct init_fleet *fleet, struct vk_err *err);

#endif
