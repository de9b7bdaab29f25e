/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/acl_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/directive.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { NAME_MAX_BYTES = 128 };

static int compare_names(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_command *)element)->name);
}

const struct cfg_command *cfg_command_find(const char *name)
{
	return bsearch(name, cfg_commands, cfg_command_count, sizeof(*cfg_commands), compare_names);
}

static bool is_in(const struct cfg_command *command, const char *version)
{
	return command != NULL && cfg_version_order(command->since) <= cfg_version_order(version);
}

static bool has_subcommands(const char *name, size_t len)
{
	for (size_t i = 0; i < cfg_command_count; i++) {
		if (strncmp(cfg_commands[i].name, name, len) == 0 &&
			cfg_commands[i].name[len] == '|')
			return true;
	}
	return false;
}

bool cfg_command_is_known(const char *name, const char *version)
{
	size_t len = strcspn(name, "|");
	char parent[NAME_MAX_BYTES];

	if (memchr(name, '.', len) != NULL || is_in(cfg_command_find(name), version))
		return true;
	if (name[len] == '\0' || name[len + 1] == '\0' || len >= sizeof(parent) ||
		has_subcommands(name, len))
		return false;
	memcpy(parent, name, len);
	parent[len] = '\0';
	return is_in(cfg_command_find(parent), version);
}

static enum vk_rc say_unknown(char sign, const char *name, const char *version, struct vk_err *err)
{
	const struct cfg_command *other = cfg_command_find(name);
	struct vk_nearest nearest = vk_nearest_init(name);

	vk_err_set(err, VK_EINPUT, "rule '%c%.100s': Valkey %.10s has no such command", sign, name,
		version);
	for (size_t i = 0; i < cfg_command_count; i++) {
		if (is_in(&cfg_commands[i], version))
			vk_nearest_offer(&nearest, cfg_commands[i].name);
	}
	if (other != NULL)
		vk_err_hint(err, "Valkey %s has it", other->since);
	else if (nearest.word != NULL)
		vk_err_hint(err, "did you mean '%c%s'?", sign, nearest.word);
	return VK_EINPUT;
}

enum vk_rc cfg_acl_check_commands(const char *rules, const char *version, struct vk_err *err)
{
	while (*rules != '\0') {
		size_t len;

		rules += strspn(rules, " ()\n");
		len = strcspn(rules, " ()\n");
		if (len > 1 && len < NAME_MAX_BYTES && (rules[0] == '+' || rules[0] == '-') &&
			rules[1] != '@') {
			char name[NAME_MAX_BYTES];

			memcpy(name, rules + 1, len - 1);
			name[len - 1] = '\0';
			if (!cfg_command_is_known(name, version))
				return say_unknown(rules[0], name, version, err);
		}
		rules += len;
	}
	return VK_OK;
}
