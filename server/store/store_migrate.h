/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The schema's history: an append-only list, made at build time from schema/sql/.
 * Nothing in it is ever edited or reordered; a new step goes to the end.
 */
#ifndef VK_STORE_MIGRATE_H
#define VK_STORE_MIGRATE_H

#include "common/err.h"

struct db;

struct store_migration {
	unsigned number;  /* from 1, without gaps: the schema's version after this step */
	const char *name; /* "0001-identities" */
	const char *sql;
};

extern const struct store_migration store_migrations[];
extern const unsigned store_migration_count;

/* Runs the first `count` steps as far as they have not been run, all in one transaction, and
 * records each. VK_EINPUT if the database has steps that this program does not know, or others
 * under the same number. */
VK_CHECKED enum vk_rc store_migrate(
	struct db *db, const struct store_migration *list, unsigned count, struct vk_err *err);

/* VK_EINPUT unless exactly these steps have been run. */
VK_CHECKED enum vk_rc store_check_schema(
	struct db *db, const struct store_migration *list, unsigned count, struct vk_err *err);

#endif
