/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands that ACL rules may name, per version of Valkey (schema/commands/valkey.tsv, compiled
 * in). Constant data. Names are in lower case: "get", "config|get".
 */
#ifndef VK_CONFIG_ACL_COMMAND_H
#define VK_CONFIG_ACL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct cfg_command {
	const char *name;
	const char *since; /* one of the versions of directive.h */
};

extern const struct cfg_command cfg_commands[]; /* sorted by name */
extern const size_t cfg_command_count;

/* NULL where no version that vkcfg knows has it. */
const struct cfg_command *cfg_command_find(const char *name);

/* True where a version has the command or subcommand. Names with a dot are of modules, which only
 * the server knows: always true. version NULL: any name will do. */
bool cfg_command_is_known(const char *name, const char *version);

/* One rule in lower case that allows or forbids a command: "+get", "-config|set", or "+select|0", a
 * first argument of a command without subcommands. VK_EINPUT names the rule, with a hint. */
VK_CHECKED enum vk_rc cfg_acl_check_command(
	const char *rule, const char *version, struct vk_err *err);

/* True where a version has rules about databases ("db=0", "alldbs", "resetdbs"); NULL: any may. */
bool cfg_acl_has_databases(const char *version);

/* Checks all rules of a user (as cfg_acl_rules_format() writes them) that not every version knows.
 */
VK_CHECKED enum vk_rc cfg_acl_check_commands(
	const char *rules, const char *version, struct vk_err *err);

#endif
