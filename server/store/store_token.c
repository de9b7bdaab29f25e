/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_token.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_void_tokens(
	struct store *store, enum identity_kind kind, const char *name, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE tokens SET is_void = 1 WHERE kind = ? AND name = ? AND used = 0");

	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	return db_run(q, err);
}

enum vk_rc store_add_token(struct store *store, const struct store_token *token, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = store_void_tokens(store, token->kind, token->name, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"INSERT INTO tokens (digest, kind, name, created_by, created, expires)"
		" VALUES (?, ?, ?, ?, ?, ?)");
	db_bind_blob(q, token->digest, sizeof(token->digest));
	db_bind_text(q, identity_kind_name(token->kind));
	db_bind_text(q, token->name);
	db_bind_text(q, token->created_by);
	db_bind_int(q, token->created);
	db_bind_int(q, token->expires);
	return db_run(q, err);
}

static enum vk_rc not_valid(enum identity_kind kind, const char *name, struct vk_err *err)
{
	vk_err_set(err, VK_EDENIED, "the token is not valid for %s %s", identity_kind_name(kind),
		name);
	vk_err_hint(err, "a token can be used once, by the name that it was made for, until it "
			 "expires; ask for a new one");
	return VK_EDENIED;
}

enum vk_rc store_check_token(struct store *store, const uint8_t digest[STORE_TOKEN_DIGEST_BYTES],
	enum identity_kind kind, const char *name, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT 1 FROM tokens WHERE digest = ? AND kind = ? AND name = ?"
		" AND used = 0 AND is_void = 0 AND expires > ?");
	bool is_valid;
	enum vk_rc rc;

	db_bind_blob(q, digest, STORE_TOKEN_DIGEST_BYTES);
	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	db_bind_int(q, now);
	is_valid = db_step(q);
	rc = db_finish(q, err);
	return rc == VK_OK && !is_valid ? not_valid(kind, name, err) : rc;
}

enum vk_rc store_use_token(struct store *store, const uint8_t digest[STORE_TOKEN_DIGEST_BYTES],
	enum identity_kind kind, const char *name, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE tokens SET used = ? WHERE digest = ? AND kind = ? AND name = ?"
		" AND used = 0 AND is_void = 0 AND expires > ?");
	enum vk_rc rc;

	db_bind_int(q, now);
	db_bind_blob(q, digest, STORE_TOKEN_DIGEST_BYTES);
	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return not_valid(kind, name, err);
	return rc;
}
