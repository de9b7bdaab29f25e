/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_certificate.h"

#include <string.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_add_certificate(struct store *store, const struct store_certificate *certificate,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO certificates (fingerprint, kind, name, serial, not_before, not_after,"
		" issued, issuer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

	db_bind_blob(q, certificate->fingerprint, sizeof(certificate->fingerprint));
	db_bind_text(q, identity_kind_name(certificate->kind));
	db_bind_text(q, certificate->name);
	db_bind_text(q, certificate->serial);
	db_bind_int(q, certificate->not_before);
	db_bind_int(q, certificate->not_after);
	db_bind_int(q, now);
	db_bind_text(q, certificate->issuer != NULL ? certificate->issuer : "");
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

enum vk_rc store_check_certificate(struct store *store,
	const uint8_t fingerprint[STORE_FINGERPRINT_BYTES], int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT 1 FROM certificates WHERE fingerprint = ? AND revoked = 0"
		" AND not_after > ?");
	bool is_good;
	enum vk_rc rc;

	db_bind_blob(q, fingerprint, STORE_FINGERPRINT_BYTES);
	db_bind_int(q, now);
	is_good = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK && !is_good)
		return vk_err_set(err, VK_EDENIED, "the certificate was revoked or has expired");
	return rc;
}

static enum vk_rc count_recent(struct store *store, enum identity_kind kind, const char *name,
	int64_t since, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT COUNT(*) FROM certificates WHERE kind = ? AND name = ? AND issued > ?"
		" AND revoked = 0");

	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	db_bind_int(q, since);
	*out = db_step(q) ? db_get_int(q) : 0;
	return db_finish(q, err);
}

enum vk_rc store_make_room_for_certificate(struct store *store, enum identity_kind kind,
	const char *name, const uint8_t asking[STORE_FINGERPRINT_BYTES], int64_t now,
	struct vk_err *err)
{
	int64_t recent = 0;
	struct db_stmt *q;
	enum vk_rc rc = count_recent(store, kind, name, now - 60, &recent, err);

	if (rc == VK_OK && recent >= STORE_CERTIFICATES_KEPT)
		rc = vk_err_set(err, VK_EUNAVAIL, "%s %s has got %d certificates within a minute",
			identity_kind_name(kind), name, STORE_CERTIFICATES_KEPT);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"DELETE FROM certificates WHERE kind = ? AND name = ? AND revoked = 0"
		" AND fingerprint <> ? AND fingerprint NOT IN (SELECT k.fingerprint"
		" FROM certificates k WHERE k.kind = ? AND k.name = ? AND k.revoked = 0"
		" ORDER BY k.issued DESC, k.not_after DESC LIMIT ?)");
	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	db_bind_blob(q, asking, STORE_FINGERPRINT_BYTES);
	db_bind_text(q, identity_kind_name(kind));
	db_bind_text(q, name);
	db_bind_int(q, STORE_CERTIFICATES_KEPT - 1);
	return db_run(q, err);
}

/* All users' scopes, by user. */
struct user_scopes {
	struct store_array users;  /* const char *, one for each scope */
	struct store_array scopes; /* struct identity_scope */
	size_t at;		   /* the first that is not of an earlier user */
};

static enum vk_rc read_scopes(
	struct db *db, struct arena *arena, struct user_scopes *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db, "SELECT user_name, environment, roles FROM user_scopes"
					   " ORDER BY user_name, environment");

	*out = (struct user_scopes){.users = STORE_ARRAY(arena, const char *),
		.scopes = STORE_ARRAY(arena, struct identity_scope)};
	while (db_step(q)) {
		const char **user = store_array_add(&out->users);
		struct identity_scope *scope = store_array_add(&out->scopes);

		*user = db_get_text(q, arena);
		scope->environment = db_get_text(q, arena);
		scope->roles = (unsigned)db_get_int(q) & ROLE_ALL & ~(unsigned)ROLE_FLEET_ONLY;
	}
	return db_finish(q, err);
}

/* The scopes of the next user; users come by name. */
static void set_scopes(struct user_scopes *all, struct store_identity *identity)
{
	const char *const *users = all->users.items;
	const struct identity_scope *scopes = all->scopes.items;
	size_t end;

	while (all->at < all->users.count && strcmp(users[all->at], identity->name) < 0)
		all->at++;
	for (end = all->at; end < all->users.count && strcmp(users[end], identity->name) == 0;)
		end++;
	identity->scopes = scopes != NULL ? scopes + all->at : NULL;
	identity->scope_count = end - all->at;
}

/* The rows of one kind; the identity's own revocation counts, too. */
static enum vk_rc each_row(struct db_stmt *q, enum identity_kind kind, int64_t now,
	struct user_scopes *scopes, void (*fn)(void *ctx, const struct store_identity *identity),
	void *ctx, struct vk_err *err)
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
		if (kind == IDENTITY_USER)
			set_scopes(scopes, &identity);
		fn(ctx, &identity);
	}
	return db_finish(q, err);
}

enum vk_rc store_each_identity(struct store *store, int64_t now,
	void (*fn)(void *ctx, const struct store_identity *identity), void *ctx, struct vk_err *err)
{
	struct db *db = store_db(store);
	struct arena *arena = arena_new();
	struct user_scopes scopes;
	bool is_begun = false;
	enum vk_rc rc = db_begin_read(db, &is_begun, err);

	if (rc == VK_OK)
		rc = read_scopes(db, arena, &scopes, err);
	if (rc == VK_OK)
		rc = each_row(db_prepare(db,
				      "SELECT c.fingerprint, u.roles, c.revoked <> 0 OR u.revoked "
				      "<> 0, c.not_after, c.name, '' FROM certificates c"
				      " JOIN users u ON u.name = c.name"
				      " WHERE c.kind = 'user' AND c.not_after > ? ORDER BY c.name"),
			IDENTITY_USER, now, &scopes, fn, ctx, err);
	if (rc == VK_OK)
		rc = each_row(
			db_prepare(db, "SELECT c.fingerprint, 0, c.revoked <> 0 OR h.revoked <> 0,"
				       " c.not_after, c.name, h.environment FROM certificates c"
				       " JOIN hosts h ON h.name = c.name"
				       " WHERE c.kind = 'host' AND c.not_after > ?"),
			IDENTITY_HOST, now, NULL, fn, ctx, err);
	db_end_read(db, is_begun);
	arena_free(arena);
	return rc;
}
