/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the agent remembers of an instance from one look for drift to the next
 * (STATE/drift-NAME.json): which names it has put right lately, so that it does
 * not fight whoever changes them again and again, and how often Valkey has run
 * the commands that change it, so that those of others are seen. Written only
 * where that has changed. It is advice to itself: one that is missing or
 * damaged is begun anew.
 */
#ifndef VK_PULL_DRIFT_RECORD_H
#define VK_PULL_DRIFT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "client/pull/drift_standing.h"
#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "common/valkey/calls.h"
#include "common/valkey/live.h"

enum {
	DRIFT_MAX_REVERTS = 3,	   /* of one name... */
	DRIFT_REVERTS_S = 60 * 60, /* ...in this time */
	DRIFT_MAX_NAMES = 64,	   /* that were put right in it; of more the oldest are forgotten */
	DRIFT_NAME_BYTES = 256,
};

struct drift_reverts {
	char name[DRIFT_NAME_BYTES];
	int64_t times[DRIFT_MAX_REVERTS]; /* the latest last */
	size_t count;
};

struct drift_record {
	bool is_changed; /* has to be written */
	/* Up to when commands are accounted for. Without a run id: nothing is known, and nothing
	 * can be said of what came before. */
	char run_id[LIVE_RUN_ID_BYTES];
	char generation[GENERATION_NAME_BYTES];
	struct calls calls;
	int64_t since[CALLS]; /* first seen above its count; 0: it is not */
	struct drift_standing standing;
	size_t count;
	struct drift_reverts reverts[DRIFT_MAX_NAMES];
};

/* Never fails: what cannot be read is told in the log, and is empty. */
void drift_record_read(const struct instance *instance, struct drift_record *out);

/* Does nothing where it has not changed. */
VK_CHECKED enum vk_rc drift_record_write(
	const struct instance *instance, struct drift_record *record, struct vk_err *err);

/* Whether the name was put right too often to do it once more. */
bool drift_record_is_full(const struct drift_record *record, const char *name, int64_t now);

void drift_record_add(struct drift_record *record, const char *name, int64_t now);

/* What is left of drift in this run: the next one knows it. */
void drift_record_stand(struct drift_record *record, const struct outcome *outcome);

/* Before the agent itself calls any of the commands, so that a crash does not make them look like
 * somebody else's. */
void drift_record_forget_calls(struct drift_record *record);

#endif
