/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_rss NAME COMMAND...: runs it and prints NAME=peak resident memory in kB. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_rss NAME COMMAND...\n");
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "bench_rss: %s failed\n", argv[2]);
		return EXIT_FAILURE;
	}
	printf("%s=%ld\n", argv[1], usage.ru_maxrss);
	return EXIT_SUCCESS;
}
