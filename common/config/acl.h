/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ACL users: checking rules, writing them in the order in which ACL LIST
 * prints them, and reading users.acl.
 */
#ifndef VK_CONFIG_ACL_H
#define VK_CONFIG_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

#define CFG_AGENT_USER "vkcfg-agent"

/* The agent's line of users.acl, with @{agent-password} in the place of the SHA-256. */
extern const char cfg_agent_line[];

enum {
	CFG_ACL_MAX_USERS = 10 * 1000,
	CFG_ACL_RULES_MAX_BYTES = 16 * 1024,
	CFG_ACL_MAX_BYTES = 1024 * 1024,
	CFG_ACL_NAME_MAX_BYTES = 128,
};

/* What a tree may call a user: any name that Valkey takes (no blanks), up to a length, but for
 * what begins a placeholder or a parameter. */
bool cfg_acl_name_is_valid(const char *name);

struct cfg_acl_rules;

/* Parses the rules of one user (all that follows the name). Rules with a password in clear text
 * (>pw, <pw) are refused without quoting it. hashes: more passwords, as 64 hexadecimal digits.
 * version: of Valkey, which must have the commands; NULL: they are checked for their form only. */
VK_CHECKED enum vk_rc cfg_acl_rules_parse(const char *rules, const char *version,
	const char *const *hashes, size_t hash_count, struct cfg_acl_rules **out,
	struct vk_err *err);
void cfg_acl_rules_free(struct cfg_acl_rules *rules);

/* "on sanitize-payload #hash ~app:* resetchannels -@all +get": everything explicit, ACL LIST's
 * order; commands that a later +@all or -@all makes void are left out. */
void cfg_acl_rules_format(const struct cfg_acl_rules *rules, struct vk_buf *out);

bool cfg_acl_is_on(const struct cfg_acl_rules *rules);
bool cfg_acl_is_nopass(const struct cfg_acl_rules *rules);

/* May run at least one command beyond those that need no rule, in some selector or outside. */
bool cfg_acl_has_commands(const struct cfg_acl_rules *rules);

struct cfg_acl_user {
	const char *name;
	const char *rules; /* as cfg_acl_rules_format() writes them */
	unsigned line;
};

struct cfg_acl;

/* Reads a users.acl, or the lines of ACL LIST joined with newlines. A user that is there twice, and
 * anything but "user NAME RULES" or an empty line, is refused as Valkey would. The placeholders
 * @{agent-password} and @{sha256:NAME@VERSION} count as hashes. */
VK_CHECKED enum vk_rc cfg_acl_parse(
	const char *file, const char *text, size_t len, struct cfg_acl **out, struct vk_err *err);
void cfg_acl_free(struct cfg_acl *acl);

/* Users in byte order of their names. */
size_t cfg_acl_count(const struct cfg_acl *acl);
const struct cfg_acl_user *cfg_acl_at(const struct cfg_acl *acl, size_t i);
const struct cfg_acl_user *cfg_acl_find(const struct cfg_acl *acl, const char *name);

/* The rules with every password hash replaced by "#...": for people and reports. */
void cfg_acl_format_hidden(const char *rules, struct vk_buf *out);

#endif
