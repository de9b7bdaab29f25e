/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/file_lines.h"
#include "common/config/diff.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { INSTANCES_SHOWN = 6 };

/* Groups are found by the text of their changes. */
struct group {
	char *key;
	struct vkjson *object;
	struct vkjson *instances;
};

struct grouping {
	struct group *groups;
	size_t count;
	size_t capacity;
	int64_t changed;
	int64_t restarts;
	int64_t unchanged;
};

static const char *kind_name(enum cfg_change_kind kind)
{
	switch (kind) {
	case CFG_CHANGE_DIRECTIVE:
		return "directive";
	case CFG_CHANGE_USER:
		return "user";
	case CFG_CHANGE_FILE:
		return "file";
	case CFG_CHANGE_APPLY:
		return "apply";
	case CFG_CHANGE_VERSION:
		return "valkey";
	case CFG_CHANGE_SECRET:
		return "secret";
	}
	return "";
}

static struct vkjson *change_json(const struct cfg_change *change)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "kind", vkjson_string(kind_name(change->kind)));
	vkjson_set(object, "name", vkjson_string(change->name));
	if (change->old_text != NULL)
		vkjson_set(object, "old", vkjson_string(change->old_text));
	if (change->new_text != NULL)
		vkjson_set(object, "new", vkjson_string(change->new_text));
	if (change->old_file != NULL)
		vkjson_set(object, "old_file", vkjson_string(change->old_file));
	if (change->new_file != NULL)
		vkjson_set(object, "new_file", vkjson_string(change->new_file));
	vkjson_set(object, "live", vkjson_bool(change->way < CFG_WAY_RESTART));
	return object;
}

static struct vkjson *group_json(
	const struct cfg_diff *diff, const char *presence, bool needs_restart)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *changes = vkjson_array();

	for (size_t i = 0; i < cfg_diff_count(diff); i++)
		vkjson_append(changes, change_json(cfg_diff_at(diff, i)));
	vkjson_set(object, "presence", vkjson_string(presence));
	vkjson_set(object, "restart", vkjson_bool(needs_restart));
	vkjson_set(object, "changes", changes);
	return object;
}

static struct group *find_group(struct grouping *grouping, const char *key)
{
	for (size_t i = 0; i < grouping->count; i++) {
		if (strcmp(grouping->groups[i].key, key) == 0)
			return &grouping->groups[i];
	}
	return NULL;
}

/* Takes object. */
static void add_to_group(struct grouping *grouping, struct vkjson *object, const char *instance)
{
	struct vk_buf key;
	struct group *group;

	vk_buf_init(&key, SIZE_MAX / 2);
	vkjson_format(object, false, &key);
	group = find_group(grouping, key.data);
	if (group == NULL) {
		if (grouping->count == grouping->capacity) {
			grouping->capacity = grouping->capacity * 2 + 8;
			grouping->groups = xreallocarray(
				grouping->groups, grouping->capacity, sizeof(*grouping->groups));
		}
		group = &grouping->groups[grouping->count++];
		*group = (struct group){.key = xstrdup(key.data),
			.object = vkjson_ref(object),
			.instances = vkjson_array()};
	}
	vkjson_append(group->instances, vkjson_string(instance));
	vk_buf_release(&key);
	vkjson_free(object);
}

/* Either bundle may be NULL. */
static enum vk_rc add_instance(struct grouping *grouping, const struct cfg_rendered_bundle *before,
	const struct cfg_rendered_bundle *after, struct vk_err *err)
{
	const char *presence = before == NULL ? "added" : after == NULL ? "removed" : "changed";
	const char *instance = after != NULL ? after->id : before->id;
	struct cfg_diff *diff = NULL;
	bool needs_restart;
	enum vk_rc rc;

	if (before != NULL && after != NULL && before->len == after->len &&
		memcmp(before->text, after->text, after->len) == 0) {
		grouping->unchanged++;
		return VK_OK;
	}
	rc = cfg_diff_bundles(before != NULL ? before->text : NULL,
		before != NULL ? before->len : 0, after != NULL ? after->text : NULL,
		after != NULL ? after->len : 0, 0, &diff, err);
	if (rc != VK_OK)
		return rc;
	needs_restart = before != NULL && after != NULL && cfg_diff_way(diff) >= CFG_WAY_RESTART;
	grouping->changed++;
	grouping->restarts += needs_restart;
	add_to_group(grouping, group_json(diff, presence, needs_restart), instance);
	cfg_diff_free(diff);
	return VK_OK;
}

