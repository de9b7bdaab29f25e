/* SPDX-License-Identifier: BSD-3-Clause */
/* Announcing an emergency: that a name of an instance is meant to differ for a while. */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/session.h"
#include "client/admin/signers.h"
#include "client/admin/table.h"
#include "common/announcement.h"
#include "common/clock.h"
#include "common/config/fleet.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

/* "90m", "4h" and "2d" count from now. */
static bool parse_span(const char *text, int64_t now, int64_t *out)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'m', 60}, {'h', 60 * 60}, {'d', 24 * 60 * 60}};
	char digits[8];
	size_t len = strlen(text);
	uint64_t count;

	if (len < 2 || len > sizeof(digits))
		return false;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[len - 1] != units[i].letter ||
			!vk_parse_uint(digits, 1, VK_ANNOUNCEMENT_MAX_SECONDS, &count))
			continue;
		*out = now + (int64_t)count * units[i].seconds;
		return true;
	}
	return false;
}

static enum vk_rc get_until(const struct args *args, int64_t now, int64_t *out, struct vk_err *err)
{
	const char *text = args_get(args, "until");

	if (text == NULL)
		return vk_err_set(err, VK_EINPUT, "until when? (--until TIME)");
	if (!parse_span(text, now, out) && !vk_time_parse(text, out))
		return vk_err_set(err, VK_EINPUT,
			"--until: '%s' is no time such as 4h, 2d or 2026-11-23T01:33:05Z", text);
	if (*out <= now || *out - now > VK_ANNOUNCEMENT_MAX_SECONDS)
		return vk_err_set(err, VK_EINPUT, "--until: it must end within %d days from now",
			VK_ANNOUNCEMENT_MAX_SECONDS / (24 * 60 * 60));
	return VK_OK;
}

static enum vk_rc take_ticket(
	const struct args *args, struct vk_announcement *out, struct vk_err *err)
{
	const char *ticket = args_get(args, "ticket");

	if (ticket == NULL)
		return vk_err_set(err, VK_EINPUT, "why? (--ticket TICKET)");
	if (strlen(ticket) >= sizeof(out->ticket))
		return vk_err_set(
			err, VK_EINPUT, "--ticket: more than %zu bytes", sizeof(out->ticket) - 1);
	memcpy(out->ticket, ticket, strlen(ticket) + 1);
	return VK_OK;
}

static enum vk_rc take_target(
	const struct args *args, struct vk_announcement *out, struct vk_err *err)
{
	const char *id = args_at(args, 0), *name = args_at(args, 1);
	enum vk_rc rc;

	if (name == NULL)
		return vk_err_set(err, VK_EINPUT, "what of which instance? HOST/INSTANCE NAME");
	if (!vk_instance_id_parse(id, out->host, out->instance))
		return vk_err_set(err, VK_EINPUT, "'%s' is no instance: HOST/INSTANCE", id);
	rc = cfg_drift_name_check(name, err);
	if (rc == VK_OK && strlen(name) >= sizeof(out->name))
		rc = vk_err_set(err, VK_ELIMIT, "the name is too long");
	if (rc == VK_OK)
		memcpy(out->name, name, strlen(name) + 1);
	return rc;
}

/* In which environment the host is: what the server says, which the host compares with its own. */
static enum vk_rc find_environment(
	struct session *session, struct vk_announcement *out, struct vk_err *err)
{
	char *target = xasprintf("/v1/hosts/%s", out->host);
	const char *environment = NULL;
	struct vkjson *host = NULL;
	enum vk_rc rc = session_get(session, target, &host, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(host, "environment", &environment, err);
	if (rc == VK_OK && !vk_environment_is_valid(environment))
		rc = vk_err_set(
			err, VK_EINPUT, "the server names no environment of '%s'", out->host);
	if (rc == VK_OK)
		memcpy(out->environment, environment, strlen(environment) + 1);
	vkjson_free(host);
	free(target);
	return rc;
}

/* The one key of this person that may approve there, or the one that --key names. */
static enum vk_rc choose_key(struct signers *signers, const struct cli *cli,
	const struct args *args, struct session *session, const char *environment,
	struct vk_err *err)
{
	const struct tuf_delegation *delegation = NULL;
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc != VK_OK)
		return rc;
	delegation = tuf_meta_delegation(tuf_client_targets(tuf), environment);
	if (delegation == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "nobody may sign for '%s'", environment);
	rc = args_has(args, "key") ? signers_add(signers, cli, args_get(args, "key"), err)
				   : signers_add_for_role(signers, cli, delegation->role, err);
	if (rc == VK_OK && signers->count > 1) {
		rc = vk_err_set(err, VK_EINPUT, "you have %zu keys that may approve in %s",
			signers->count, environment);
		vk_err_hint(err, "choose one with --key NAME");
	} else if (rc == VK_OK &&
		   (signers->count == 0 ||
			   tuf_role_find_key(delegation->role,
				   tuf_key_id(keyholder_key(signers->items[0]))) == NULL)) {
		rc = vk_err_set(err, VK_EDENIED, "no key of yours may approve in %s", environment);
		vk_err_hint(err,
			"an emergency is announced by one of those who approve: 'vkcfg env "
			"keys %s'",
			environment);
	}
	return rc;
}

