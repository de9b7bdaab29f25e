/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many connections somebody has, so that nobody has too many: a counter per key (an identity's
 * fingerprint, a network address) over all workers. Asked when a connection begins and ends, never
 * per request. Any thread.
 */
#ifndef VK_SERVER_QUOTA_H
#define VK_SERVER_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

enum { QUOTA_KEY_BYTES = 32 };

struct quota;

/* max: per key; 0: no limit, then nothing is counted. */
struct quota *quota_new(unsigned max);
void quota_free(struct quota *quota);

/* One more for this key, unless it has max already. */
bool quota_take(struct quota *quota, const uint8_t key[QUOTA_KEY_BYTES]);

/* Gives back what quota_take() granted. */
void quota_give(struct quota *quota, const uint8_t key[QUOTA_KEY_BYTES]);

#endif
