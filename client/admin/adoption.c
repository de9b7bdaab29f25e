/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/adoption.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/args.h"
#include "client/admin/cli.h"
#include "common/config/acl.h"
#include "common/config/directive.h"
#include "common/config/import_running.h"
#include "common/mem.h"

#include "common/banned.h"

enum { LINE_MAX_BYTES = 256 * 1024 };

void adoption_init(struct adoption *adoption)
{
	running_init(&adoption->running);
	adoption->version = NULL;
}

void adoption_release(struct adoption *adoption)
{
	running_release(&adoption->running);
}

enum vk_rc adoption_read(const struct cli *cli, const struct args *args, struct adoption *adoption,
	struct vk_err *err)
{
	enum vk_rc rc;

	if (!args_has(args, "running")) {
		vk_err_set(err, VK_EINPUT, "--running ADDRESS is missing");
		vk_err_hint(err,
			"as in --running unix:/run/valkey/valkey.sock; 'vkcfg import' reads "
			"files alone");
		return VK_EINPUT;
	}
	rc = running_read(cli, args, &adoption->running, err);
	if (rc == VK_OK) /* "8.0" for "8.0.1" */
		adoption->version = cfg_version_at(cfg_version_order(adoption->running.schema));
	return rc;
}

enum vk_rc adoption_file(const struct adoption *adoption, const char **out, struct vk_err *err)
{
	const char *file = adoption->running.live.config_file;

	if (file[0] == '\0') {
		vk_err_set(err, VK_EINPUT, "the server was started from no file");
		vk_err_hint(err, "name the file from which it is to be started");
		return VK_EINPUT;
	}
	*out = file;
	return VK_OK;
}

/* ---- what differs ---- */

static bool has_secret(void *context, const char *directive, const char *value)
{
	const struct running *running = context;
	const char *actual = values_get(&running->live.values, directive);
	struct values one;
	bool is_same;

	values_init(&one);
	values_add_masked(&one, running->mask_key, running->schema, directive, value);
	is_same = actual != NULL && strcmp(actual, one.items[0].text) == 0;
	values_release(&one);
	return is_same;
}

static void compare(const struct adoption *adoption, struct cfg_import *import)
{
	const struct live *live = &adoption->running.live;
	struct cfg_conf_value *values = xcalloc(live->values.count + 1, sizeof(*values));
	struct cfg_conf_value *users = xcalloc(live->users.count + 1, sizeof(*users));
	const struct cfg_import_running running = {.values = values,
		.value_count = live->values.count,
		.users = users,
		.user_count = live->users.count,
		.has_secret = has_secret,
		.context = (void *)(uintptr_t)&adoption->running};

	for (size_t i = 0; i < live->values.count; i++)
		values[i] = (struct cfg_conf_value){
			live->values.items[i].name, live->values.items[i].text};
	for (size_t i = 0; i < live->users.count; i++)
		users[i] = (struct cfg_conf_value){
			live->users.items[i].name, live->users.items[i].rules};
	cfg_import_compare(import, &running);
	free(values);
	free(users);
}

static enum vk_rc read_keep(const struct args *args, enum cfg_import_keep *out, struct vk_err *err)
{
	const char *text = args_get(args, "keep");

	*out = CFG_IMPORT_KEEP_NONE;
	if (text != NULL && strcmp(text, "running") == 0)
		*out = CFG_IMPORT_KEEP_RUNNING;
	else if (text != NULL && strcmp(text, "file") == 0)
		*out = CFG_IMPORT_KEEP_FILE;
	else if (text != NULL)
		return vk_err_set(
			err, VK_EINPUT, "--keep %.50s: 'running' or 'file' is expected", text);
	else if (args_has(args, "except"))
		return vk_err_set(err, VK_EINPUT, "--except goes with --keep");
	return VK_OK;
}

static enum vk_rc except(
	const char *list, enum cfg_import_keep keep, struct cfg_import *import, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && *list != '\0') {
		size_t len = strcspn(list, ",");
		char *subject = xstrndup(list, len);

		if (!cfg_import_decide(import, subject, keep))
			rc = vk_err_set(
				err, VK_EINPUT, "--except %.100s: it does not differ", subject);
		free(subject);
		list += len + (list[len] == ',');
	}
	return rc;
}

enum vk_rc adoption_compare(const struct adoption *adoption, const struct args *args,
	struct cfg_import *import, struct vk_err *err)
{
	enum cfg_import_keep keep;
	enum vk_rc rc = read_keep(args, &keep, err);

