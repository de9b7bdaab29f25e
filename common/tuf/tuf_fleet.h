/* SPDX-License-Identifier: BSD-3-Clause */
/* What vkcfg adds to TUF's root: the fleet's name and the audit log's key (signed.x-vkcfg). */
#ifndef VK_TUF_FLEET_H
#define VK_TUF_FLEET_H

#include <stdint.h>

#include "common/err.h"
#include "common/signkey.h"
#include "common/tuf/tuf_meta.h"

struct tuf_fleet {
	const char *fleet;    /* borrowed from the root */
	const char *log_name; /* the checkpoint's origin: FLEET/log; borrowed */
	uint8_t log_public[VK_PUBLIC_KEY_BYTES];
};

/* VK_EUNTRUSTED if the root has no such member: it is not the root of a vkcfg fleet. */
VK_CHECKED enum vk_rc tuf_fleet_from_root(
	const struct tuf_meta *root, struct tuf_fleet *out, struct vk_err *err);

#endif
