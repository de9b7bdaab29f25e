/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a run did to one instance and found there: what the report, the log and
 * --status say. Secrets never get in here.
 */
#ifndef VK_PULL_OUTCOME_H
#define VK_PULL_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/generation.h"
#include "client/pull/tls_expiry.h"
#include "common/err.h"
#include "common/valkey/live.h"

struct vkjson;

enum outcome_state {
	OUTCOME_UNCHANGED,
	OUTCOME_COMMITTED,
	OUTCOME_ROLLED_BACK,	 /* switched to, then back to the generation before */
	OUTCOME_FAILED,		 /* could not be tried, or rolling back is not done: next run */
	OUTCOME_REFUSED,	 /* before anything changed; remembered */
	OUTCOME_PENDING_RESTART, /* installed, but for what needs a restart that is not allowed */
	OUTCOME_OBSERVING,	 /* nothing was changed, whatever differs */
};

enum outcome_drift_kind {
	OUTCOME_DRIFT_VALUE,
	OUTCOME_DRIFT_FILE,
	OUTCOME_DRIFT_ACL,
	OUTCOME_DRIFT_COMMAND,	   /* that somebody else has run, and that left no other trace */
	OUTCOME_DRIFT_CERTIFICATE, /* that is served, against the file */
	OUTCOME_DRIFT_TOPOLOGY,	   /* role, primary */
};

/* Whose doing it is. */
enum outcome_cause {
	OUTCOME_UNAUTHORISED, /* nobody has said that it should be so */
	OUTCOME_SERVER_OWNED, /* the running topology decides it: told, never put right */
	OUTCOME_PENDING,      /* of a release, which waits for a restart or for a person */
	OUTCOME_EMERGENCY,    /* a person has announced it */
};

enum { OUTCOME_MAX_DRIFT = 200, OUTCOME_MAX_WAITS = 32, OUTCOME_TEXT_BYTES = 512 };

struct outcome_drift {
	enum outcome_drift_kind kind;
	enum outcome_cause cause;
	char *name;
	char *expected;
	char *actual;
	char *ticket;  /* of an emergency, else NULL... */
	int64_t until; /* ...and when it ends */
	bool is_reverted;
	bool is_alert;	   /* the bundle wants a person to be called */
	bool is_too_often; /* it was put right so often that somebody must look */
	bool is_planned; /* what the wanted release would change, of an instance that is observed */
};

/* What a restart will change, and nothing before it. */
struct outcome_wait {
	char *name;
	char *expected;
	char *actual;
};

struct outcome {
	const char *instance;
	int64_t release;			/* that the instance runs; 0: none yet */
	char generation[GENERATION_NAME_BYTES]; /* empty: none yet */
	enum outcome_state state;
	const char *health; /* "ok", "degraded", "down" */
	char valkey[LIVE_VERSION_BYTES];
	char text[OUTCOME_TEXT_BYTES]; /* "changed 3 values and 1 user live" */
	struct tls_expiry tls;	       /* of its certificates */
	struct vk_err failure;
	bool is_cluster_replica; /* so it may be asked to take over */
	bool is_turn_awaited;	 /* a restart waits for what is soon over: ask again soon */
	int64_t window_opens;	 /* a restart waits for this; 0: it does not */
	bool is_settled;	 /* nothing to try again as long as the same release is wanted */
	struct outcome_drift *drift;
	size_t drift_count;
	struct vkjson *member; /* what a shard's members have in common: name to digest; or NULL */
	struct outcome_wait waits[OUTCOME_MAX_WAITS];
	size_t wait_count;
	struct vkjson *checks; /* of its health after a release (health_checks.h), or NULL */
};

void outcome_init(struct outcome *outcome, const char *instance);
void outcome_release(struct outcome *outcome);

/* Copies the texts; what goes past OUTCOME_MAX_DRIFT is left out. */
void outcome_add_drift(struct outcome *outcome, enum outcome_drift_kind kind, const char *name,
	const char *expected, const char *actual);

/* The same for what waits for a restart, past OUTCOME_MAX_WAITS. */
void outcome_add_wait(
	struct outcome *outcome, const char *name, const char *expected, const char *actual);

const char *outcome_state_name(enum outcome_state state);

const char *outcome_cause_name(enum outcome_cause cause);

/* True for what somebody has changed and what is still so. */
bool outcome_is_left(const struct outcome_drift *drift);

/* "report", "alert", "reverted", "too-often", "would-change" */
const char *outcome_action_name(const struct outcome_drift *drift);

/* The element of `instances` in a report; the caller's. */
struct vkjson *outcome_to_json(const struct outcome *outcome);

/* One log line, if there is anything to tell. */
void outcome_log(const struct outcome *outcome);

/* The failure that gives a run its exit status: the worst of all instances and of `other`, in the
 * order of docs/agent.md, "Exit codes". VK_OK: there is none, and err is left as it was. */
VK_CHECKED enum vk_rc outcome_worst(const struct outcome *outcomes, size_t count,
	const struct vk_err *other, struct vk_err *err);

#endif
