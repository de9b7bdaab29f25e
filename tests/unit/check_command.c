/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "common/buf.h"
#include "common/file.h"
#include "common/mem.h"

#include "tests/unit/unit.h"

#include "common/banned.h"

enum {
	WORDS_MAX = 16,
	MAN_PAGE_MAX_BYTES = 1 << 20,
};

/* What one run wrote. */
struct run {
	int status;
	char *out;
	char *errors;
};

static void run_release(struct run *run)
{
	free(run->out);
	free(run->errors);
}

/* Runs a line, split at blanks, in a home that does not exist. */
static struct run run_line(const char *line)
{
	struct run run = {.status = -1};
	char *copy = xstrdup(line);
	char *rest = copy;
	char *words[WORDS_MAX];
	int count = 0;
	size_t out_len = 0;
	size_t errors_len = 0;
	struct cli cli;

	while (rest != NULL && *rest != '\0') {
		ck_assert_int_lt(count, WORDS_MAX);
		words[count++] = strsep(&rest, " ");
	}
	cli_init(&cli);
	free(cli.home);
	cli.home = xstrdup("/nonexistent/vkcfg-home");
	cli.out = open_memstream(&run.out, &out_len);
	cli.errors = open_memstream(&run.errors, &errors_len);
	run.status = command_main(&cli, count, words);
	fclose(cli.out);
	fclose(cli.errors);
	cli_release(&cli);
	free(copy);
	return run;
}

static void check_line(const char *line, int status, const char *errors)
{
	struct run run = run_line(line);

	ck_assert_msg(run.status == status, "'%s' ends with %d: %s", line, run.status, run.errors);
	ck_assert_msg(strstr(run.errors, errors) != NULL, "'%s' says: %s", line, run.errors);
	ck_assert_str_eq(run.out, "");
	run_release(&run);
}

START_TEST(refuses_command_lines_that_it_does_not_understand)
{
	check_line("", 2, "no command given");
	check_line("frobnicate", 2, "there is no command 'frobnicate'");
	check_line("key", 2, "'key new'");
	check_line("key frobnicate x", 2, "there is no command 'key frobnicate'");
	check_line("key", 2, "'key' needs a second word");
	check_line("key show nobody", 3, "'vkcfg key list' lists your keys");
	check_line("submit", 2, "takes more arguments");
	check_line("submit", 2, "hint: vkcfg submit ENV");
	check_line("status now", 2, "takes fewer arguments");
	check_line("submit prod --frobnicate", 2, "there is no option --frobnicate");
	check_line("submit prod --frobnicate", 2, "'vkcfg help submit' shows its options");
	check_line("--color pink status", 2, "expected auto, always or never");
	check_line("--passphrase-fd -1 status", 2, "expected a number");
	check_line("root init", 2, "no key was named");
	check_line("approve eleven", 3, "not enrolled");
}
END_TEST

START_TEST(refuses_an_empty_message_before_anything_else)
{
	check_line("submit prod", 2, "no message was given");
	check_line("submit prod --message=", 2, "the message is empty");
	check_line("reject 1 --message=", 2, "the message is empty");
	check_line("rollback prod", 2, "no message was given");
}
END_TEST

START_TEST(says_who_is_not_enrolled_what_to_do)
{
	check_line("status", 3, "hint: 'vkcfg enrol'");
}
END_TEST

