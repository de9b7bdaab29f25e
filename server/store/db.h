/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thin layer under the store: one connection to SQLite, used by one thread.
 * A second engine would be a second db.c. Only server/store/ includes this.
 *
 * A query reads as one piece. Parameters are bound and columns read in the order
 * in which they stand in the SQL; an error sticks to the statement and is told
 * once, at the end:
 *
 *   struct db_stmt *q = db_prepare(db, "SELECT name, roles FROM users WHERE name > ? LIMIT ?");
 *
 *   db_bind_text(q, after);
 *   db_bind_int(q, limit);
 *   while (db_step(q))
 *           add(db_get_text(q, arena), db_get_int(q));
 *   return db_finish(q, err);
 *
 * Statements are cached by their text, which is always a constant: values are
 * only ever bound. What is bound is borrowed until db_finish().
 */
#ifndef VK_DB_H
#define VK_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

struct db;
struct db_stmt;

enum db_mode {
	DB_READ,
	DB_WRITE,
	DB_CREATE, /* the file must not exist; mode 0600 */
};

enum { DB_BUSY_TIMEOUT_MS = 5000 };

/* VK_ENOTFOUND, VK_ECONFLICT (DB_CREATE), VK_EINPUT: not a database of vkcfg. Write-ahead log,
 * every commit synced to disk, foreign keys enforced. */
VK_CHECKED enum vk_rc db_open(
	const char *path, enum db_mode mode, struct db **out, struct vk_err *err);
void db_close(struct db *db);

/* Writes a consistent copy of the whole database to a new file (0600), while others may be writing.
 * VK_ECONFLICT if the file exists. */
VK_CHECKED enum vk_rc db_copy(struct db *db, const char *path, struct vk_err *err);

/* Whether every page and index of the file is as it should be: VK_EIO if not. */
VK_CHECKED enum vk_rc db_check(struct db *db, struct vk_err *err);

/* Runs constant SQL of any number of statements, for migrations and transactions. */
VK_CHECKED enum vk_rc db_exec(struct db *db, const char *sql, struct vk_err *err);

/* Whether the commits that follow wait until the disk has them (as they do after db_open()). Not
 * inside a transaction. */
VK_CHECKED enum vk_rc db_set_durable(struct db *db, bool is_durable, struct vk_err *err);

/* Whether a transaction is open. A full disk or an I/O error ends it by itself. */
bool db_is_in_transaction(const struct db *db);

/* A read of several statements that must see one state: begins a transaction unless one is open.
 * *is_begun goes to db_end_read(), which must follow. */
VK_CHECKED enum vk_rc db_begin_read(struct db *db, bool *is_begun, struct vk_err *err);
void db_end_read(struct db *db, bool is_begun);

/* Never NULL: an error shows in db_finish(). A statement is not prepared again before
 * db_finish(). */
struct db_stmt *db_prepare(struct db *db, const char *sql);

/* Binds the next parameter; NULL text is SQL's NULL. */
void db_bind_int(struct db_stmt *stmt, int64_t value);
void db_bind_text(struct db_stmt *stmt, const char *text);
void db_bind_text_len(struct db_stmt *stmt, const char *text, size_t len);
void db_bind_blob(struct db_stmt *stmt, const void *data, size_t len);

/* True: there is a row. */
bool db_step(struct db_stmt *stmt);

/* The row's next column. Text: a copy in the arena; NULL only for SQL's NULL. */
int64_t db_get_int(struct db_stmt *stmt);
const char *db_get_text(struct db_stmt *stmt, struct arena *arena);
const char *db_get_text_len(struct db_stmt *stmt, struct arena *arena, size_t *len);

/* Exactly len bytes; anything else becomes the statement's error (VK_EIO: damaged). */
void db_get_blob(struct db_stmt *stmt, void *out, size_t len);

/* The next column's text until the next db_step(); "" for SQL's NULL. */
const char *db_peek_text(struct db_stmt *stmt);

/* Makes the statement ready for its next use and tells its error: VK_ECONFLICT (unique or foreign
 * key), VK_EDENIED (a trigger refused), VK_EUNAVAIL (locked), VK_EIO. */
VK_CHECKED enum vk_rc db_finish(struct db_stmt *stmt, struct vk_err *err);

/* Steps through and finishes a statement whose rows do not matter. */
VK_CHECKED enum vk_rc db_run(struct db_stmt *stmt, struct vk_err *err);

/* Rows that the last db_run() on this connection inserted, changed or removed. */
int64_t db_changes(const struct db *db);

#endif
