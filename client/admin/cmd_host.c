/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/host_file.h"
#include "client/admin/invite.h"
#include "client/admin/secret_advice.h"
#include "client/admin/session.h"
#include "client/admin/source.h"
#include "client/admin/table.h"
#include "common/config/fleet.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

enum {
	TTL_DEFAULT_S = 24 * 60 * 60,
	TTL_MAX_S = 30 * 24 * 60 * 60,
	PUBLIC_KEY_BYTES = 32,
	TARGET_MAX_BYTES = 512,
};

static enum vk_rc check_host_name(const char *name, struct vk_err *err)
{
	if (vk_name_is_valid(name))
		return VK_OK;
	return vk_err_set(err, VK_EINPUT, "'%s' is no name of a host", name);
}

/* --env, which has no default: a host in the wrong environment gets its configuration. */
static enum vk_rc get_environment(const struct args *args, const char **out, struct vk_err *err)
{
	*out = args_get(args, "env");
	if (*out == NULL)
		return vk_err_set(err, VK_EINPUT, "no environment was named (--env ENV)");
	if (!vk_environment_is_valid(*out))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of an environment", *out);
	return VK_OK;
}

enum vk_rc cmd_host_token(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	const char *environment = NULL;
	const char *secret = NULL;
	struct session *session = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	struct vk_buf token;
	uint64_t ttl = 0;
	enum vk_rc rc = check_host_name(name, err);

	vk_buf_init(&token, VK_TOKEN_MAX_BYTES);
	if (rc == VK_OK)
		rc = get_environment(args, &environment, err);
	if (rc == VK_OK)
		rc = args_get_uint(args, "ttl", 60, TTL_MAX_S, TTL_DEFAULT_S, &ttl, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = invite_check_environment(session, environment, err);
	if (rc != VK_OK)
		goto out;
	vkjson_set(body, "name", vkjson_string(name));
	vkjson_set(body, "environment", vkjson_string(environment));
	vkjson_set(body, "ttl_seconds", vkjson_int((int64_t)ttl));
	rc = session_post(session, "/v1/hosts", body, &reply, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(reply, "token", &secret, err);
	if (rc == VK_OK)
		rc = invite_format_token(
			session, VK_TOKEN_HOST, name, environment, secret, &token, err);
	if (rc == VK_OK) {
		vkjson_set(reply, "name", vkjson_string(name));
		vkjson_set(reply, "environment", vkjson_string(environment));
		vkjson_set(reply, "token", vkjson_string(token.data));
		if (!cli_print_json(cli, reply))
			cli_say(cli, "%s\n", token.data);
	}
out:
	vk_buf_release_wiped(&token);
	vkjson_free(reply);
	vkjson_free(body);
	session_free(session);
	return rc;
}

/* "ed25519:" and 64 digits. */
static bool is_public_key(const char *text)
{
	uint8_t key[PUBLIC_KEY_BYTES];

	return strncmp(text, "ed25519:", 8) == 0 &&
	       vk_parse_hex(text + 8, strlen(text + 8), key, sizeof(key));
}

/* What the server knows of an enrolled host, checked against the command line. */
static enum vk_rc fetch_host(struct session *session, const struct args *args,
	const char *environment, struct vkjson **out, struct vk_err *err)
{
	char *target = xasprintf("/v1/hosts/%s", args_at(args, 0));
	const char *expected = args_get(args, "public-key");
	const char *actual_environment = NULL;
	const char *key = NULL;
	enum vk_rc rc = session_get(session, target, out, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(*out, "environment", &actual_environment, err);
	if (rc == VK_OK)
		rc = vkjson_get_opt_string(*out, "public_key", "", &key, err);
	if (rc == VK_OK && strcmp(actual_environment, environment) != 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "host '%s' enrolled for environment '%s'",
			args_at(args, 0), actual_environment);
	} else if (rc == VK_OK && !is_public_key(key)) {
		rc = vk_err_set(err, VK_ECONFLICT, "host '%s' has not enrolled yet", args_at(args, 0));
		vk_err_hint(err, "run 'vkcfg-pull enrol' there with its token first");
	} else if (rc == VK_OK && expected != NULL && strcmp(expected, key) != 0) {
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server says that the key of host '%s' is %s", args_at(args, 0), key);
		vk_err_hint(err, "the host itself showed another one: do not go on");
	}
	free(target);
	return rc;
}

/* The only role of the tree; borrowed from it. */
static enum vk_rc choose_role(const struct cfg_tree *tree, const struct args *args, char *out,
	struct vk_err *err)
{
	const char *role = args_get(args, "role");
	size_t count = 0;

	if (role != NULL && !vk_name_is_valid(role))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of a role", role);
	if (role != NULL) {
		memcpy(out, role, strlen(role) + 1);
		return VK_OK;
	}
	for (size_t i = 0; i < cfg_tree_file_count(tree); i++) {
		const char *path = cfg_tree_file_at(tree, i)->path;
		size_t len = strlen(path);

		if (strncmp(path, "roles/", 6) != 0 || len - 6 - 5 >= VK_NAME_BYTES)
			continue;
		count++;
		memcpy(out, path + 6, len - 6 - 5);
		out[len - 6 - 5] = '\0';
	}
	if (count == 1)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "the tree has %zu roles: which is the host's?", count);
	vk_err_hint(err, "give --role ROLE");
	return VK_EINPUT;
}

/* Whether some file of the tree describes the host; refuses one that has a key there already. */
static enum vk_rc find_described(const struct cfg_tree *tree, const char *name,
	const char *environment, bool *is_described, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL;
	struct cfg_host_info info;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	*is_described = rc == VK_OK && cfg_fleet_host_find(fleet, name, &info);
	if (*is_described && info.public_key[0] != '\0') {
		rc = vk_err_set(err, VK_ECONFLICT,
			"%s:%u: the tree describes host '%s' already, with a public key", info.file,
			info.line, name);
		vk_err_hint(err, "change the key by hand if the host has another one now");
	} else if (*is_described && strcmp(info.environment, environment) != 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "%s:%u: host '%s' is in environment '%s'",
			info.file, info.line, name, info.environment);
	}
	cfg_fleet_free(fleet);
	return rc;
}

