/* SPDX-License-Identifier: BSD-3-Clause */
/* The ACL users of a layer. */
#include "config.h"

#include <string.h>

#include "common/config/acl.h"
#include "common/config/fleet_internal.h"
#include "common/config/value_words.h"
#include "common/name.h"

#include "common/banned.h"

enum { HASH_DIGITS = 64 };

/* "sha256:<64 hexadecimal digits>" -> the digits; NULL after a finding that does not show it. */
static const char *read_hash(
	const struct cfg_reader *r, const struct vkyaml_node *node, const char *user)
{
	static const char prefix[] = "sha256:";
	struct cfg_place place = cfg_node_place(r, node);
	const char *text;

	text = vkyaml_kind(node) == VKYAML_SCALAR ? vkyaml_text(node) : "";
	if (strncmp(text, prefix, strlen(prefix)) == 0 &&
		strlen(text + strlen(prefix)) == HASH_DIGITS &&
		strspn(text + strlen(prefix), "0123456789abcdef") == HASH_DIGITS)
		return text + strlen(prefix);
	cfg_report(r->fleet, &place, NULL,
		"\"secret:NAME\", or \"sha256:\" and the password's SHA-256: 64 hexadecimal digits "
		"in lower case",
		"user '%s': a password that is neither sealed nor a hash", user);
	return NULL;
}

/* "secret:NAME" or "sha256:..." */
static void read_password(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user)
{
	struct cfg_place place = cfg_node_place(r, node);
	const struct cfg_secret_ref *ref;
	const char *name = NULL, *hash;

	if (vkyaml_kind(node) == VKYAML_SCALAR)
		name = cfg_secret_ref_name(vkyaml_text(node));
	if (name != NULL) {
		ref = cfg_secret_ref_read(r->fleet, &place, name);
		if (ref != NULL)
			user->secrets[user->secret_count++] = ref;
		return;
	}
	hash = read_hash(r, node, user->name);
	if (hash != NULL)
		user->hashes[user->hash_count++] = hash;
}

static void read_passwords(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user)
{
	struct cfg_place place;

	if (node == NULL || vkyaml_is_null(node))
		return;
	if (vkyaml_kind(node) != VKYAML_LIST) {
		place = cfg_node_place(r, node);
		cfg_report(r->fleet, &place, NULL, "passwords: [\"sha256:...\"]",
			"user '%s': passwords: expected a list, found %s", user->name,
			vkyaml_kind_name(node));
		return;
	}
	user->hashes = arena_calloc(r->fleet->arena, vkyaml_count(node), sizeof(*user->hashes));
	user->secrets =
		arena_calloc(r->fleet->arena, vkyaml_count(node), sizeof(struct cfg_secret_ref *));
	for (size_t i = 0; i < vkyaml_count(node); i++)
		read_password(r, vkyaml_at(node, i), user);
}

static bool is_user_name(
	const struct cfg_reader *r, const char *name, const struct cfg_place *place)
{
	if (strcmp(name, CFG_AGENT_USER) == 0) {
		cfg_report(r->fleet, place, name, "vkcfg adds its own user by itself",
			"user '%s' belongs to vkcfg", name);
		return false;
	}
	if (cfg_acl_name_is_valid(name))
		return true;
	cfg_report(r->fleet, place, name, "1 to 128 bytes without blanks",
		"'%.100s' cannot be the name of a user", name);
	return false;
}

/* `open: yes`: that everybody may log in is meant. False after a finding. */
static bool read_open(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_user *user)
{
	struct cfg_place place;
	const char *text;

	if (node == NULL || vkyaml_is_null(node))
		return true;
	text = cfg_expect_text(r->fleet, r->file, node, "open");
	if (text == NULL)
		return false;
	user->is_open = cfg_value_is_choice("yes|true", text);
	if (user->is_open || cfg_value_is_choice("no|false", text))
		return true;
	place = cfg_node_place(r, node);
	cfg_report(r->fleet, &place, text,
		"yes, where everybody shall be let in without a password",
		"user '%s': open: expected yes or no, found '%.100s'", user->name, text);
	return false;
}

/* NULL after a finding. */
static struct cfg_user *read_user(const struct cfg_reader *r, const char *name,
	const struct cfg_place *place, const struct vkyaml_node *node)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, name);
	const struct vkyaml_node *rules, *roles;
	struct cfg_user *user;
	struct vk_buf line;

	if (map == NULL)
		return NULL;
	cfg_expect_keys(r->fleet, r->file, map, CFG_KEYS_USER, name);
	rules = vkyaml_get(map, "rules");
	roles = vkyaml_get(map, "acl-roles");
	if (rules == NULL && roles == NULL) {
		cfg_report(r->fleet, place, name, "rules: \"on ~app:* +@read\"",
			"user '%s': its rules are missing", name);
		return NULL;
	}
	user = arena_calloc(r->fleet->arena, 1, sizeof(*user));
	user->name = name;
	user->place = cfg_node_place(r, rules != NULL ? rules : roles);
	user->rules = rules != NULL ? cfg_expect_text(r->fleet, r->file, rules, "rules") : "on";
	if (user->rules == NULL || (roles != NULL && !cfg_user_add_roles(r, roles, user)))
		return NULL;
	user->checks = arena_calloc(r->fleet->arena, 1, sizeof(*user->checks));
	user->has_parameters = strstr(user->rules, "${") != NULL;
	read_passwords(r, vkyaml_get(map, "passwords"), user);
	if (!read_open(r, vkyaml_get(map, "open"), user))
		return NULL;
	if (user->has_parameters || user->secret_count > 0)
		return user;
	vk_buf_init(&line, 4 * CFG_ACL_RULES_MAX_BYTES);
	if (cfg_user_line(r->fleet, NULL, user, user->rules, &line))
		user->line = arena_dup(r->fleet->arena, line.data, line.len);
	vk_buf_release(&line);
	return user->line != NULL ? user : NULL;
}

void cfg_layer_read_users(
	const struct cfg_reader *r, const struct vkyaml_node *node, struct cfg_list *users)
{
	const struct vkyaml_node *map = cfg_expect_map(r->fleet, r->file, node, "users");

	if (map == NULL)
		return;
	users->items = arena_calloc(r->fleet->arena, vkyaml_count(map), sizeof(*users->items));
	for (size_t i = 0; i < vkyaml_count(map); i++) {
		const char *name = vkyaml_key(map, i);
		struct cfg_place place = cfg_place_of(r->file, vkyaml_key_mark(map, i));
		const struct cfg_user *user = NULL;

		if (!is_user_name(r, name, &place))
			continue;
		if (!vkyaml_is_null(vkyaml_at(map, i))) {
			user = read_user(r, name, &place, vkyaml_at(map, i));
			if (user == NULL)
				continue;
		}
		users->items[users->count++] = (struct cfg_item){name, user};
	}
	cfg_list_sort(users);
}
