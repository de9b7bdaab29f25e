/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of server/store/ share: the connection, pages and growing lists. */
#ifndef VK_STORE_INTERNAL_H
#define VK_STORE_INTERNAL_H

#include <stdbool.h>

#include "server/store/db.h"
#include "server/store/store.h"

/* The page's limit with the default in place; VK_EINPUT if it is out of range. */
VK_CHECKED enum vk_rc store_page_limit(
	const struct store_page *page, unsigned *out, struct vk_err *err);

/* A cursor that is a number; fallback if there is none. VK_EINPUT. */
VK_CHECKED enum vk_rc store_page_number(
	const struct store_page *page, int64_t fallback, int64_t *out, struct vk_err *err);

/* Decimal digits in the arena. */
const char *store_cursor_number(struct arena *arena, int64_t number);

/* What an environment must meet by a filter; its parameters: store_bind_filter(). */
#define STORE_FILTER_SQL(column)                                                                   \
	" (? = '' OR " column " = ?) AND (? = '' OR " column                                       \
	" IN (SELECT s.environment FROM user_scopes s WHERE s.user_name = ?))"
void store_bind_filter(struct db_stmt *q, const struct store_filter *filter);

/* An array that grows in an arena: its older copies die with the arena, too. Elements are zeroed.
 */
struct store_array {
	struct arena *arena;
	size_t element_bytes;
	void *items;
	size_t count;
	size_t room;
};

void *store_array_add(struct store_array *array);

#define STORE_ARRAY(arena_, type)                                                                  \
	{                                                                                          \
		.arena = (arena_), .element_bytes = sizeof(type)                                   \
	}

#endif
