/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a Valkey down, or is it there and does not answer? The first may be started; the second holds
 * data, and nobody ends it for being slow: it is stopped, busy with a script or one long command,
 * or its disk hangs. One that does not answer must not delay the others of its host either: all are
 * asked at the same time, and who was silent is not waited for again in this run.
 */
#ifndef VK_PULL_PRESENCE_H
#define VK_PULL_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pull/instance.h"

/* Sets silence of each. Takes as long as the slowest, at most twice INSTANCE_COMMAND_TIMEOUT_MS. */
void presence_look(struct instance *instances, size_t count);

/* True only where the system says that nobody listens at the instance's address. */
bool presence_is_down(const struct instance *instance);

#endif
