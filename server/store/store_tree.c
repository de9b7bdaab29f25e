/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_tree.h"

#include <string.h>

#include "common/digest.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_has_tree(struct store *store, const char *digest, bool *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), "SELECT 1 FROM trees WHERE digest = ? AND bytes > 0");
	bool has_tree;
	enum vk_rc rc;

	db_bind_text(q, digest);
	has_tree = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = has_tree;
	return rc;
}

static enum vk_rc add_file(struct store *store, const char *tree,
	const struct store_tree_file *file, struct vk_err *err)
{
	char blob[VK_SHA256_HEX_BYTES];
	struct db_stmt *q;
	enum vk_rc rc;

	vk_sha256_hex(file->text, file->len, blob);
	q = db_prepare(store_db(store),
		"INSERT INTO blobs (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING");
	db_bind_text(q, blob);
	db_bind_text_len(q, file->text, file->len);
	rc = db_run(q, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(
		store_db(store), "INSERT INTO tree_files (tree, path, blob) VALUES (?, ?, ?)");
	db_bind_text(q, tree);
	db_bind_text(q, file->path);
	db_bind_text(q, blob);
	return db_run(q, err);
}

static enum vk_rc touch(struct store *store, const char *digest, int64_t now, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "UPDATE trees SET created = ? WHERE digest = ?");

	db_bind_int(q, now);
	db_bind_text(q, digest);
	return db_run(q, err);
}

enum vk_rc store_add_tree(struct store *store, const char *digest,
	const struct store_tree_file *files, size_t count, const char *author, int64_t now,
	struct vk_err *err)
{
	bool is_there = false;
	int64_t bytes = 0;
	struct db_stmt *q;
	enum vk_rc rc = store_has_tree(store, digest, &is_there, err);

	if (rc != VK_OK)
		return rc;
	if (is_there)
		return touch(store, digest, now, err);
	for (size_t i = 0; i < count; i++)
		bytes += (int64_t)(files[i].len + strlen(files[i].path));
	/* One whose files were cleaned up may still be named by changes. */
	q = db_prepare(store_db(store),
		"INSERT INTO trees (digest, created, author, bytes) VALUES (?, ?, ?, ?)"
		" ON CONFLICT (digest) DO UPDATE SET created = excluded.created,"
		" author = excluded.author, bytes = excluded.bytes");
	db_bind_text(q, digest);
	db_bind_int(q, now);
	db_bind_text(q, author);
	db_bind_int(q, bytes);
	rc = db_run(q, err);
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = add_file(store, digest, &files[i], err);
	return rc;
}

enum vk_rc store_list_tree_environments(struct store *store, const char *digest,
	struct arena *arena, const char *const **items, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, const char *);
	bool is_there = false;
	struct db_stmt *q;
	enum vk_rc rc = store_has_tree(store, digest, &is_there, err);

	if (rc == VK_OK && !is_there)
		return vk_err_set(err, VK_ENOTFOUND, "there is no tree %.64s", digest);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "SELECT DISTINCT environment FROM changes WHERE tree = ?");
	db_bind_text(q, digest);
	while (db_step(q)) {
		const char **name = store_array_add(&list);

		*name = db_get_text(q, arena);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}

enum vk_rc store_get_tree(struct store *store, const char *digest, struct arena *arena,
	const struct store_tree_file **files, size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_tree_file);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT f.path, b.content FROM tree_files f JOIN blobs b ON b.digest = f.blob"
		" WHERE f.tree = ? ORDER BY f.path");
	enum vk_rc rc;

	db_bind_text(q, digest);
	while (db_step(q)) {
		struct store_tree_file *file = store_array_add(&list);

		file->path = db_get_text(q, arena);
		file->text = db_get_text_len(q, arena, &file->len);
	}
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (list.count == 0)
		return vk_err_set(err, VK_ENOTFOUND, "there is no tree %s", digest);
	*files = list.items;
	*count = list.count;
	return VK_OK;
}
