/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secrets that the bundles of a change pin. A change is refused while the
 * server does not hold them, so that no host is sent to look for what is not
 * there. What is in them, and who can open them, the server cannot know.
 */
#ifndef VK_SERVER_SEALED_H
#define VK_SERVER_SEALED_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "server/store/store_bundle.h"

enum { SEALED_PINS_MAX = 10000 }; /* different ones in a change */

struct sealed_pin {
	const char *digest; /* 64 hexadecimal digits */
	const char *name;
	int64_t version;
	const char *instance; /* one that pins it, for messages */
};

struct sealed_pins {
	const struct sealed_pin *items;
	size_t count;
};

/* Collects the pins of rendered bundles, each once, in the arena; instances are borrowed from the
 * bundles. VK_ELIMIT: more than SEALED_PINS_MAX. Takes a while for large fleets. */
VK_CHECKED enum vk_rc sealed_collect(const struct store_bundle *bundles, size_t count,
	struct arena *arena, struct sealed_pins *out, struct vk_err *err);

/* Notes the pins of a change in the database. VK_EUNTRUSTED where a pinned version is not there, or
 * is not that version of that secret of the environment. */
VK_CHECKED enum vk_rc sealed_add_pins(struct store *store, const char *environment, int64_t change,
	const struct sealed_pins *pins, struct arena *arena, struct vk_err *err);

#endif
