/* SPDX-License-Identifier: BSD-3-Clause */
/* The way back for a host or a person who is known, but whose certificate is no longer good. */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>

#include "client/admin/invite.h"
#include "client/admin/session.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

enum { TTL_DEFAULT_S = 24 * 60 * 60, TTL_MAX_S = 30 * 24 * 60 * 60 };

/* A host's environment, as the server knows it: a wrong word would only spoil the token, for the host
 * compares it with its pins. The caller frees *out. */
static enum vk_rc find_environment(
	struct session *session, const char *name, char **out, struct vk_err *err)
{
	char *target = xasprintf("/v1/hosts/%s", name);
	const char *environment = NULL;
	struct vkjson *host = NULL;
	enum vk_rc rc = session_get(session, target, &host, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(host, "environment", &environment, err);
	if (rc == VK_OK)
		*out = xstrdup(environment);
	vkjson_free(host);
	free(target);
	return rc;
}

static enum vk_rc ask(struct session *session, const struct args *args, enum vk_token_kind kind,
	struct vkjson **reply, struct vk_err *err)
{
	char *target = xasprintf("/v1/%ss/%s/readmit", vk_token_kind_name(kind), args_at(args, 0));
	struct vkjson *body = vkjson_object();
	uint64_t ttl = 0;
	enum vk_rc rc = args_get_uint(args, "ttl", 60, TTL_MAX_S, TTL_DEFAULT_S, &ttl, err);

	vkjson_set(body, "ttl_seconds", vkjson_int((int64_t)ttl));
	if (rc == VK_OK)
		rc = session_post(session, target, body, reply, err);
	vkjson_free(body);
	free(target);
	return rc;
}

static void print_token(
	const struct cli *cli, struct vkjson *reply, const char *name, const struct vk_buf *token)
{
	vkjson_set(reply, "name", vkjson_string(name));
	vkjson_set(reply, "token", vkjson_string(token->data));
	if (!cli_print_json(cli, reply))
		cli_say(cli, "%s\n", token->data);
}

static enum vk_rc readmit(
	struct cli *cli, const struct args *args, enum vk_token_kind kind, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct session *session = NULL;
	struct tuf_client *tuf = NULL;
	struct vkjson *reply = NULL;
	char *environment = NULL;
	const char *secret = NULL;
	struct vk_buf token;
	enum vk_rc rc = VK_OK;

	vk_buf_init(&token, VK_TOKEN_MAX_BYTES);
	if (!vk_name_is_valid(name))
		rc = vk_err_set(err, VK_EINPUT, "'%s' is no name of a %s", name,
			vk_token_kind_name(kind));
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_trust(session, &tuf, err); /* before the server makes a secret */
	if (rc == VK_OK && kind == VK_TOKEN_HOST)
		rc = find_environment(session, name, &environment, err);
	if (rc == VK_OK)
		rc = ask(session, args, kind, &reply, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(reply, "token", &secret, err);
	if (rc == VK_OK)
		rc = invite_format_token(session, kind, name, environment, secret, &token, err);
	if (rc == VK_OK)
		print_token(cli, reply, name, &token);
	vk_buf_release_wiped(&token);
	vkjson_free(reply);
	free(environment);
	session_free(session);
	return rc;
}

enum vk_rc cmd_host_readmit(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return readmit(cli, args, VK_TOKEN_HOST, err);
}

enum vk_rc cmd_user_readmit(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return readmit(cli, args, VK_TOKEN_USER, err);
}
