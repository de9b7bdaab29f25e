/* SPDX-License-Identifier: BSD-3-Clause */
/* Where hosts differ from what they should be. */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = 1024 };

static const char *text_of(const struct vkjson *item, const char *member)
{
	const char *text = vkjson_text(vkjson_get(item, member));

	return text != NULL ? text : "";
}

static bool is_word(const struct vkjson *item, const char *member, const char *word)
{
	const char *text = vkjson_text(vkjson_get(item, member));

	return text != NULL && strcmp(text, word) == 0;
}

/* What only waits for its restart, or what the topology decides, nobody has to look into. */
static bool is_drift(const struct vkjson *item)
{
	if (is_word(item, "cause", "server-owned"))
		return false;
	return !is_word(item, "cause", "pending") || is_word(item, "action", "would-change");
}

static bool has_drift(const struct vkjson *list)
{
	for (size_t i = 0; i < vkjson_count(list); i++) {
		if (is_drift(vkjson_at(list, i)))
			return true;
	}
	return false;
}

static const struct table_column columns[] = {
	{"HOST", "host", TABLE_TEXT},
	{"INSTANCE", "instance", TABLE_TEXT},
	{"KIND", "kind", TABLE_TEXT},
	{"NAME", "name", TABLE_TEXT},
	{"EXPECTED", "expected", TABLE_TEXT},
	{"ACTUAL", "actual", TABLE_TEXT},
	{"ACTION", "action", TABLE_STATE},
	{"CAUSE", "cause", TABLE_TEXT},
	{"SINCE", "since", TABLE_TIME},
	{NULL, NULL, TABLE_TEXT},
};

/* Which members of a shard have what: those with the same digest together. */
static void print_members(const struct cli *cli, const struct vkjson *differences)
{
	if (vkjson_count(differences) > 0)
		cli_say(cli, "\nMembers of a shard differ:\n");
	for (size_t i = 0; i < vkjson_count(differences); i++) {
		const struct vkjson *item = vkjson_at(differences, i);
		const struct vkjson *members = vkjson_get(item, "members");

		cli_say(cli, "  ");
		cli_say_foreign(cli, CLI_BOLD, text_of(item, "shard"));
		cli_say(cli, " ");
		cli_say_foreign(cli, CLI_BOLD, text_of(item, "name"));
		cli_say(cli, ":");
		for (size_t k = 0; k < vkjson_count(members); k++) {
			const struct vkjson *member = vkjson_at(members, k);

			cli_say(cli, " ");
			cli_say_foreign(cli, CLI_PLAIN, text_of(member, "instance"));
			cli_say(cli, "=");
			cli_say_foreign(cli, CLI_DIM, text_of(member, "digest"));
		}
		cli_say(cli, "\n");
	}
}

static enum vk_rc fetch(struct session *session, const struct args *args, const char *path,
	struct vkjson **out, struct vk_err *err)
{
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, path);
	session_add_query(&target, "environment", args_get(args, "env"));
	rc = vk_buf_check(&target, "the request", err);
	if (rc == VK_OK)
		rc = session_list(session, target.data, SESSION_LIST_MAX_ITEMS, out, err);
	vk_buf_release(&target);
	return rc;
}

static void print_all(
	const struct cli *cli, const struct vkjson *list, const struct vkjson *members)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "items", vkjson_ref(list));
	vkjson_set(result, "members", vkjson_ref(members));
	if (!cli_print_json(cli, result)) {
		table_print(cli, columns, list, "no drift");
		print_members(cli, members);
	}
	vkjson_free(result);
}

enum vk_rc cmd_drift(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *list = NULL, *members = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	if (rc == VK_OK)
		rc = fetch(session, args, "/v1/drift", &list, err);
	if (rc == VK_OK)
		rc = fetch(session, args, "/v1/drift/members", &members, err);
	if (rc == VK_OK) {
		cli->is_answer_no = has_drift(list) || vkjson_count(members) > 0;
		print_all(cli, list, members);
	}
	vkjson_free(members);
	vkjson_free(list);
	session_free(session);
	return rc;
}

/* ---- one instance ---- */

static enum vk_rc parse_id(
	const char *id, char host[VK_NAME_BYTES], char name[VK_NAME_BYTES], struct vk_err *err)
{
	if (vk_instance_id_parse(id, host, name))
		return VK_OK;
	return vk_err_set(err, VK_EINPUT, "'%s' is no instance: HOST/INSTANCE", id);
}

/* What the host has reported of it; borrowed from the host. */
static enum vk_rc find_instance(const struct vkjson *host, const char *id, const char *name,
	const struct vkjson **out, struct vk_err *err)
{
	const struct vkjson *instances = NULL;
	enum vk_rc rc = vkjson_get_array(host, "instances", &instances, err);

	for (size_t i = 0; rc == VK_OK && i < vkjson_count(instances); i++) {
		*out = vkjson_at(instances, i);
		if (is_word(*out, "name", name))
			return VK_OK;
	}
	return rc == VK_OK ? vk_err_set(err, VK_ENOTFOUND, "%s has not reported anything yet", id)
			   : rc;
}

static void print_instance(const struct cli *cli, const struct vkjson *instance)
{
	static const struct table_column head[] = {
		{"Instance", "id", TABLE_TEXT},
		{"Release", "release", TABLE_NUMBER},
		{"State", "state", TABLE_STATE},
		{"Health", "health", TABLE_STATE},
		{"Outcome", "outcome", TABLE_TEXT},
		{"Reported", "reported", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column each[] = {
		{"  expected", "expected", TABLE_TEXT},
		{"  actual", "actual", TABLE_TEXT},
		{"  cause", "cause", TABLE_TEXT},
		{"  ticket", "ticket", TABLE_TEXT},
		{"  until", "until", TABLE_TIME},
		{"  action", "action", TABLE_STATE},
		{"  since", "since", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};
	const struct vkjson *list = vkjson_get(instance, "drift");

	table_print_object(cli, head, instance);
	if (vkjson_count(list) == 0)
		cli_say(cli, "\nno drift\n");
	for (size_t i = 0; i < vkjson_count(list); i++) {
		const struct vkjson *item = vkjson_at(list, i);
		const char *kind = vkjson_text(vkjson_get(item, "kind"));
		const char *name = vkjson_text(vkjson_get(item, "name"));

		cli_say(cli, "\n");
		cli_say_foreign(cli, CLI_BOLD, kind != NULL ? kind : "");
		cli_say(cli, " ");
		cli_say_foreign(cli, CLI_BOLD, name != NULL ? name : "");
		cli_say(cli, "\n");
		table_print_object(cli, each, item);
	}
}

enum vk_rc cmd_drift_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *id = args_at(args, 0);
	char host_name[VK_NAME_BYTES], name[VK_NAME_BYTES];
	const struct vkjson *instance = NULL;
	struct session *session = NULL;
	struct vkjson *host = NULL, *shown = NULL;
	char *target = NULL;
	enum vk_rc rc = parse_id(id, host_name, name, err);

	if (rc != VK_OK)
		return rc;
	target = xasprintf("/v1/hosts/%s", host_name);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_get(session, target, &host, err);
	if (rc == VK_OK)
		rc = find_instance(host, id, name, &instance, err);
	if (rc == VK_OK) {
		shown = vkjson_copy(instance);
		vkjson_set(shown, "id", vkjson_string(id));
		cli->is_answer_no = has_drift(vkjson_get(shown, "drift"));
		if (!cli_print_json(cli, shown))
			print_instance(cli, shown);
	}
	vkjson_free(shown);
	vkjson_free(host);
	free(target);
	session_free(session);
	return rc;
}
