/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/restore_log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/audit.h"
#include "common/file.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/tuf/tuf_fleet.h"
#include "common/vkjson.h"
#include "server/log.h"
#include "server/restore_repeat.h"
#include "server/store/store_log.h"
#include "server/store/store_tuf.h"

#include "common/banned.h"

/* The tree hash over a growing list of leaves: the last complete subtree of each height. */
struct frontier {
	uint64_t size;
	uint8_t hashes[MERKLE_PROOF_MAX][MERKLE_HASH_BYTES];
};

static void frontier_add(struct frontier *frontier, const void *data, size_t len)
{
	uint8_t hash[MERKLE_HASH_BYTES];
	unsigned level = 0;

	merkle_leaf_hash(data, len, hash);
	for (uint64_t n = frontier->size; (n & 1) != 0; n >>= 1)
		merkle_node_hash(frontier->hashes[level++], hash, hash);
	memcpy(frontier->hashes[level], hash, sizeof(hash));
	frontier->size++;
}

/* size must not be 0. */
static void frontier_root(const struct frontier *frontier, uint8_t out[MERKLE_HASH_BYTES])
{
	bool is_begun = false;

	for (unsigned level = 0; frontier->size >> level != 0; level++) {
		if ((frontier->size >> level & 1) == 0)
			continue;
		if (is_begun)
			merkle_node_hash(frontier->hashes[level], out, out);
		else
			memcpy(out, frontier->hashes[level], MERKLE_HASH_BYTES);
		is_begun = true;
	}
}

static enum vk_rc check_root(struct store *store, const struct frontier *frontier,
	const struct store_checkpoint *last, struct vk_err *err)
{
	uint8_t made[MERKLE_HASH_BYTES], stored[MERKLE_HASH_BYTES];
	enum vk_rc rc = log_root(store, frontier->size, stored, err);

	frontier_root(frontier, made);
	if (rc == VK_OK && (memcmp(made, stored, sizeof(made)) != 0 ||
				   (last->size == frontier->size &&
					   memcmp(made, last->root, sizeof(made)) != 0)))
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the first %" PRIu64 " entries of the audit log are not those that were "
			"signed: the backup was changed",
			frontier->size);
	return rc;
}

/* One page of entries; the root is compared where the last checkpoint was signed, and at the end.
 */
static enum vk_rc check_page(struct store *store, struct frontier *frontier, uint64_t size,
	const struct store_checkpoint *last, struct vk_err *err)
{
	const struct store_log_entry *entries = NULL;
	struct arena *arena = arena_new();
	size_t count = 0;
	enum vk_rc rc = store_list_log_entries(
		store, frontier->size, STORE_LIMIT_MAX, arena, &entries, &count, err);

	if (rc == VK_OK && count == 0)
		rc = vk_err_set(err, VK_EIO, "entry %" PRIu64 " of the audit log is missing",
			frontier->size);
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		frontier_add(frontier, entries[i].text, entries[i].len);
		if (frontier->size == last->size || frontier->size == size)
			rc = check_root(store, frontier, last, err);
	}
	arena_free(arena);
	return rc;
}

enum vk_rc restore_log_check(struct store *store, struct vk_err *err)
{
	struct frontier frontier = {.size = 0};
	struct arena *arena = arena_new();
	struct store_checkpoint last;
	uint64_t size = 0;
	enum vk_rc rc = store_get_checkpoint(store, arena, &last, err);

	if (rc == VK_OK)
		rc = store_get_log_size(store, &size, err);
	if (rc == VK_OK && last.size > size)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the audit log has %" PRIu64 " entries, %" PRIu64 " were signed", size,
			last.size);
	while (rc == VK_OK && frontier.size < size)
		rc = check_page(store, &frontier, size, &last, err);
	arena_free(arena);
	return rc;
}

/* One line of an export. The parsed line owns the texts of the entry. */
static enum vk_rc parse_line(const char *line, size_t len, struct vkjson **json, uint64_t *index,
	struct vk_audit_entry *entry, struct vk_err *err)
{
	const struct vkjson *detail = NULL;
	int64_t number = 0;
	enum vk_rc rc = vkjson_parse(line, len, json, err);