static const struct cfg_rendered_bundle *bundle_at(const struct cfg_rendered *rendered, size_t i)
{
	if (rendered == NULL || i >= cfg_rendered_count(rendered))
		return NULL;
	return cfg_rendered_at(rendered, i);
}

/* Both are sorted by instance id: walked side by side. */
static enum vk_rc group_instances(struct grouping *grouping, const struct cfg_rendered *before,
	const struct cfg_rendered *after, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	size_t b = 0;
	size_t a = 0;

	while (rc == VK_OK) {
		const struct cfg_rendered_bundle *old = bundle_at(before, b);
		const struct cfg_rendered_bundle *new = bundle_at(after, a);
		int order;

		if (old == NULL && new == NULL)
			break;
		order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->id, new->id);
		rc = add_instance(grouping, order <= 0 ? old : NULL, order >= 0 ? new : NULL, err);
		b += order <= 0;
		a += order >= 0;
	}
	return rc;
}

static void release_groups(struct grouping *grouping)
{
	for (size_t i = 0; i < grouping->count; i++) {
		free(grouping->groups[i].key);
		vkjson_free(grouping->groups[i].object);
		vkjson_free(grouping->groups[i].instances);
	}
	free(grouping->groups);
}

static struct vkjson *grouping_json(const struct grouping *grouping, const char *environment)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *groups = vkjson_array();

	for (size_t i = 0; i < grouping->count; i++) {
		struct vkjson *group = vkjson_ref(grouping->groups[i].object);

		vkjson_set(group, "instances", vkjson_ref(grouping->groups[i].instances));
		vkjson_append(groups, group);
	}
	vkjson_set(object, "environment", vkjson_string(environment));
	vkjson_set(object, "instances", vkjson_int(grouping->changed));
	vkjson_set(object, "restarts", vkjson_int(grouping->restarts));
	vkjson_set(object, "unchanged", vkjson_int(grouping->unchanged));
	vkjson_set(object, "groups", groups);
	vkjson_set(object, "host_keys", vkjson_array());
	vkjson_set(object, "keepers", vkjson_array());
	return object;
}

enum vk_rc difference_of(const struct cfg_rendered *before, const struct cfg_rendered *after,
	struct vkjson **out, struct vk_err *err)
{
	struct grouping grouping = {.count = 0};
	enum vk_rc rc = group_instances(&grouping, before, after, err);

	if (rc == VK_OK)
		*out = grouping_json(&grouping, cfg_rendered_environment(after));
	release_groups(&grouping);
	return rc;
}

/* The public key of a host of this environment, or "". */
static const char *key_of(const struct cfg_fleet *fleet, const char *host, const char *environment)
{
	struct cfg_host_info info;

	if (fleet == NULL || !cfg_fleet_host_find(fleet, host, &info) ||
		strcmp(info.environment, environment) != 0)
		return "";
	return info.public_key;
}

/* whose: "host" or "keeper". */
static void add_key(struct vkjson *list, const char *whose, const char *name, const char *before,
	const char *after)
{
	struct vkjson *item;

	if (strcmp(before, after) == 0)
		return;
	item = vkjson_object();
	vkjson_set(item, whose, vkjson_string(name));
	if (before[0] != '\0')
		vkjson_set(item, "old", vkjson_string(before));
	if (after[0] != '\0')
		vkjson_set(item, "new", vkjson_string(after));
	vkjson_append(list, item);
}

/* Hosts of one side whose key differs on the other; the second pass takes only those that the
 * first has not seen. */
