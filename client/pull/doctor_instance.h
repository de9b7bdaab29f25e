/* SPDX-License-Identifier: BSD-3-Clause */
/* The doctor's look at one instance: its directories, its door, and the Valkey that runs. */
#ifndef VK_PULL_DOCTOR_INSTANCE_H
#define VK_PULL_DOCTOR_INSTANCE_H

#include "client/pull/checkup.h"
#include "client/pull/instance.h"

void doctor_look_at_instance(
	const struct instance *instance, int64_t expiry_warning_s, struct checkup *checkup);

#endif
