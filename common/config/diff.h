/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes for an instance from one bundle to the next, by meaning: 1gb and
 * 1073741824 are equal, a line that says the default of its version is no line,
 * and where order means nothing it does not count. For each change: the way,
 * which is what Valkey needs to take it. Where a secret is used is one change,
 * which version of it is in force another: a rotation shows as the latter alone,
 * once, however many users, directives and files it reaches.
 *
 * Texts never hold a password or its hash: "#password-1" and "#password-2" only
 * say that two differ. The digest of a diff knows them.
 */
#ifndef VK_CONFIG_DIFF_H
#define VK_CONFIG_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/digest.h"
#include "common/err.h"

enum cfg_change_kind {
	CFG_CHANGE_DIRECTIVE, /* valkey.conf */
	CFG_CHANGE_USER,      /* users.acl */
	CFG_CHANGE_FILE,      /* another file: digest and mode, and what is in it */
	CFG_CHANGE_APPLY,     /* apply policy */
	CFG_CHANGE_VERSION,   /* the Valkey version aimed at */
	CFG_CHANGE_SECRET,    /* which versions of a secret are in force: "version 3" */
	CFG_CHANGE_GROUP,     /* the group that it is in, its members, who watches it */
};

struct cfg_change {
	enum cfg_change_kind kind;
	const char *name;     /* canonical directive, user, path, policy key, secret */
	const char *old_text; /* NULL: was not there */
	const char *new_text; /* NULL: goes away */
	const char
		*old_default; /* of a directive that is not there: what is in force then, or NULL */
	const char *new_default;
	const char *old_file; /* of a file: its text before, or NULL */
	const char *new_file; /* and after */
	enum cfg_way way;
};

enum cfg_diff_flags {
	/* For instances of different environments: leaves out what differs from host to host, and
	 * which versions of secrets are in force. */
	CFG_DIFF_ROLE = 1,
};

struct cfg_diff;

/* Either bundle may be NULL (instance added or removed). Both are canonical JSON as in
 * docs/formats.md; VK_EINPUT if one is not. */
VK_CHECKED enum vk_rc cfg_diff_bundles(const char *old_text, size_t old_len, const char *new_text,
	size_t new_len, unsigned flags, struct cfg_diff **out, struct vk_err *err);

/* What a running Valkey says of itself. */
struct cfg_running {
	const char *version; /* a known one: "8.0", "8.0.1" */
	size_t count;
	const struct cfg_conf_value *values; /* of CONFIG GET, under the names of that version */
	const char *acl;		     /* the lines of ACL LIST, each with its newline */
};

/* What installing the bundle would change in it. Left out: what nobody can compare from here
 * (secrets that both sides have), what the running servers own, and users that are kept. */
VK_CHECKED enum vk_rc cfg_diff_running(const struct cfg_running *running, const char *text,
	size_t len, struct cfg_diff **out, struct vk_err *err);

void cfg_diff_free(struct cfg_diff *diff);

/* Changes ordered by kind, then name; 0: nothing changes. */
size_t cfg_diff_count(const struct cfg_diff *diff);
const struct cfg_change *cfg_diff_at(const struct cfg_diff *diff, size_t i);

/* Of the change that needs most; CFG_WAY_NEVER where that is a restart and the new bundle's policy
 * forbids it. CFG_WAY_LIVE for an instance that comes or goes. */
enum cfg_way cfg_diff_way(const struct cfg_diff *diff);

/* The same for instances to which exactly the same happens, hidden parts included. Borrowed. */
const uint8_t *cfg_diff_digest(const struct cfg_diff *diff);

/* "db1/main", of whichever bundle there is. */
const char *cfg_diff_instance(const struct cfg_diff *diff);

#endif
