/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/invite.h"
#include "client/admin/secret_advice.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

enum {
	TTL_DEFAULT_S = 24 * 60 * 60,
	TTL_MAX_S = 30 * 24 * 60 * 60,
	ROLE_MAX_BYTES = 64,
};

/* One word: "author", or "author@dev" for one environment. */
static enum vk_rc check_role(const char *word, struct vk_err *err)
{
	static const char *const known[] = {
		"viewer", "author", "approver", "operator", "auditor", "admin", NULL};
	size_t role_len = strcspn(word, "@,");
	struct vk_nearest nearest;
	char role[ROLE_MAX_BYTES];

	for (size_t i = 0; known[i] != NULL; i++) {
		if (strlen(known[i]) == role_len && memcmp(known[i], word, role_len) == 0)
			return VK_OK; /* the server knows the environments */
	}
	if (role_len >= sizeof(role))
		role_len = sizeof(role) - 1;
	memcpy(role, word, role_len);
	role[role_len] = '\0';
	nearest = vk_nearest_init(role);
	for (size_t i = 0; known[i] != NULL; i++)
		vk_nearest_offer(&nearest, known[i]);
	vk_err_set(err, VK_EINPUT, "there is no role '%s'", role);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean %s?", nearest.word);
	else
		vk_err_hint(err, "viewer, author, approver, operator, auditor, admin; "
				 "author@dev is one for dev only");
	return VK_EINPUT;
}

/* "author@dev,approver" and repeated options alike. */
static enum vk_rc add_roles(const char *list, struct vkjson *roles, struct vk_err *err)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		enum vk_rc rc = check_role(list, err);

		if (rc != VK_OK)
			return rc;
		vkjson_append(roles, vkjson_stringn(list, len));
		list += len + (list[len] == ',');
	}
	return VK_OK;
}

static enum vk_rc parse_roles(const struct args *args, struct vkjson *body, struct vk_err *err)
{
	struct vkjson *roles = vkjson_array();
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "roles"); i++)
		rc = add_roles(args_option_at(args, "roles", i), roles, err);
	vkjson_set(body, "roles", roles);
	return rc;
}

static enum vk_rc check_user_name(const char *name, struct vk_err *err)
{
	if (vk_name_is_valid(name))
		return VK_OK;
	return vk_err_set(err, VK_EINPUT, "'%s' is no name of a user", name);
}

static enum vk_rc make_request(const struct args *args, struct vkjson *body, struct vk_err *err)
{
	uint64_t ttl = 0;
	enum vk_rc rc = check_user_name(args_at(args, 0), err);

	if (rc == VK_OK)
		rc = parse_roles(args, body, err);
	if (rc == VK_OK)
		rc = args_get_uint(args, "ttl", 60, TTL_MAX_S, TTL_DEFAULT_S, &ttl, err);
	vkjson_set(body, "name", vkjson_string(args_at(args, 0)));
	vkjson_set(body, "ttl_seconds", vkjson_int((int64_t)ttl));
	return rc;
}

enum vk_rc cmd_user_add(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct tuf_client *tuf = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	struct vk_buf token;
	const char *secret = NULL;
	enum vk_rc rc = make_request(args, body, err);

	vk_buf_init(&token, VK_TOKEN_MAX_BYTES);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_trust(session, &tuf, err); /* before the server makes a secret */
	if (rc == VK_OK)
		rc = session_post(session, "/v1/users", body, &reply, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(reply, "token", &secret, err);
	if (rc == VK_OK)
		rc = invite_format_token(session, VK_TOKEN_USER, args_at(args, 0), NULL, secret,
			&token, err);
	if (rc == VK_OK) {
		vkjson_set(reply, "name", vkjson_string(args_at(args, 0)));
		vkjson_set(reply, "token", vkjson_string(token.data));
		if (!cli_print_json(cli, reply))
			cli_say(cli, "%s\n", token.data);
	}
	vk_buf_release_wiped(&token);
	vkjson_free(reply);
	vkjson_free(body);
	session_free(session);
	return rc;
}

enum vk_rc cmd_user_list(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"NAME", "name", TABLE_TEXT},
		{"ROLES", "roles", TABLE_TEXT},
		{"ENROLLED", "enrolled", TABLE_TIME},
		{"REVOKED", "revoked", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *list = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	(void)args;
	if (rc == VK_OK)
		rc = session_list(session, "/v1/users", SESSION_LIST_MAX_ITEMS, &list, err);
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list, "no users");
	vkjson_free(list);
	session_free(session);
	return rc;
}

