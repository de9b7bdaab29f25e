/* SPDX-License-Identifier: BSD-3-Clause */
/* The doctor's look at a file system: room, inodes, and whether it may be written. */
#ifndef VK_PULL_DOCTOR_DISK_H
#define VK_PULL_DOCTOR_DISK_H

#include "client/pull/checkup.h"

/* path: a directory that exists. */
void doctor_look_at_disk(const char *path, struct checkup *checkup);

#endif
