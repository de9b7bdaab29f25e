/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan for people. */
#include "config.h"

#include <string.h>

#include "client/pull/plan.h"
#include "common/config/directive.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const char *text_of(const struct vkjson *object, const char *member)
{
	const char *text = vkjson_text(vkjson_get(object, member));

	return text != NULL ? text : "";
}

static long long number_of(const struct vkjson *object, const char *member)
{
	return (long long)vkjson_integer(vkjson_get(object, member));
}

static const char *way_words(const char *way)
{
	if (strcmp(way, "restart-preferred") == 0)
		return cfg_way_words(CFG_WAY_RESTART_PREFERRED);
	if (strcmp(way, "never") == 0)
		return "waits: not by vkcfg, or the role says restart: never";
	return strcmp(way, "unknown") == 0 ? "live, if Valkey lets it: vkcfg does not know it"
					   : way;
}

static void print_side(const struct vkjson *change, const char *member, struct vk_buf *out)
{
	const char *text = vkjson_text(vkjson_get(change, member));

	vk_buf_adds(out, text == NULL ? "(none)" : *text == '\0' ? "\"\"" : text);
}

static void print_change(const struct vkjson *change, struct vk_buf *out)
{
	const char *kind = text_of(change, "kind");
	bool is_directive = strcmp(kind, "directive") == 0;

	vk_buf_addf(out, "  %s%s%s: ", is_directive ? "" : kind, is_directive ? "" : " ",
		text_of(change, "name"));
	print_side(change, "old", out);
	vk_buf_adds(out, " -> ");
	print_side(change, "new", out);
	vk_buf_addf(out, "  %s\n", way_words(text_of(change, "way")));
}

static bool is_restarting(const struct vkjson *restart)
{
	return restart != NULL && strcmp(text_of(restart, "way"), "waits") != 0;
}

static void print_connections(const struct vkjson *one, struct vk_buf *out)
{
	const struct vkjson *closes = vkjson_get(one, "closes");

	if (is_restarting(vkjson_get(one, "restart"))) {
		vk_buf_addf(out, "  connections: all %lld are closed by the restart\n",
			number_of(one, "clients"));
		return;
	}
	vk_buf_addf(out, "  connections: %lld, %s", number_of(one, "clients"),
		vkjson_count(closes) == 0 ? "none is closed" : "of them are closed: ");
	for (size_t i = 0; i < vkjson_count(closes); i++)
		vk_buf_addf(out, "%s%s", i > 0 ? ", " : "", vkjson_text(vkjson_at(closes, i)));
	vk_buf_adds(out, "\n");
}

static void print_restart(const struct vkjson *restart, struct vk_buf *out)
{
	const struct vkjson *windows = vkjson_get(restart, "windows");
	const char *failover = text_of(restart, "failover_to");

	if (restart == NULL)
		return;
	if (!is_restarting(restart))
		vk_buf_addf(out, "  restart: waits: %s\n", text_of(restart, "reason"));
	else if (*failover != '\0')
		vk_buf_addf(out, "  restart: after a failover to %s\n", failover);
	else
		vk_buf_adds(out, "  restart: now\n");
	vk_buf_addf(out, "  duration: about %lld s (%s)\n", number_of(restart, "seconds"),
		text_of(restart, "how"));
	for (size_t i = 0; i < vkjson_count(windows); i++)
		vk_buf_addf(out, "  window: %s\n", vkjson_text(vkjson_at(windows, i)));
}

static void print_valkey(const struct vkjson *one, struct vk_buf *out)
{
	if (vkjson_get(one, "valkey") == NULL)
		return;
	vk_buf_addf(out, "  valkey %s, %s, %lld MiB\n", text_of(one, "valkey"),
		text_of(one, "role"), number_of(one, "memory_bytes") / (1024 * 1024));
	if (!vkjson_is_true(vkjson_get(one, "known")))
		vk_buf_addf(out,
			"  note: vkcfg does not know Valkey %s: values and defaults are what this "
			"host's valkey-server itself says\n",
			text_of(one, "valkey"));
}

static void print_instance(const struct vkjson *one, struct vk_buf *out)
{
	const struct vkjson *changes = vkjson_get(one, "changes");
	const char *state = text_of(one, "state"), *reason = text_of(one, "reason");

	vk_buf_addf(out, "%s: %s", text_of(one, "instance"),
		strcmp(state, "install") == 0 ? "would be installed" : state);
	if (strcmp(state, "install") == 0 && vkjson_get(one, "installed") != NULL)
		vk_buf_addf(out, " over release %lld", number_of(one, "installed"));
	vk_buf_addf(out, "%s%s\n", *reason != '\0' ? ": " : "", reason);
	print_valkey(one, out);
	for (size_t i = 0; i < vkjson_count(changes); i++)
		print_change(vkjson_at(changes, i), out);
	if (vkjson_count(changes) > 0)
		print_connections(one, out);
	print_restart(vkjson_get(one, "restart"), out);
}

void plan_print(const struct vkjson *plan, struct vk_buf *out)
{
	const struct vkjson *list = vkjson_get(plan, "instances");

	vk_buf_addf(out, "host %s in %s: release %lld, verified, vouched for until %s\n",
		text_of(plan, "host"), text_of(plan, "environment"), number_of(plan, "release"),
		text_of(plan, "timestamp_expires"));
	for (size_t i = 0; i < vkjson_count(list); i++)
		print_instance(vkjson_at(list, i), out);
	vk_buf_adds(out, "nothing was changed\n");
}
