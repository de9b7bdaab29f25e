/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/mem.h"

#include "common/banned.h"

/* "vkcf": says that the file is ours. */
#define APPLICATION_ID "1986749286"

enum { CACHE_BUCKETS = 128, ERROR_TEXT_BYTES = 256, COPY_TRIES = 50, COPY_PAUSE_MS = 100 };

struct db_stmt {
	struct db *db;
	struct db_stmt *next; /* in its bucket */
	const char *sql;
	sqlite3_stmt *handle; /* NULL: could not be prepared */
	int bound;	      /* parameters bound so far */
	int read;	      /* columns read of this row */
	bool is_used;	      /* between db_prepare() and db_finish() */
	bool is_cached;
	int code; /* the first error, as SQLite numbers them */
	char text[ERROR_TEXT_BYTES];
};

struct db {
	sqlite3 *handle;
	bool is_durable;
	struct db_stmt *cache[CACHE_BUCKETS];
};

static enum vk_rc rc_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		return code == SQLITE_CONSTRAINT_TRIGGER ? VK_EDENIED : VK_ECONFLICT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return VK_EUNAVAIL;
	case SQLITE_NOTADB:
		return VK_EINPUT;
	default: /* not an enum: everything else is the disk's or our own fault */
		return VK_EIO;
	}
}

static enum vk_rc fail(int code, const char *text, struct vk_err *err)
{
	return vk_err_set(err, rc_of(code), "database: %s", text);
}

static enum vk_rc configure(struct db *db, enum db_mode mode, struct vk_err *err)
{
	enum vk_rc rc;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, DB_BUSY_TIMEOUT_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	if (mode == DB_READ)
		return db_exec(db, "PRAGMA query_only = 1", err);
	if (mode == DB_CREATE) {
		rc = db_exec(db, "PRAGMA application_id = " APPLICATION_ID, err);
		if (rc != VK_OK)
			return rc;
	}
	return db_exec(db,
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;"
		"PRAGMA recursive_triggers = 1;" /* REPLACE fires triggers on DELETE, too */
		"PRAGMA foreign_keys = 1",
		err);
}

/* Refuses a file that some other program made. */
static enum vk_rc check_ours(struct db *db, const char *path, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db, "PRAGMA application_id");
	bool is_ours = db_step(q) && strcmp(db_peek_text(q), APPLICATION_ID) == 0;
	enum vk_rc rc = db_finish(q, err);

	if (rc == VK_EINPUT || (rc == VK_OK && !is_ours))
		return vk_err_set(err, VK_EINPUT, "%s is not a database of vkcfg", path);
	return rc;
}

static enum vk_rc create_file(const char *path, struct vk_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return vk_err_errno(err, errno == EEXIST ? VK_ECONFLICT : VK_EIO, errno,
			"cannot create %s", path);
	close(fd);
	return VK_OK;
}

static enum vk_rc check_file(const char *path, struct vk_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return vk_err_errno(err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno,
			"cannot open %s", path);
	return VK_OK;
}

enum vk_rc db_open(const char *path, enum db_mode mode, struct db **out, struct vk_err *err)
{
	int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	struct db *db = xcalloc(1, sizeof(*db));
	enum vk_rc rc;
	int code;

	rc = mode == DB_CREATE ? create_file(path, err) : check_file(path, err);
	if (rc != VK_OK)
		goto out;
	code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		rc = vk_err_set(err, VK_EIO, "cannot open %s: %s", path, sqlite3_errstr(code));
		goto out;
	}
	rc = mode == DB_CREATE ? VK_OK : check_ours(db, path, err);
	if (rc == VK_OK)
		rc = configure(db, mode, err);
	if (rc != VK_OK)
		goto out;
	db->is_durable = true;
	*out = db;
	db = NULL;
out:
	db_close(db);
	return rc;
}

