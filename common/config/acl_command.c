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

/* A Sentinel has these and no others (asked of 7.2 to 9.0 with COMMAND LIST). */
static bool is_of_sentinel(const char *name)
{
	static const char *const whole[] = {"acl", "auth", "client", "command", "hello", "info",
		"ping", "psubscribe", "publish", "punsubscribe", "role", "sentinel", "shutdown",
		"subscribe", "unsubscribe"};
	size_t len = strcspn(name, "|");

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (strncmp(whole[i], name, len) == 0 && whole[i][len] == '\0')
			return true;
	}
	return false;
}

/* The word behind "sentinel|" in a rule, if it is one; a Valkey has none of them. */
static bool is_sentinel_command(const char *name, const char *version)
{
	static const char *const subcommands[] = {"ckquorum", "config", "debug", "failover",
		"flushconfig", "get-master-addr-by-name", "help", "info-cache",
		"is-master-down-by-addr", "master", "masters", "monitor", "myid", "pending-scripts",
		"remove", "replicas", "reset", "sentinels", "set", "simulate-failure", "slaves"};
	static const char *const since_8[] = {
		"get-primary-addr-by-name", "is-primary-down-by-addr", "primaries", "primary"};
	const char *word = name + strlen("sentinel");

	if (strncmp(name, "sentinel", strlen("sentinel")) != 0 || (*word != '\0' && *word != '|'))
		return false;
	for (size_t i = 0; *word == '|' && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(word + 1, subcommands[i]) == 0)
			return true;
	}
	for (size_t i = 0; *word == '|' && i < sizeof(since_8) / sizeof(since_8[0]); i++) {
		if (strcmp(word + 1, since_8[i]) == 0)
			return cfg_version_order(version) >= cfg_version_order("8.0");
	}
	return *word == '\0';
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
	if (version != NULL && cfg_version_is_sentinel(version)) {
		if (is_sentinel_command(name, version))
			return true;
		if (!is_of_sentinel(name))
			return false;
	}
	return version == NULL || memchr(name, '.', strcspn(name, "|")) != NULL ||
	       is_in(cfg_command_find(name), version);
}

static enum vk_rc say_unknown(char sign, const char *name, const char *version, struct vk_err *err)
{
	const struct cfg_command *other = cfg_command_find(name);
	struct vk_nearest nearest = vk_nearest_init(name);

	vk_err_set(err, VK_EINPUT, "rule '%c%.100s': %s %.10s has no such command", sign, name,
		cfg_version_is_sentinel(version) ? "the Sentinel of Valkey" : "Valkey",
		cfg_version_number(version));
	if (cfg_version_is_sentinel(version)) {
		vk_err_hint(err, "allow the subcommands of SENTINEL, PING, INFO, SUBSCRIBE, ...");
		return VK_EINPUT;
	}
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

static bool is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.|";

	return text[0] != '\0' && text[0] != '|' && strlen(text) < NAME_MAX_BYTES &&
	       text[strspn(text, allowed)] == '\0';
}

enum vk_rc cfg_acl_check_command(const char *rule, const char *version, struct vk_err *err)
{
	const char *name = rule + 1, *bar = strrchr(name, '|');
	char parent[NAME_MAX_BYTES];

	if (!is_name(name))
		return vk_err_set(err, VK_EINPUT, "rule '%.100s': no command", rule);
	if (bar == NULL || rule[0] == '-')
		return cfg_command_is_known(name, version)
			       ? VK_OK
			       : say_unknown(rule[0], name, version, err);
	memcpy(parent, name, (size_t)(bar - name));
	parent[bar - name] = '\0';
	if (!cfg_command_is_known(parent, version))
		return say_unknown(rule[0], name, version, err);
	if (strchr(parent, '|') != NULL)
		return vk_err_set(err, VK_EINPUT,
			"rule '%.100s': no first argument of a subcommand can be allowed", rule);
	if (bar[1] == '\0')
		return vk_err_set(err, VK_EINPUT, "rule '%.100s': nothing behind the '|'", rule);
	if (has_subcommands(parent, strlen(parent)) && !cfg_command_is_known(name, version))
		return say_unknown(rule[0], name, version, err);
	return VK_OK;
}

bool cfg_acl_has_databases(const char *version)
{
	return version == NULL || cfg_version_order(version) >= cfg_version_order("9.1");
}

static enum vk_rc check_word(const char *rule, const char *version, struct vk_err *err)
{
	if ((rule[0] == '+' || rule[0] == '-') && rule[1] != '@')
		return cfg_acl_check_command(rule, version, err);
	if ((strncmp(rule, "db=", 3) != 0 && strcmp(rule, "resetdbs") != 0) ||
		cfg_acl_has_databases(version))
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "rule '%.100s': Valkey %.10s has no rules about databases", rule,
		version);
	vk_err_hint(err, "Valkey 9.1 has them");
	return VK_EINPUT;
}

enum vk_rc cfg_acl_check_commands(const char *rules, const char *version, struct vk_err *err)
{
	while (*rules != '\0') {
		char word[NAME_MAX_BYTES];
		enum vk_rc rc;
		size_t len;

		rules += strspn(rules, " ()\n");
		len = strcspn(rules, " ()\n");
		snprintf(word, sizeof(word), "%.*s", (int)len, rules);
		rc = check_word(word, version, err);
		if (rc != VK_OK)
			return rc;
		rules += len;
	}
	return VK_OK;
}
