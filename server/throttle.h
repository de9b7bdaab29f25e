/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often strangers of one network may try: a token bucket for each, in a table of fixed size.
 * Two networks that fall into one place take it from each other, which gives both a fresh bucket:
 * it errs towards letting in, and what is let in is bounded elsewhere. Any thread.
 */
#ifndef VK_SERVER_THROTTLE_H
#define VK_SERVER_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/quota.h"

enum { THROTTLE_BURST = 200, THROTTLE_PER_SECOND = 20, THROTTLE_PLACES = 4096 };

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);

/* Whether one more may be tried. now_ms: monotonic. */
bool throttle_take(
	struct throttle *throttle, const uint8_t network[QUOTA_KEY_BYTES], int64_t now_ms);

#endif
