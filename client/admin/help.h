/* SPDX-License-Identifier: BSD-3-Clause */
/* `vkcfg help` and `vkcfg completion bash`, out of the table of commands. */
#ifndef ADMIN_HELP_H
#define ADMIN_HELP_H

#include "client/admin/command.h"

command_run help_run;
command_run completion_run;

/* Prints the list of commands to standard output. */
void help_print_all(const struct cli *cli);

/* Prints one command's help to standard output. */
void help_print_command(const struct cli *cli, const struct command *command);

#endif
