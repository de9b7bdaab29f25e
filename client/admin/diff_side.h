/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One side of a comparison, as a person names it:
 *
 *   prod            the current release of an environment, verified
 *   prod/41         release 41, verified
 *   change:117      the tree of an open change, verified as an approver would
 *   ./tree, /path   the tree in a directory; a name without a slash is never one
 *   db1/main        an instance, of whichever tree the other options mean
 */
#ifndef ADMIN_DIFF_SIDE_H
#define ADMIN_DIFF_SIDE_H

#include <stdbool.h>

#include "common/err.h"
#include "common/name.h"

struct args;
struct cfg_rendered;
struct cfg_tree;
struct cli;

enum diff_side_kind {
	DIFF_SIDE_ENVIRONMENT,
	DIFF_SIDE_RELEASE,
	DIFF_SIDE_CHANGE,
	DIFF_SIDE_DIRECTORY,
	DIFF_SIDE_INSTANCE,
};

/* Embedded: diff_side_init() ... diff_side_release(). */
struct diff_side {
	enum diff_side_kind kind;
	const char *word;		 /* borrowed */
	char environment[VK_NAME_BYTES]; /* "": whichever the other side has */
	char *label;			 /* what it is called in the result */
	/* After loading: */
	struct cfg_tree *tree;	       /* NULL: the environment has no release yet */
	struct cfg_rendered *rendered; /* of environment, or NULL */
};

void diff_side_init(struct diff_side *side);
void diff_side_release(struct diff_side *side);

/* VK_EINPUT for a word that is none of the five. */
VK_CHECKED enum vk_rc diff_side_parse(const char *word, struct diff_side *side, struct vk_err *err);

/* Loads what the word means; not for DIFF_SIDE_INSTANCE. */
VK_CHECKED enum vk_rc diff_side_load(
	const struct cli *cli, struct diff_side *side, struct vk_err *err);

/* The tree of --release or --tree, or of the working directory. */
VK_CHECKED enum vk_rc diff_side_load_options(
	const struct cli *cli, const struct args *args, struct diff_side *side, struct vk_err *err);

/* For a change: the release that it was made from, which is the current one. */
VK_CHECKED enum vk_rc diff_side_load_base(const struct cli *cli, const struct diff_side *change,
	struct diff_side *side, struct vk_err *err);

/* Renders an environment of the side's tree; a second call with the same one costs nothing.
 * Borrowed; NULL where the side has no release or its tree not this environment. */
VK_CHECKED enum vk_rc diff_side_render(struct diff_side *side, const char *environment,
	const struct cfg_rendered **out, struct vk_err *err);

#endif
