/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_log.h"

#include <stdint.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

enum vk_rc store_get_log_size(struct store *store, uint64_t *out, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT COALESCE(MAX(idx), -1) + 1 FROM log_entries");
	int64_t size = db_step(q) ? db_get_int(q) : 0;
	enum vk_rc rc = db_finish(q, err);

	if (rc == VK_OK)
		*out = (uint64_t)size;
	return rc;
}

enum vk_rc store_add_log_entry(
	struct store *store, uint64_t index, const char *entry, size_t len, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "INSERT INTO log_entries (idx, entry) VALUES (?, ?)");

	db_bind_int(q, (int64_t)index);
	db_bind_text_len(q, entry, len);
	return db_run(q, err);
}

static enum vk_rc get_node(void *ctx, unsigned level, uint64_t index,
	uint8_t out[MERKLE_HASH_BYTES], struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(ctx), "SELECT hash FROM log_nodes WHERE level = ? AND idx = ?");
	bool is_there;
	enum vk_rc rc;

	db_bind_int(q, level);
	db_bind_int(q, (int64_t)index);
	is_there = db_step(q);
	if (is_there)
		db_get_blob(q, out, MERKLE_HASH_BYTES);
	rc = db_finish(q, err);
	if (rc == VK_OK && !is_there)
		return vk_err_set(err, VK_EIO, "database: node %u/%llu of the audit log is missing",
			level, (unsigned long long)index);
	return rc;
}

static enum vk_rc put_node(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[MERKLE_HASH_BYTES], struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(ctx), "INSERT INTO log_nodes (level, idx, hash) VALUES (?, ?, ?)");

	db_bind_int(q, level);
	db_bind_int(q, (int64_t)index);
	db_bind_blob(q, hash, MERKLE_HASH_BYTES);
	return db_run(q, err);
}

struct merkle_nodes store_log_nodes(struct store *store)
{
	return (struct merkle_nodes){.get = get_node, .put = put_node, .ctx = store};
}

enum vk_rc store_read_log_nodes(struct store *store, unsigned level, uint64_t index, size_t count,
	uint8_t (*out)[MERKLE_HASH_BYTES], struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT hash FROM log_nodes WHERE level = ? AND idx >= ? ORDER BY idx LIMIT ?");
	size_t found = 0;
	enum vk_rc rc;

	db_bind_int(q, level);
	db_bind_int(q, (int64_t)index);
	db_bind_int(q, (int64_t)count);
	while (found < count && db_step(q))
		db_get_blob(q, out[found++], MERKLE_HASH_BYTES);
	rc = db_finish(q, err);
	if (rc == VK_OK && found < count)
		return vk_err_set(err, VK_EIO, "database: nodes of the audit log are missing");
	return rc;
}

enum vk_rc store_list_log_entries(struct store *store, uint64_t from, unsigned limit,
	struct arena *arena, const struct store_log_entry **items, size_t *count,
	struct vk_err *err)
{
	const struct store_page page = {.limit = limit};
	struct store_array list = STORE_ARRAY(arena, struct store_log_entry);
	struct db_stmt *q;
	enum vk_rc rc = store_page_limit(&page, &limit, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"SELECT idx, entry FROM log_entries WHERE idx >= ? ORDER BY idx LIMIT ?");
	db_bind_int(q, from <= INT64_MAX ? (int64_t)from : INT64_MAX);
	db_bind_int(q, limit);
	while (db_step(q)) {
		struct store_log_entry *entry = store_array_add(&list);

		entry->index = (uint64_t)db_get_int(q);
		entry->text = db_get_text_len(q, arena, &entry->len);
	}
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}

enum vk_rc store_add_checkpoint(struct store *store, const struct store_checkpoint *checkpoint,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO log_checkpoints (size, root, note, created) VALUES (?, ?, ?, ?)");

	db_bind_int(q, (int64_t)checkpoint->size);
	db_bind_blob(q, checkpoint->root, sizeof(checkpoint->root));
	db_bind_text_len(q, checkpoint->note, checkpoint->note_len);
	db_bind_int(q, now);
	return db_run(q, err);
}

static enum vk_rc read_checkpoint(struct db_stmt *q, struct arena *arena,
	struct store_checkpoint *out, struct vk_err *err)
{
	struct store_checkpoint checkpoint = {0};
	enum vk_rc rc;

	if (db_step(q)) {
		checkpoint.size = (uint64_t)db_get_int(q);
		db_get_blob(q, checkpoint.root, sizeof(checkpoint.root));
		checkpoint.note = db_get_text_len(q, arena, &checkpoint.note_len);
	}
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (checkpoint.note == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "the audit log has no such checkpoint");
	*out = checkpoint;
	return VK_OK;
}

enum vk_rc store_get_checkpoint(
	struct store *store, struct arena *arena, struct store_checkpoint *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT size, root, note FROM log_checkpoints ORDER BY size DESC LIMIT 1");

	return read_checkpoint(q, arena, out, err);
}

enum vk_rc store_get_checkpoint_of(struct store *store, int64_t size, struct arena *arena,
	struct store_checkpoint *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT size, root, note FROM log_checkpoints WHERE size = ?");

	db_bind_int(q, size);
	return read_checkpoint(q, arena, out, err);
}

enum vk_rc store_get_log_start(
	struct store *store, struct store_log_start *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT number, size, root FROM logs ORDER BY number DESC LIMIT 1");
	struct store_log_start start = {.number = 1};
	enum vk_rc rc;

	if (db_step(q)) {
		start.number = (unsigned)db_get_int(q);
		start.size = (uint64_t)db_get_int(q);
		db_get_blob(q, start.root, sizeof(start.root));
	}
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = start;
	return rc;
}

enum vk_rc store_begin_log(
	struct store *store, const struct store_log_start *start, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "INSERT INTO logs (number, size, root, begun) VALUES (?, ?, ?, ?)");
	enum vk_rc rc;

	db_bind_int(q, start->number);
	db_bind_int(q, (int64_t)start->size);
	db_bind_blob(q, start->root, sizeof(start->root));
	db_bind_int(q, now);
	rc = db_run(q, err);
	return rc == VK_OK ? db_run(db_prepare(store_db(store), "DELETE FROM cosignatures"), err)
			   : rc;
}
