/* SPDX-License-Identifier: BSD-3-Clause */
/* A difference for people: one paragraph per group, the way behind each change. */
#include "config.h"

#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/difference.h"
#include "client/admin/difference_part.h"
#include "client/admin/file_lines.h"
#include "client/admin/instance_ranges.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { RANGES_SHOWN = 6 };

static int64_t number(const struct vkjson *object, const char *member)
{
	return vkjson_integer(vkjson_get(object, member));
}

static const char *text_of(const struct vkjson *object, const char *member)
{
	return vkjson_text(vkjson_get(object, member));
}

/* ---- which instances ---- */

static void print_ranges(const struct cli *cli, const struct vkjson *instances)
{
	size_t count, left = vkjson_count(instances);
	struct instance_range *ranges = instance_ranges_of(instances, &count);

	for (size_t i = 0; i < count; i++) {
		if (i == RANGES_SHOWN && count > RANGES_SHOWN + 1) {
			cli_say(cli, " and %zu more", left);
			break;
		}
		cli_say(cli, i > 0 ? ", " : "");
		cli_say_foreign(cli, CLI_BOLD, ranges[i].text);
		left -= ranges[i].count;
	}
	instance_ranges_free(ranges, count);
}

static void print_ids(const struct cli *cli, const struct vkjson *instances)
{
	for (size_t i = 0; i < vkjson_count(instances); i++) {
		cli_say(cli, i > 0 ? ", " : "");
		cli_say_foreign(cli, CLI_BOLD, vkjson_text(vkjson_at(instances, i)));
	}
}

/* ", all of role cache" */
static void print_role(const struct cli *cli, const struct vkjson *group, size_t count)
{
	const char *role = text_of(group, "role");

	if (role == NULL)
		return;
	cli_say(cli, ", %sof role ", number(group, "of") == (int64_t)count ? "all " : "");
	cli_say_foreign(cli, CLI_PLAIN, role);
}

/* "db1/main", "400 instances (cache[001-400]/main, all of role cache)", "db1/main -> db2/main" */
static void print_who(const struct cli *cli, const struct vkjson *group)
{
	const struct vkjson *instances = vkjson_get(group, "instances");
	size_t count = vkjson_count(instances);

	if (text_of(group, "from") != NULL) {
		cli_say_foreign(cli, CLI_BOLD, text_of(group, "from"));
		cli_say(cli, " -> ");
		cli_say_foreign(cli, CLI_BOLD, text_of(group, "to"));
		return;
	}
	if (count == 1) {
		print_ids(cli, instances);
		return;
	}
	cli_say(cli, "%zu instances (", count);
	if (cli->is_verbose)
		print_ids(cli, instances);
	else
		print_ranges(cli, instances);
	print_role(cli, group, count);
	cli_say(cli, ")");
}

/* ---- what happens ---- */

static const struct way {
	const char *name, *of_change, *of_instance;
	enum cli_style style;
} ways[] = {
	{"live", "live", "live", CLI_GOOD},
	{"restart-preferred", "live, restart preferred", "live, restart preferred", CLI_WARN},
	{"restart", "restart", "restart", CLI_WARN},
	{"never", "never", "restart, which apply.restart forbids", CLI_BAD},
};

static const struct way *way_of(const struct vkjson *object)
{
	const char *name = text_of(object, "way");

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (name != NULL && strcmp(name, ways[i].name) == 0)
			return &ways[i];
	}
	return &ways[0];
}

