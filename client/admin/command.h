/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of vkcfg, one row each: dispatch, help and completion are made
 * of the table in commands.c, and a test compares it with the man page. A
 * command reads its arguments, calls what does the work, and prints; what it
 * returns becomes the exit status.
 */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include <stdbool.h>

#include "client/admin/args.h"
#include "client/admin/cli.h"
#include "common/err.h"
#include "common/vkjson.h"

typedef enum vk_rc command_run(struct cli *cli, const struct args *args, struct vk_err *err);

struct command {
	const char *name;    /* "key new" */
	const char *args;    /* what help shows behind the name: "NAME" */
	const char *summary; /* half a line, lower case, without a dot */
	const char *details; /* a paragraph for help, or NULL */
	unsigned min_args;
	unsigned max_args;
	const struct option_spec *options; /* its own; NULL: none */
	const char *permission; /* what the server asks for; NULL: works without the server */
	command_run *run;
};

/* Ends with a row without name. */
extern const struct command commands[];

/* Understood by every command. */
extern const struct option_spec global_options[];

/* The command that the first one or two words name; *used (may be NULL) says how many. NULL if
 * there is none. */
const struct command *command_find(char *const *words, int count, int *used);

/* Runs one command line and returns the exit status of the program. */
int command_main(struct cli *cli, int argc, char *const *argv);

#endif
