/* SPDX-License-Identifier: BSD-3-Clause */
/* vkcfg: the command line for people. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "client/admin/cli.h"
#include "client/admin/command.h"

#include "common/banned.h"

/* Opened keys are in memory: they must not end up in a core file. */
static void forbid_core_files(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
	struct cli cli;
	int status;

	forbid_core_files();
	signal(SIGPIPE, SIG_IGN);
	cli_init(&cli);
	status = command_main(&cli, argc - 1, argv + 1);
	cli_release(&cli);
	return status;
}
