/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is reality what was installed? Files of the current generation (content, mode,
 * owner, no symlink), running values, ACL users. What differs is put into the
 * outcome, and put right where the bundle says so (apply.drift: revert); what
 * the running topology owns is not looked at. Nothing differs: nothing is
 * written and nothing is set.
 */
#ifndef VK_PULL_DRIFT_H
#define VK_PULL_DRIFT_H

#include <stdbool.h>

#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"

enum drift_flags {
	DRIFT_DEFAULT = 0,
	DRIFT_LOOK_ONLY = 1, /* --status: report, whatever the bundle says; learn nothing anew */
	DRIFT_PLAN = 2,	     /* not installed yet: say what it would change, and change nothing */
};

/* Checks the generation that `current` names; an instance without one has no drift. scratch: for a
 * preflight where valkey-server or runtime.conf has changed since the last one. */
void drift_check(const struct instance *instance, const char *scratch, enum drift_flags flags,
	struct outcome *outcome);

#endif
