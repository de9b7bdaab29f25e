/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much a Valkey holds and how many talk to it, as far as it says what a
 * restart would cost. The seconds are an estimate: saving as long as the last
 * time, reading back at a speed that any disk reaches.
 */
#ifndef VK_PULL_USAGE_H
#define VK_PULL_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "client/pull/restart_state.h"
#include "common/err.h"
#include "common/valkey/valkey.h"

enum { USAGE_HOW_BYTES = 200 };

struct usage {
	int64_t clients; /* without the one who asks */
	int64_t memory_bytes;
	int64_t save_seconds; /* the last BGSAVE; -1: none yet */
};

VK_CHECKED enum vk_rc usage_read(struct valkey *valkey, struct usage *out, struct vk_err *err);

/* Of INFO's text. For tests. */
void usage_take_info(const char *info, struct usage *out);

/* How long it would not answer when it is restarted, and how that was estimated. */
int64_t usage_restart_seconds(
	const struct usage *usage, const struct restart_state *state, char *how, size_t size);

#endif
