/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * May this instance be started with the files that `current` names? Answered from what is on this
 * host's disk, so that a boot needs no network: the files are those of their bundle to the byte,
 * the bundle is the one that the last answer wanted whose whole chain was verified, and what the
 * server has signed for it is still fresh.
 */
#ifndef VK_PULL_READY_H
#define VK_PULL_READY_H

#include "client/pull/desired.h"
#include "client/pull/instance.h"

enum ready {
	READY_NO,	 /* nothing is installed, or its files are not those that were verified */
	READY_LAST_GOOD, /* verified once; whether it is still wanted is not known */
	READY_VERIFIED,
};

/* What is not READY_VERIFIED says why in err. An install that is under way, or a release that
 * failed here, leaves the generation before it wanted. */
enum ready ready_look(
	const struct instance *instance, const struct desired *desired, struct vk_err *err);

#endif
