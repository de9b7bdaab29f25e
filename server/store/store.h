/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The database of a fleet, behind functions named after the domain: one header
 * per noun (store_host.h, store_change.h...), all SQL in server/store/.
 *
 * A struct store is one connection and belongs to one thread. The writer thread
 * has the only one that may write; every worker has a read-only one of its own.
 * A single get or list function sees one consistent state; two calls may see two.
 *
 * What the functions hand out (strings, arrays) stands in the arena that the
 * caller gives them and dies with it. Texts never NULL unless the header says so.
 * Times are seconds since 1970; 0 means "never". Errors of all of them: VK_EIO
 * (disk, full, corrupt), VK_EUNAVAIL (locked for too long), and those that the
 * function names. Writing functions need an open transaction: in vkcfgd they are
 * called inside a writer command (server/writer.h), so that the audit entry and
 * the action are committed together.
 */
#ifndef VK_STORE_H
#define VK_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

struct store;
struct db;

enum store_mode {
	STORE_READ,   /* refuses every change */
	STORE_WRITE,  /* brings the schema up to date first; the file must exist */
	STORE_CREATE, /* STORE_WRITE on a file that must not exist yet (VK_ECONFLICT) */
};

/* Opens the database. VK_EINPUT if it was written by a newer vkcfgd, or is none of ours;
 * VK_ENOTFOUND if there is no such file. */
VK_CHECKED enum vk_rc store_open(
	const char *path, enum store_mode mode, struct store **out, struct vk_err *err);
void store_close(struct store *store);

/* A consistent copy of a database in a new file (VK_ECONFLICT if it exists), while others may be
 * writing; of any version of the schema. VK_EIO if what was copied is damaged. */
VK_CHECKED enum vk_rc store_copy(const char *from, const char *to, struct vk_err *err);

/* Transactions: for the writer, init and tests. A savepoint lies inside a transaction; undoing it
 * leaves the transaction open. store_rollback() of a transaction that has failed is no error. */
VK_CHECKED enum vk_rc store_begin(struct store *store, struct vk_err *err);
/* A transaction whose commit does not wait for the disk: for what can be made again. */
VK_CHECKED enum vk_rc store_begin_light(struct store *store, struct vk_err *err);
VK_CHECKED enum vk_rc store_commit(struct store *store, struct vk_err *err);
void store_rollback(struct store *store);
bool store_is_in_transaction(const struct store *store);
VK_CHECKED enum vk_rc store_savepoint(struct store *store, struct vk_err *err);
VK_CHECKED enum vk_rc store_release_savepoint(struct store *store, struct vk_err *err);
VK_CHECKED enum vk_rc store_undo_savepoint(struct store *store, struct vk_err *err);

/* For server/store/ only. */
struct db *store_db(struct store *store);

enum { STORE_LIMIT_DEFAULT = 100, STORE_LIMIT_MAX = 1000 };

/* Which part of a list is wanted. `next` of a list is the `after` of the following page, in the
 * caller's arena, or NULL at the end: opaque text, given to the client as "next" and taken back
 * from ?after= as it is (VK_EINPUT if it makes no sense). */
struct store_page {
	unsigned limit;	   /* 1 to STORE_LIMIT_MAX; 0: the default */
	const char *after; /* NULL: from the beginning */
};

/* What of a list is wanted, beside the page; NULL instead of a filter: everything. */
struct store_filter {
	const char *environment; /* NULL: all */
	const char *viewer;	 /* only environments in which this user has a role; NULL: all */
};

/* The fleet's name; set once, by `vkcfgd init` (VK_ECONFLICT the second time). */
VK_CHECKED enum vk_rc store_set_fleet(
	struct store *store, const char *name, int64_t now, struct vk_err *err);
VK_CHECKED enum vk_rc store_get_fleet(
	struct store *store, struct arena *arena, const char **out, struct vk_err *err);

#endif