static enum vk_rc sign_and_send(struct session *session, struct keyholder *signer,
	const struct vk_announcement *announcement, struct vkjson **reply, struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct tuf_signature signature;
	struct vk_buf statement;
	enum vk_rc rc;

	vk_buf_init(&statement, VK_ANNOUNCEMENT_MAX_BYTES);
	rc = vk_announcement_format(announcement, &statement, err);
	if (rc == VK_OK)
		rc = keyholder_sign(signer, statement.data, statement.len, &signature, err);
	if (rc == VK_OK) {
		vkjson_set(body, "environment", vkjson_string(announcement->environment));
		vkjson_set(body, "statement", vkjson_stringn(statement.data, statement.len));
		vkjson_set(body, "keyid", vkjson_string(signature.keyid));
		vkjson_set(body, "sig", vkjson_string(signature.sig));
		rc = session_post(session, "/v1/announcements", body, reply, err);
	}
	vk_buf_release(&statement);
	vkjson_free(body);
	return rc;
}

static void print_announced(const struct cli *cli, const struct vk_announcement *announcement,
	const struct vkjson *reply)
{
	char until[VK_TIME_TEXT_BYTES];

	if (cli_print_json(cli, reply))
		return;
	vk_time_format(announcement->until, until);
	cli_say(cli, "%s/%s: %s may differ until %s.\n", announcement->host, announcement->instance,
		announcement->name, until);
	cli_say(cli, "A release that is installed meanwhile sets what it says, announced or not:\n"
		     "'vkcfg drift adopt' takes the value into the tree.\n");
}

static enum vk_rc announce(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vk_announcement announcement = {.from = vk_clock_now()};
	struct session *session = NULL;
	struct vkjson *reply = NULL;
	struct signers signers;
	enum vk_rc rc;

	signers_init(&signers);
	rc = take_target(args, &announcement, err);
	if (rc == VK_OK)
		rc = take_ticket(args, &announcement, err);
	if (rc == VK_OK)
		rc = get_until(args, announcement.from, &announcement.until, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = find_environment(session, &announcement, err);
	if (rc == VK_OK)
		rc = choose_key(&signers, cli, args, session, announcement.environment, err);
	if (rc == VK_OK) {
		const char *fleet = session_identity(session)->fleet;

		memcpy(announcement.fleet, fleet, strlen(fleet) + 1);
		rc = signers_unlock(&signers, cli, err);
	}
	if (rc == VK_OK)
		rc = sign_and_send(session, signers.items[0], &announcement, &reply, err);
	if (rc == VK_OK)
		print_announced(cli, &announcement, reply);
	vkjson_free(reply);
	signers_release(&signers);
	session_free(session);
	return rc;
}

static enum vk_rc end_early(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vk_announcement target = {.from = 0};
	struct vkjson *body = vkjson_object(), *reply = NULL;
	struct session *session = NULL;
	enum vk_rc rc = take_target(args, &target, err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = find_environment(session, &target, err);
	if (rc == VK_OK) {
		vkjson_set(body, "environment", vkjson_string(target.environment));
		vkjson_set(body, "instance", vkjson_string(args_at(args, 0)));
		vkjson_set(body, "name", vkjson_string(target.name));
		rc = session_post(session, "/v1/announcements/end", body, &reply, err);
	}
	if (rc == VK_OK && !cli_print_json(cli, body))
		cli_say(cli, "%s: %s is what was released again, with the host's next run.\n",
			args_at(args, 0), target.name);
	vkjson_free(reply);
	vkjson_free(body);
	session_free(session);
	return rc;
}

static enum vk_rc list(struct cli *cli, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"INSTANCE", "instance", TABLE_TEXT},
		{"NAME", "name", TABLE_TEXT},
		{"TICKET", "ticket", TABLE_TEXT},
		{"FROM", "from", TABLE_TIME},
		{"UNTIL", "until", TABLE_TIME},
		{"BY", "announcer", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *items = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	if (rc == VK_OK)
		rc = session_list(
			session, "/v1/announcements", SESSION_LIST_MAX_ITEMS, &items, err);
	if (rc == VK_OK && !cli_print_json_list(cli, items))
		table_print(cli, columns, items, "nothing is announced");
	vkjson_free(items);
	session_free(session);
	return rc;
}

enum vk_rc cmd_drift_announce(struct cli *cli, const struct args *args, struct vk_err *err)
{
	bool is_making = args_has(args, "ticket") || args_has(args, "until");

	if (args_has(args, "list") + args_has(args, "end") + is_making > 1)
		return vk_err_set(
			err, VK_EINPUT, "one at a time: --list, --end, or --ticket and --until");
	if (args_has(args, "list"))
		return args_count(args) == 0
			       ? list(cli, err)
			       : vk_err_set(err, VK_EINPUT, "--list shows all: it takes no names");
	return args_has(args, "end") ? end_early(cli, args, err) : announce(cli, args, err);
}
