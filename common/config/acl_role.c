/* SPDX-License-Identifier: BSD-3-Clause */
/* acl.yaml: what users may do, under names that users of all layers refer to. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { USER_MAX_ROLES = 16, HINT_BYTES = 128 };

#define ACL_FILE "acl.yaml"
#define SEPARATORS " ()"

/* Who a user is, and not what it may do. */
static bool is_of_user(const char *word, size_t len)
{
	static const char *const words[] = {"on", "off", "nopass", "reset", "resetpass"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
			return true;
	}
	return strchr("><#!", *word) != NULL;
}

/* False after a finding, which does not show a word that may be a password. */
static bool check_words(struct cfg_fleet *fleet, const struct cfg_acl_role *role)
{
	for (const char *at = role->rules; *at != '\0';) {
		size_t len = strcspn(at, SEPARATORS);

		if (len > 0 && is_of_user(at, len)) {
			cfg_report(fleet, &role->place, NULL,
				"on, off, reset and passwords are the user's own",
				"ACL role '%s': it can only say what a user may do", role->name);
			return false;
		}
		at += len + (at[len] != '\0');
	}
	return true;
}

/* Commands are looked up for the users, who have a version. */
static bool check_rules(struct cfg_fleet *fleet, const struct cfg_acl_role *role)
{
	struct cfg_acl_rules *rules = NULL;
	struct vk_err err = VK_ERR_INIT;

	if (!check_words(fleet, role))
		return false;
	if (strstr(role->rules, "${") != NULL)
		return true;
	if (cfg_acl_rules_parse(role->rules, NULL, NULL, 0, &rules, &err) != VK_OK) {
		cfg_report(fleet, &role->place, NULL, err.hint, "ACL role '%s': %s", role->name,
			err.msg);
		return false;
	}
	cfg_acl_rules_free(rules);
	return true;
}

/* NULL after a finding. */
static struct cfg_acl_role *read_role(
	struct cfg_fleet *fleet, const struct vkyaml_node *map, size_t i)
{
	struct cfg_place place = cfg_place_of(ACL_FILE, vkyaml_key_mark(map, i));
	const char *name = vkyaml_key(map, i);
	const struct vkyaml_node *entry = cfg_expect_map(fleet, ACL_FILE, vkyaml_at(map, i), name);
	const struct vkyaml_node *rules = vkyaml_get(entry, "rules");
	struct cfg_acl_role *role;

	cfg_expect_keys(fleet, ACL_FILE, entry, CFG_KEYS_ACL_ROLE, name);
	if (!vk_name_is_valid(name)) {
		cfg_report(fleet, &place, name, CFG_NAME_HINT,
			"'%.100s' cannot be the name of an ACL role", name);
		return NULL;
	}
	if (rules == NULL) {
		cfg_report(fleet, &place, name, "rules: \"~app:* +@read\"",
			"ACL role '%s': its rules are missing", name);
		return NULL;
	}
	role = arena_calloc(fleet->arena, 1, sizeof(*role));
	role->name = name;
	role->place = cfg_place_of(ACL_FILE, vkyaml_mark(rules));
	role->rules = cfg_expect_text(fleet, ACL_FILE, rules, "rules");
	return role->rules != NULL && check_rules(fleet, role) ? role : NULL;
}

void cfg_acl_roles_read(struct cfg_fleet *fleet)
{
	const struct cfg_tree_file *file = cfg_tree_file_find(fleet->tree, ACL_FILE);
	const struct vkyaml_node *root, *map;
	struct cfg_list *roles = &fleet->acl_roles;

	if (file == NULL)
		return;
	root = cfg_fleet_open_file(fleet, file, "acl");
	cfg_expect_keys(fleet, ACL_FILE, root, CFG_KEYS_ACL, "acl");
	map = cfg_expect_map(fleet, ACL_FILE, vkyaml_get(root, "acl-roles"), "acl-roles");
	if (map == NULL)
		return;
	roles->items = arena_calloc(fleet->arena, vkyaml_count(map), sizeof(*roles->items));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		struct cfg_acl_role *role = read_role(fleet, map, i);

		if (role != NULL)
			roles->items[roles->count++] = (struct cfg_item){role->name, role};
	}
	cfg_list_sort(roles);
}

void cfg_acl_roles_warn(struct cfg_fleet *fleet)
{
	for (size_t i = 0; i < fleet->acl_roles.count; i++) {
		const struct cfg_acl_role *role = fleet->acl_roles.items[i].what;

		if (!role->is_used)
			cfg_report_warning(fleet, &role->place, role->name,
				"users: {NAME: {acl-roles: [...]}}",
				"no user has ACL role '%s': nobody has looked up its commands",
				role->name);
	}
}

/* ---- users ---- */

static void report_unknown(
	const struct cfg_reader *r, const struct cfg_place *place, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[HINT_BYTES] = "'acl-roles' in acl.yaml has them";

	for (size_t i = 0; i < r->fleet->acl_roles.count; i++)
		vk_nearest_offer(&nearest, r->fleet->acl_roles.items[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(r->fleet, place, name, hint, "there is no ACL role '%.100s'", name);
}

/* One name of `acl-roles:`. False after a finding. */
static bool add_role(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user)
{
	const char *name = cfg_expect_text(r->fleet, r->file, node, "acl-roles");
	struct cfg_place place = cfg_node_place(r, node);
	const struct cfg_item *item;

	if (name == NULL)
		return false;
	item = cfg_list_find(&r->fleet->acl_roles, name);
	if (item == NULL) {
		report_unknown(r, &place, name);
		return false;
	}
	for (size_t i = 0; i < user->acl_role_count; i++) {
		if (user->acl_roles[i] != item->what)
			continue;
		cfg_report(r->fleet, &place, name, NULL, "user '%s': ACL role '%s' is there twice",
			user->name, name);
		return false;
	}
	user->acl_roles[user->acl_role_count] = (struct cfg_acl_role *)(uintptr_t)item->what;
	user->acl_roles[user->acl_role_count++]->is_used = true;
	return true;
}

/* The rules of the roles in the order of the list, then the user's own. */
static const char *join(const struct cfg_reader *r, const struct cfg_user *user, const char *own)
{
	struct vk_buf out;
	const char *joined;

	vk_buf_init(&out, (USER_MAX_ROLES + 1) * CFG_TREE_MAX_FILE_BYTES);
	for (size_t i = 0; i < user->acl_role_count; i++)
		vk_buf_addf(&out, "%s ", user->acl_roles[i]->rules);
	vk_buf_adds(&out, own);
	joined = arena_dup(r->fleet->arena, out.data, out.len);
	vk_buf_release(&out);
	return joined;
}

bool cfg_user_add_roles(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user)
{
	bool is_good = true;

	if (vkyaml_kind(node) != VKYAML_LIST || vkyaml_count(node) > USER_MAX_ROLES) {
		struct cfg_place place = cfg_node_place(r, node);

		cfg_report(r->fleet, &place, NULL, "acl-roles: [app-write]",
			"user '%s': acl-roles: expected a list of at most %d names", user->name,
			USER_MAX_ROLES);
		return false;
	}
	user->acl_roles = arena_calloc(
		r->fleet->arena, vkyaml_count(node) + 1, sizeof(struct cfg_acl_role *));
	for (size_t i = 0; i < vkyaml_count(node); i++)
		is_good = add_role(r, vkyaml_at(node, i), user) && is_good;
	if (is_good)
		user->rules = join(r, user, user->rules);
	return is_good;
}
