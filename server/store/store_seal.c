/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_seal.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

static enum vk_rc check_count(struct store *store, const char *digest, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT COUNT(*) FROM secret_seals WHERE secret = ?");
	int64_t count;
	enum vk_rc rc;

	db_bind_text(q, digest);
	count = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	if (rc == VK_OK && count > STORE_SEALS_MAX)
		return vk_err_set(err, VK_ELIMIT,
			"secret %.12s would be sealed to more than %d keys", digest,
			STORE_SEALS_MAX);
	return rc;
}

static enum vk_rc save_seal(
	struct store *store, const char *digest, const struct store_seal *seal, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO secret_seals (secret, public_key, recipient, sealed, author, at)"
		" VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (secret, public_key) DO UPDATE SET"
		" recipient = excluded.recipient, sealed = excluded.sealed,"
		" author = excluded.author, at = excluded.at");

	db_bind_text(q, digest);
	db_bind_blob(q, seal->public_key, sizeof(seal->public_key));
	db_bind_text(q, seal->recipient);
	db_bind_blob(q, seal->sealed, sizeof(seal->sealed));
	db_bind_text(q, seal->by);
	db_bind_int(q, seal->at);
	return db_run(q, err);
}

enum vk_rc store_save_seals(struct store *store, const char *digest, const struct store_seal *seals,
	size_t count, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = save_seal(store, digest, &seals[i], err);
	return rc == VK_OK ? check_count(store, digest, err) : rc;
}

enum vk_rc store_get_seal(struct store *store, const char *digest,
	const uint8_t public_key[STORE_SEAL_PUBLIC_BYTES], struct arena *arena,
	struct store_seal *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT recipient, public_key, sealed, author, at FROM secret_seals"
		" WHERE secret = ? AND public_key = ?");
	struct store_seal seal = {0};
	enum vk_rc rc;

	db_bind_text(q, digest);
	db_bind_blob(q, public_key, STORE_SEAL_PUBLIC_BYTES);
	if (db_step(q)) {
		seal.recipient = db_get_text(q, arena);
		db_get_blob(q, seal.public_key, sizeof(seal.public_key));
		db_get_blob(q, seal.sealed, sizeof(seal.sealed));
		seal.by = db_get_text(q, arena);
		seal.at = db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK && seal.recipient == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "secret %.12s is not sealed to this key", digest);
	if (rc == VK_OK)
		*out = seal;
	return rc;
}

enum vk_rc store_list_seals(struct store *store, const char *digest, struct arena *arena,
	const struct store_seal **items, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_seal);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT recipient, public_key, author, at FROM secret_seals WHERE secret = ?"
		" ORDER BY recipient, public_key");
	enum vk_rc rc;

	db_bind_text(q, digest);
	while (db_step(q)) {
		struct store_seal *seal = store_array_add(&list);

		seal->recipient = db_get_text(q, arena);
		db_get_blob(q, seal->public_key, sizeof(seal->public_key));
		seal->by = db_get_text(q, arena);
		seal->at = db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}
