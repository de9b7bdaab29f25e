/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/invite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/ca_set.h"
#include "common/file.h"
#include "common/nearest.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* Of several CAs the one that the server's certificate is from, as it says: a wrong word would only
 * spoil the token. */
static enum vk_rc choose_ca(struct session *session, const struct ca_set *pinned, uint8_t *out,
	struct vk_err *err)
{
	const struct vkjson *items = NULL;
	struct vkjson *reply = NULL;
	bool is_found = false;
	enum vk_rc rc = session_get(session, "/v1/ca", &reply, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(reply, "items", &items, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
		const struct vkjson *item = vkjson_at(items, i);

		if (!vkjson_is_true(vkjson_get(item, "serves")))
			continue;
		rc = vkjson_get_hex(item, "sha256", out, VK_SHA256_BYTES, err);
		is_found = rc == VK_OK && ca_set_find(pinned, out) != NULL;
	}
	if (rc == VK_OK && !is_found)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server's certificate is of a CA that your ca.crt does not hold");
	vkjson_free(reply);
	return rc;
}

static enum vk_rc ca_digest(struct session *session, uint8_t *out, struct vk_err *err)
{
	const struct home_identity *identity = session_identity(session);
	char *path = home_tls_path(session_home(session), identity, "ca.crt");
	struct ca_set pinned;
	struct vk_buf pem;
	enum vk_rc rc;

	ca_set_init(&pinned);
	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &pem, err);
	if (rc == VK_OK)
		rc = ca_set_parse(&pinned, pem.data, pem.len, err);
	if (rc == VK_OK && pinned.count > 1 && identity->ca[0] == '\0')
		rc = choose_ca(session, &pinned, out, err);
	else if (rc == VK_OK)
		memcpy(out, pinned.items[0].digest, VK_SHA256_BYTES);
	vk_buf_release(&pem);
	ca_set_release(&pinned);
	free(path);
	return rc;
}

static enum vk_rc add_root(struct session *session, struct vk_token *token, struct vk_err *err)
{
	struct tuf_client *tuf = NULL;
	const char *bytes;
	size_t len = 0;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc != VK_OK)
		return rc;
	bytes = tuf_meta_bytes(tuf_client_root(tuf), &len);
	vk_sha256(bytes, len, token->root);
	token->root_version = tuf_meta_version(tuf_client_root(tuf));
	token->has_root = true;
	return VK_OK;
}

enum vk_rc invite_format_token(struct session *session, enum vk_token_kind kind, const char *name,
	const char *environment, const char *secret_hex, struct vk_buf *out, struct vk_err *err)
{
	const struct home_identity *identity = session_identity(session);
	struct vk_token token = {.kind = kind};
	enum vk_rc rc;

	if (strspn(secret_hex, "0123456789abcdef") != strlen(secret_hex) ||
		!vk_parse_hex(secret_hex, strlen(secret_hex), token.secret, sizeof(token.secret)))
		return vk_err_set(err, VK_EINPUT, "the server's token is no secret of %d bytes",
			VK_TOKEN_SECRET_BYTES);
	snprintf(token.name, sizeof(token.name), "%s", name);
	snprintf(token.fleet, sizeof(token.fleet), "%s", identity->fleet);
	snprintf(token.server, sizeof(token.server), "%s", identity->server);
	if (environment != NULL)
		snprintf(token.environment, sizeof(token.environment), "%s", environment);
	/* The root first: in passing, ca.crt becomes what it names. */
	rc = add_root(session, &token, err);
	if (rc == VK_OK)
		rc = ca_digest(session, token.ca, err);
	if (rc == VK_OK)
		rc = vk_token_format(&token, out, err);
	sodium_memzero(&token, sizeof(token));
	return rc;
}

enum vk_rc invite_format_card(struct session *session, const char *environment,
	struct vk_buf *out, struct vk_err *err)
{
	const struct home_identity *identity = session_identity(session);
	struct vk_token card = {.kind = VK_TOKEN_CARD};
	enum vk_rc rc;

	snprintf(card.fleet, sizeof(card.fleet), "%s", identity->fleet);
	snprintf(card.server, sizeof(card.server), "%s", identity->server);
	if (environment != NULL)
		snprintf(card.environment, sizeof(card.environment), "%s", environment);
	rc = ca_digest(session, card.ca, err);
	if (rc == VK_OK)
		rc = add_root(session, &card, err);
	return rc == VK_OK ? vk_token_format(&card, out, err) : rc;
}

enum vk_rc invite_check_environment(
	struct session *session, const char *environment, struct vk_err *err)
{
	struct vk_nearest nearest = vk_nearest_init(environment);
	const struct tuf_meta *targets;
	struct tuf_client *tuf = NULL;
	enum vk_rc rc = session_trust(session, &tuf, err);

	if (rc != VK_OK)
		return rc;
	targets = tuf_client_targets(tuf);
	if (tuf_meta_delegation(targets, environment) != NULL)
		return VK_OK;
	for (size_t i = 0; i < tuf_meta_delegation_count(targets); i++)
		vk_nearest_offer(&nearest, tuf_meta_delegation_at(targets, i)->name);
	vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", environment);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean %s?", nearest.word);
	else
		vk_err_hint(err, "'vkcfg status' lists them, 'vkcfg env add' makes one");
	return VK_ENOTFOUND;
}
