/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/drift_standing.h"

#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

static void make_mark(const struct outcome_drift *drift, char out[DRIFT_MARK_BYTES])
{
	char *text = xasprintf("%d %s\n%s", (int)drift->kind, drift->name, drift->actual);
	char digest[VK_SHA256_HEX_BYTES];

	vk_sha256_hex(text, strlen(text), digest);
	memcpy(out, digest, DRIFT_MARK_BYTES - 1);
	out[DRIFT_MARK_BYTES - 1] = '\0';
	free(text);
}

/* What a command of somebody has done. */
static bool is_done(const struct outcome_drift *drift)
{
	return drift->kind != OUTCOME_DRIFT_COMMAND &&
	       (drift->cause == OUTCOME_UNAUTHORISED || drift->cause == OUTCOME_EMERGENCY);
}

void drift_standing_take(const struct outcome *outcome, struct drift_standing *out)
{
	out->count = 0;
	for (size_t i = 0; i < outcome->drift_count; i++) {
		const struct outcome_drift *drift = &outcome->drift[i];

		if (is_done(drift) && outcome_is_left(drift))
			make_mark(drift, out->marks[out->count++]);
	}
}

static bool has(const struct drift_standing *standing, const char *mark)
{
	for (size_t i = 0; i < standing->count; i++) {
		if (strcmp(standing->marks[i], mark) == 0)
			return true;
	}
	return false;
}

bool drift_standing_is_same(const struct drift_standing *a, const struct drift_standing *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!has(b, a->marks[i]))
			return false;
	}
	return a->count == b->count;
}

size_t drift_standing_count_new(const struct drift_standing *before, const struct outcome *outcome,
	enum outcome_drift_kind kind, const char *name)
{
	char mark[DRIFT_MARK_BYTES];
	size_t count = 0;

	for (size_t i = 0; i < outcome->drift_count; i++) {
		const struct outcome_drift *drift = &outcome->drift[i];

		if (drift->kind != kind || !is_done(drift) ||
			(name != NULL && strcmp(drift->name, name) != 0))
			continue;
		make_mark(drift, mark);
		count += !has(before, mark);
	}
	return count;
}

bool drift_standing_is_mark(const char *text)
{
	return strlen(text) == DRIFT_MARK_BYTES - 1 &&
	       strspn(text, "0123456789abcdef") == DRIFT_MARK_BYTES - 1;
}
