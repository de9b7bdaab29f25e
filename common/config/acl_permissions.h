/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys, channels, databases and commands: what a user as a whole has, and each selector of it.
 * Between acl_rules.c and acl_permissions.c only. */
#ifndef VK_CONFIG_ACL_PERMISSIONS_H
#define VK_CONFIG_ACL_PERMISSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"

struct acl_words {
	const char **items;
	size_t count, cap;
};

void acl_words_add(struct acl_words *words, const char *word);
void acl_words_remove(struct acl_words *words, size_t i);

/* True if rule is the word, whatever its case; word is in lower case. */
bool acl_is_word(const char *rule, const char *word);

struct acl_permissions {
	struct acl_words keys; /* "~a", "%R~b", "%W~c" */
	struct acl_words channels, commands;
	bool has_all_keys, has_all_channels;
	const char *databases; /* "db=0,1", "resetdbs", or NULL: all */
};

/* Frees what it holds, and allows nothing any more. */
void acl_permissions_reset(struct acl_permissions *p);

/* One rule about keys, channels, databases or commands. *is_known is false if it is none of them.
 * version: of Valkey, by which commands are looked up; NULL for any. What is kept of the rule is in
 * the arena. */
VK_CHECKED enum vk_rc acl_permissions_apply(struct acl_permissions *p, struct arena *arena,
	const char *version, const char *rule, bool *is_known, struct vk_err *err);

/* " ~a resetchannels -@all": a blank before each. Appends. */
void acl_permissions_format(const struct acl_permissions *p, struct vk_buf *out);

#endif