static void stmt_free(struct db_stmt *stmt)
{
	sqlite3_finalize(stmt->handle);
	free(stmt);
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < CACHE_BUCKETS; i++) {
		while (db->cache[i] != NULL) {
			struct db_stmt *stmt = db->cache[i];

			db->cache[i] = stmt->next;
			stmt_free(stmt);
		}
	}
	sqlite3_close(db->handle);
	free(db);
}

/* All pages in one read of the source: what others commit meanwhile is not in it. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code = SQLITE_BUSY;

	if (backup == NULL)
		return sqlite3_errcode(to);
	for (int i = 0; i < COPY_TRIES && (code == SQLITE_BUSY || code == SQLITE_LOCKED); i++) {
		code = sqlite3_backup_step(backup, -1);
		if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
			sqlite3_sleep(COPY_PAUSE_MS);
	}
	sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum vk_rc db_copy(struct db *db, const char *path, struct vk_err *err)
{
	sqlite3 *to = NULL;
	enum vk_rc rc = create_file(path, err);
	int code;

	if (rc != VK_OK)
		return rc;
	code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = copy_pages(db->handle, to);
	if (code == SQLITE_OK) /* one file, without a log beside it */
		code = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		rc = vk_err_set(err, rc_of(code), "cannot copy the database to %s: %s", path,
			sqlite3_errstr(code));
	sqlite3_close(to);
	if (rc != VK_OK)
		unlink(path);
	return rc;
}

enum vk_rc db_check(struct db *db, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(db, "PRAGMA integrity_check(1)");
	bool is_good = db_step(q) && strcmp(db_peek_text(q), "ok") == 0;
	enum vk_rc rc = db_finish(q, err);

	if (rc == VK_OK && !is_good)
		rc = vk_err_set(err, VK_EIO, "database: the file is damaged");
	return rc;
}

enum vk_rc db_exec(struct db *db, const char *sql, struct vk_err *err)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? VK_OK : fail(code, sqlite3_errmsg(db->handle), err);
}

enum vk_rc db_set_durable(struct db *db, bool is_durable, struct vk_err *err)
{
	enum vk_rc rc;

