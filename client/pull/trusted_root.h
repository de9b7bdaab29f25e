/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The root that this host was enrolled with, on its way into STATE/tuf: brought
 * by the server, or in a parcel for a host that was enrolled without one.
 */
#ifndef VK_PULL_TRUSTED_ROOT_H
#define VK_PULL_TRUSTED_ROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/pins.h"
#include "common/err.h"

/* Whether this host has pins, but has never verified anything yet: a root that is lost later is no
 * longer replaced by the first one, which may have been rotated away for a reason. */
bool trusted_root_is_awaited(const char *state);

/* Makes the root of all trust of these bytes, in the place of what another attempt has left.
 * VK_EUNTRUSTED unless they are the root that the pins name, of their fleet. */
VK_CHECKED enum vk_rc trusted_root_pin(const char *state, const struct pins *pins, const char *text,
	size_t len, struct vk_err *err);

#endif
