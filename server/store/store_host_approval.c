/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_host_approval.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_set_host_approval(
	struct store *store, const struct store_host_approval *approval, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = store_remove_host_approval(store, approval->host, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"INSERT INTO host_approvals (host, fingerprint, approved_by, approved, expires)"
		" VALUES (?, ?, ?, ?, ?)");
	db_bind_text(q, approval->host);
	db_bind_text(q, approval->fingerprint);
	db_bind_text(q, approval->approved_by);
	db_bind_int(q, approval->approved);
	db_bind_int(q, approval->expires);
	return db_run(q, err);
}

enum vk_rc store_has_host_approval(struct store *store, const char *host, const char *fingerprint,
	int64_t now, bool *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT 1 FROM host_approvals WHERE host = ? AND fingerprint = ? AND expires > ?");
	bool has_one;
	enum vk_rc rc;

	db_bind_text(q, host);
	db_bind_text(q, fingerprint);
	db_bind_int(q, now);
	has_one = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = has_one;
	return rc;
}

enum vk_rc store_remove_host_approval(struct store *store, const char *host, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "DELETE FROM host_approvals WHERE host = ?");

	db_bind_text(q, host);
	return db_run(q, err);
}