static void compare_keys(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment)
{
	for (size_t i = 0; i < cfg_fleet_host_count(after); i++) {
		const char *host = cfg_fleet_host_at(after, i).name;

		add_key(list, "host", host, key_of(before, host, environment),
			key_of(after, host, environment));
	}
	for (size_t i = 0; before != NULL && i < cfg_fleet_host_count(before); i++) {
		const char *host = cfg_fleet_host_at(before, i).name;
		struct cfg_host_info info;

		if (!cfg_fleet_host_find(after, host, &info))
			add_key(list, "host", host, key_of(before, host, environment), "");
	}
}

static struct cfg_keeper_info keeper_at(
	const struct cfg_fleet *fleet, const char *environment, size_t i)
{
	if (fleet == NULL || i >= cfg_fleet_keeper_count(fleet, environment))
		return (struct cfg_keeper_info){NULL, ""};
	return cfg_fleet_keeper_at(fleet, environment, i);
}

/* Who can open the environment's secrets: no bundle shows it. Walks both lists side by side. */
static void compare_keepers(struct vkjson *list, const struct cfg_fleet *before,
	const struct cfg_fleet *after, const char *environment)
{
	for (size_t i = 0, k = 0;;) {
		struct cfg_keeper_info x = keeper_at(before, environment, i);
		struct cfg_keeper_info y = keeper_at(after, environment, k);
		int order;

		if (x.name == NULL && y.name == NULL)
			return;
		order = x.name == NULL ? 1 : y.name == NULL ? -1 : strcmp(x.name, y.name);
		add_key(list, "keeper", order <= 0 ? x.name : y.name,
			order <= 0 ? x.public_key : "", order >= 0 ? y.public_key : "");
		i += order <= 0;
		k += order >= 0;
	}
}

enum vk_rc difference_add_host_keys(struct vkjson *difference, const struct cfg_tree *before,
	const struct cfg_tree *after, struct vk_err *err)
{
	struct cfg_fleet *old_fleet = NULL;
	struct cfg_fleet *new_fleet = NULL;
	struct vkjson *list = vkjson_array();
	struct vkjson *keepers = vkjson_array();
	const char *environment = NULL;
	enum vk_rc rc = vkjson_get_string(difference, "environment", &environment, err);

	if (rc == VK_OK && before != NULL)
		rc = cfg_fleet_parse(before, NULL, &old_fleet, err);
	if (rc == VK_OK)
		rc = cfg_fleet_parse(after, NULL, &new_fleet, err);
	if (rc == VK_OK) {
		compare_keys(list, old_fleet, new_fleet, environment);
		compare_keepers(keepers, old_fleet, new_fleet, environment);
		vkjson_set(difference, "host_keys", vkjson_ref(list));
		vkjson_set(difference, "keepers", vkjson_ref(keepers));
	}
	vkjson_free(keepers);
	vkjson_free(list);
	cfg_fleet_free(old_fleet);
	cfg_fleet_free(new_fleet);
	return rc;
}

bool difference_is_empty(const struct vkjson *difference)
{
	return vkjson_count(vkjson_get(difference, "groups")) == 0 &&
	       vkjson_count(vkjson_get(difference, "host_keys")) == 0 &&
	       vkjson_count(vkjson_get(difference, "keepers")) == 0;
}

static bool is_true(const struct vkjson *object, const char *member)
{
	bool value = false;

	return vkjson_get_opt_bool(object, member, false, &value, NULL) == VK_OK && value;
}

static int64_t number(const struct vkjson *object, const char *member)
{
	int64_t value = 0;

	if (vkjson_get_opt_int(object, member, INT64_MIN, INT64_MAX, 0, &value, NULL) != VK_OK)
		return 0;
	return value;
}

static const char *text_of(const struct vkjson *object, const char *member)
{
	const struct vkjson *value = vkjson_get(object, member);

	return value != NULL && vkjson_text(value) != NULL ? vkjson_text(value) : NULL;
}

