/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Audit entries for refused requests (access.denied). A stranger can cause any
 * number of refusals, so they are rate-limited: a burst is recorded, then a few
 * a minute, and the next entry says how many were left out. The log line of a
 * refusal is limited in the same way. Strangers have a limit of their own, a
 * lower one: they can neither hide what somebody of the fleet tries nor fill the
 * disk.
 */
#ifndef VK_DENIALS_H
#define VK_DENIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct denials;
struct request;
struct writer;

enum {
	DENIALS_BURST = 20,
	DENIALS_REFILL_MS = 3000, /* one more entry every three seconds */
	DENIALS_STRANGERS_REFILL_MS = 60000,
};

/* writer is borrowed. */
struct denials *denials_new(struct writer *writer);
void denials_free(struct denials *denials);

/* Any worker's thread; the request must not be answered yet. */
void denials_note(struct denials *denials, const struct request *req, const struct vk_err *why);

/* The token bucket by itself, for tests. */
struct denials_bucket {
	unsigned tokens;
	int64_t refill_ms; /* for one more token */
	int64_t filled_ms;
	uint64_t omitted;
};

/* Whether one more may be recorded at now_ms; if so *omitted is what was left out before. */
bool denials_bucket_take(struct denials_bucket *bucket, int64_t now_ms, uint64_t *omitted);

#endif