/* What a described host runs is said where it is described. */
static enum vk_rc check_key_only(const struct args *args, struct vk_err *err)
{
	if (!args_has(args, "role") && !args_has(args, "instance"))
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "the tree describes host '%s' already", args_at(args, 0));
	vk_err_hint(err, "leave out --role and --instance: only its key is to be added");
	return VK_ECONFLICT;
}

static void print_added(const struct cli *cli, const char *path, const char *key)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "file", vkjson_string(path));
	vkjson_set(result, "public_key", vkjson_string(key));
	if (!cli_print_json(cli, result)) {
		cli_say(cli, "%s\n", path);
		cli_say(cli, "public key: %s\n", key);
		cli_say(cli, "Compare it with the one that 'vkcfg-pull enrol' showed on the host.\n");
	}
	vkjson_free(result);
}

enum vk_rc cmd_host_add(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	const char *instance = args_has(args, "instance") ? args_get(args, "instance") : "main";
	const char *environment = NULL;
	const char *key = NULL;
	char role[VK_NAME_BYTES] = "";
	bool is_described = false;
	char *path = NULL;
	struct cfg_tree *tree = NULL;
	struct session *session = NULL;
	struct vkjson *host = NULL;
	enum vk_rc rc = check_host_name(name, err);

	if (rc == VK_OK && !vk_name_is_valid(instance))
		rc = vk_err_set(err, VK_EINPUT, "'%s' is no name of an instance", instance);
	if (rc == VK_OK)
		rc = get_environment(args, &environment, err);
	if (rc == VK_OK)
		rc = source_load(args, &tree, err);
	if (rc == VK_OK)
		rc = find_described(tree, name, environment, &is_described, err);
	if (rc == VK_OK)
		rc = is_described ? check_key_only(args, err) : choose_role(tree, args, role, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = fetch_host(session, args, environment, &host, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(host, "public_key", &key, err);
	if (rc == VK_OK) {
		const struct host_file file = {
			source_directory(args), name, environment, key, instance, role};

		rc = is_described ? host_file_add_key(&file, tree, &path, err)
				  : host_file_create(&file, &path, err);
	}
	if (rc == VK_OK)
		print_added(cli, path, key);
	free(path);
	vkjson_free(host);
	session_free(session);
	cfg_tree_free(tree);
	return rc;
}

/* Which secrets the host could open, into reply. It is shut out by now: advice that cannot be had is
 * only remarked on. */
static void add_advice(const struct cli *cli, struct session *session, const char *name,
	struct vkjson *reply)
{
	char *target = xasprintf("/v1/hosts/%s", name);
	const char *environment = NULL;
	struct vkjson *host = NULL;
	struct vkjson *advice = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = session_get(session, target, &host, &err);

	if (rc == VK_OK)
		rc = vkjson_get_string(host, "environment", &environment, &err);
	if (rc == VK_OK)
		rc = secret_advice_of_host(session, environment, name, &advice, &err);
	if (rc == VK_OK) {
		vkjson_set(reply, "environment", vkjson_string(environment));
		vkjson_set(reply, "secrets", advice);
	} else {
		cli_note(cli, "note: which secrets it could open is not known: %s", err.msg);
	}
	vkjson_free(host);
	free(target);
}

static void print_revoked(const struct cli *cli, const char *name, const struct vkjson *reply)
{
	const struct vkjson *secrets = vkjson_get(reply, "secrets");
	const char *environment = vkjson_text(vkjson_get(reply, "environment"));

	if (cli_print_json(cli, reply))
		return;
	cli_say(cli, "Host %s is shut out from now on; its Valkey keeps running.\n", name);
	if (environment == NULL || vkjson_count(vkjson_get(secrets, "rotate")) == 0)
		return;
	cli_say(cli, "Take it out of the tree of %s, and give its secrets new values:\n",
		environment);
	secret_advice_print(cli, environment, secrets);
}

enum vk_rc cmd_host_revoke(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	char *target = xasprintf("/v1/hosts/%s/revoke", args_at(args, 0));
	enum vk_rc rc = check_host_name(args_at(args, 0), err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_post(session, target, body, &reply, err);
	if (rc == VK_OK) {
		add_advice(cli, session, args_at(args, 0), reply);
		print_revoked(cli, args_at(args, 0), reply);
	}
	vkjson_free(reply);
	vkjson_free(body);
	free(target);
	session_free(session);
	return rc;
}

/* One row for each instance; a host without one gets a row of its own. */
static struct vkjson *instance_rows(const struct vkjson *hosts)
{
	static const char *const copied[] = {"release", "generation", "state", "health", "drift",
		"outcome", "reported", NULL};
	struct vkjson *rows = vkjson_array();

	for (size_t h = 0; h < vkjson_count(hosts); h++) {
		const struct vkjson *host = vkjson_at(hosts, h);
		const struct vkjson *instances = vkjson_get(host, "instances");
		const char *name = vkjson_text(vkjson_get(host, "name"));

		for (size_t i = 0; i == 0 || i < vkjson_count(instances); i++) {
			const struct vkjson *instance = vkjson_at(instances, i);
			const char *part = vkjson_text(vkjson_get(instance, "name"));
			struct vkjson *row = vkjson_copy(host);
			char *id = xasprintf("%s%s%s", name != NULL ? name : "",
				part != NULL ? "/" : "", part != NULL ? part : "");

			vkjson_set(row, "id", vkjson_string(id));
			for (size_t c = 0; copied[c] != NULL; c++) {
				const struct vkjson *value = vkjson_get(instance, copied[c]);

				if (value != NULL)
					vkjson_set(row, copied[c], vkjson_ref(value));
			}
			vkjson_append(rows, row);
			free(id);
		}
	}
	return rows;
}

static void print_hosts(const struct cli *cli, const struct vkjson *hosts)
{
	static const struct table_column columns[] = {
		{"INSTANCE", "id", TABLE_TEXT},
		{"ENVIRONMENT", "environment", TABLE_TEXT},
		{"RELEASE", "release", TABLE_NUMBER},
		{"STATE", "state", TABLE_STATE},
		{"HEALTH", "health", TABLE_STATE},
		{"DRIFT", "drift", TABLE_COUNT},
		{"LAST SEEN", "last_seen", TABLE_TIME},
		{"WITNESSED", "witnessed", TABLE_NUMBER},
		{"REVOKED", "revoked", TABLE_TEXT},
		{"WARNING", "warning", TABLE_TEXT},
		{"OUTCOME", "outcome", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct vkjson *rows = instance_rows(hosts);

	table_print(cli, columns, rows, "no hosts; 'vkcfg host token NAME --env ENV' invites one");
	vkjson_free(rows);
}

enum vk_rc cmd_hosts(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *hosts = NULL;
	struct vk_buf target;
	enum vk_rc rc;

	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/hosts");
	session_add_query(&target, "environment", args_get(args, "env"));
	rc = vk_buf_check(&target, "the request", err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_list(session, target.data, SESSION_LIST_MAX_ITEMS, &hosts, err);
	if (rc == VK_OK && !cli_print_json_list(cli, hosts))
		print_hosts(cli, hosts);
	vk_buf_release(&target);
	vkjson_free(hosts);
	session_free(session);
	return rc;
}
