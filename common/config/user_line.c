/* SPDX-License-Identifier: BSD-3-Clause */
/* One user of a tree -> its line of users.acl. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/acl_command.h"
#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/placeholder.h"

#include "common/banned.h"

/* The renderer's own lines, exactly as docs/formats.md has them: the agent's rights are part of
 * the format, and without a line for it Valkey opens default to everybody. */
static const struct cfg_user default_user = {
	.name = "default",
	.line = "user default off sanitize-payload resetchannels -@all\n",
};

const char cfg_agent_line[] =
	"user " CFG_AGENT_USER " on sanitize-payload #@{agent-password} resetchannels "
	"-@all +ping +info +config|get +config|set +acl|list +acl|setuser +acl|deluser "
	"+bgsave +failover +cluster|nodes +client|pause +client|unpause +acl|log "
	"+cluster|failover\n";

static const struct cfg_user agent_user = {
	.name = CFG_AGENT_USER,
	.line = cfg_agent_line,
};

static struct cfg_item own_items[] = {
	{"default", &default_user},
	{CFG_AGENT_USER, &agent_user},
};

/* A Sentinel knows other commands; its ACL with one that it does not know keeps it from starting.
 */
static const struct cfg_user sentinel_agent_user = {
	.name = CFG_AGENT_USER,
	.line = "user " CFG_AGENT_USER " on sanitize-payload #@{agent-password} resetchannels "
		"-@all +ping +info +role +acl|load +acl|list +acl|whoami +acl|setuser +acl|deluser "
		"+shutdown +client|setname +sentinel|masters +sentinel|myid +sentinel|ckquorum "
		"+sentinel|set +sentinel|config +sentinel|failover "
		"+sentinel|get-master-addr-by-name\n",
};

static struct cfg_item sentinel_items[] = {
	{"default", &default_user},
	{CFG_AGENT_USER, &sentinel_agent_user},
};

const struct cfg_list *cfg_own_users(enum vk_bundle_kind kind)
{
	static const struct cfg_list lists[] = {
		[VK_KIND_VALKEY] = {sizeof(own_items) / sizeof(own_items[0]), own_items},
		[VK_KIND_SENTINEL] = {sizeof(sentinel_items) / sizeof(sentinel_items[0]),
			sentinel_items},
	};

	return &lists[kind];
}

static void check_nopass(struct cfg_fleet *fleet, const struct cfg_user *user,
	const struct cfg_acl_rules *rules, bool *is_good)
{
	if (!cfg_acl_is_on(rules) || !cfg_acl_is_nopass(rules) || !cfg_acl_has_commands(rules))
		return;
	if (strcmp(user->name, "default") == 0 && !user->is_open) {
		cfg_report(fleet, &user->place, NULL,
			"switch it off, or give it a password; where everybody shall be let in, "
			"say so: open: yes",
			"user 'default' is open to everybody (nopass with commands)");
		*is_good = false;
	} else {
		cfg_report_warning(fleet, &user->place, NULL, "give it a password",
			"user '%s' lets everybody in (nopass)", user->name);
	}
}

/* The user's passwords as users.acl has them: hashes, and placeholders of all versions of its
 * secrets that are valid. Each text is the caller's to free. False after a finding. */
static bool collect_passwords(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, char **out, size_t *count)
{
	bool is_good = true;

	for (size_t i = 0; i < user->hash_count; i++)
		out[(*count)++] = xstrdup(user->hashes[i]);
	for (size_t i = 0; i < user->secret_count; i++) {
		const char *name;
		const struct cfg_pins *pins =
			cfg_secret_resolve(fleet, effective, user->secrets[i], &name);
		struct cfg_pin valid[CFG_PINS_MAX];
		size_t valid_count = pins != NULL ? cfg_pins_valid(pins, valid) : 0;

		is_good = is_good && pins != NULL;
		for (size_t k = 0; k < valid_count; k++) {
			struct vk_buf text;

			vk_buf_init(&text, 2 * VK_NAME_BYTES);
			vk_placeholder_format(VK_PLACEHOLDER_SHA256, name, valid[k].version, &text);
			out[(*count)++] = vk_buf_detach(&text, NULL);
			vk_buf_release(&text);
		}
	}
	return is_good;
}

static bool parse_rules(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, const char *rules, struct cfg_acl_rules **out)
{
	char **passwords = xcalloc(
		user->hash_count + CFG_PINS_MAX * user->secret_count + 1, sizeof(*passwords));
	struct vk_err err = VK_ERR_INIT;
	size_t count = 0;
	bool is_good = collect_passwords(fleet, effective, user, passwords, &count);

	if (is_good && cfg_acl_rules_parse(rules, NULL, (const char *const *)passwords, count, out,
			       &err) != VK_OK) {
		cfg_report(
			fleet, &user->place, NULL, err.hint, "user '%s': %s", user->name, err.msg);
		is_good = false;
	}
	for (size_t i = 0; i < count; i++)
		free(passwords[i]);
	free(passwords);
	return is_good;
}

bool cfg_user_line(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_user *user, const char *rules, struct vk_buf *line)
{
	struct cfg_acl_rules *parsed = NULL;
	bool is_good = true;

	if (strstr(rules, "@{") != NULL) {
		cfg_report(fleet, &user->place, NULL, NULL,
			"user '%s': '@{' cannot stand in its rules", user->name);
		return false;
	}
	if (!parse_rules(fleet, effective, user, rules, &parsed))
		return false;
	check_nopass(fleet, user, parsed, &is_good);
	vk_buf_addf(line, "user %s ", user->name);
	cfg_acl_rules_format(parsed, line);
	vk_buf_addc(line, '\n');
	cfg_acl_rules_free(parsed);
	return is_good;
}

static bool look_up_commands(
	struct cfg_fleet *fleet, const struct cfg_user *user, const char *line, const char *version)
{
	struct vk_err err = VK_ERR_INIT;

	if (cfg_acl_check_commands(line, version, &err) == VK_OK)
		return true;
	cfg_report(fleet, &user->place, NULL, err.hint, "user '%s': %s", user->name, err.msg);
	return false;
}

bool cfg_user_check_commands(
	struct cfg_fleet *fleet, const struct cfg_user *user, const char *line, const char *version)
{
	struct cfg_user_checks *checks = user->checks;
	unsigned bit = 1U << cfg_version_order(version);
	bool is_good;

	if (checks == NULL)
		return true;
	if (user->line != NULL && (checks->done & bit) != 0)
		return (checks->bad & bit) == 0;
	is_good = look_up_commands(fleet, user, line, version);
	checks->done |= bit;
	checks->bad |= is_good ? 0 : bit;
	return is_good;
}
