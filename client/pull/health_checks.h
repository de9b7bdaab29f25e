/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of an instance that has a new release: each value beside the one
 * from before, and whether the release may be blamed for it. Pure.
 */
#ifndef VK_PULL_HEALTH_CHECKS_H
#define VK_PULL_HEALTH_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pull/health_denials.h"
#include "client/pull/health_state.h"
#include "common/buf.h"
#include "common/bundle.h"

struct vkjson;

enum { HEALTH_MAX_CHECKS = 24, HEALTH_TEXT_BYTES = 160 };

enum health_judgement {
	HEALTH_GOOD,
	HEALTH_BAD_NOW, /* may pass: counts when the time is over */
	HEALTH_BAD,	/* does not pass */
};

struct health_check {
	const char *name; /* static */
	char before[HEALTH_TEXT_BYTES];
	char after[HEALTH_TEXT_BYTES];
	enum health_judgement judgement;
};

struct health_verdict {
	size_t count;
	struct health_check checks[HEALTH_MAX_CHECKS];
};

/* What is compared with what. */
struct health_subject {
	const struct vk_bundle *bundle;	   /* whose limits hold */
	const struct health_state *before; /* NULL: it was not asked, or did not answer */
	const struct health_state *now;
	const struct denials *denials; /* now */
	struct denials_scope scope;
	int64_t elapsed_s;  /* from `before` to the end of the watch */
	bool was_restarted; /* by the agent: counts begin anew, roles may change */
};

void health_judge(const struct health_subject *subject, struct health_verdict *out);

/* Adds one; what goes past HEALTH_MAX_CHECKS is left out. */
void health_add(struct health_verdict *verdict, const char *name, const char *before,
	const char *after, enum health_judgement judgement);

/* The worst of them. */
enum health_judgement health_worst(const struct health_verdict *verdict);

/* "evictions: 0 -> 5231 (at most 1000)", all that are bad. Appends. */
void health_describe(const struct health_verdict *verdict, struct vk_buf *out);

/* For the report; the caller's. */
struct vkjson *health_verdict_to_json(const struct health_verdict *verdict);

#endif
