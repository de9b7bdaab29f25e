/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_run NAME TIMES COMMAND...: runs it so often, one after the other, and prints the medians of
 * NAME_wall_us and NAME_cpu_us and the largest NAME_peak_rss_kb. Its output goes to standard error.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/num.h"

#include "common/banned.h"

enum { MAX_TIMES = 1000 };

struct run {
	uint64_t wall_us, cpu_us;
	long peak_rss_kb;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static uint64_t timeval_us(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static struct run run_once(char **command)
{
	uint64_t begun = now_us();
	struct rusage usage;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "bench_run: %s failed\n", command[0]);
		exit(EXIT_FAILURE);
	}
	return (struct run){
		.wall_us = now_us() - begun,
		.cpu_us = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime),
		.peak_rss_kb = usage.ru_maxrss,
	};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned long long median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	static uint64_t wall_us[MAX_TIMES], cpu_us[MAX_TIMES];
	long peak_rss_kb = 0;
	uint64_t times;

	if (argc < 4 || !vk_parse_uint(argv[2], 1, MAX_TIMES, &times)) {
		fprintf(stderr, "usage: bench_run NAME TIMES COMMAND...\n");
		return 2;
	}
	for (uint64_t i = 0; i < times; i++) {
		struct run run = run_once(argv + 3);

		wall_us[i] = run.wall_us;
		cpu_us[i] = run.cpu_us;
		if (run.peak_rss_kb > peak_rss_kb)
			peak_rss_kb = run.peak_rss_kb;
	}
	printf("%s_runs=%llu\n", argv[1], (unsigned long long)times);
	printf("%s_wall_us=%llu\n", argv[1], median(wall_us, times));
	printf("%s_cpu_us=%llu\n", argv[1], median(cpu_us, times));
	printf("%s_peak_rss_kb=%ld\n", argv[1], peak_rss_kb);
	return EXIT_SUCCESS;
}
