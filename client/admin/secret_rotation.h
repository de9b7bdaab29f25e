/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rotation of a secret: which step is next. A password must be valid on all
 * servers before the first client uses it, and until the last client has left it:
 *
 *   add     the new version is valid beside the old one     (a release)
 *   switch  the new one is in force, the old still valid    (once all have committed that)
 *   drop    the new one alone                               (once all have committed that)
 *
 * What no ACL user has as password (a key file, a passphrase) cannot be valid
 * twice: it is replaced in one step.
 *
 * Pure: no clock, no storage, no network, no terminal.
 */
#ifndef ADMIN_SECRET_ROTATION_H
#define ADMIN_SECRET_ROTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/pins.h"
#include "common/err.h"

enum rotation_step {
	ROTATION_ADD,
	ROTATION_SWITCH,
	ROTATION_DROP,
	ROTATION_REPLACE,
	ROTATION_WAIT_RELEASE, /* the tree's step is not released yet */
	ROTATION_WAIT_HOSTS,   /* not all instances have committed the release */
};

struct rotation {
	const struct cfg_pins *own;	 /* of one's tree; a version is in force */
	const struct cfg_pins *released; /* of the current release; NULL or version 0: not there */
	bool is_additive;		 /* an ACL user has it as password */
	size_t waiting_count;		 /* instances that have not committed the current release */
};

/* VK_ECONFLICT: one's tree is older than the release, or pins something else. */
VK_CHECKED enum vk_rc rotation_next(
	const struct rotation *rotation, enum rotation_step *out, struct vk_err *err);

/* Whether the step waits for somebody else. */
bool rotation_is_waiting(enum rotation_step step);

/* Whether the step needs a new version. */
bool rotation_is_fresh(enum rotation_step step);

/* The pins after a step that does not wait; fresh: the new version, where it needs one. */
struct cfg_pins rotation_pins(
	enum rotation_step step, const struct cfg_pins *own, const struct cfg_pin *fresh);

/* "add", "switch", "drop", "replace", "wait-release", "wait-hosts" */
const char *rotation_step_name(enum rotation_step step);

#endif
