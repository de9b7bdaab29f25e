/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/converge.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"
#include "common/config/directive.h"
#include "common/fault.h"
#include "common/mem.h"

#include "common/banned.h"

/* CONFIG SET name value ...; every name once: Valkey takes a name and its alias in one call
 * without a word, and then the later one counts. Expected names are canonical. */
struct command {
	const char **argv;
	size_t argc;
	size_t cap;
};

static const char *const tls_files[] = {"tls-cert-file", "tls-key-file", "tls-ca-cert-file",
	"tls-ca-cert-dir", "tls-client-cert-file", "tls-client-key-file", "tls-dh-params-file"};

static bool has_name(const struct command *command, const char *name)
{
	for (size_t i = 2; i < command->argc; i += 2) {
		if (strcmp(command->argv[i], name) == 0)
			return true;
	}
	return false;
}

static void add_pair(struct command *command, const char *name, const char *text)
{
	if (has_name(command, name))
		return;
	if (command->argc + 2 > command->cap) {
		command->cap = command->cap == 0 ? 64 : command->cap * 2;
		command->argv = xreallocarray(command->argv, command->cap, sizeof(*command->argv));
	}
	command->argv[command->argc++] = name;
	command->argv[command->argc++] = text;
}

bool converge_covers(const struct difference_item *item, const struct converge_options *options)
{
	size_t len = strlen(options->current);

	if (item->kind != DIFFERENCE_VALUE || item->cure != CURE_LIVE)
		return false;
	if (options->scope == CONVERGE_ALL)
		return true;
	return strncmp(item->name, "tls-", 4) != 0 &&
	       !(strncmp(item->expected, options->current, len) == 0 && item->expected[len] == '/');
}

/* Certificates stand in the same call as what uses them: a port that is opened alone would keep
 * the context that was loaded before, and a key without its certificate is refused. */
static void add_tls_files(struct command *command, const struct expected *expected)
{
	for (size_t i = 0; i < sizeof(tls_files) / sizeof(tls_files[0]); i++) {
		const char *text = values_get(&expected->values, tls_files[i]);

		if (text != NULL && *text != '\0')
			add_pair(command, tls_files[i], text);
	}
}

static void build(struct command *command, const struct difference *difference,
	const struct expected *expected, const struct converge_options *options)
{
	bool has_tls = options->reloads_tls && options->scope == CONVERGE_ALL;

	command->argc = 0;
	add_pair(command, "CONFIG", "SET");
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (!converge_covers(item, options))
			continue;
		add_pair(command, item->name, item->expected);
		has_tls = has_tls || strncmp(item->name, "tls-", 4) == 0;
	}
	if (has_tls)
		add_tls_files(command, expected);
}

/* The directive that Valkey blames, if it is for being immutable or protected. The difference's
 * own name is returned, or NULL. */
static const char *blamed_as_fixed(const struct difference *difference, const char *text)
{
	static const char mark[] = "possibly related to argument '";
	const char *name = strstr(text, mark);
	size_t len;

	if (name == NULL || (strstr(text, "immutable config") == NULL &&
				    strstr(text, "protected config") == NULL))
		return NULL;
	name += strlen(mark);
	len = strcspn(name, "'");
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind == DIFFERENCE_VALUE && item->cure == CURE_LIVE &&
			strlen(item->name) == len && strncmp(item->name, name, len) == 0)
			return item->name;
	}
	return NULL;
}

static enum vk_rc refused(const struct reply *reply, struct vk_err *err)
{
	char text[COMPLAINT_MAX_BYTES];

	if (reply->kind != REPLY_ERROR)
		return vk_err_set(err, VK_EUNAVAIL, "CONFIG SET: unexpected reply");
	if (reply_is_error(reply, "NOPERM") || reply_is_error(reply, "LOADING"))
		return vk_err_set(err, VK_EUNAVAIL, "CONFIG SET: %s", reply->text);
	vk_err_set(err, VK_EINPUT, "%s", reply->text);
	/* Through a buffer: the message is cut first, then the hashes in it are hidden. */
	memcpy(text, err->msg, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	complaint_hide_hashes(text);
	return vk_err_set(err, VK_EINPUT, "Valkey refuses the values: %s", text);
}

enum vk_rc converge_values(struct valkey *valkey, struct difference *difference,
	const struct expected *expected, const struct converge_options *options, struct vk_err *err)
{
	struct command command = {.argv = NULL};
	enum vk_rc rc = VK_OK;

	for (;;) {
		struct reply *reply = NULL;
		const char *fixed;

		build(&command, difference, expected, options);
		if (command.argc == 2)
			break;
		rc = valkey_command(valkey, command.argc, command.argv, &reply, err);
		if (rc != VK_OK)
			break;
		fault_point("pull.set");
		fixed = reply->kind == REPLY_ERROR ? blamed_as_fixed(difference, reply->text)
						   : NULL;
		if (fixed == NULL && !reply_is_status(reply, "OK"))
			rc = refused(reply, err);
		reply_free(reply);
		if (fixed == NULL)
			break;
		/* One item fewer is live each time, so this ends. */
		difference_needs_restart(difference, fixed);
	}
	free(command.argv);
	return rc;
}

static enum vk_rc set_user(
	struct valkey *valkey, const struct difference_item *item, struct vk_err *err)
{
	char **tokens = NULL;
	const char **argv = NULL;
	size_t count = 0;
	enum vk_rc rc = users_split_rules(item->expected, &tokens, &count, err);

	if (rc != VK_OK)
		return rc;
	argv = xcalloc(count + 4, sizeof(*argv));
	argv[0] = "ACL";
	argv[1] = "SETUSER";
	argv[2] = item->name;
	argv[3] = "reset";
	for (size_t i = 0; i < count; i++)
		argv[i + 4] = tokens[i];
	rc = valkey_demand(valkey, count + 4, argv, NULL, err);
	if (rc != VK_OK) {
		complaint_hide_hashes(err->msg);
		rc = vk_err_prefix(err, "ACL user %s", item->name);
	}
	free(argv);
	users_free_tokens(tokens);
	return rc;
}

enum vk_rc converge_users(
	struct valkey *valkey, const struct difference *difference, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind != DIFFERENCE_USER)
			continue;
		if (item->expected != NULL)
			rc = set_user(valkey, item, err);
		else
			rc = valkey_demand(
				valkey, VALKEY_ARGV("ACL", "DELUSER", item->name), NULL, err);
		fault_point("pull.user");
	}
	return rc;
}
