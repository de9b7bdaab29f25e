/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every command gets: where the person's files are, how to print, and
 * where passphrases come from. Commands print results to standard output only
 * through here: as JSON with --json, else as text; both from the same struct
 * vkjson, so that neither can know more than the other.
 *
 * Whatever the server or a file wrote is printed with its control characters
 * escaped: a message in a change must not be able to repaint the terminal on
 * which somebody decides about that change.
 */
#ifndef ADMIN_CLI_H
#define ADMIN_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "common/passphrase.h"

struct args;
struct vkjson;

enum cli_style {
	CLI_PLAIN,
	CLI_BOLD,
	CLI_DIM,
	CLI_GOOD, /* green */
	CLI_WARN, /* yellow */
	CLI_BAD,  /* red */
};

struct cli {
	char *home; /* owned; may not exist yet */
	bool is_json;
	bool is_color;        /* of out */
	bool is_error_color;  /* of errors */
	bool is_verbose;
	bool is_answer_no; /* set by a command whose question was answered no: exit status 1 */
	struct passphrase_source passphrases;
	FILE *out;
	FILE *errors;
};

/* Standard streams, the home of $VKCFG_HOME or its substitutes (docs/formats.md). */
void cli_init(struct cli *cli);
void cli_release(struct cli *cli);

/* Applies --home, --json, --color, --passphrase-fd and -v. */
VK_CHECKED enum vk_rc cli_apply(struct cli *cli, const struct args *args, struct vk_err *err);

/* Text to standard output as it is: for our own words. Does nothing with --json. */
void cli_say(const struct cli *cli, const char *fmt, ...) VK_PRINTF(2, 3);

/* The same in a style. */
void cli_say_in(const struct cli *cli, enum cli_style style, const char *fmt, ...) VK_PRINTF(3, 4);

/* Foreign text, escaped; no newline is added. */
void cli_say_foreign(const struct cli *cli, enum cli_style style, const char *text);

/* A remark to the error stream, with or without --json. */
void cli_note(const struct cli *cli, const char *fmt, ...) VK_PRINTF(2, 3);

/* A remark only with -v. */
void cli_detail(const struct cli *cli, const char *fmt, ...) VK_PRINTF(2, 3);

/* Prints the result as JSON if --json was given; true if so. */
bool cli_print_json(const struct cli *cli, const struct vkjson *result);

/* The same for a list: {"items":[...]}. */
bool cli_print_json_list(const struct cli *cli, const struct vkjson *items);

/* Shows a failure: "vkcfg: sentence" and "hint: ...", or with --json an object, on the error
 * stream. */
void cli_print_error(const struct cli *cli, const struct vk_err *err);

/* Asks on the terminal; only "yes" or "y" is yes. VK_EINPUT when there is no terminal. */
VK_CHECKED enum vk_rc cli_confirm(
	const struct cli *cli, const char *question, bool *is_yes, struct vk_err *err);

/* Whether writing failed because nobody reads any more, as in 'vkcfg audit log | head'. */
bool cli_is_reader_gone(const struct cli *cli);

/* Flushes standard output: a full disk or a closed pipe is VK_EIO. */
VK_CHECKED enum vk_rc cli_flush(const struct cli *cli, struct vk_err *err);

#endif
