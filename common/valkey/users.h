/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ACL users as ACL LIST prints them: the server's own normal form, compared as
 * text and never interpreted, so that rules of newer versions (9.1's databases)
 * need nothing here. In byte order of the names. Password hashes stand in the
 * rules: a set of users may be written to a 0600 file, never to a log.
 */
#ifndef VK_VALKEY_USERS_H
#define VK_VALKEY_USERS_H

#include <stddef.h>

#include "common/err.h"
#include "common/valkey/reply.h"

enum { USERS_MAX = 10000, USERS_MAX_TOKENS = 4096 };

struct user {
	char *name;
	char *rules; /* what follows the name */
};

struct users {
	struct user *items;
	size_t count;
	size_t cap;
};

void users_init(struct users *users);
void users_release(struct users *users);

/* Copies both; call users_sort() before the first look-up. */
void users_add(struct users *users, const char *name, const char *rules);
void users_sort(struct users *users);
const struct user *users_find(const struct users *users, const char *name);

/* Adds one line of ACL LIST, "user NAME RULES". */
VK_CHECKED enum vk_rc users_add_line(struct users *users, const char *line, struct vk_err *err);

/* Adds what ACL LIST answered and sorts. */
VK_CHECKED enum vk_rc users_add_reply(
	struct users *users, const struct reply *reply, struct vk_err *err);

/* Splits rules at blanks, selectors in parentheses kept whole, into a NULL-terminated array;
 * free it with users_free_tokens(). VK_ELIMIT past USERS_MAX_TOKENS. */
VK_CHECKED enum vk_rc users_split_rules(
	const char *rules, char ***tokens, size_t *count, struct vk_err *err);
void users_free_tokens(char **tokens);

#endif
