/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_certificate.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_add_certificate(struct store *store, const struct store_certificate *certificate,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO certificates (fingerprint, kind, name, serial, not_before, not_after,"
		" issued) VALUES (?, ?, ?, ?, ?, ?, ?)");

	db_bind_blob(q, certificate->fingerprint, sizeof(certificate->fingerprint));
	db_bind_text(q, identity_kind_name(certificate->kind));
	db_bind_text(q, certificate->name);
	db_bind_text(q, certificate->serial);
	db_bind_int(q, certificate->not_before);
	db_bind_int(q, certificate->not_after);
	db_bind_int(q, now);
	return db_run(q, err);
}

enum vk_rc store_revoke_certificates(struct store *store, enum identity_kind kind, const char *name,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE certificates SET revoked = ? WHERE kind = ? AND name = ? AND revoked = 0");

	db_bind_int(q, now);
	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	return db_run(q, err);
}

/* The rows of one kind; the identity's own revocation counts, too. */
static enum vk_rc each_row(struct db_stmt *q, enum identity_kind kind, int64_t now,
	void (*fn)(void *ctx, const struct store_identity *identity), void *ctx, struct vk_err *err)
{
	db_bind_int(q, now);
	while (db_step(q)) {
		struct store_identity identity = {.kind = kind};

		db_get_blob(q, identity.fingerprint, sizeof(identity.fingerprint));
		identity.roles = (unsigned)db_get_int(q) & ROLE_ALL;
		identity.is_revoked = db_get_int(q) != 0;
		identity.not_after = db_get_int(q);
		identity.name = db_peek_text(q);
		identity.environment = db_peek_text(q);
		fn(ctx, &identity);
	}
	return db_finish(q, err);
}

enum vk_rc store_each_identity(struct store *store, int64_t now,
	void (*fn)(void *ctx, const struct store_identity *identity), void *ctx, struct vk_err *err)
{
	struct db *db = store_db(store);
	bool is_begun;
	enum vk_rc rc = db_begin_read(db, &is_begun, err);

	if (rc != VK_OK)
		return rc;
	rc = each_row(
		db_prepare(db, "SELECT c.fingerprint, u.roles, c.revoked <> 0 OR u.revoked <> 0,"
			       " c.not_after, c.name, '' FROM certificates c"
			       " JOIN users u ON u.name = c.name"
			       " WHERE c.kind = 'user' AND c.not_after > ?"),
		IDENTITY_USER, now, fn, ctx, err);
	if (rc == VK_OK)
		rc = each_row(
			db_prepare(db, "SELECT c.fingerprint, 0, c.revoked <> 0 OR h.revoked <> 0,"
				       " c.not_after, c.name, h.environment FROM certificates c"
				       " JOIN hosts h ON h.name = c.name"
				       " WHERE c.kind = 'host' AND c.not_after > ?"),
			IDENTITY_HOST, now, fn, ctx, err);
	db_end_read(db, is_begun);
	return rc;
}
