/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_tuf.h"

#include <string.h>

#include "common/name.h"
#include "common/num.h"
#include "server/store/store_internal.h"

#include "common/banned.h"

enum { NAME_MAX_BYTES = 256, VERSION_MAX_DIGITS = 19 };

static enum vk_rc get_newest_version(
	struct store *store, const char *role, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT COALESCE(MAX(version), 0) FROM tuf_files WHERE role = ?");
	enum vk_rc rc;

	db_bind_text(q, role);
	*out = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	return rc;
}

static enum vk_rc drop_older_timestamps(struct store *store, int64_t version, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "DELETE FROM tuf_files WHERE role = 'timestamp' AND version < ?");

	db_bind_int(q, version);
	return db_run(q, err);
}

enum vk_rc store_add_tuf(
	struct store *store, const struct store_tuf *file, int64_t now, struct vk_err *err)
{
	uint8_t sha256[VK_SHA256_BYTES];
	int64_t newest;
	struct db_stmt *q;
	enum vk_rc rc = get_newest_version(store, file->role, &newest, err);

	if (rc != VK_OK)
		return rc;
	if (file->version <= newest)
		return vk_err_set(err, VK_ECONFLICT, "%s version %lld is not newer than %lld",
			file->role, (long long)file->version, (long long)newest);
	vk_sha256(file->text, file->len, sha256);
	q = db_prepare(store_db(store),
		"INSERT INTO tuf_files (role, version, expires, content, sha256, created)"
		" VALUES (?, ?, ?, ?, ?, ?)");
	db_bind_text(q, file->role);
	db_bind_int(q, file->version);
	db_bind_int(q, file->expires);
	db_bind_text_len(q, file->text, file->len);
	db_bind_blob(q, sha256, sizeof(sha256));
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc == VK_OK && strcmp(file->role, "timestamp") == 0)
		rc = drop_older_timestamps(store, file->version, err);
	return rc;
}

static void read_tuf(struct db_stmt *q, struct arena *arena, struct store_tuf *file)
{
	file->role = db_get_text(q, arena);
	file->version = db_get_int(q);
	file->expires = db_get_int(q);
	file->text = db_get_text_len(q, arena, &file->len);
	db_get_blob(q, file->sha256, sizeof(file->sha256));
}

enum vk_rc store_get_tuf(struct store *store, const char *role, int64_t version,
	struct arena *arena, struct store_tuf *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT role, version, expires, content, sha256 FROM tuf_files"
		" WHERE role = ? AND (version = ? OR ? = 0) ORDER BY version DESC LIMIT 1");
	struct store_tuf file = {0};
	enum vk_rc rc;

	db_bind_text(q, role);
	db_bind_int(q, version);
	db_bind_int(q, version);
	if (db_step(q))
		read_tuf(q, arena, &file);
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (file.role == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "there is no such %s metadata", role);
	*out = file;
	return VK_OK;
}

enum vk_rc store_list_tuf(struct store *store, struct arena *arena, const struct store_tuf **items,
	size_t *count, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_tuf);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT role, version, expires, content, sha256 FROM tuf_files f"
		" WHERE version = (SELECT MAX(m.version) FROM tuf_files m WHERE m.role = f.role)"
		" ORDER BY role");
	enum vk_rc rc;

	while (db_step(q))
		read_tuf(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	if (rc == VK_OK) {
		*items = list.items;
		*count = list.count;
	}
	return rc;
}

static enum vk_rc no_file(struct vk_err *err)
{
	return vk_err_set(err, VK_ENOTFOUND, "there is no such file");
}

/* "SHA256.NUMBER.json" of an environment. */
static enum vk_rc get_document(struct store *store, const char *environment, const char *file,
	struct arena *arena, const char **text, size_t *len, struct vk_err *err)
{
	uint8_t sha256[VK_SHA256_BYTES];
	char number[VERSION_MAX_DIGITS + 1];
	const char *found = NULL;
	size_t digits, found_len = 0;
	struct db_stmt *q;
	uint64_t value;
	enum vk_rc rc;

	if (strlen(file) < 2 * sizeof(sha256) || file[2 * sizeof(sha256)] != '.' ||
		!vk_parse_hex(file, 2 * sizeof(sha256), sha256, sizeof(sha256)))
		return no_file(err);
	file += 2 * sizeof(sha256) + 1;
	digits = strspn(file, "0123456789");
	if (digits == 0 || digits >= sizeof(number) || strcmp(file + digits, ".json") != 0)
		return no_file(err);
	memcpy(number, file, digits);
	number[digits] = '\0';
	if (!vk_parse_uint(number, 1, INT64_MAX, &value))
		return no_file(err);
	q = db_prepare(store_db(store),
		"SELECT c.document FROM releases r JOIN changes c ON c.id = r.change_id"
		" WHERE r.environment = ? AND r.number = ? AND r.sha256 = ?");
	db_bind_text(q, environment);
	db_bind_int(q, (int64_t)value);
	db_bind_blob(q, sha256, sizeof(sha256));
	if (db_step(q))
		found = db_get_text_len(q, arena, &found_len);
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (found == NULL)
		return no_file(err);
	*text = found;
	*len = found_len;
	return VK_OK;
}

/* "VERSION.ROLE.json" */
static enum vk_rc get_metadata(struct store *store, const char *name, struct arena *arena,
	const char **text, size_t *len, struct vk_err *err)
{
	char copy[NAME_MAX_BYTES];
	size_t name_len = strlen(name);
	size_t digits = strspn(name, "0123456789");
	struct store_tuf file;
	uint64_t version;
	enum vk_rc rc;

	if (name_len < digits + sizeof("..json") || name_len >= sizeof(copy) ||
		name[digits] != '.' || strcmp(name + name_len - 5, ".json") != 0)
		return no_file(err);
	memcpy(copy, name, name_len - 5);
	copy[name_len - 5] = '\0';
	copy[digits] = '\0';
	if (!vk_parse_uint(copy, 1, INT64_MAX, &version))
		return no_file(err);
	rc = store_get_tuf(store, copy + digits + 1, (int64_t)version, arena, &file, err);
	if (rc != VK_OK)
		return rc;
	*text = file.text;
	*len = file.len;
	return VK_OK;
}

enum vk_rc store_get_tuf_file(struct store *store, const char *name, struct arena *arena,
	const char **text, size_t *len, struct vk_err *err)
{
	static const char targets[] = "targets/";
	char environment[VK_NAME_BYTES];
	const char *slash;
	struct store_tuf file;
	enum vk_rc rc;

	if (strcmp(name, "timestamp.json") == 0) {
		rc = store_get_tuf(store, "timestamp", 0, arena, &file, err);
		if (rc == VK_OK) {
			*text = file.text;
			*len = file.len;
		}
		return rc;
	}
	if (strncmp(name, targets, sizeof(targets) - 1) != 0)
		return get_metadata(store, name, arena, text, len, err);
	name += sizeof(targets) - 1;
	slash = strchr(name, '/');
	if (slash == NULL || (size_t)(slash - name) >= sizeof(environment))
		return no_file(err);
	memcpy(environment, name, (size_t)(slash - name));
	environment[slash - name] = '\0';
	return get_document(store, environment, slash + 1, arena, text, len, err);
}
