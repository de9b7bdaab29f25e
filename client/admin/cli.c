/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/args.h"
#include "client/admin/printable.h"
#include "common/buf.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	OUTPUT_MAX_BYTES = 1 << 30,
	ANSWER_MAX_BYTES = 64,
	FD_MAX = 1023,
};

static char *find_home(void)
{
	const char *home = getenv("VKCFG_HOME");
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *user = getenv("HOME");

	if (home != NULL && home[0] != '\0')
		return xstrdup(home);
	if (config != NULL && config[0] == '/')
		return xasprintf("%s/vkcfg", config);
	if (user != NULL && user[0] == '/')
		return xasprintf("%s/.config/vkcfg", user);
	return xstrdup("");
}

/* https://no-color.org */
static bool is_color_terminal(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(stream)) == 1;
}

void cli_init(struct cli *cli)
{
	*cli = (struct cli){
		.home = find_home(),
		.is_color = is_color_terminal(stdout),
		.is_error_color = is_color_terminal(stderr),
		.passphrases = {.fd = -1, .credential = "vkcfg-passphrase"},
		.out = stdout,
		.errors = stderr,
	};
}

void cli_release(struct cli *cli)
{
	free(cli->home);
	cli->home = NULL;
}

static enum vk_rc apply_color(struct cli *cli, const char *when, struct vk_err *err)
{
	if (strcmp(when, "always") == 0)
		cli->is_color = cli->is_error_color = true;
	else if (strcmp(when, "never") == 0)
		cli->is_color = cli->is_error_color = false;
	else if (strcmp(when, "auto") != 0)
		return vk_err_set(err, VK_EINPUT,
			"option --color: expected auto, always or never, not '%s'", when);
	return VK_OK;
}

enum vk_rc cli_apply(struct cli *cli, const struct args *args, struct vk_err *err)
{
	uint64_t fd = 0;
	enum vk_rc rc = VK_OK;

	cli->is_json = args_has(args, "json");
	cli->is_verbose = args_has(args, "verbose");
	if (args_has(args, "home")) {
		free(cli->home);
		cli->home = xstrdup(args_get(args, "home"));
	}
	if (args_has(args, "color"))
		rc = apply_color(cli, args_get(args, "color"), err);
	if (rc == VK_OK && args_has(args, "passphrase-fd")) {
		rc = args_get_uint(args, "passphrase-fd", 0, FD_MAX, 0, &fd, err);
		cli->passphrases.fd = (int)fd;
	}
	return rc;
}

static const char *style_start(enum cli_style style)
{
	switch (style) {
	case CLI_PLAIN:
		return "";
	case CLI_BOLD:
		return "\033[1m";
	case CLI_DIM:
		return "\033[2m";
	case CLI_GOOD:
		return "\033[32m";
	case CLI_WARN:
		return "\033[33m";
	case CLI_BAD:
		return "\033[31m";
	}
	return "";
}

/* Writing to a broken stream is found by cli_flush(). */
static void put_styled(FILE *stream, bool is_color, enum cli_style style, const char *text)
{
	if (!is_color || style == CLI_PLAIN) {
		fputs(text, stream);
		return;
	}
	fputs(style_start(style), stream);
	fputs(text, stream);
	fputs("\033[0m", stream);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->is_json)
		return;
	va_start(ap, fmt);
	vfprintf(cli->out, fmt, ap);
	va_end(ap);
}

