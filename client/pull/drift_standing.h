/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drift that was there in the last run already: it does not explain what was
 * called since. Each one is known by a mark, a digest of what it was and what
 * it was called, so that one that has changed again is a new one.
 */
#ifndef VK_PULL_DRIFT_STANDING_H
#define VK_PULL_DRIFT_STANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/outcome.h"

enum { DRIFT_MARK_BYTES = 17 /* 16 digits, with the NUL */ };

struct drift_standing {
	size_t count;
	char marks[OUTCOME_MAX_DRIFT][DRIFT_MARK_BYTES];
};

/* What is left of drift after a run. */
void drift_standing_take(const struct outcome *outcome, struct drift_standing *out);

bool drift_standing_is_same(const struct drift_standing *a, const struct drift_standing *b);

/* How many drifts of the kind are there that were not; of that name only, unless it is NULL. */
size_t drift_standing_count_new(const struct drift_standing *before, const struct outcome *outcome,
	enum outcome_drift_kind kind, const char *name);

/* A mark as a file may hold it. */
bool drift_standing_is_mark(const char *text);

#endif
