/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/difference_keys.h"

#include <string.h>

#include "client/admin/cli.h"
#include "common/config/fleet.h"
#include "common/vkjson.h"

#include "common/banned.h"

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
void difference_host_keys(struct vkjson *list, const struct cfg_fleet *before,
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
void difference_keepers(struct vkjson *list, const struct cfg_fleet *before,
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

static void print_key(const struct cli *cli, const char *text, enum cli_style style)
{
	if (text == NULL)
		cli_say_in(cli, CLI_DIM, "(none)");
	else
		cli_say_foreign(cli, style, text);
}

static void print_keys(const struct cli *cli, const char *whose, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);

		cli_say_in(cli, CLI_BOLD, "%s %s", whose, vkjson_text(vkjson_get(item, whose)));
		cli_say(cli, " public key: ");
		print_key(cli, vkjson_text(vkjson_get(item, "old")), CLI_BAD);
		cli_say(cli, " -> ");
		print_key(cli, vkjson_text(vkjson_get(item, "new")), CLI_GOOD);
		cli_say(cli, "\n");
	}
}

void difference_print_host_keys(const struct cli *cli, const struct vkjson *list)
{
	print_keys(cli, "host", list);
}

void difference_print_keepers(const struct cli *cli, const struct vkjson *list)
{
	print_keys(cli, "keeper", list);
}
