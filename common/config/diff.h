/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes for an instance from one bundle to the next, by meaning: 1gb and
 * 1073741824 are equal, the order of lines does not count. For each directive:
 * whether Valkey takes it live or needs a restart. Where a secret is used is one
 * change, which version of it is in force another: a rotation shows as the latter
 * alone, once, however many users, directives and files it reaches.
 */
#ifndef VK_CONFIG_DIFF_H
#define VK_CONFIG_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum cfg_change_kind {
	CFG_CHANGE_DIRECTIVE, /* valkey.conf */
	CFG_CHANGE_USER,      /* users.acl: password hashes are shown as #... plus 8 digits */
	CFG_CHANGE_FILE,      /* another file: digest and mode, and what is in it */
	CFG_CHANGE_APPLY,     /* apply policy */
	CFG_CHANGE_VERSION,   /* the Valkey version aimed at */
	CFG_CHANGE_SECRET,    /* which versions of a secret are in force: "version 3" */
};

struct cfg_change {
	enum cfg_change_kind kind;
	const char *name;     /* canonical directive, user, path, policy key, secret */
	const char *old_text; /* NULL: was not there (directives: the default was in force) */
	const char *new_text; /* NULL: goes away (directives: back to the default) */
	const char *old_file; /* of a file: its text before, or NULL */
	const char *new_file; /* and after */
	bool is_live;	      /* no restart needed */
	bool is_sensitive;    /* texts are "(secret)" */
};

struct cfg_diff;

/* Either bundle may be NULL (instance added or removed). Both are canonical JSON as in
 * docs/formats.md; VK_EINPUT if one is not. */
VK_CHECKED enum vk_rc cfg_diff_bundles(const char *old_text, size_t old_len, const char *new_text,
	size_t new_len, struct cfg_diff **out, struct vk_err *err);
void cfg_diff_free(struct cfg_diff *diff);

/* Changes ordered by kind, then name; 0: nothing changes. */
size_t cfg_diff_count(const struct cfg_diff *diff);
const struct cfg_change *cfg_diff_at(const struct cfg_diff *diff, size_t i);
bool cfg_diff_needs_restart(const struct cfg_diff *diff);

/* "db1/main", of whichever bundle there is. */
const char *cfg_diff_instance(const struct cfg_diff *diff);

#endif
