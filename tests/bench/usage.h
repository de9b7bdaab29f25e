/* SPDX-License-Identifier: BSD-3-Clause */
/* What processes have used so far; for programs that measure others. */
#ifndef VK_BENCH_USAGE_H
#define VK_BENCH_USAGE_H

#include <stdint.h>

/* The CPU time of these processes ("12,34"; NULL: none) in microseconds, as exact as the kernel's
 * ticks, and their resident memory in kB. Ends the program if one cannot be read. */
void usage_read(const char *pids, uint64_t *cpu_us, uint64_t *rss_kb);

#endif
