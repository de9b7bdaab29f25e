/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan of an environment, for people. */
#include "config.h"

#include <string.h>

#include "client/admin/cli.h"
#include "client/admin/difference.h"
#include "client/admin/fleet_plan.h"
#include "client/admin/gate.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { SHOWN = 50 };

static const char *text_of(const struct vkjson *object, const char *member)
{
	const char *text = vkjson_text(vkjson_get(object, member));

	return text != NULL ? text : "";
}

static void say_list(const struct cli *cli, const char *before, const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		cli_say(cli, "%s", i == 0 ? before : ", ");
		cli_say_foreign(cli, CLI_PLAIN, vkjson_text(vkjson_at(list, i)));
	}
}

static bool has_restart(const struct vkjson *one)
{
	return strcmp(text_of(one, "way"), "restart") == 0 ||
	       strcmp(text_of(one, "way"), "never") == 0;
}

/* Who hands over is for the running servers to say; the tree does not know. */
static void print_failover(const struct cli *cli, const struct vkjson *one)
{
	const char *kind = text_of(one, "group_kind");

	if (*kind == '\0')
		return;
	cli_say(cli, "; one member of ");
	cli_say_foreign(cli, CLI_PLAIN, text_of(one, "group"));
	cli_say(cli, " at a time, %s",
		strcmp(kind, "replicated") == 0 ? "its primary after a failover to a replica"
		: strcmp(kind, "sentinel") == 0 ? "its primary after a failover by Sentinel"
						: "a shard's primary after a failover");
}

static void print_restart(const struct cli *cli, const struct vkjson *one)
{
	if (!has_restart(one))
		return;
	if (strcmp(text_of(one, "way"), "never") == 0) {
		cli_say_in(cli, CLI_BAD, "; the restart waits: the role says restart: never");
		return;
	}
	cli_say_in(cli, CLI_WARN, "; restart, which closes all connections");
	print_failover(cli, one);
	say_list(cli, "; only in ", vkjson_get(one, "windows"));
}

static void print_drift(const struct cli *cli, const struct vkjson *one)
{
	const struct vkjson *drift = vkjson_get(one, "drift");

	for (size_t i = 0; i < vkjson_count(drift); i++) {
		const struct vkjson *item = vkjson_at(drift, i);

		cli_say(cli, "    drift: it runs ");
		cli_say_foreign(cli, CLI_PLAIN, text_of(item, "name"));
		cli_say(cli, " ");
		cli_say_foreign(cli, CLI_PLAIN, text_of(item, "actual"));
		cli_say(cli, "\n");
	}
}

static void print_instance(const struct cli *cli, const struct vkjson *one)
{
	cli_say(cli, "  ");
	cli_say_foreign(cli, CLI_BOLD, text_of(one, "instance"));
	if (vkjson_get(one, "reported") == NULL) {
		cli_say(cli, ": its host has reported nothing yet\n");
		return;
	}
	cli_say(cli, ": runs release %lld on valkey ",
		(long long)vkjson_integer(vkjson_get(one, "runs")));
	cli_say_foreign(cli, CLI_PLAIN, text_of(one, "valkey"));
	cli_say(cli, "%s, ",
		vkjson_is_true(vkjson_get(one, "known"))
			? ""
			: " (which vkcfg does not know: the host decides)");
	cli_say_foreign(cli, CLI_PLAIN, text_of(one, "state"));
	cli_say(cli, ", ");
	cli_say_foreign(cli, CLI_PLAIN, text_of(one, "health"));
	cli_say(cli, " at ");
	cli_say_foreign(cli, CLI_PLAIN, text_of(one, "reported"));
	print_restart(cli, one);
	say_list(cli, "; closes the connections of ", vkjson_get(one, "closes"));
	cli_say(cli, "\n");
	print_drift(cli, one);
}

void fleet_plan_print(const struct cli *cli, const struct vkjson *plan)
{
	const struct vkjson *list = vkjson_get(plan, "instances");
	size_t count = vkjson_count(list);

	cli_say_in(cli, CLI_DIM, "what hosts have reported -> ");
	cli_say_foreign(cli, CLI_DIM, text_of(plan, "to"));
	cli_say(cli, "\n");
	difference_print(cli, vkjson_get(plan, "difference"));
	for (size_t i = 0; i < count && (cli->is_verbose || i < SHOWN); i++)
		print_instance(cli, vkjson_at(list, i));
	if (!cli->is_verbose && count > SHOWN)
		cli_say(cli, "  and %zu more (-v shows all)\n", count - SHOWN);
	if (vkjson_integer(vkjson_get(plan, "unreported")) > 0)
		cli_say(cli, "instances whose hosts have reported nothing: %lld\n",
			(long long)vkjson_integer(vkjson_get(plan, "unreported")));
	gate_print(cli, vkjson_get(plan, "baseline"));
	if (*text_of(plan, "judgement") != '\0')
		cli_note(cli, "note: %s", text_of(plan, "judgement"));
}
