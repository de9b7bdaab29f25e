/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates by the CA that has issued them. */
#include "config.h"

#include "server/store/store_certificate.h"

#include <string.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_has_unknown_issuer(struct store *store, bool *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT 1 FROM certificates WHERE issuer = '' LIMIT 1");

	*out = db_step(q);
	return db_finish(q, err);
}

enum vk_rc store_set_unknown_issuer(struct store *store, const char *issuer, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "UPDATE certificates SET issuer = ? WHERE issuer = ''");

	db_bind_text(q, issuer);
	return db_run(q, err);
}

enum vk_rc store_get_issuer(struct store *store, const uint8_t fingerprint[STORE_FINGERPRINT_BYTES],
	struct arena *arena, const char **out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT issuer FROM certificates WHERE fingerprint = ?");
	const char *issuer = NULL;
	enum vk_rc rc;

	db_bind_blob(q, fingerprint, STORE_FINGERPRINT_BYTES);
	if (db_step(q))
		issuer = db_get_text(q, arena);
	rc = db_finish(q, err);
	if (rc == VK_OK && issuer == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "the certificate is not known here");
	if (rc == VK_OK)
		*out = issuer;
	return rc;
}

static bool has_text(const char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(texts[i], text) == 0)
			return true;
	}
	return false;
}

enum vk_rc store_revoke_other_issuers(struct store *store, const char *const *issuers,
	size_t issuer_count, int64_t now, int64_t *count, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_array list = STORE_ARRAY(arena, const char *);
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT DISTINCT issuer FROM certificates WHERE revoked = 0");
	enum vk_rc rc;

	*count = 0;
	while (db_step(q))
		*(const char **)store_array_add(&list) = db_get_text(q, arena);
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++) {
		const char *issuer = ((const char *const *)list.items)[i];

		if (has_text(issuers, issuer_count, issuer))
			continue;
		q = db_prepare(store_db(store),
			"UPDATE certificates SET revoked = ? WHERE issuer = ? AND revoked = 0");
		db_bind_int(q, now);
		db_bind_text(q, issuer);
		rc = db_run(q, err);
		*count += rc == VK_OK ? db_changes(store_db(store)) : 0;
	}
	arena_free(arena);
	return rc;
}

static void read_lacking(struct db_stmt *q, struct arena *arena, struct store_lacking *out)
{
	if (!identity_kind_parse(db_get_text(q, arena), &out->kind))
		out->kind = IDENTITY_HOST; /* the table allows no other word */
	out->name = db_get_text(q, arena);
	out->not_after = db_get_int(q);
}

/* The cursor is "host/NAME" or "user/NAME". */
static enum vk_rc list_lacking(struct store *store, const char *issuer, int64_t now,
	const char *after, unsigned limit, struct arena *arena, struct store_lacking_list *out,
	struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_lacking);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT kind, name, MAX(not_after) FROM certificates"
		" WHERE revoked = 0 AND not_after > ? AND kind || '/' || name > ?"
		" GROUP BY kind, name HAVING SUM(CASE WHEN issuer = ? THEN 1 ELSE 0 END) = 0"
		" ORDER BY kind, name LIMIT ?");
	bool is_more;
	enum vk_rc rc;

	db_bind_int(q, now);
	db_bind_text(q, after);
	db_bind_text(q, issuer);
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && list.count < limit)
		read_lacking(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? arena_printf(arena, "%s/%s",
				      identity_kind_name(out->items[list.count - 1].kind),
				      out->items[list.count - 1].name)
			    : NULL;
	return VK_OK;
}

enum vk_rc store_list_lacking(struct store *store, const char *issuer, int64_t now,
	const struct store_page *page, struct arena *arena, struct store_lacking_list *out,
	struct vk_err *err)
{
	unsigned limit;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	return rc == VK_OK ? list_lacking(store, issuer, now,
				     page->after != NULL ? page->after : "", limit, arena, out, err)
			   : rc;
}

/* Rows: when the best certificate of an identity expires, and when its renewal is overdue. */
static enum vk_rc count_rows(struct db_stmt *q, int64_t now, int64_t warning_seconds, bool is_host,
	int64_t *expire, int64_t *due, struct vk_err *err)
{
	int64_t first = 0, count = 0;
	enum vk_rc rc;

	while (db_step(q)) {
		int64_t not_after = db_get_int(q), overdue = db_get_int(q);

		if (not_after > now && (first == 0 || not_after < first))
			first = not_after;
		count += is_host ? now >= overdue : not_after - now <= warning_seconds;
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*expire = first;
		*due = count;
	}
	return rc;
}

#define BEST_CERTIFICATE                                                                           \
	"COALESCE(MAX(c.not_after), 0),"                                                           \
	" COALESCE(MAX(c.not_after - (c.not_after - c.not_before) / 6), 0)"

enum vk_rc store_count_expiring(struct store *store, int64_t now, int64_t warning_seconds,
	int64_t *hosts_expire, int64_t *hosts_due, int64_t *users_expire, int64_t *users_due,
	struct vk_err *err)
{
	struct db *db = store_db(store);
	enum vk_rc rc = count_rows(
		db_prepare(db, "SELECT " BEST_CERTIFICATE
			       " FROM hosts h LEFT JOIN certificates c ON c.kind = 'host'"
			       " AND c.name = h.name AND c.revoked = 0"
			       " WHERE h.enrolled <> 0 AND h.revoked = 0 GROUP BY h.name"),
		now, warning_seconds, true, hosts_expire, hosts_due, err);

	if (rc == VK_OK)
		rc = count_rows(
			db_prepare(db,
				"SELECT " BEST_CERTIFICATE
				" FROM users u LEFT JOIN certificates c ON c.kind = 'user'"
				" AND c.name = u.name AND c.revoked = 0"
				" WHERE u.enrolled <> 0 AND u.revoked = 0 GROUP BY u.name"),
			now, warning_seconds, false, users_expire, users_due, err);
	return rc;
}

enum vk_rc store_admit_identity(struct store *store, const struct store_certificate *identity,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO certificates (fingerprint, kind, name, serial, not_before, not_after,"
		" issued, issuer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (fingerprint) DO UPDATE SET revoked = 0, issued = excluded.issued");

	db_bind_blob(q, identity->fingerprint, sizeof(identity->fingerprint));
	db_bind_text(q, identity_kind_name(identity->kind));
	db_bind_text(q, identity->name);
	db_bind_text(q, identity->serial);
	db_bind_int(q, identity->not_before);
	db_bind_int(q, identity->not_after);
	db_bind_int(q, now);
	db_bind_text(q, identity->issuer);
	return db_run(q, err);
}
