/* SPDX-License-Identifier: BSD-3-Clause */
/* A fleet's database in a temporary directory, for tests of the server. */
#ifndef VK_STORE_FIXTURE_H
#define VK_STORE_FIXTURE_H

#include "common/arena.h"
#include "common/err.h"
#include "server/store/store.h"

enum { FIXTURE_NOW = 1800000000 };

struct store_fixture {
	char dir[64];
	char path[96];	     /* of the database */
	struct store *store; /* STORE_WRITE */
	struct arena *arena;
	struct vk_err err;
};

/* Makes directory and database; no transaction is open. */
void store_fixture_init(struct store_fixture *fixture);

/* Closes and removes all. */
void store_fixture_release(struct store_fixture *fixture);

/* Runs SQL that vkcfgd would never run, as a person with access to the file could; the result is
 * SQLite's code. */
int store_fixture_tamper(const struct store_fixture *fixture, const char *sql);

/* The single number that a query answers. */
long long store_fixture_number(const struct store_fixture *fixture, const char *sql);

/* A tree, and an open change env/number on base with the given tag's last digit; inside an open
 * transaction. */
int64_t store_fixture_add_change(
	struct store_fixture *fixture, const char *environment, int64_t number, char digit);

#endif
