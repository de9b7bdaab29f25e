/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/invite.h"

#include <stdlib.h>

#include <sodium.h>

#include "common/digest.h"
#include "common/mem.h"
#include "common/token.h"
#include "common/vkjson.h"
#include "server/store/store_token.h"

#include "common/banned.h"

enum vk_rc invite_parse(struct mutation *mutation, enum identity_kind kind, struct vk_err *err)
{
	struct invite *invite = arena_calloc(mutation->arena, 1, sizeof(*invite));
	enum vk_rc rc = mutation_parse_body(mutation, err);

	mutation->data = invite;
	invite->kind = kind;
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "name", &invite->name, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_int(mutation->body, "ttl_seconds", 1, INVITE_TTL_MAX_S,
			INVITE_TTL_DEFAULT_S, &invite->ttl_seconds, err);
	if (rc != VK_OK || vk_name_is_valid(invite->name))
		return rc;
	vk_err_set(err, VK_EINPUT, "member 'name': not a valid name");
	vk_err_hint(err, "lower-case letters, digits, '.', '_' and '-', at most 63");
	return VK_EINPUT;
}

enum vk_rc invite_parse_again(
	struct mutation *mutation, enum identity_kind kind, const char *name, struct vk_err *err)
{
	struct invite *invite = arena_calloc(mutation->arena, 1, sizeof(*invite));
	enum vk_rc rc = mutation_parse_body(mutation, err);

	mutation->data = invite;
	invite->kind = kind;
	invite->name = mutation_keep(mutation, name);
	return rc == VK_OK ? vkjson_get_opt_int(mutation->body, "ttl_seconds", 1, INVITE_TTL_MAX_S,
				     INVITE_TTL_DEFAULT_S, &invite->ttl_seconds, err)
			   : rc;
}

static enum vk_rc add_token(struct mutation *mutation, struct writer_tx *tx,
	const uint8_t secret[VK_TOKEN_SECRET_BYTES], struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	struct store_token token = {
		.kind = invite->kind,
		.name = invite->name,
		.created_by = mutation->actor,
		.created = writer_tx_now(tx),
		.expires = writer_tx_now(tx) + invite->ttl_seconds,
	};

	vk_sha256(secret, VK_TOKEN_SECRET_BYTES, token.digest);
	return store_add_token(writer_tx_store(tx), &token, err);
}

enum vk_rc invite_issue(struct mutation *mutation, struct writer_tx *tx, const char *action,
	struct vkjson *detail, struct vk_err *err)
{
	const struct invite *invite = mutation->data;
	uint8_t secret[VK_TOKEN_SECRET_BYTES];
	char *object = xasprintf("%s/%s", identity_kind_name(invite->kind), invite->name);
	int64_t expires = writer_tx_now(tx) + invite->ttl_seconds;
	enum vk_rc rc;

	vk_token_make_secret(secret);
	vkjson_set(detail, "expires", vkjson_time(expires));
	rc = mutation_audit(mutation, tx, action, object, detail, err);
	if (rc == VK_OK)
		rc = add_token(mutation, tx, secret, err);
	if (rc == VK_OK) {
		mutation->status = 201;
		mutation->answer = vkjson_object();
		vkjson_set(mutation->answer, "token", vkjson_hex(secret, sizeof(secret)));
		vkjson_set(mutation->answer, "expires", vkjson_time(expires));
	}
	sodium_memzero(secret, sizeof(secret));
	free(object);
	return rc;
}
