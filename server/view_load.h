/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the database to the next view. Called by the writer's publish hook after
 * a commit, and once at start. Only the parts that have changed are read.
 */
#ifndef VK_VIEW_LOAD_H
#define VK_VIEW_LOAD_H

#include <stdint.h>

#include "server/store/store.h"
#include "server/view.h"

/* previous is NULL at start; changes: enum writer_changes (all of them at start). *out has one
 * reference. */
VK_CHECKED enum vk_rc view_load(struct store *store, const char *fleet, const struct view *previous,
	unsigned changes, int64_t now, const struct view **out, struct vk_err *err);

#endif
