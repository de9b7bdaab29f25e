/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/invite.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/host_fingerprint.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/token.h"

#include "common/banned.h"

enum { WAITING_MAX_ITEMS = 10000 };

enum vk_rc cmd_fleet_card(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *environment = args_get(args, "env");
	struct session *session = NULL;
	struct vkjson *result = vkjson_object();
	struct vk_buf card;
	enum vk_rc rc = session_open(cli, &session, err);

	vk_buf_init(&card, VK_TOKEN_MAX_BYTES);
	if (rc == VK_OK && environment != NULL)
		rc = invite_check_environment(session, environment, err);
	if (rc == VK_OK)
		rc = invite_format_card(session, environment, &card, err);
	if (rc == VK_OK) {
		vkjson_set(result, "card", vkjson_string(card.data));
		if (!cli_print_json(cli, result))
			cli_say(cli, "%s\n", card.data);
	}
	vk_buf_release(&card);
	vkjson_free(result);
	session_free(session);
	return rc;
}

enum vk_rc cmd_host_waiting(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"HOST", "name", TABLE_TEXT},
		{"ENVIRONMENT", "environment", TABLE_TEXT},
		{"FINGERPRINT", "fingerprint", TABLE_TEXT},
		{"FROM", "address", TABLE_TEXT},
		{"SINCE", "since", TABLE_TIME},
		{"REJECTED", "rejected", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *list = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	(void)args;
	if (rc == VK_OK)
		rc = session_list(session, "/v1/waiting", WAITING_MAX_ITEMS, &list, err);
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list, "no host waits");
	vkjson_free(list);
	session_free(session);
	return rc;
}

