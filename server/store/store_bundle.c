/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_bundle.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

/* The Merkle tree of one change, for common/merkle.h. */
struct change_tree {
	struct db *db;
	int64_t change;
};

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct change_tree *tree = ctx;
	struct db_stmt *q;
	bool is_there;
	enum vk_rc rc;

	if (level == 0) {
		q = db_prepare(tree->db,
			"SELECT leaf FROM change_bundles WHERE change_id = ? AND idx = ?");
		db_bind_int(q, tree->change);
	} else {
		q = db_prepare(tree->db, "SELECT hash FROM change_nodes WHERE change_id = ? AND "
					 "level = ? AND idx = ?");
		db_bind_int(q, tree->change);
		db_bind_int(q, level);
	}
	db_bind_int(q, (int64_t)index);
	is_there = db_step(q);
	if (is_there)
		db_get_blob(q, out, MERKLE_HASH_BYTES);
	rc = db_finish(q, err);
	if (rc == VK_OK && !is_there)
		return vk_err_set(err, VK_EIO, "database: a node of change %lld is missing",
			(long long)tree->change);
	return rc;
}

static enum vk_rc put_node(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err)
{
	const struct change_tree *tree = ctx;
	struct db_stmt *q;

	if (level == 0)
		return VK_OK; /* stands in change_bundles */
	q = db_prepare(tree->db,
		"INSERT INTO change_nodes (change_id, level, idx, hash) VALUES (?, ?, ?, ?)");
	db_bind_int(q, tree->change);
	db_bind_int(q, level);
	db_bind_int(q, (int64_t)index);
	db_bind_blob(q, hash, MERKLE_HASH_BYTES);
	return db_run(q, err);
}

static enum vk_rc add_bundle(const struct change_tree *tree, const struct merkle_nodes *nodes,
	const struct store_bundle *bundle, uint64_t index, struct vk_err *err)
{
	uint8_t leaf[MERKLE_HASH_BYTES];
	struct db_stmt *q;
	enum vk_rc rc;

	merkle_leaf_hash(bundle->text, bundle->len, leaf);
	q = db_prepare(tree->db,
		"INSERT INTO bundles (leaf, content) VALUES (?, ?) ON CONFLICT DO NOTHING");
	db_bind_blob(q, leaf, sizeof(leaf));
	db_bind_text_len(q, bundle->text, bundle->len);
	rc = db_run(q, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(tree->db,
		"INSERT INTO change_bundles (change_id, idx, instance, leaf) VALUES (?, ?, ?, ?)");
	db_bind_int(q, tree->change);
	db_bind_int(q, (int64_t)index);
	db_bind_text(q, bundle->instance);
	db_bind_blob(q, leaf, sizeof(leaf));
	rc = db_run(q, err);
	return rc == VK_OK ? merkle_append(nodes, index, leaf, err) : rc;
}

/* Whether they are shared with other changes or not. */
static enum vk_rc add_bytes(struct db *db, int64_t change, int64_t bytes, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db, "UPDATE changes SET bytes = bytes + ? WHERE id = ?");

	db_bind_int(q, bytes);
	db_bind_int(q, change);
	return db_run(q, err);
}

enum vk_rc store_add_bundles(struct store *store, int64_t change,
	const struct store_bundle *bundles, size_t count, uint8_t root[MERKLE_HASH_BYTES],
	struct vk_err *err)
{
	struct change_tree tree = {.db = store_db(store), .change = change};
	struct merkle_nodes nodes = {.get = get_node, .put = put_node, .ctx = &tree};
	int64_t bytes = 0;
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		bytes += (int64_t)bundles[i].len;
		if (i > 0 && strcmp(bundles[i - 1].instance, bundles[i].instance) >= 0)
			return vk_err_set(err, VK_EINPUT, "bundles are not in order at %s",
				bundles[i].instance);
		rc = add_bundle(&tree, &nodes, &bundles[i], i, err);
	}
	if (rc == VK_OK)
		rc = add_bytes(tree.db, change, bytes, err);
	return rc == VK_OK ? merkle_nodes_root(&nodes, count, root, err) : rc;
}

struct leaf {
	uint8_t hash[MERKLE_HASH_BYTES];
};

static enum vk_rc list_leaves(
	struct db *db, int64_t change, struct store_array *leaves, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(db, "SELECT DISTINCT leaf FROM change_bundles WHERE change_id = ?");

	db_bind_int(q, change);
	while (db_step(q)) {
		struct leaf *leaf = store_array_add(leaves);

		db_get_blob(q, leaf->hash, sizeof(leaf->hash));
	}
	return db_finish(q, err);
}