enum vk_rc cmd_user_roles(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"User", "name", TABLE_TEXT},
		{"Roles", "roles", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	char *target = xasprintf("/v1/users/%s/roles", args_at(args, 0));
	enum vk_rc rc = check_user_name(args_at(args, 0), err);

	if (rc == VK_OK && !args_has(args, "roles")) {
		rc = vk_err_set(err, VK_EINPUT, "no roles were named (--roles ROLE,ROLE@ENV)");
		vk_err_hint(err, "they replace those that 'vkcfg user list' shows");
	}
	if (rc == VK_OK)
		rc = parse_roles(args, body, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_post(session, target, body, &reply, err);
	if (rc == VK_OK && !cli_print_json(cli, reply))
		table_print_object(cli, columns, reply);
	vkjson_free(reply);
	vkjson_free(body);
	free(target);
	session_free(session);
	return rc;
}

enum vk_rc cmd_whoami(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"Fleet", "fleet", TABLE_TEXT},
		{"User", "name", TABLE_TEXT},
		{"Roles", "roles", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *reply = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	(void)args;
	if (rc == VK_OK)
		rc = session_get(session, "/v1/whoami", &reply, err);
	if (rc == VK_OK && !cli_print_json(cli, reply))
		table_print_object(cli, columns, reply);
	vkjson_free(reply);
	session_free(session);
	return rc;
}

static bool has_key_of(const struct tuf_role *role, const char *name)
{
	for (size_t i = 0; i < tuf_role_key_count(role); i++) {
		const char *owner = tuf_key_user(tuf_role_key(role, i));

		if (owner != NULL && strcmp(owner, name) == 0)
			return true;
	}
	return false;
}

/* For whom a key of this user may sign, by verified metadata: revoking shuts out a certificate, and
 * hosts know nothing of it. */
static enum vk_rc list_key_roles(
	struct session *session, const char *name, struct vkjson *roles, struct vk_err *err)
{
	static const enum tuf_type offline[] = {TUF_ROOT, TUF_TARGETS};
	const struct tuf_meta *targets;
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < 2; i++) {
		if (has_key_of(tuf_meta_root_role(tuf_client_root(tuf), offline[i]), name))
			vkjson_append(roles, vkjson_string(tuf_type_name(offline[i])));
	}
	targets = tuf_client_targets(tuf);
	for (size_t i = 0; i < tuf_meta_delegation_count(targets); i++) {
		const struct tuf_delegation *environment = tuf_meta_delegation_at(targets, i);

		if (has_key_of(environment->role, name))
			vkjson_append(roles, vkjson_string(environment->name));
	}
	return VK_OK;
}

/* What is left of the user: keys that may sign, secrets that he may know. Into reply. He is shut out
 * by now: advice that cannot be had is only remarked on. */
static void add_advice(
	const struct cli *cli, struct session *session, const char *name, struct vkjson *reply)
{
	struct vkjson *advice = NULL, *roles = vkjson_array();
	struct vk_err err = VK_ERR_INIT;

	if (session_has_root(session)) {
		if (list_key_roles(session, name, roles, &err) != VK_OK)
			cli_note(cli, "note: what their key may sign is not known: %s", err.msg);
		if (secret_advice_of_keeper(session, name, &advice, &err) == VK_OK)
			vkjson_set(reply, "secrets", advice);
		else
			cli_note(cli, "note: which secrets they may know is not known: %s", err.msg);
	}
	vkjson_set(reply, "keys_of", roles);
}

static void print_keys(const struct cli *cli, const char *name, const struct vkjson *roles)
{
	for (size_t i = 0; i < vkjson_count(roles); i++) {
		const char *role = vkjson_text(vkjson_at(roles, i));

		if (strcmp(role, "root") == 0 || strcmp(role, "targets") == 0)
			cli_say(cli, "A key of %s may still sign %s: vkcfg root remove-key %s\n", name,
				role, name);
		else
			cli_say(cli, "A key of %s may still sign for %s: vkcfg env keys %s\n", name,
				role, role);
	}
}

static void print_revoked(const struct cli *cli, const char *name, const struct vkjson *reply)
{
	const struct vkjson *secrets = vkjson_get(reply, "secrets");

	if (cli_print_json(cli, reply))
		return;
	cli_say(cli, "%s is shut out from now on; approvals of open changes no longer count.\n", name);
	print_keys(cli, name, vkjson_get(reply, "keys_of"));
	if (vkjson_count(secrets) == 0)
		return;
	cli_say(cli, "Take their key out of the keepers in the tree, and give secrets new values:\n");
	for (struct vkjson_iter it = vkjson_iter(secrets); vkjson_next(&it);)
		secret_advice_print(cli, it.name, it.value);
}

enum vk_rc cmd_user_revoke(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct session *session = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	char *target = xasprintf("/v1/users/%s/revoke", name);
	enum vk_rc rc = check_user_name(name, err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_post(session, target, body, &reply, err);
	if (rc == VK_OK) {
		add_advice(cli, session, name, reply);
		print_revoked(cli, name, reply);
	}
	vkjson_free(reply);
	vkjson_free(body);
	free(target);
	session_free(session);
	return rc;
}
