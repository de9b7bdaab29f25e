/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/converge.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/complaint.h"
#include "client/pull/listeners.h"
#include "common/config/acl.h"
#include "common/config/directive.h"
#include "common/fault.h"
#include "common/log.h"
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

static const char requirepass[] = "requirepass";
static const char tls_port[] = "tls-port";
static const char default_user[] = "default";

/* The value that the command gives a name; NULL if it gives none. */
static const char *text_in(const struct command *command, const char *name)
{
	for (size_t i = 2; i < command->argc; i += 2) {
		if (strcmp(command->argv[i], name) == 0)
			return command->argv[i + 1];
	}
	return NULL;
}

static void add_pair(struct command *command, const char *name, const char *text)
{
	if (text_in(command, name) != NULL)
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
	return strncmp(item->name, "tls-", 4) != 0 && strcmp(item->name, requirepass) != 0 &&
	       !(options->keeps_listeners && listeners_are_about(item->name)) &&
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

/* What a value is to become, borrowed: that of a secret stands in the generation's own file. */
static const char *text_of(
	const struct difference_item *item, const struct converge_options *options)
{
	const char *text = item->is_secret ? secrets_directive(options->secrets, item->name) : NULL;

	return text != NULL ? text : item->expected;
}

static void add_tls_port_first(struct command *command, const struct difference *difference)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (strcmp(difference->items[i].name, tls_port) == 0)
			add_pair(command, tls_port, difference->items[i].expected);
	}
}

static void build(struct command *command, const struct difference *difference,
	const struct expected *expected, const struct converge_options *options)
{
	bool has_tls = options->reloads_tls && options->scope == CONVERGE_ALL;

	command->argc = 0;
	add_pair(command, "CONFIG", "SET");
	/* The difference is sorted: without this, port stands first. */
	if (options->scope == CONVERGE_ALL && listeners_judge(difference) == LISTENERS_TLS_FIRST)
		add_tls_port_first(command, difference);
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (!converge_covers(item, options))
			continue;
		add_pair(command, item->name, text_of(item, options));
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

static enum vk_rc set_user(
	struct valkey *valkey, const char *name, const char *rules, struct vk_err *err)
{
	char **tokens = NULL;
	const char **argv = NULL;
	size_t count = 0;
	enum vk_rc rc = users_split_rules(rules, &tokens, &count, err);

	if (rc != VK_OK)
		return rc;
	argv = xcalloc(count + 4, sizeof(*argv));
	argv[0] = "ACL";
	argv[1] = "SETUSER";
	argv[2] = name;
	argv[3] = "reset";
	for (size_t i = 0; i < count; i++)
		argv[i + 4] = tokens[i];
	rc = valkey_demand(valkey, count + 4, argv, NULL, err);
	if (rc != VK_OK) {
		complaint_hide_hashes(err->msg);
		rc = vk_err_prefix(err, rc, "ACL user %s", name);
	}
	free(argv);
	users_free_tokens(tokens);
	return rc;
}

/* Where requirepass is taken away, the default user needs no password from then on: nobody new gets
 * in as this user until its own rules are back. */
static enum vk_rc before_requirepass(
	struct valkey *valkey, const struct command *command, struct vk_err *err)
{
	const char *text = text_in(command, requirepass);

	if (text == NULL || *text != '\0')
		return VK_OK;
	return valkey_demand(valkey, VALKEY_ARGV("ACL", "SETUSER", default_user, "off"), NULL, err);
}

/* The rules are put back whatever became of the command; rc is its own, and comes first. */
static enum vk_rc after_requirepass(struct valkey *valkey, const struct command *command,
	const struct expected *expected, enum vk_rc rc, struct vk_err *err)
{
	const struct user *user = users_find(&expected->users, default_user);
	struct vk_err failure = VK_ERR_INIT;

	if (text_in(command, requirepass) == NULL || user == NULL ||
		set_user(valkey, user->name, user->rules, &failure) == VK_OK || rc != VK_OK)
		return rc;
	*err = failure;
	return failure.rc;
}

static enum vk_rc set_at_once(struct valkey *valkey, struct difference *difference,
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
		rc = before_requirepass(valkey, &command, err);
		if (rc != VK_OK)
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
		rc = after_requirepass(valkey, &command, expected, rc, err);
		if (fixed == NULL || rc != VK_OK)
			break;
		/* One item fewer is live each time, so this ends. */
		difference_needs_restart(difference, fixed);
	}
	free(command.argv);
	return rc;
}

static enum vk_rc set_tls_port(struct valkey *valkey, const char *port, struct vk_err *err)
{
	return valkey_demand(valkey, VALKEY_ARGV("CONFIG", "SET", tls_port, port), NULL, err);
}

enum vk_rc converge_values(struct valkey *valkey, struct difference *difference,
	const struct expected *expected, const struct converge_options *options, struct vk_err *err)
{
	/* The context with its certificate stays loaded while the port is closed. */
	const char *former =
		options->scope == CONVERGE_ALL && listeners_judge(difference) == LISTENERS_SWAP
			? listeners_tls_port(difference)
			: NULL;
	struct vk_err failure = VK_ERR_INIT;
	enum vk_rc rc = former != NULL ? set_tls_port(valkey, "0", err) : VK_OK;

	if (rc != VK_OK)
		return rc;
	if (former != NULL)
		fault_point("pull.set");
	rc = set_at_once(valkey, difference, expected, options, err);
	if (rc == VK_OK || former == NULL)
		return rc;
	if (set_tls_port(valkey, former, &failure) != VK_OK)
		vk_log_err(VK_LOG_WARN, "listener-not-restored", &failure);
	return rc;
}

enum vk_rc converge_agent(struct valkey *valkey, const struct difference *difference,
	const char *password, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind != DIFFERENCE_USER || item->expected == NULL ||
			strcmp(item->name, CFG_AGENT_USER) != 0)
			continue;
		rc = set_user(valkey, item->name, item->expected, err);
		if (rc == VK_OK)
			rc = valkey_auth(valkey, CFG_AGENT_USER, password, err);
	}
	return rc;
}

enum vk_rc converge_users(
	struct valkey *valkey, const struct difference *difference, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind != DIFFERENCE_USER || strcmp(item->name, CFG_AGENT_USER) == 0)
			continue;
		if (item->expected != NULL)
			rc = set_user(valkey, item->name, item->expected, err);
		else
			rc = valkey_demand(
				valkey, VALKEY_ARGV("ACL", "DELUSER", item->name), NULL, err);
		fault_point("pull.user");
	}
	return rc;
}

enum vk_rc converge_complain(const struct difference *difference, bool is_restart_pending,
	const struct converge_options *scope, struct vk_err *err)
{
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->cure == CURE_NONE || item->cure == CURE_MOVE ||
			(item->cure == CURE_RESTART && is_restart_pending))
			continue;
		if (scope != NULL && !converge_covers(item, scope))
			continue;
		if (item->kind == DIFFERENCE_USER)
			return vk_err_set(
				err, VK_EINPUT, "ACL user %s is not as it should be", item->name);
		if (item->is_secret)
			return vk_err_set(err, VK_EINPUT, "%s is not as it should be", item->name);
		return vk_err_set(err, VK_EINPUT, "%s is '%.80s' instead of '%.80s'", item->name,
			item->actual, item->expected);
	}
	return VK_OK;
}
