/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Diffs of many instances one after the other. Most instances of a role have the
 * same files, so that a diff is often the one of a neighbour: then it is not made
 * again. Bundles are borrowed and must live as long as the memo.
 */
#ifndef ADMIN_DIFF_MEMO_H
#define ADMIN_DIFF_MEMO_H

#include <stddef.h>

#include "common/err.h"

struct cfg_diff;
struct cfg_rendered_bundle;

enum { DIFF_MEMO_PLACES = 8 };

/* Embedded: diff_memo_init() ... diff_memo_release(). */
struct diff_memo {
	unsigned flags; /* enum cfg_diff_flags */
	size_t next;
	struct diff_memo_place {
		const struct cfg_rendered_bundle *before, *after;
		struct cfg_diff *diff; /* NULL: nothing is kept here */
	} places[DIFF_MEMO_PLACES];
};

void diff_memo_init(struct diff_memo *memo, unsigned flags);
void diff_memo_release(struct diff_memo *memo);

/* Either bundle may be NULL. *out is borrowed until the next call, and may be of a neighbour: its
 * instance is not this one's. */
VK_CHECKED enum vk_rc diff_memo_get(struct diff_memo *memo,
	const struct cfg_rendered_bundle *before, const struct cfg_rendered_bundle *after,
	const struct cfg_diff **out, struct vk_err *err);

#endif