static void print_instances(const struct cli *cli, const struct vkjson *group)
{
	const struct vkjson *instances = vkjson_get(group, "instances");
	size_t count = vkjson_count(instances);
	const char *presence = text_of(group, "presence");

	for (size_t i = 0; i < count && i < INSTANCES_SHOWN; i++) {
		cli_say(cli, i > 0 ? ", " : "");
		cli_say_foreign(cli, CLI_BOLD, vkjson_text(vkjson_at(instances, i)));
	}
	if (count > INSTANCES_SHOWN)
		cli_say(cli, " and %zu more", count - INSTANCES_SHOWN);
	if (strcmp(presence, "changed") != 0)
		cli_say(cli, " (%s)", presence);
	else if (is_true(group, "restart"))
		cli_say_in(cli, CLI_WARN, " (restart)");
	else
		cli_say_in(cli, CLI_GOOD, " (live)");
	cli_say(cli, "\n");
}

/* "maxmemory", "user app", "file tls.crt", "apply drift"; the Valkey version has no name. */
static void print_subject(const struct cli *cli, const char *kind, const char *name)
{
	if (strcmp(kind, "valkey") == 0) {
		cli_say(cli, "  valkey version");
		return;
	}
	cli_say(cli, "  %s%s", strcmp(kind, "directive") == 0 ? "" : kind,
		strcmp(kind, "directive") == 0 ? "" : " ");
	cli_say_foreign(cli, CLI_PLAIN, name);
}

/* A directive that stands nowhere has the server's default. */
static void print_side(
	const struct cli *cli, const char *kind, const char *text, enum cli_style style)
{
	const char *absent = strcmp(kind, "directive") == 0 ? "(default)" : "(none)";

	if (text == NULL || text[0] == '\0')
		cli_say_in(cli, CLI_DIM, "%s", text == NULL ? absent : "\"\"");
	else
		cli_say_foreign(cli, style, text);
}

/* Of an instance that comes or goes only the one side is shown. */
static void print_change(const struct cli *cli, const struct vkjson *change, bool is_changed)
{
	const char *kind = text_of(change, "kind");
	const char *before = text_of(change, "old");
	const char *after = text_of(change, "new");

	print_subject(cli, kind, text_of(change, "name"));
	cli_say(cli, ": ");
	if (is_changed || after == NULL)
		print_side(cli, kind, before, CLI_BAD);
	if (is_changed)
		cli_say(cli, " -> ");
	if (is_changed || after != NULL)
		print_side(cli, kind, after, CLI_GOOD);
	if (is_changed && is_true(change, "live"))
		cli_say_in(cli, CLI_DIM, "  live");
	else if (is_changed)
		cli_say_in(cli, CLI_WARN, "  restart");
	cli_say(cli, "\n");
	file_lines_print(cli, text_of(change, "old_file"), text_of(change, "new_file"));
}

static void print_keys(const struct cli *cli, const char *whose, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);

		cli_say_in(cli, CLI_BOLD, "%s %s", whose, text_of(item, whose));
		cli_say(cli, " public key: ");
		print_side(cli, whose, text_of(item, "old"), CLI_BAD);
		cli_say(cli, " -> ");
		print_side(cli, whose, text_of(item, "new"), CLI_GOOD);
		cli_say(cli, "\n");
	}
}

void difference_print(const struct cli *cli, const struct vkjson *difference)
{
	const struct vkjson *groups = vkjson_get(difference, "groups");

	for (size_t g = 0; g < vkjson_count(groups); g++) {
		const struct vkjson *group = vkjson_at(groups, g);
		const struct vkjson *changes = vkjson_get(group, "changes");
		bool is_changed = strcmp(text_of(group, "presence"), "changed") == 0;

		print_instances(cli, group);
		for (size_t i = 0; i < vkjson_count(changes); i++)
			print_change(cli, vkjson_at(changes, i), is_changed);
	}
	print_keys(cli, "host", vkjson_get(difference, "host_keys"));
	print_keys(cli, "keeper", vkjson_get(difference, "keepers"));
	if (difference_is_empty(difference))
		cli_say(cli, "nothing changes in %s\n", text_of(difference, "environment"));
	else
		cli_say(cli,
			"%s: instances that change: %lld, of them with a restart: %lld, that stay "
			"as they are: %lld\n",
			text_of(difference, "environment"),
			(long long)number(difference, "instances"),
			(long long)number(difference, "restarts"),
			(long long)number(difference, "unchanged"));
}