static void print_group_head(
	const struct cli *cli, const char *environment, const struct vkjson *group)
{
	const char *presence = text_of(group, "presence");

	if (text_of(group, "from") == NULL) {
		cli_say_foreign(cli, CLI_PLAIN, environment);
		cli_say(cli, ": ");
	}
	print_who(cli, group);
	cli_say(cli, ": ");
	if (strcmp(presence, "changed") == 0)
		cli_say_in(cli, way_of(group)->style, "%s", way_of(group)->of_instance);
	else
		cli_say_in(cli, CLI_BOLD, "%s", presence);
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
static void print_absent(const struct cli *cli, const char *kind, const char *fallback)
{
	if (fallback != NULL && fallback[0] != '\0') {
		cli_say_foreign(cli, CLI_DIM, fallback);
		cli_say_in(cli, CLI_DIM, " (default)");
	} else {
		cli_say_in(cli, CLI_DIM,
			strcmp(kind, "directive") != 0 ? "(none)"
			: fallback != NULL	       ? "\"\" (default)"
						       : "(default)");
	}
}

static void print_side(const struct cli *cli, const struct vkjson *change, const char *member,
	const char *fallback, enum cli_style style)
{
	const char *text = text_of(change, member);

	if (text == NULL)
		print_absent(cli, text_of(change, "kind"), text_of(change, fallback));
	else if (text[0] == '\0')
		cli_say_in(cli, CLI_DIM, "\"\"");
	else
		cli_say_foreign(cli, style, text);
}

/* Of an instance that comes or goes only the one side is shown. */
static void print_change(const struct cli *cli, const struct vkjson *change, bool is_changed)
{
	print_subject(cli, text_of(change, "kind"), text_of(change, "name"));
	cli_say(cli, ": ");
	if (is_changed || text_of(change, "new") == NULL)
		print_side(cli, change, "old", "old_default", CLI_BAD);
	if (is_changed)
		cli_say(cli, " -> ");
	if (is_changed || text_of(change, "new") != NULL)
		print_side(cli, change, "new", "new_default", CLI_GOOD);
	if (is_changed && way_of(change) == &ways[0])
		cli_say_in(cli, CLI_DIM, "  live");
	else if (is_changed)
		cli_say_in(cli, way_of(change)->style, "  %s", way_of(change)->of_change);
	cli_say(cli, "\n");
	file_lines_print(cli, text_of(change, "old_file"), text_of(change, "new_file"));
}

/* ---- the whole ---- */

static void print_more(const struct cli *cli, const struct vkjson *difference, const char *member,
	const char *words)
{
	if (number(difference, member) > 0)
		cli_say(cli, ", %s: %lld", words, (long long)number(difference, member));
}

static void print_sum(const struct cli *cli, const struct vkjson *difference)
{
	cli_say_foreign(cli, CLI_PLAIN, text_of(difference, "environment"));
	cli_say(cli, ": instances that change: %lld, of them with a restart: %lld",
		(long long)number(difference, "instances"),
		(long long)number(difference, "restarts"));
	print_more(cli, difference, "restarts_preferred", "live, restart preferred");
	print_more(
		cli, difference, "restarts_forbidden", "with a restart that apply.restart forbids");
	print_more(cli, difference, "rewritten", "that only get another text of the same meaning");
	cli_say(cli, ", that stay as they are: %lld\n", (long long)number(difference, "unchanged"));
}

static void print_role_sum(const struct cli *cli, const struct vkjson *difference)
{
	cli_say(cli, "roles that differ: %lld, that are the same: %lld\n",
		(long long)number(difference, "roles"),
		(long long)number(difference, "unchanged_roles"));
}

static void print_nothing(const struct cli *cli, const struct vkjson *difference)
{
	cli_say(cli, "nothing changes in ");
	cli_say_foreign(cli, CLI_PLAIN, text_of(difference, "environment"));
	print_more(cli, difference, "rewritten",
		"instances that only get another text of the same meaning");
	cli_say(cli, "\n");
}

/* Of two instances, where one group says it all. */
static bool is_of_two(const struct vkjson *difference)
{
	return text_of(vkjson_at(vkjson_get(difference, "groups"), 0), "from") != NULL;
}

static void print_group(
	const struct cli *cli, const struct vkjson *difference, const struct vkjson *group)
{
	const struct vkjson *changes = vkjson_get(group, "changes");
	bool is_changed = strcmp(text_of(group, "presence"), "changed") == 0;

	print_group_head(cli, text_of(difference, "environment"), group);
	for (size_t i = 0; i < vkjson_count(changes); i++)
		print_change(cli, vkjson_at(changes, i), is_changed);
}

void difference_print(const struct cli *cli, const struct vkjson *difference)
{
	const struct vkjson *groups = vkjson_get(difference, "groups");

	if (text_of(difference, "from") != NULL && !is_of_two(difference)) {
		cli_say_foreign(cli, CLI_DIM, text_of(difference, "from"));
		cli_say_in(cli, CLI_DIM, " -> ");
		cli_say_foreign(cli, CLI_DIM, text_of(difference, "to"));
		cli_say(cli, "\n");
	}
	for (size_t g = 0; g < vkjson_count(groups); g++)
		print_group(cli, difference, vkjson_at(groups, g));
	for (size_t i = 0; difference_parts[i].member != NULL; i++)
		difference_parts[i].print(cli, vkjson_get(difference, difference_parts[i].member));
	if (vkjson_get(difference, "roles") != NULL)
		print_role_sum(cli, difference);
	else if (difference_is_empty(difference))
		print_nothing(cli, difference);
	else if (!is_of_two(difference))
		print_sum(cli, difference);
}
