/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/help.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"

#include "common/banned.h"

enum {
	NAME_COLUMN = 16,
	OPTION_COLUMN = 26,
	SCRIPT_MAX_BYTES = 65536,
};

static struct vkjson *option_json(const struct option_spec *spec)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(spec->name));
	if (spec->value != NULL)
		vkjson_set(object, "value", vkjson_string(spec->value));
	vkjson_set(object, "help", vkjson_string(spec->help));
	return object;
}

static struct vkjson *command_json(const struct command *command)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *options = vkjson_array();

	for (const struct option_spec *spec = command->options; spec != NULL && spec->name != NULL;
		spec++)
		vkjson_append(options, option_json(spec));
	vkjson_set(object, "name", vkjson_string(command->name));
	vkjson_set(object, "args", vkjson_string(command->args));
	vkjson_set(object, "summary", vkjson_string(command->summary));
	vkjson_set(object, "options", options);
	if (command->permission != NULL)
		vkjson_set(object, "permission", vkjson_string(command->permission));
	return object;
}

static void print_options(const struct cli *cli, const struct option_spec *specs)
{
	char left[128];

	for (; specs != NULL && specs->name != NULL; specs++) {
		char letter[8] = "    ";

		if (specs->letter != '\0')
			snprintf(letter, sizeof(letter), "-%c, ", specs->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, specs->name,
			specs->value != NULL ? " " : "", specs->value != NULL ? specs->value : "",
			specs->is_repeatable ? "..." : "");
		cli_say(cli, "  %-*s  %s\n", OPTION_COLUMN, left, specs->help);
	}
}

void help_print_command(const struct cli *cli, const struct command *command)
{
	struct vkjson *object = command_json(command);

	if (!cli_print_json(cli, object)) {
		cli_say_in(cli, CLI_BOLD, "vkcfg %s", command->name);
		cli_say(cli, "%s%s%s\n\n%s\n", command->args[0] != '\0' ? " " : "", command->args,
			command->options != NULL ? " [OPTION...]" : "", command->summary);
		if (command->details != NULL)
			cli_say(cli, "\n%s\n", command->details);
		if (command->options != NULL) {
			cli_say_in(cli, CLI_BOLD, "\nOptions\n");
			print_options(cli, command->options);
		}
		cli_say_in(cli, CLI_BOLD, "\nOptions of all commands\n");
		print_options(cli, global_options);
	}
	vkjson_free(object);
}

void help_print_all(const struct cli *cli)
{
	struct vkjson *list = vkjson_array();

	for (const struct command *command = commands; command->name != NULL; command++)
		vkjson_append(list, command_json(command));
	if (!cli_print_json_list(cli, list)) {
		cli_say(cli, "usage: vkcfg [OPTION...] COMMAND [ARGUMENT...]\n\n");
		for (const struct command *command = commands; command->name != NULL; command++) {
			cli_say_in(cli, CLI_BOLD, "  %-*s", NAME_COLUMN, command->name);
			cli_say(cli, "  %s\n", command->summary);
		}
		cli_say_in(cli, CLI_BOLD, "\nOptions of all commands\n");
		print_options(cli, global_options);
		cli_say(cli, "\n'vkcfg help COMMAND' says more. The manual: vkcfg(1).\n");
	}
	vkjson_free(list);
}

enum vk_rc help_run(struct cli *cli, const struct args *args, struct vk_err *err)
{
	char *words[2] = {NULL, NULL};
	char copies[2][64];
	const struct command *command;
	int count = (int)args_count(args);

	if (count == 0) {
		help_print_all(cli);
		return VK_OK;
	}
	for (int i = 0; i < count; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", args_at(args, (size_t)i));
		words[i] = copies[i];
	}
	command = command_find(words, count, NULL);
	if (command == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "there is no command '%s%s%s'", words[0],
			count > 1 ? " " : "", count > 1 ? words[1] : "");
		vk_err_hint(err, "'vkcfg help' lists the commands");
		return VK_ENOTFOUND;
	}
	help_print_command(cli, command);
	return VK_OK;
}

static void add_option_words(struct vk_buf *out, const struct option_spec *specs)
{
	for (; specs != NULL && specs->name != NULL; specs++)
		vk_buf_addf(out, "--%s ", specs->name);
}

/* "new show" for "key": the second words of commands of two. */
static void add_second_words(struct vk_buf *out, const char *first, size_t len)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strncmp(command->name, first, len) == 0 && command->name[len] == ' ')
			vk_buf_addf(out, "%s ", command->name + len + 1);
	}
}

/* Whether an earlier row has the same first word already. */
static bool is_first_of_its_word(const struct command *command, size_t len)
{
	for (const struct command *other = commands; other != command; other++) {
		if (strncmp(other->name, command->name, len) == 0 &&
			(other->name[len] == ' ' || other->name[len] == '\0'))
			return false;
	}
	return true;
}

static void add_first_words(struct vk_buf *out)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		size_t len = strcspn(command->name, " ");

		if (is_first_of_its_word(command, len))
			vk_buf_addf(out, "%.*s ", (int)len, command->name);
	}
}

/* What can follow a first word: the second word of a command, or options. */
static void add_first_cases(struct vk_buf *out)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		size_t len = strcspn(command->name, " ");

		if (!is_first_of_its_word(command, len))
			continue;
		vk_buf_addf(out, "\t%.*s) words='", (int)len, command->name);
		if (command->name[len] == ' ')
			add_second_words(out, command->name, len);
		else
			add_option_words(out, command->options);
		vk_buf_adds(out, "' ;;\n");
	}
}

static void add_second_cases(struct vk_buf *out)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strchr(command->name, ' ') == NULL)
			continue;
		vk_buf_addf(out, "\t'%s') words='", command->name);
		add_option_words(out, command->options);
		vk_buf_adds(out, "' ;;\n");
	}
}

enum vk_rc completion_run(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vk_buf script;
	struct vkjson *object;
	enum vk_rc rc;

	if (strcmp(args_at(args, 0), "bash") != 0)
		return vk_err_set(err, VK_EINPUT, "completion is made for bash, not for '%s'",
			args_at(args, 0));
	vk_buf_init(&script, SCRIPT_MAX_BYTES);
	vk_buf_adds(&script, "# bash completion for vkcfg(1), printed by 'vkcfg completion bash'\n"
		"_vkcfg()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} i first= second= words=\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\t[[ ${COMP_WORDS[i]} == -* ]] && continue\n"
		"\t\tif [[ -z $first ]]; then first=${COMP_WORDS[i]}\n"
		"\t\telif [[ -z $second ]]; then second=${COMP_WORDS[i]}; fi\n\tdone\n"
		"\t[[ -z $first ]] && words='");
	add_first_words(&script);
	vk_buf_adds(&script, "'\n\tcase $first in\n");
	add_first_cases(&script);
	vk_buf_adds(&script, "\tesac\n\tcase \"$first $second\" in\n");
	add_second_cases(&script);
	vk_buf_adds(&script, "\tesac\n\t[[ $cur == -* ]] && words+=' ");
	add_option_words(&script, global_options);
	vk_buf_adds(&script, "'\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		"}\ncomplete -o default -F _vkcfg vkcfg\n");
	rc = vk_buf_check(&script, "the script", err);
	object = vkjson_object();
	vkjson_set(object, "script", vkjson_string(script.data));
	if (rc == VK_OK && !cli_print_json(cli, object))
		cli_say(cli, "%s", script.data);
	vkjson_free(object);
	vk_buf_release(&script);
	return rc;
}
