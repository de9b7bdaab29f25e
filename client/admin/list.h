/* SPDX-License-Identifier: BSD-3-Clause */
/* A command that shows a list of the API: fetched page by page up to --limit, printed as a table, or
 * as JSON from the same data. */
#ifndef ADMIN_LIST_H
#define ADMIN_LIST_H

#include "common/buf.h"
#include "common/err.h"

struct args;
struct cli;
struct table_column;

enum { LIST_TARGET_MAX_BYTES = 1024 };

/* target: path and query, still unchecked for overflow. empty: what is said instead of a table without
 * rows. */
VK_CHECKED enum vk_rc list_show(struct cli *cli, const struct args *args,
	const struct vk_buf *target, const struct table_column *columns, const char *empty,
	struct vk_err *err);

#endif