void cli_say_in(const struct cli *cli, enum cli_style style, const char *fmt, ...)
{
	struct vk_buf text;
	va_list ap;

	if (cli->is_json)
		return;
	vk_buf_init(&text, OUTPUT_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	put_styled(cli->out, cli->is_color, style, text.data);
	vk_buf_release(&text);
}

void cli_say_foreign(const struct cli *cli, enum cli_style style, const char *foreign)
{
	struct vk_buf text;

	if (cli->is_json)
		return;
	vk_buf_init(&text, OUTPUT_MAX_BYTES);
	printable_add(&text, foreign, strlen(foreign), false);
	put_styled(cli->out, cli->is_color, style, text.data);
	vk_buf_release(&text);
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(cli->errors, fmt, ap);
	va_end(ap);
	fputc('\n', cli->errors);
}

void cli_detail(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (!cli->is_verbose)
		return;
	va_start(ap, fmt);
	vfprintf(cli->errors, fmt, ap);
	va_end(ap);
	fputc('\n', cli->errors);
}

bool cli_print_json(const struct cli *cli, const struct vkjson *result)
{
	struct vk_buf text;

	if (!cli->is_json)
		return false;
	vk_buf_init(&text, OUTPUT_MAX_BYTES);
	vkjson_format(result, true, &text);
	fwrite(text.data, 1, text.len, cli->out);
	vk_buf_release(&text);
	return true;
}

bool cli_print_json_list(const struct cli *cli, const struct vkjson *items)
{
	struct vkjson *object = vkjson_object();
	bool is_printed;

	vkjson_set(object, "items", vkjson_ref(items));
	is_printed = cli_print_json(cli, object);
	vkjson_free(object);
	return is_printed;
}

static void print_error_json(const struct cli *cli, const struct vk_err *err)
{
	struct vkjson *object = vkjson_object();
	struct vk_buf text;

	vkjson_set(object, "error", vkjson_string(vk_rc_name(err->rc)));
	vkjson_set(object, "message", vkjson_string(err->msg));
	if (err->hint[0] != '\0')
		vkjson_set(object, "hint", vkjson_string(err->hint));
	vk_buf_init(&text, OUTPUT_MAX_BYTES);
	vkjson_format(object, true, &text);
	fputs(text.data, cli->errors);
	vk_buf_release(&text);
	vkjson_free(object);
}

void cli_print_error(const struct cli *cli, const struct vk_err *err)
{
	struct vk_buf text;

	fflush(cli->out);
	if (cli->is_json) {
		print_error_json(cli, err);
		return;
	}
	vk_buf_init(&text, sizeof(*err) * 8);
	printable_add(&text, err->msg, strlen(err->msg), false);
	put_styled(cli->errors, cli->is_error_color, CLI_BAD, "vkcfg: ");
	fprintf(cli->errors, "%s\n", text.data);
	vk_buf_reset(&text);
	printable_add(&text, err->hint, strlen(err->hint), false);
	if (text.len > 0) {
		put_styled(cli->errors, cli->is_error_color, CLI_WARN, "hint: ");
		fprintf(cli->errors, "%s\n", text.data);
	}
	vk_buf_release(&text);
}

enum vk_rc cli_confirm(
	const struct cli *cli, const char *question, bool *is_yes, struct vk_err *err)
{
	char answer[ANSWER_MAX_BYTES];
	FILE *terminal;

	fflush(cli->out);
	terminal = fopen("/dev/tty", "r+e");
	if (terminal == NULL) {
		vk_err_errno(err, VK_EINPUT, errno, "no terminal to ask on");
		vk_err_hint(err, "look with 'vkcfg show' first, then give --yes");
		return VK_EINPUT;
	}
	fprintf(terminal, "%s [y/N] ", question);
	fflush(terminal);
	*is_yes = fgets(answer, sizeof(answer), terminal) != NULL &&
		  (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
	fclose(terminal);
	return VK_OK;
}

bool cli_is_reader_gone(const struct cli *cli)
{
	struct pollfd output = {.fd = fileno(cli->out)};

	return ferror(cli->out) && poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

enum vk_rc cli_flush(const struct cli *cli, struct vk_err *err)
{
	if (fflush(cli->out) != 0 || ferror(cli->out))
		return vk_err_errno(err, VK_EIO, errno, "writing to standard output");
	return VK_OK;
}
