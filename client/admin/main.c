/* SPDX-License-Identifier: BSD-3-Clause */
/* vkcfg: the command line for people. */
#include "config.h"

#include <signal.h>

#include "client/admin/cli.h"
#include "client/admin/command.h"
#include "common/process.h"

#include "common/banned.h"

int main(int argc, char **argv)
{
	struct cli cli;
	int status;

	vk_process_hide_memory(); /* opened keys and secrets are in it */
	signal(SIGPIPE, SIG_IGN);
	cli_init(&cli);
	status = command_main(&cli, argc - 1, argv + 1);
	cli_release(&cli);
	return status;
}