START_TEST(never_takes_the_root_directory_for_a_home)
{
	static const char *const lines[] = {"--home= status", "--home= key list",
		"--home= key show a", "--home= key new a --passphrase-fd 0"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check_line(lines[i], 2, "give --home DIR or set VKCFG_HOME");
}
END_TEST

static void check_error_json(struct run *run, const char *expected)
{
	struct vkjson *object = NULL;
	struct vk_err err = VK_ERR_INIT;
	const char *code = NULL;

	assert_ok(vkjson_parse(run->errors, strlen(run->errors), &object, &err), err);
	assert_ok(vkjson_get_string(object, "error", &code, &err), err);
	ck_assert_str_eq(code, expected);
	vkjson_free(object);
	run_release(run);
}

START_TEST(shows_errors_as_json_where_asked)
{
	struct run run = run_line("--json frobnicate");

	ck_assert_int_eq(run.status, 2);
	check_error_json(&run, "input");
	run = run_line("status --json --frobnicate");
	check_error_json(&run, "input");
	run = run_line("--json status");
	ck_assert_int_eq(run.status, 3);
	check_error_json(&run, "not-found");
}
END_TEST

START_TEST(takes_global_options_on_both_sides_of_the_command)
{
	struct run before = run_line("--json help submit");
	struct run after = run_line("help submit --json");

	ck_assert_int_eq(before.status, 0);
	ck_assert_str_eq(before.out, after.out);
	ck_assert_int_eq(before.out[0], '{');
	run_release(&before);
	run_release(&after);
}
END_TEST

START_TEST(writes_no_colours_to_a_pipe)
{
	struct run plain = run_line("help");
	struct run coloured = run_line("--color always help");

	ck_assert_ptr_null(strchr(plain.out, '\033'));
	ck_assert_ptr_nonnull(strchr(coloured.out, '\033'));
	run_release(&plain);
	run_release(&coloured);
}
END_TEST

START_TEST(has_help_for_every_command)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		char *by_name = xasprintf("help %s", command->name);
		char *by_option = xasprintf("%s --help", command->name);
		struct run named = run_line(by_name);
		struct run asked = run_line(by_option);

		ck_assert_int_eq(named.status, 0);
		ck_assert_ptr_nonnull(strstr(named.out, command->summary));
		ck_assert_str_eq(named.out, asked.out);
		ck_assert_uint_le(strlen(command->summary), 72);
		run_release(&named);
		run_release(&asked);
		free(by_name);
		free(by_option);
	}
}
END_TEST

START_TEST(completes_every_command_and_option)
{
	struct run run = run_line("completion bash");

	for (const struct command *command = commands; command->name != NULL; command++) {
		const char *space = strchr(command->name, ' ');

		ck_assert_ptr_nonnull(
			strstr(run.out, space != NULL ? space + 1 : command->name));
		for (const struct option_spec *spec = command->options;
			spec != NULL && spec->name != NULL; spec++)
			ck_assert_ptr_nonnull(strstr(run.out, spec->name));
	}
	run_release(&run);
}
END_TEST

/* mdoc writes "--json" as ".Fl \-json". */
static void check_option_in(const char *page, const char *option)
{
	char *text = xasprintf("Fl \\-%s", option);

	ck_assert_msg(strstr(page, text) != NULL, "vkcfg.1 lacks --%s", option);
	free(text);
}

START_TEST(is_in_the_manual_with_every_command_and_option)
{
	const char *top = getenv("abs_top_srcdir");
	char *path = xasprintf("%s/docs/man/vkcfg.1", top != NULL ? top : ".");
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf page;

	vk_buf_init(&page, MAN_PAGE_MAX_BYTES);
	assert_ok(vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &page, &err), err);
	for (const struct command *command = commands; command->name != NULL; command++) {
		char *item = xasprintf("Cm %s", command->name);

		ck_assert_msg(strstr(page.data, item) != NULL, "vkcfg.1 lacks '%s'", command->name);
		for (const struct option_spec *spec = command->options;
			spec != NULL && spec->name != NULL; spec++) {
			if (spec->letter == 0)
				check_option_in(page.data, spec->name);
		}
		free(item);
	}
	for (const struct option_spec *spec = global_options; spec->name != NULL; spec++)
		check_option_in(page.data, spec->name);
	vk_buf_release(&page);
	free(path);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("command");
	TCase *tc = tcase_create("command");

	tcase_add_test(tc, refuses_command_lines_that_it_does_not_understand);
	tcase_add_test(tc, refuses_an_empty_message_before_anything_else);
	tcase_add_test(tc, says_who_is_not_enrolled_what_to_do);
	tcase_add_test(tc, never_takes_the_root_directory_for_a_home);
	tcase_add_test(tc, shows_errors_as_json_where_asked);
	tcase_add_test(tc, takes_global_options_on_both_sides_of_the_command);
	tcase_add_test(tc, writes_no_colours_to_a_pipe);
	tcase_add_test(tc, has_help_for_every_command);
	tcase_add_test(tc, completes_every_command_and_option);
	tcase_add_test(tc, is_in_the_manual_with_every_command_and_option);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)
