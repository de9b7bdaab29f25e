/* SPDX-License-Identifier: BSD-3-Clause */
/* One user of a tree -> its line of users.acl. */
#include "config.h"

#include <string.h>

#include "common/config/acl.h"
#include "common/config/fleet_internal.h"

#include "common/banned.h"

/* The renderer's own lines, exactly as docs/formats.md has them: the agent's rights are part of
 * the format, and without a line for it Valkey opens default to everybody. */
static const struct cfg_user default_user = {
	.name = "default",
	.line = "user default off sanitize-payload resetchannels -@all\n",
};

static const struct cfg_user agent_user = {
	.name = CFG_AGENT_USER,
	.line = "user " CFG_AGENT_USER " on sanitize-payload #@{agent-password} resetchannels "
		"-@all +ping +info +role +config|get +config|set +acl|load +acl|list +acl|whoami "
		"+acl|setuser +acl|deluser +shutdown +client|setname +lastsave\n",
};

static struct cfg_item own_items[] = {
	{"default", &default_user},
	{CFG_AGENT_USER, &agent_user},
};

const struct cfg_list cfg_own_users = {
	.count = sizeof(own_items) / sizeof(own_items[0]),
	.items = own_items,
};

static void check_nopass(struct cfg_fleet *fleet, const struct cfg_user *user,
	const struct cfg_acl_rules *rules, bool *is_good)
{
	if (!cfg_acl_is_on(rules) || !cfg_acl_is_nopass(rules) || !cfg_acl_has_commands(rules))
		return;
	if (strcmp(user->name, "default") == 0) {
		cfg_report(fleet, &user->place, NULL, "switch it off, or give it a password",
			"user 'default' is open to everybody (nopass with commands)");
		*is_good = false;
	} else {
		cfg_report_warning(fleet, &user->place, NULL, "give it a password",
			"user '%s' lets everybody in (nopass)", user->name);
	}
}

bool cfg_user_line(struct cfg_fleet *fleet, const struct cfg_user *user, const char *rules,
	struct vk_buf *line)
{
	struct vk_err err = VK_ERR_INIT;
	struct cfg_acl_rules *parsed;
	bool is_good = true;

	if (strstr(rules, "@{") != NULL) {
		cfg_report(fleet, &user->place, NULL, NULL,
			"user '%s': '@{' cannot stand in its rules", user->name);
		return false;
	}
	if (cfg_acl_rules_parse(rules, user->hashes, user->hash_count, &parsed, &err) != VK_OK) {
		cfg_report(
			fleet, &user->place, NULL, err.hint, "user '%s': %s", user->name, err.msg);
		return false;
	}
	check_nopass(fleet, user, parsed, &is_good);
	vk_buf_addf(line, "user %s ", user->name);
	cfg_acl_rules_format(parsed, line);
	vk_buf_addc(line, '\n');
	cfg_acl_rules_free(parsed);
	return is_good;
}
