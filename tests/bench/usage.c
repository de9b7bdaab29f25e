/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/bench/usage.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/banned.h"

static void die(const char *path)
{
	fprintf(stderr, "usage: %s cannot be read\n", path);
	exit(EXIT_FAILURE);
}

void usage_read(const char *pids, uint64_t *cpu_us, uint64_t *rss_kb)
{
	long ticks = sysconf(_SC_CLK_TCK), page_kb = sysconf(_SC_PAGESIZE) / 1024;

	*cpu_us = *rss_kb = 0;
	for (const char *p = pids; p != NULL && *p != '\0'; p += strspn(p, ",")) {
		size_t len = strcspn(p, ",");
		unsigned long user = 0, sys = 0;
		char path[64];
		long rss = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%.*s/stat", (int)len, p);
		p += len;
		f = fopen(path, "r");
		if (f == NULL)
			die(path);
		if (fscanf(f,
			    "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu "
			    "%*d %*d %*d %*d %*d %*d %*u %*u %ld",
			    &user, &sys, &rss) != 3)
			die(path);
		fclose(f);
		*cpu_us += (uint64_t)(user + sys) * 1000000u / (uint64_t)ticks;
		*rss_kb += (uint64_t)(rss * page_kb);
	}
}