/* The fingerprint of what the server says that this host is: nothing else of its word counts. */
static enum vk_rc compute_fingerprint(const struct session *session, const struct vkjson *host,
	char out[VK_HOST_FINGERPRINT_BYTES], struct vk_err *err)
{
	uint8_t tls_key[VK_SHA256_BYTES];
	struct vk_host_claim claim = {
		.fleet = session_identity(session)->fleet, .tls_key = tls_key};
	enum vk_rc rc = vkjson_get_string(host, "name", &claim.name, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(host, "environment", &claim.environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(host, "public_key", &claim.public_key, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(host, "tls_key", tls_key, sizeof(tls_key), err);
	if (rc == VK_OK)
		vk_host_fingerprint(&claim, out);
	return rc;
}

static bool is_named(const struct vkjson *host, const char *name)
{
	const char *text = vkjson_text(vkjson_get(host, "name"));

	return text != NULL && strcmp(text, name) == 0;
}

/* The one whose keys, name and environment make this fingerprint; borrowed from the list. */
static enum vk_rc choose(const struct session *session, const struct vkjson *list, const char *name,
	const char *fingerprint, const struct vkjson **out, struct vk_err *err)
{
	size_t namesakes = 0;

	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *host = vkjson_at(list, i);
		char computed[VK_HOST_FINGERPRINT_BYTES];
		enum vk_rc rc;

		if (!is_named(host, name))
			continue;
		namesakes++;
		rc = compute_fingerprint(session, host, computed, err);
		if (rc != VK_OK)
			return rc;
		if (strcmp(computed, fingerprint) == 0) {
			*out = host;
			return VK_OK;
		}
	}
	if (namesakes == 0) {
		vk_err_set(err, VK_ENOTFOUND, "no host '%s' waits", name);
		vk_err_hint(err, "'vkcfg host waiting' shows those that do");
		return VK_ENOTFOUND;
	}
	vk_err_set(err, VK_EUNTRUSTED, "the host '%s' that waits has another fingerprint", name);
	vk_err_hint(err, "do not let it in: compare with what the machine itself shows");
	return VK_EUNTRUSTED;
}

static enum vk_rc check_words(const struct args *args, const char **fingerprint, struct vk_err *err)
{
	*fingerprint = args_get(args, "fingerprint");
	if (!vk_name_is_valid(args_at(args, 0)))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of a host", args_at(args, 0));
	if (*fingerprint != NULL &&
		(strncmp(*fingerprint, "SHA256:", 7) != 0 ||
			strlen(*fingerprint) != VK_HOST_FINGERPRINT_BYTES - 1)) {
		vk_err_set(err, VK_EINPUT, "this is no fingerprint of a host");
		vk_err_hint(err, "the host shows it: SHA256: and 43 characters");
		return VK_EINPUT;
	}
	return VK_OK;
}

/* POST /v1/waiting/NAME/verb */
static enum vk_rc send_verdict(struct session *session, const struct vkjson *host,
	const char *fingerprint, const char *verb, struct vkjson **reply, struct vk_err *err)
{
	char *target = xasprintf("/v1/waiting/%s/%s", vkjson_text(vkjson_get(host, "name")), verb);
	struct vkjson *body = vkjson_object();
	enum vk_rc rc;

	vkjson_set(body, "environment", vkjson_ref(vkjson_get(host, "environment")));
	vkjson_set(body, "fingerprint", vkjson_string(fingerprint));
	rc = session_post(session, target, body, reply, err);
	vkjson_free(body);
	free(target);
	return rc;
}

static void print_approved(const struct cli *cli, const struct vkjson *host)
{
	const char *name = vkjson_text(vkjson_get(host, "name"));
	const char *environment = vkjson_text(vkjson_get(host, "environment"));
	const char *key = vkjson_text(vkjson_get(host, "public_key"));

	if (cli_print_json(cli, host))
		return;
	cli_say(cli, "%s may enrol in %s, for one hour.\n", name, environment);
	cli_say(cli, "next: vkcfg host add %s --env %s --public-key %s\n", name, environment, key);
}

enum vk_rc cmd_host_approve(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0), *fingerprint = NULL;
	struct session *session = NULL;
	struct vkjson *list = NULL, *reply = NULL;
	const struct vkjson *host = NULL;
	enum vk_rc rc = check_words(args, &fingerprint, err);

	if (rc == VK_OK && fingerprint == NULL) {
		rc = vk_err_set(
			err, VK_EINPUT, "no fingerprint was given (--fingerprint SHA256:...)");
		vk_err_hint(err, "the host itself shows it; the list of the server proves nothing");
	}
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_list(session, "/v1/waiting", WAITING_MAX_ITEMS, &list, err);
	if (rc == VK_OK)
		rc = choose(session, list, name, fingerprint, &host, err);
	if (rc == VK_OK)
		rc = invite_check_environment(
			session, vkjson_text(vkjson_get(host, "environment")), err);
	if (rc == VK_OK)
		rc = send_verdict(session, host, fingerprint, "approve", &reply, err);
	if (rc == VK_OK)
		print_approved(cli, host);
	vkjson_free(reply);
	vkjson_free(list);
	session_free(session);
	return rc;
}

/* All of this name, or the one with this fingerprint. */
static enum vk_rc reject_all(struct session *session, const struct vkjson *list, const char *name,
	const char *only, struct vkjson *rejected, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(list); i++) {
		const struct vkjson *host = vkjson_at(list, i);
		const char *fingerprint = vkjson_text(vkjson_get(host, "fingerprint"));
		struct vkjson *reply = NULL;

		if (!is_named(host, name) || fingerprint == NULL ||
			(only != NULL && strcmp(only, fingerprint) != 0))
			continue;
		rc = send_verdict(session, host, fingerprint, "reject", &reply, err);
		vkjson_free(reply);
		vkjson_append(rejected, vkjson_ref(host));
	}
	if (rc == VK_OK && vkjson_count(rejected) == 0) {
		rc = vk_err_set(err, VK_ENOTFOUND, "no such host '%s' waits", name);
		vk_err_hint(err, "'vkcfg host waiting' shows those that do");
	}
	return rc;
}

enum vk_rc cmd_host_reject(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0), *fingerprint = NULL;
	struct session *session = NULL;
	struct vkjson *list = NULL, *rejected = vkjson_array();
	enum vk_rc rc = check_words(args, &fingerprint, err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_list(session, "/v1/waiting", WAITING_MAX_ITEMS, &list, err);
	if (rc == VK_OK)
		rc = reject_all(session, list, name, fingerprint, rejected, err);
	if (rc == VK_OK && !cli_print_json_list(cli, rejected))
		cli_say(cli, "%s is told that it was rejected.\n", name);
	vkjson_free(rejected);
	vkjson_free(list);
	session_free(session);
	return rc;
}