	if (rc != VK_OK)
		return rc;
	compare(adoption, import);
	for (size_t i = 0; i < cfg_import_difference_count(import); i++)
		(void)cfg_import_decide(import, cfg_import_difference_at(import, i)->subject, keep);
	if (args_has(args, "except"))
		rc = except(args_get(args, "except"),
			keep == CFG_IMPORT_KEEP_FILE ? CFG_IMPORT_KEEP_RUNNING
						     : CFG_IMPORT_KEEP_FILE,
			import, err);
	return rc == VK_OK ? cfg_import_keep_running(import, err) : rc;
}

/* ---- what is shown ---- */

static const char *kept(const struct cfg_import_difference *difference)
{
	static const char *const words[] = {[CFG_IMPORT_KEEP_NONE] = "undecided",
		[CFG_IMPORT_KEEP_FILE] = "file",
		[CFG_IMPORT_KEEP_RUNNING] = "running"};

	return words[difference->keep];
}

/* Foreign texts are shown line by line: what stands in them makes no other lines. */
static void print_line(const struct cli *cli, const char *fmt, ...) VK_PRINTF(2, 3);
static void print_line(const struct cli *cli, const char *fmt, ...)
{
	struct vk_buf text;
	va_list ap;

	vk_buf_init(&text, LINE_MAX_BYTES);
	va_start(ap, fmt);
	vk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	cli_say_foreign(cli, CLI_PLAIN, text.data);
	cli_say(cli, "\n");
	vk_buf_release(&text);
}

static void print_side(const struct cli *cli, const char *who, const char *text)
{
	if (text == NULL)
		print_line(cli, "  %s: no such user", who);
	else
		print_line(cli, "  %s: %s", who, *text != '\0' ? text : "(empty)");
}

static void print_difference(const struct cli *cli, const struct cfg_import_difference *difference)
{
	bool is_open = difference->keep == CFG_IMPORT_KEEP_NONE;

	cli_say_in(cli, is_open ? CLI_BAD : CLI_WARN, "differs: ");
	print_line(cli, "%s%s%s%s", difference->subject,
		is_open ? "" : " (kept: ", is_open ? "" : kept(difference), is_open ? "" : ")");
	print_side(cli, "running", difference->running);
	print_side(cli, difference->file[0] == '\0' ? "default" : "file   ", difference->in_file);
	if (difference->line > 0)
		print_line(cli, "           %s:%u", difference->file, difference->line);
}

void adoption_print(const struct cli *cli, const struct cfg_import *import)
{
	size_t secrets = 0;

	for (size_t i = 0; i < cfg_import_difference_count(import); i++) {
		const struct cfg_import_difference *difference =
			cfg_import_difference_at(import, i);

		print_difference(cli, difference);
		secrets += difference->is_secret && difference->keep == CFG_IMPORT_KEEP_NONE;
	}
	if (cfg_import_undecided_count(import) == 0)
		return;
	cli_say(cli, "A restart would bring back what the files say. Say which counts: --keep "
		     "running or --keep file,\nand --except NAME,... for the others.\n");
	if (secrets > 0)
		cli_say(cli,
			"Passwords of a running server are not read: write them into the file, or "
			"--keep file.\n");
}

struct vkjson *adoption_json(const struct cfg_import *import)
{
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < cfg_import_difference_count(import); i++) {
		const struct cfg_import_difference *difference =
			cfg_import_difference_at(import, i);
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "subject", vkjson_string(difference->subject));
		if (difference->running != NULL)
			vkjson_set(item, "running", vkjson_string(difference->running));
		if (difference->in_file != NULL)
			vkjson_set(item, "in_file", vkjson_string(difference->in_file));
		vkjson_set(item, "file", vkjson_string(difference->file));
		vkjson_set(item, "line", vkjson_int(difference->line));
		vkjson_set(item, "kept", vkjson_string(kept(difference)));
		vkjson_append(list, item);
	}
	return list;
}

void adoption_print_next(const struct cli *cli, const struct args *args,
	const struct adoption *adoption, const char *instance)
{
	const struct values *values = &adoption->running.live.values;
	const char *dir = values_get(values, "dir");
	const char *primary = values_get(values, "replicaof");

	cli_say(cli, "next: on the host, in pull.yaml:\n  instances:\n");
	print_line(cli, "    %s:", instance);
	print_line(cli, "      directory: /etc/vkcfg/instances/%s", instance);
	print_line(cli, "      data: %s", dir != NULL ? dir : "?");
	print_line(cli, "      connect: %s", args_get(args, "running"));
	if (primary != NULL && *primary != '\0')
		print_line(cli, "next: in runtime.conf of that directory: replicaof %s", primary);
	if (users_find(&adoption->running.live.users, CFG_AGENT_USER) == NULL)
		cli_say(cli, "next: give the server the user of 'vkcfg-pull --agent-user', in its "
			     "memory and in its ACL file\n");
}