	if (rc == VK_OK)
		rc = vkjson_get_int(*json, "index", 0, INT64_MAX, &number, err);
	if (rc == VK_OK)
		rc = vkjson_get_time(*json, "at", &entry->at, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(*json, "actor", &entry->actor, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(*json, "action", &entry->action, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(*json, "object", &entry->object, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(*json, "result", &entry->result, err);
	if (rc == VK_OK)
		rc = vkjson_get_object(*json, "detail", &detail, err);
	entry->detail = detail;
	*index = (uint64_t)number;
	return rc;
}

static enum vk_rc compare_entry(
	struct store *store, uint64_t index, const struct vk_buf *text, struct vk_err *err)
{
	const struct store_log_entry *entry = NULL;
	struct arena *arena = arena_new();
	size_t count = 0;
	enum vk_rc rc = store_list_log_entries(store, index, 1, arena, &entry, &count, err);

	if (rc == VK_OK && (count != 1 || entry->len != text->len ||
				   memcmp(entry->text, text->data, text->len) != 0))
		rc = vk_err_set(err, VK_ECONFLICT,
			"entry %" PRIu64 " is another one in the backup: this export is of another "
			"history",
			index);
	arena_free(arena);
	return rc;
}

/* What a host or the server did by itself is nothing to be done again. */
static bool is_worth_telling(const struct vk_audit_entry *entry)
{
	static const char *const quiet[] = {"host.report", "access.denied", "change.stale"};

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		if (strcmp(entry->action, quiet[i]) == 0)
			return false;
	}
	return strcmp(entry->result, "ok") == 0;
}

static enum vk_rc append_entry(struct store *store, const struct vk_audit_entry *entry,
	uint64_t index, int64_t now, struct vk_buf *report, struct vk_err *err)
{
	bool is_repeated = false;
	enum vk_rc rc = log_append(store, entry, NULL, err);

	if (rc == VK_OK)
		rc = restore_repeat(store, entry, now, &is_repeated, err);
	if (rc == VK_OK && !is_repeated && is_worth_telling(entry))
		vk_buf_addf(report, "%" PRIu64 " %s %s %s\n", index, entry->actor, entry->action,
			entry->object);
	return rc;
}

static enum vk_rc take_line(struct store *store, const char *line, size_t len, int64_t now,
	uint64_t *count, struct vk_buf *report, struct vk_err *err)
{
	struct vk_audit_entry entry = {.at = 0};
	struct vkjson *json = NULL;
	uint64_t index = 0, size = 0;
	struct vk_buf text;
	enum vk_rc rc = parse_line(line, len, &json, &index, &entry, err);

	vk_buf_init(&text, VK_AUDIT_ENTRY_MAX_BYTES);
	if (rc == VK_OK)
		rc = vk_audit_entry_format(&entry, &text, err);
	if (rc == VK_OK)
		rc = store_get_log_size(store, &size, err);
	if (rc == VK_OK && index < size)
		rc = compare_entry(store, index, &text, err);
	else if (rc == VK_OK && index > size)
		rc = vk_err_set(err, VK_ECONFLICT, "entry %" PRIu64 " is missing before %" PRIu64,
			size, index);
	else if (rc == VK_OK) {
		rc = append_entry(store, &entry, index, now, report, err);
		(*count)++;
	}
	vk_buf_release(&text);
	vkjson_free(json);
	return rc;
}

enum vk_rc restore_log_append(struct store *store, const char *path, int64_t now, uint64_t *count,
	struct vk_buf *report, struct vk_err *err)
{
	struct vk_buf text;
	uint64_t number = 0;
	enum vk_rc rc;

	*count = 0;
	vk_buf_init(&text, RESTORE_LOG_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	for (const char *line = text.data, *end; rc == VK_OK && line < text.data + text.len;
		line = end + 1) {
		end = memchr(line, '\n', (size_t)(text.data + text.len - line));
		if (end == NULL)
			end = text.data + text.len;
		number++;
		rc = take_line(store, line, (size_t)(end - line), now, count, report, err);
		if (rc != VK_OK)
			rc = vk_err_prefix(err, rc, "%s:%" PRIu64, path, number);
	}
	vk_buf_release(&text);
	return rc;
}

/* The log as the newest root names it. */
static enum vk_rc verify_note(struct store *store, const struct vk_buf *note,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct arena *arena = arena_new();
	struct tuf_meta *root = NULL;
	struct tuf_fleet fleet;
	struct store_tuf file;
	enum vk_rc rc = store_get_tuf(store, tuf_type_name(TUF_ROOT), 0, arena, &file, err);

	if (rc == VK_OK)
		rc = tuf_meta_parse(file.text, file.len, TUF_ROOT, &root, err);
	if (rc == VK_OK)
		rc = tuf_fleet_from_root(root, &fleet, err);
	if (rc == VK_OK)
		rc = note_verify_checkpoint(
			note->data, note->len, fleet.log_name, fleet.log_public, out, err);
	tuf_meta_free(root);
	arena_free(arena);
	return rc;
}

static enum vk_rc compare(
	struct store *store, const struct note_checkpoint *seen, struct vk_err *err)
{
	uint8_t root[MERKLE_HASH_BYTES];
	uint64_t size = 0;
	enum vk_rc rc = store_get_log_size(store, &size, err);

	if (rc != VK_OK)
		return rc;
	if (seen->size > size)
		return vk_err_set(err, VK_ECONFLICT,
			"%" PRIu64 " entries of the audit log were seen, there are %" PRIu64
			" here",
			seen->size, size);
	rc = log_root(store, seen->size, root, err);
	if (rc == VK_OK && memcmp(root, seen->root, sizeof(root)) != 0)
		rc = vk_err_set(err, VK_ECONFLICT,
			"the first %" PRIu64
			" entries of the audit log are not those that were seen",
			seen->size);
	return rc;
}

enum vk_rc restore_log_compare(struct store *store, const char *path, struct vk_err *err)
{
	struct note_checkpoint seen;
	struct vk_buf note;
	enum vk_rc rc;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &note, err);
	if (rc == VK_OK)
		rc = verify_note(store, &note, &seen, err);
	if (rc == VK_OK)
		rc = compare(store, &seen, err);
	if (rc == VK_ECONFLICT)
		vk_err_hint(err, "bring the missing entries with --log, or, if they are lost for "
				 "good, begin another log with --new-log");
	if (rc != VK_OK)
		rc = vk_err_prefix(err, rc, "%s", path);
	vk_buf_release(&note);
	return rc;
}
