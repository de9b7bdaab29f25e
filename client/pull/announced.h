/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emergencies that people have announced for this host, as the server has handed
 * them on: each signed by one who may approve releases of the environment, by
 * the keys that the verified targets name. Kept in STATE/announced.json, each
 * for as long as it says, by this host's own clock, and never longer than
 * VK_ANNOUNCEMENT_MAX_SECONDS. A server that keeps one back, or goes on handing
 * out one that was ended, changes nothing but what drift is called and whether
 * it is put right, within that time.
 */
#ifndef VK_PULL_ANNOUNCED_H
#define VK_PULL_ANNOUNCED_H

#include <stddef.h>

#include "client/pull/pins.h"
#include "common/announcement.h"

struct vkjson;

struct announced {
	size_t count;
	struct vk_announcement *items; /* owned */
};

void announced_release(struct announced *announced);

/* Those of one instance. Never fails: what cannot be read is told in the log, and is none. */
void announced_read(const char *state, const char *instance, struct announced *out);

/* The one of that name that counts now; NULL: none. */
const struct vk_announcement *announced_find(
	const struct announced *announced, const char *name, int64_t now);

/* Replaces what is kept by what is signed in the server's answer (NULL: nothing); what is not is
 * told in the log and left out. Writes only what is new. */
VK_CHECKED enum vk_rc announced_take(const char *state, const struct pins *pins,
	const struct tuf_role *role, const struct vkjson *list, struct vk_err *err);

#endif
