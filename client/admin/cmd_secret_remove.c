/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/secret_file.h"
#include "client/admin/secret_remote.h"
#include "client/admin/source.h"
#include "common/config/secret_use.h"
#include "common/config/tree.h"

#include "common/banned.h"

enum { USE_MAX_BYTES = 256 };

static enum vk_rc refuse_used(const struct cfg_secret_info *info, struct vk_err *err)
{
	const struct cfg_secret_use *use = cfg_secret_use_at(info, 0);
	struct vk_buf what;

	vk_buf_init(&what, USE_MAX_BYTES);
	cfg_secret_use_format(use, &what);
	vk_err_set(err, VK_ECONFLICT, "%s:%u: %s of %s uses secret %s%s", use->file, use->line,
		what.data, use->instance, info->name,
		info->use_count > 1 ? ", and there are more such places" : "");
	vk_err_hint(err, "take it out there first, and release that");
	vk_buf_release(&what);
	return VK_ECONFLICT;
}

static enum vk_rc refuse_pinned(
	const struct cfg_secret_info *info, uint64_t version, struct vk_err *err)
{
	struct cfg_pin pins[CFG_PINS_MAX];
	size_t count = cfg_pins_valid(&info->pins, pins);

	for (size_t i = 0; i < count; i++) {
		if (pins[i].version == (int64_t)version)
			return vk_err_set(err, VK_ECONFLICT, "%s pins version %llu of secret %s",
				info->file, (unsigned long long)version, info->name);
	}
	return VK_OK;
}

/* A wholly removed secret must not be used by the tree; a version must not be pinned by it. */
static enum vk_rc check_unused(
	const struct cfg_secret_info *info, uint64_t version, struct vk_err *err)
{
	if (info == NULL)
		return VK_OK;
	if (version != 0)
		return refuse_pinned(info, version, err);
	return info->use_count > 0 ? refuse_used(info, err) : VK_OK;
}

/* Has the server forget what it holds. A version that a release still uses stays, and is the error
 * once all others are gone. */
static enum vk_rc remove_held(struct session *session, const struct vkjson *held, uint64_t version,
	struct vkjson *removed, struct vk_err *err)
{
	enum vk_rc result = VK_OK;

	for (size_t i = 0; i < vkjson_count(held); i++) {
		const struct vkjson *item = vkjson_at(held, i);
		const char *digest = vkjson_text(vkjson_get(item, "sha256"));
		int64_t number = vkjson_integer(vkjson_get(item, "version"));
		enum vk_rc rc;

		if (version != 0 && number != (int64_t)version)
			continue;
		rc = secret_remote_remove(session, digest != NULL ? digest : "", err);
		if (rc == VK_OK)
			vkjson_append(removed, vkjson_int(number));
		else if (rc != VK_ECONFLICT)
			return rc;
		else
			result = rc;
	}
	return result;
}

static void print_removed(const struct cli *cli, const struct args *args,
	const struct vkjson *removed, bool is_unpinned)
{
	struct vkjson *result = vkjson_object();
	char path[CFG_PINS_PATH_BYTES];

	cfg_pins_path(args_at(args, 0), args_at(args, 1), path);
	vkjson_set(result, "environment", vkjson_string(args_at(args, 0)));
	vkjson_set(result, "name", vkjson_string(args_at(args, 1)));
	vkjson_set(result, "removed", vkjson_ref(removed));
	if (!cli_print_json(cli, result)) {
		for (size_t i = 0; i < vkjson_count(removed); i++)
			cli_say(cli, "%s/%s version %lld is gone\n", args_at(args, 0),
				args_at(args, 1), (long long)vkjson_integer(vkjson_at(removed, i)));
		if (is_unpinned)
			cli_say(cli,
				"%s is gone from the tree; release that with 'vkcfg submit "
				"%s'\n",
				path, args_at(args, 0));
	}
	vkjson_free(result);
}

static enum vk_rc remove_all(struct cli *cli, const struct args *args, struct session *session,
	const struct cfg_secret_info *info, uint64_t version, struct vk_err *err)
{
	const char *environment = args_at(args, 0), *name = args_at(args, 1);
	bool is_pinned = version == 0 && info != NULL && info->pins.current.version != 0;
	struct vkjson *held = NULL, *removed = vkjson_array();
	enum vk_rc rc = secret_remote_list(session, environment, name, &held, err);

	if (rc == VK_OK && !is_pinned && vkjson_count(held) == 0) {
		rc = vk_err_set(err, VK_ENOTFOUND, "there is no secret %s/%s", environment, name);
		vk_err_hint(err, "'vkcfg secret list %s' shows them", environment);
	}
	if (rc == VK_OK && is_pinned)
		rc = secret_file_write(source_directory(args), environment, name, NULL, err);
	if (rc == VK_OK)
		rc = remove_held(session, held, version, removed, err);
	if (rc == VK_OK && version != 0 && vkjson_count(removed) == 0)
		rc = vk_err_set(err, VK_ENOTFOUND, "the server holds no version %llu of %s/%s",
			(unsigned long long)version, environment, name);
	if (rc == VK_OK)
		print_removed(cli, args, removed, is_pinned);
	vkjson_free(removed);
	vkjson_free(held);
	return rc;
}

enum vk_rc cmd_secret_remove(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *environment = args_at(args, 0), *name = args_at(args, 1);
	const struct cfg_secret_info *info = NULL;
	struct session *session = NULL;
	struct cfg_secrets *secrets = NULL;
	struct cfg_tree *tree = NULL;
	uint64_t version = 0;
	enum vk_rc rc = secret_file_check_names(environment, name, err);

	if (rc == VK_OK)
		rc = args_get_uint(args, "number", 1, VK_SECRET_VERSION_MAX, 0, &version, err);
	if (rc == VK_OK)
		rc = source_load(args, &tree, err);
	if (rc == VK_OK)
		rc = cfg_secrets_read(tree, environment, NULL, &secrets, err);
	if (rc == VK_OK) {
		info = cfg_secrets_find(secrets, name);
		rc = check_unused(info, version, err);
	}
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = remove_all(cli, args, session, info, version, err);
	cfg_secrets_free(secrets);
	cfg_tree_free(tree);
	session_free(session);
	return rc;
}
