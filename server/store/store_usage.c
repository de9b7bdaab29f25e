/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_usage.h"

#include "server/store/store_internal.h"

#include "common/banned.h"

enum { SEAL_ROW_BYTES = 256 }; /* a seal with its recipient's name */

enum vk_rc store_get_usage(
	struct store *store, const char *author, int64_t *bytes, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT (SELECT COALESCE(SUM(t.bytes), 0) FROM trees t WHERE t.author = ?"
		" AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tree = t.digest"
		" AND c.state = 'released'))"
		" + (SELECT COALESCE(SUM(c.bytes), 0) FROM changes c WHERE c.author = ?"
		" AND c.state <> 'released')"
		" + (SELECT COALESCE(SUM(length(s.body) + ? * (SELECT COUNT(*) FROM secret_seals l"
		" WHERE l.secret = s.digest)), 0) FROM secrets s WHERE s.author = ?"
		" AND NOT EXISTS (SELECT 1 FROM change_secrets p JOIN releases r"
		" ON r.change_id = p.change_id WHERE p.secret = s.digest))");
	int64_t sum;
	enum vk_rc rc;

	db_bind_text(q, author);
	db_bind_text(q, author);
	db_bind_int(q, SEAL_ROW_BYTES);
	db_bind_text(q, author);
	sum = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*bytes = sum;
	return rc;
}

/* Contents that only this tree has. */
static enum vk_rc remove_files(struct db *db, const char *tree, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_array blobs = STORE_ARRAY(arena, const char *);
	struct db_stmt *q = db_prepare(db, "SELECT DISTINCT blob FROM tree_files WHERE tree = ?");
	enum vk_rc rc;

	db_bind_text(q, tree);
	while (db_step(q)) {
		const char **blob = store_array_add(&blobs);

		*blob = db_get_text(q, arena);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		q = db_prepare(db, "DELETE FROM tree_files WHERE tree = ?");
		db_bind_text(q, tree);
		rc = db_run(q, err);
	}
	for (size_t i = 0; rc == VK_OK && i < blobs.count; i++) {
		q = db_prepare(db, "DELETE FROM blobs WHERE digest = ?"
				   " AND NOT EXISTS (SELECT 1 FROM tree_files f"
				   " WHERE f.blob = blobs.digest)");
		db_bind_text(q, ((const char *const *)blobs.items)[i]);
		rc = db_run(q, err);
	}
	arena_free(arena);
	return rc;
}

/* A change that was closed goes on naming its tree. */
static enum vk_rc clean_tree(struct db *db, const char *tree, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = remove_files(db, tree, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(db, "UPDATE trees SET bytes = 0 WHERE digest = ?");
	db_bind_text(q, tree);
	rc = db_run(q, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(db, "DELETE FROM trees WHERE digest = ?"
			   " AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tree = trees.digest)");
	db_bind_text(q, tree);
	return db_run(q, err);
}

/* Old ones that no change needs; parameters: before, limit. */
#define UNNEEDED_SQL                                                                               \
	"SELECT t.digest FROM trees t WHERE t.created < ? AND t.bytes > 0"                         \
	" AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tree = t.digest"                         \
	" AND c.state IN ('open', 'released')) LIMIT ?"

enum vk_rc store_has_unneeded_trees(
	struct store *store, int64_t before, bool *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), UNNEEDED_SQL);
	bool has_one;
	enum vk_rc rc;

	db_bind_int(q, before);
	db_bind_int(q, 1);
	has_one = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = has_one;
	return rc;
}

enum vk_rc store_clean_trees(
	struct store *store, int64_t before, unsigned max, unsigned *count, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct store_array trees = STORE_ARRAY(arena, const char *);
	struct db_stmt *q = db_prepare(store_db(store), UNNEEDED_SQL);
	enum vk_rc rc;

	db_bind_int(q, before);
	db_bind_int(q, max);
	while (db_step(q)) {
		const char **tree = store_array_add(&trees);

		*tree = db_get_text(q, arena);
	}
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < trees.count; i++)
		rc = clean_tree(store_db(store), ((const char *const *)trees.items)[i], err);
	if (rc == VK_OK)
		*count = (unsigned)trees.count;
	arena_free(arena);
	return rc;
}