static enum vk_rc run_for_change(
	struct db *db, const char *sql, int64_t change, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db, sql);

	db_bind_int(q, change);
	return db_run(q, err);
}

static enum vk_rc remove_if_unused(struct db *db, const struct leaf *leaf, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db,
		"DELETE FROM bundles WHERE leaf = ? AND NOT EXISTS (SELECT 1"
		" FROM change_bundles c WHERE c.leaf = bundles.leaf)");

	db_bind_blob(q, leaf->hash, sizeof(leaf->hash));
	return db_run(q, err);
}

enum vk_rc store_remove_bundles(struct store *store, int64_t change, struct vk_err *err)
{
	struct db *db = store_db(store);
	struct arena *arena = arena_new();
	struct store_array leaves = STORE_ARRAY(arena, struct leaf);
	enum vk_rc rc = list_leaves(db, change, &leaves, err);

	if (rc == VK_OK)
		rc = run_for_change(db, "DELETE FROM change_nodes WHERE change_id = ?", change, err);
	if (rc == VK_OK)
		rc = run_for_change(
			db, "DELETE FROM change_bundles WHERE change_id = ?", change, err);
	for (size_t i = 0; rc == VK_OK && i < leaves.count; i++)
		rc = remove_if_unused(db, (const struct leaf *)leaves.items + i, err);
	arena_free(arena);
	return rc;
}

/* The change that became a release, and the number of its bundles. */
static enum vk_rc find_change(struct db *db, const char *environment, int64_t number,
	int64_t *change, uint64_t *count, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(db, "SELECT change_id, (SELECT COUNT(*) FROM change_bundles b"
			       " WHERE b.change_id = r.change_id)"
			       " FROM releases r WHERE environment = ? AND number = ?");
	bool is_there;
	enum vk_rc rc;

	db_bind_text(q, environment);
	db_bind_int(q, number);
	is_there = db_step(q);
	if (is_there) {
		*change = db_get_int(q);
		*count = (uint64_t)db_get_int(q);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK && !is_there)
		return vk_err_set(err, VK_ENOTFOUND, "there is no release %s/%lld", environment,
			(long long)number);
	return rc;
}

/* All instance ids of a host lie between "HOST/" and "HOST0", '0' being the byte after '/'. */
static enum vk_rc read_bundles(struct db *db, int64_t change, const char *host,
	struct store_array *list, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db,
		"SELECT c.idx, c.instance, b.content FROM change_bundles c"
		" JOIN bundles b ON b.leaf = c.leaf"
		" WHERE c.change_id = ? AND c.instance > ? AND c.instance < ? ORDER BY c.idx");
	char *from = xasprintf("%s/", host);
	char *to = xasprintf("%s0", host);
	enum vk_rc rc;

	db_bind_int(q, change);
	db_bind_text(q, from);
	db_bind_text(q, to);
	while (db_step(q)) {
		struct store_bundle *bundle = store_array_add(list);

		bundle->index = (uint64_t)db_get_int(q);
		bundle->instance = db_get_text(q, list->arena);
		bundle->text = db_get_text_len(q, list->arena, &bundle->len);
	}
	rc = db_finish(q, err);
	free(from);
	free(to);
	return rc;
}

static enum vk_rc list_host_bundles(struct db *db, const char *environment, int64_t number,
	const char *host, struct store_array *list, struct vk_err *err)
{
	struct change_tree tree = {.db = db};
	struct merkle_nodes nodes = {.get = get_node, .ctx = &tree};
	uint64_t count = 0;
	enum vk_rc rc = find_change(db, environment, number, &tree.change, &count, err);

	if (rc == VK_OK)
		rc = read_bundles(db, tree.change, host, list, err);
	for (size_t i = 0; rc == VK_OK && i < list->count; i++) {
		struct store_bundle *bundle = (struct store_bundle *)list->items + i;

		rc = merkle_nodes_inclusion(&nodes, bundle->index, count, &bundle->proof, err);
	}
	return rc;
}

enum vk_rc store_list_host_bundles(struct store *store, const char *environment, int64_t number,
	const char *host, struct arena *arena, const struct store_bundle **items, size_t *count,
	struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_bundle);
	struct db *db = store_db(store);
	bool is_begun;
	enum vk_rc rc = db_begin_read(db, &is_begun, err);

	if (rc != VK_OK)
		return rc;
	rc = list_host_bundles(db, environment, number, host, &list, err);
	db_end_read(db, is_begun);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}
