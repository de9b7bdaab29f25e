/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request that only reads the database: a reader and an arena for the time
 * of the handler, one reply at its end. Once for all routes.
 */
#ifndef VK_QUERY_H
#define VK_QUERY_H

#include "common/arena.h"
#include "server/context.h"
#include "server/request.h"
#include "server/store/store.h"

struct vkjson;

struct query {
	struct request *req;
	struct store *store;
	struct arena *arena;
	struct store_page page; /* ?limit= and ?after= */
};

/* Makes the answer (taken); on failure the error is the answer. */
typedef enum vk_rc query_fn(struct query *query, struct vkjson **answer, struct vk_err *err);

/* Of a list of the route table's ENVIRONMENT_LIST: what of it the caller may see and asked for. */
struct store_filter query_filter(const struct query *query);

/* Calls fn and replies 200 with its answer, or with its error. */
void query_run(struct request *req, query_fn *fn);

/* {"items":ITEMS,"next":NEXT}; takes items; next may be NULL and is then left out. */
struct vkjson *query_list(struct vkjson *items, const char *next);

/* Sets a time, or null where it is 0 ("never"). */
void query_set_time(struct vkjson *object, const char *name, int64_t time);

/* Sets a string, or null where it is NULL. */
void query_set_text(struct vkjson *object, const char *name, const char *text);

#endif