	if (db->is_durable == is_durable)
		return VK_OK;
	rc = db_exec(
		db, is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
	if (rc == VK_OK)
		db->is_durable = is_durable;
	return rc;
}

bool db_is_in_transaction(const struct db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

enum vk_rc db_begin_read(struct db *db, bool *is_begun, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	*is_begun = false;
	if (db_is_in_transaction(db))
		return VK_OK;
	rc = db_run(db_prepare(db, "BEGIN"), err);
	*is_begun = rc == VK_OK;
	return rc;
}

void db_end_read(struct db *db, bool is_begun)
{
	/* A read has nothing to lose: an error here changes nothing. */
	if (is_begun && db_run(db_prepare(db, "COMMIT"), NULL) != VK_OK)
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* The texts are constants, so that their addresses are as good as they themselves; equal ones at
 * two addresses are merely prepared twice. */
static struct db_stmt **bucket_of(struct db *db, const char *sql)
{
	return &db->cache[((uintptr_t)sql >> 3) % CACHE_BUCKETS];
}

static void note_error(struct db_stmt *stmt, int code, const char *text)
{
	if (stmt->code != SQLITE_OK)
		return;
	stmt->code = code;
	for (size_t i = 0; i < sizeof(stmt->text) - 1 && text[i] != '\0'; i++) {
		stmt->text[i] = text[i];
		stmt->text[i + 1] = '\0';
	}
}

static struct db_stmt *stmt_new(struct db *db, const char *sql)
{
	struct db_stmt *stmt = xcalloc(1, sizeof(*stmt));
	int code = sqlite3_prepare_v3(
		db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL);

	stmt->db = db;
	stmt->sql = sql;
	if (code != SQLITE_OK) {
		note_error(stmt, code, sqlite3_errmsg(db->handle));
		return stmt;
	}
	stmt->is_cached = true;
	stmt->next = *bucket_of(db, sql);
	*bucket_of(db, sql) = stmt;
	return stmt;
}

struct db_stmt *db_prepare(struct db *db, const char *sql)
{
	struct db_stmt *stmt = *bucket_of(db, sql);

	while (stmt != NULL && stmt->sql != sql)
		stmt = stmt->next;
	if (stmt == NULL)
		stmt = stmt_new(db, sql);
	assert(!stmt->is_used);
	stmt->is_used = true;
	return stmt;
}

static void check_bind(struct db_stmt *stmt, int code)
{
	if (code != SQLITE_OK)
		note_error(stmt, code, sqlite3_errstr(code));
}

void db_bind_int(struct db_stmt *stmt, int64_t value)
{
	if (stmt->handle != NULL)
		check_bind(stmt, sqlite3_bind_int64(stmt->handle, ++stmt->bound, value));
}

void db_bind_text(struct db_stmt *stmt, const char *text)
{
	db_bind_text_len(stmt, text, text != NULL ? strlen(text) : 0);
}

void db_bind_text_len(struct db_stmt *stmt, const char *text, size_t len)
{
	if (stmt->handle != NULL)
		check_bind(stmt, sqlite3_bind_text64(stmt->handle, ++stmt->bound, text, len,
					 SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(struct db_stmt *stmt, const void *data, size_t len)
{
	if (stmt->handle != NULL)
		check_bind(stmt,
			sqlite3_bind_blob64(stmt->handle, ++stmt->bound, data, len, SQLITE_STATIC));
}

bool db_step(struct db_stmt *stmt)
{
	int code;

	if (stmt->code != SQLITE_OK)
		return false;
	assert(stmt->bound == sqlite3_bind_parameter_count(stmt->handle));
	stmt->read = 0;
	code = sqlite3_step(stmt->handle);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		note_error(stmt, code, sqlite3_errmsg(stmt->db->handle));
	return false;
}

int64_t db_get_int(struct db_stmt *stmt)
{
	return sqlite3_column_int64(stmt->handle, stmt->read++);
}

const char *db_get_text(struct db_stmt *stmt, struct arena *arena)
{
	size_t len;

	return db_get_text_len(stmt, arena, &len);
}

const char *db_get_text_len(struct db_stmt *stmt, struct arena *arena, size_t *len)
{
	int column = stmt->read++;
	const void *text = sqlite3_column_text(stmt->handle, column);

	*len = text != NULL ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0;
	if (text == NULL && sqlite3_column_type(stmt->handle, column) != SQLITE_NULL)
		note_error(stmt, SQLITE_NOMEM, "out of memory");
	return text != NULL ? arena_dup(arena, text, *len) : NULL;
}

void db_get_blob(struct db_stmt *stmt, void *out, size_t len)
{
	int column = stmt->read++;
	const void *data = sqlite3_column_blob(stmt->handle, column);

	if (data == NULL || (size_t)sqlite3_column_bytes(stmt->handle, column) != len) {
		note_error(stmt, SQLITE_CORRUPT, "a value has the wrong length");
		memset(out, 0, len);
		return;
	}
	memcpy(out, data, len);
}

const char *db_peek_text(struct db_stmt *stmt)
{
	const void *text = sqlite3_column_text(stmt->handle, stmt->read++);

	return text != NULL ? text : "";
}

enum vk_rc db_finish(struct db_stmt *stmt, struct vk_err *err)
{
	enum vk_rc rc = stmt->code == SQLITE_OK ? VK_OK : fail(stmt->code, stmt->text, err);

	stmt->is_used = false;
	if (!stmt->is_cached) {
		stmt_free(stmt);
		return rc;
	}
	sqlite3_reset(stmt->handle);
	sqlite3_clear_bindings(stmt->handle);
	stmt->bound = 0;
	stmt->read = 0;
	stmt->code = SQLITE_OK;
	return rc;
}

enum vk_rc db_run(struct db_stmt *stmt, struct vk_err *err)
{
	while (db_step(stmt))
		continue;
	return db_finish(stmt, err);
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}
