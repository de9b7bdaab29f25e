/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/admin/help.h"

#include "common/banned.h"

/* What a shell says of a program that SIGPIPE ended: nothing is wrong, so nothing is said. */
enum { STATUS_READER_GONE = 128 + SIGPIPE };

const struct option_spec global_options[] = {
	{"home", 0, "DIR", "keys and trusted metadata (default $VKCFG_HOME or ~/.config/vkcfg)", false},
	{"json", 0, NULL, "print the result as JSON", false},
	{"color", 0, "WHEN", "auto, always or never", false},
	{"passphrase-fd", 0, "N", "read passphrases from descriptor N, one line each", false},
	{"verbose", 'v', NULL, "say what is being done", false},
	{"help", 'h', NULL, "show the help of the command", false},
	{"version", 0, NULL, "show the version of vkcfg", false},
	{NULL, 0, NULL, NULL, false},
};

/* Whether name, of one or two words, is what words begin with; returns the number of words. */
static int match_name(const char *name, char *const *words, int count)
{
	const char *space = strchr(name, ' ');
	size_t first = space != NULL ? (size_t)(space - name) : strlen(name);

	if (count < 1 || strlen(words[0]) != first || memcmp(words[0], name, first) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return count >= 2 && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

const struct command *command_find(char *const *words, int count, int *used)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		int matched = match_name(command->name, words, count);

		if (matched > 0) {
			if (used != NULL)
				*used = matched;
			return command;
		}
	}
	return NULL;
}

/* "key" alone, or with an unknown second word: names what could follow. */
static enum vk_rc unknown_command(char *const *words, int count, struct vk_err *err)
{
	char known[sizeof(err->hint)] = "";
	size_t len = 0;
	size_t first = strlen(words[0]);

	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strncmp(command->name, words[0], first) != 0 || command->name[first] != ' ')
			continue;
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s'%s'",
			len > 0 ? ", " : "", command->name);
		if (len >= sizeof(known))
			break;
	}
	if (len > 0 && count == 1)
		vk_err_set(err, VK_EINPUT, "'%s' needs a second word", words[0]);
	else if (len > 0)
		vk_err_set(err, VK_EINPUT, "there is no command '%s %s'", words[0], words[1]);
	else
		vk_err_set(err, VK_EINPUT, "there is no command '%s'", words[0]);
	vk_err_hint(err, len > 0 ? "one of %s" : "'vkcfg help' lists the commands%s", known);
	return VK_EINPUT;
}

static enum vk_rc check_count(
	const struct command *command, const struct args *args, struct vk_err *err)
{
	size_t count = args_count(args);

	if (count >= command->min_args && count <= command->max_args)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "'%s' takes %s arguments than were given", command->name,
		count < command->min_args ? "more" : "fewer");
	vk_err_hint(err, "vkcfg %s%s%s", command->name, command->args[0] != '\0' ? " " : "",
		command->args);
	return VK_EINPUT;
}

static enum vk_rc run_command(struct cli *cli, const struct command *command, struct args *args,
	struct vk_err *err)
{
	enum vk_rc rc = cli_apply(cli, args, err);

	if (rc == VK_OK && args_has(args, "help")) {
		help_print_command(cli, command);
		return cli_flush(cli, err);
	}
	if (rc == VK_OK)
		rc = check_count(command, args, err);
	if (rc == VK_OK && sodium_init() < 0)
		rc = vk_err_set(err, VK_EIO, "libsodium cannot start");
	if (rc == VK_OK)
		rc = command->run(cli, args, err);
	if (rc == VK_OK)
		rc = cli_flush(cli, err);
	return rc;
}

static enum vk_rc print_version(const struct cli *cli, struct vk_err *err)
{
	cli_say(cli, "%s\n", PACKAGE_STRING);
	return cli_flush(cli, err);
}

/* Options that stand before the command come first, then its name, then the rest. */
static enum vk_rc dispatch(
	struct cli *cli, int argc, char *const *argv, struct args *args, struct vk_err *err)
{
	const struct command *command;
	enum vk_rc rc;
	int used = 0;
	int words = 0;

	rc = args_parse_until_word(args, argv, argc, global_options, &used, err);
	cli->is_json = args_has(args, "json"); /* for what is refused here */
	if (rc != VK_OK) {
		if (err->hint[0] == '\0')
			vk_err_hint(err, "'vkcfg help' shows the options");
		return rc;
	}
	if (args_has(args, "version"))
		return print_version(cli, err);
	if (used == argc && args_has(args, "help")) {
		help_print_all(cli);
		return cli_flush(cli, err);
	}
	if (used == argc) {
		vk_err_set(err, VK_EINPUT, "no command given");
		vk_err_hint(err, "'vkcfg help' lists the commands");
		return VK_EINPUT;
	}
	command = command_find(argv + used, argc - used, &words);
	if (command == NULL)
		return unknown_command(argv + used, argc - used, err);
	rc = args_parse(args, argv + used + words, argc - used - words, command->options,
		global_options, err);
	cli->is_json = args_has(args, "json");
	if (rc != VK_OK) {
		if (err->hint[0] == '\0')
			vk_err_hint(err, "'vkcfg help %s' shows its options", command->name);
		return rc;
	}
	return run_command(cli, command, args, err);
}

int command_main(struct cli *cli, int argc, char *const *argv)
{
	struct vk_err err = VK_ERR_INIT;
	struct args *args = args_new();
	enum vk_rc rc = dispatch(cli, argc, argv, args, &err);

	args_free(args);
	if (rc != VK_OK && cli_is_reader_gone(cli))
		return STATUS_READER_GONE;
	if (rc != VK_OK)
		cli_print_error(cli, &err);
	if (rc != VK_OK)
		return vk_rc_exit_status(rc);
	return cli->is_answer_no ? 1 : 0;
}
