/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a disk may have forgotten after a power cut. In a program that links
 * this, write, fsync, rename, unlink, symlink and mkdir of files below one
 * directory are recorded in memory that a killed child leaves to its parent;
 * power_cut() then takes back, last one first, whatever no fsync had made
 * durable: data of the file itself, names of the directory that holds them. That
 * is the worst disk that POSIX allows, but for writing in another order.
 */
#ifndef VK_POWER_CUT_H
#define VK_POWER_CUT_H

#include <stdbool.h>
#include <stddef.h>

/* Begins to record, for this process and those that it forks. Old names are kept in
 * STORE, which is made beside root, on the same file system. */
void power_record(const char *root, const char *store);

/* As if fsync did nothing, to see that somebody would notice. */
void power_ignore_fsync(bool is_ignored);

/* Ends recording and forgets what was not durable; how many operations that were. */
size_t power_cut(void);

#endif
