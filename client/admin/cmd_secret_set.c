/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/secret_file.h"
#include "client/admin/secret_new.h"
#include "client/admin/source.h"
#include "common/config/tree.h"

#include "common/banned.h"

static enum vk_rc refuse_rotation(
	const struct cfg_secret_info *info, const char *environment, struct vk_err *err)
{
	if (info == NULL || cfg_pins_rotation(&info->pins) == CFG_ROTATION_NONE)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "%s: a rotation is under way", info->file);
	vk_err_hint(err, "go on with it: vkcfg secret rotate %s %s", environment, info->name);
	return VK_ECONFLICT;
}

static void print_set(const struct cli *cli, const char *environment, const char *name,
	const struct secret_new *made, const struct cfg_secret_info *info)
{
	struct vkjson *result = vkjson_object();
	char path[CFG_PINS_PATH_BYTES];

	cfg_pins_path(environment, name, path);
	vkjson_set(result, "environment", vkjson_string(environment));
	vkjson_set(result, "name", vkjson_string(name));
	vkjson_set(result, "version", vkjson_int(made->pin.version));
	vkjson_set(result, "sha256", vkjson_string(made->pin.sha256));
	vkjson_set(result, "file", vkjson_string(path));
	vkjson_set(result, "hosts", vkjson_int((int64_t)made->host_count));
	vkjson_set(result, "keepers", vkjson_int((int64_t)made->keeper_count));
	if (!cli_print_json(cli, result)) {
		cli_say(cli, "%s/%s version %lld: sealed to %zu hosts and %zu keepers\n",
			environment, name, (long long)made->pin.version, made->host_count,
			made->keeper_count);
		cli_say(cli, "%s pins it; release it with 'vkcfg submit %s'\n", path, environment);
		if (info == NULL || info->use_count == 0)
			cli_say(cli,
				"Nothing in the tree uses it yet: write \"secret:%s\" where it "
				"belongs, and run\n'vkcfg secret reseal %s %s --tree DIR' then.\n",
				name, environment, name);
		else if (made->pin.version > 1 && info->pins.current.version != 0)
			cli_say(cli,
				"Hosts that install it refuse the old value at once; 'vkcfg secret "
				"rotate' keeps both valid\nmeanwhile.\n");
	}
	vkjson_free(result);
}

/* Makes the version and pins it in the directory. */
static enum vk_rc set(struct cli *cli, const struct args *args, struct session *session,
	const struct cfg_secrets *secrets, struct vk_err *err)
{
	const char *environment = args_at(args, 0), *name = args_at(args, 1);
	const struct cfg_secret_info *info = cfg_secrets_find(secrets, name);
	struct vk_secret_id id = {
		.fleet = cfg_secrets_fleet(secrets), .environment = environment, .name = name};
	struct cfg_pins pins = {.current = {.version = 0}};
	struct secret_value *value = NULL;
	struct secret_new made;
	enum vk_rc rc = refuse_rotation(info, environment, err);

	if (rc == VK_OK && info != NULL)
		pins = info->pins;
	if (rc == VK_OK)
		rc = secret_new_check(session, secrets, environment, err);
	if (rc == VK_OK)
		rc = secret_new_version(session, environment, name, &pins, &id.version, err);
	session_drop_trust(session); /* a person may take long to type */
	if (rc == VK_OK)
		rc = secret_value_read(args, environment, name, &value, err);
	if (rc == VK_OK)
		rc = secret_new_send(cli, session, secrets, &id, value, &made, err);
	if (rc == VK_OK) {
		pins = (struct cfg_pins){.current = made.pin};
		rc = secret_file_write(source_directory(args), environment, name, &pins, err);
	}
	if (rc == VK_OK)
		print_set(cli, environment, name, &made, info);
	secret_value_free(value);
	return rc;
}

enum vk_rc cmd_secret_set(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct cfg_secrets *secrets = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = secret_file_check_names(args_at(args, 0), args_at(args, 1), err);

	if (rc == VK_OK)
		rc = source_load(args, &tree, err);
	if (rc == VK_OK)
		rc = cfg_secrets_read(tree, args_at(args, 0), NULL, &secrets, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = set(cli, args, session, secrets, err);
	cfg_secrets_free(secrets);
	cfg_tree_free(tree);
	session_free(session);
	return rc;
}
