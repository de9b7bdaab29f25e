/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is done about drift: what the bundle says of the name (apply.drift and
 * apply.drift-of), as far as this run may change anything, and as long as the
 * agent does not fight somebody over it. What a person has announced as an
 * emergency is told, and left as it is.
 */
#ifndef VK_PULL_DRIFT_POLICY_H
#define VK_PULL_DRIFT_POLICY_H

#include <stdbool.h>

#include "client/pull/announced.h"
#include "client/pull/drift_record.h"
#include "client/pull/outcome.h"
#include "common/bundle.h"

enum drift_verdict { DRIFT_TELL, DRIFT_ALARM, DRIFT_REPAIR, DRIFT_TOO_OFTEN };

struct drift_policy {
	const struct instance *instance;
	const struct vk_bundle *bundle;
	bool may_act;
	int64_t now;
	struct announced announced;
	struct drift_record record;
};

/* Both are borrowed. */
void drift_policy_init(struct drift_policy *policy, const struct instance *instance,
	const struct vk_bundle *bundle, bool may_act);

void drift_policy_release(struct drift_policy *policy);

enum drift_verdict drift_policy_judge(
	const struct drift_policy *policy, enum outcome_drift_kind kind, const char *name);

/* It is about to be put right: counted, and durably so with the next keep or begin. */
void drift_policy_count(
	struct drift_policy *policy, enum outcome_drift_kind kind, const char *name);

/* Before commands are sent that Valkey counts. */
void drift_policy_begin(struct drift_policy *policy);

/* Writes what has changed. That it cannot be written keeps nothing from being put right. */
void drift_policy_keep(struct drift_policy *policy);

/* Marks a drift: what was done about it, and whether it was announced. */
void drift_policy_mark(const struct drift_policy *policy, struct outcome_drift *drift,
	enum drift_verdict verdict, bool is_done);

/* The announcement that counts now for a name as a tree writes it ("users.app", "process"); NULL:
 * none. */
const struct vk_announcement *drift_policy_announced(
	const struct drift_policy *policy, const char *name);

#endif
