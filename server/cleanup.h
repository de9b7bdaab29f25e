/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes away what is stored and needed by nobody any more; main thread, now and then. */
#ifndef VK_SERVER_CLEANUP_H
#define VK_SERVER_CLEANUP_H

#include <stdint.h>

#include "server/readers.h"
#include "server/writer.h"

/* Trees that were uploaded more than keep_seconds ago and became no release. Some at a time: true
 * if there may be more. Failures are logged. */
bool cleanup_run(struct readers *readers, struct writer *writer, int64_t keep_seconds);

#endif
