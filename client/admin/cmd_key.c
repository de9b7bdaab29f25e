/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/home.h"
#include "client/admin/table.h"
#include "common/file.h"
#include "common/keyfile.h"
#include "common/mem.h"
#include "common/tuf/tuf_key.h"

#include "common/banned.h"

enum { PUBLIC_FILE_MAX_BYTES = 4096 };

static const struct table_column key_columns[] = {
	{"NAME", "name", TABLE_TEXT},
	{"USER", "user", TABLE_TEXT},
	{"KEY ID", "keyid", TABLE_DIGEST},
	{"PUBLIC KEY FILE", "file", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static const struct table_column key_details[] = {
	{"Name", "name", TABLE_TEXT},
	{"User", "user", TABLE_TEXT},
	{"Key id", "keyid", TABLE_TEXT},
	{"Public key file", "file", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static struct vkjson *key_json(
	const struct keyfile_info *info, const struct tuf_key *key, const char *public_path)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(info->name));
	vkjson_set(object, "user", vkjson_string(info->user));
	vkjson_set(object, "keyid", vkjson_string(tuf_key_id(key)));
	vkjson_set(object, "key", vkjson_ref(tuf_key_json(key)));
	vkjson_set(object, "file", vkjson_string(public_path));
	return object;
}

/* Whom the key is for: --user, else who is enrolled here, else its own name. */
static enum vk_rc choose_user(const struct cli *cli, const struct args *args, char *out,
	struct vk_err *err)
{
	struct home_identity identity;
	const char *user = args_get(args, "user");
	enum vk_rc rc;

	if (user == NULL) {
		rc = home_load_identity(cli->home, &identity, err);
		if (rc != VK_OK && rc != VK_ENOTFOUND)
			return rc;
		user = rc == VK_OK ? identity.user : args_at(args, 0);
	}
	if (!vk_name_is_valid(user))
		return vk_err_set(err, VK_EINPUT, "'%s' is no name of a user", user);
	memcpy(out, user, strlen(user) + 1);
	return VK_OK;
}

static enum vk_rc write_public_file(
	const char *path, const struct tuf_key *key, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PUBLIC_FILE_MAX_BYTES);
	rc = tuf_key_format(key, &text, err);
	vk_buf_addc(&text, '\n');
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

static enum vk_rc refuse_existing(const char *path, const char *name, struct vk_err *err)
{
	struct keyfile_info info;
	enum vk_rc rc = keyfile_read_info(AT_FDCWD, path, &info, NULL);

	if (rc == VK_ENOTFOUND)
		return VK_OK;
	vk_err_set(err, VK_ECONFLICT, "you have a key '%s' already", name);
	vk_err_hint(err, "choose another name");
	return VK_ECONFLICT;
}

static enum vk_rc make_key(const struct cli *cli, const char *path, struct keyfile_info *info,
	struct vk_err *err)
{
	struct passphrase *phrase = NULL;
	enum vk_rc rc = refuse_existing(path, info->name, err);

	if (rc == VK_OK)
		rc = home_prepare(cli->home, "keys", err);
	if (rc == VK_OK)
		rc = passphrase_read_new(&cli->passphrases, "Passphrase for the new key: ",
			&phrase, err);
	if (rc == VK_OK)
		rc = keyfile_create(AT_FDCWD, path, info, phrase, &keyfile_cost_default, err);
	passphrase_free(phrase);
	return rc;
}

enum vk_rc cmd_key_new(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct keyfile_info info = {.name = ""};
	struct tuf_key *key = NULL;
	struct vkjson *result = NULL;
	char *path = NULL;
	char *public_path = NULL;
	enum vk_rc rc = home_key_path(cli->home, name, "key", &path, err);

	if (rc == VK_OK)
		rc = home_key_path(cli->home, name, "pub", &public_path, err);
	if (rc == VK_OK)
		rc = choose_user(cli, args, info.user, err);
	if (rc != VK_OK)
		goto out;
	memcpy(info.name, name, strlen(name) + 1);
	rc = make_key(cli, path, &info, err);
	if (rc != VK_OK)
		goto out;
	key = tuf_key_new_ed25519(info.public_key, info.user);
	rc = write_public_file(public_path, key, err);
	if (rc != VK_OK)
		goto out;
	result = key_json(&info, key, public_path);
	if (!cli_print_json(cli, result)) {
		table_print_object(cli, key_details, result);
		cli_say(cli, "Give the public key file to your administrator; the key itself stays "
			"with you.\n");
	}
out:
	vkjson_free(result);
	tuf_key_free(key);
	free(path);
	free(public_path);
	return rc;
}

static enum vk_rc load_key_json(
	const struct cli *cli, const char *name, struct vkjson **out, struct vk_err *err)
{
	struct keyfile_info info;
	struct tuf_key *key = NULL;
	char *public_path = NULL;
	enum vk_rc rc = home_key_path(cli->home, name, "pub", &public_path, err);

	if (rc == VK_OK)
		rc = home_load_key(cli->home, name, &info, &key, err);
	if (rc == VK_OK)
		*out = key_json(&info, key, public_path);
	tuf_key_free(key);
	free(public_path);
	return rc;
}

enum vk_rc cmd_key_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vkjson *result = NULL;
	enum vk_rc rc = load_key_json(cli, args_at(args, 0), &result, err);

	if (rc == VK_OK && !cli_print_json(cli, result))
		table_print_object(cli, key_details, result);
	vkjson_free(result);
	return rc;
}

enum vk_rc cmd_key_list(struct cli *cli, const struct args *args, struct vk_err *err)
{
	char names[HOME_MAX_KEYS][VK_NAME_BYTES];
	struct vkjson *list = vkjson_array();
	size_t count = 0;
	enum vk_rc rc = home_list_keys(cli->home, names, &count, err);

	(void)args;
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct vkjson *item = NULL;

		rc = load_key_json(cli, names[i], &item, err);
		if (rc == VK_OK)
			vkjson_append(list, item);
	}
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, key_columns, list, "no keys; 'vkcfg key new NAME' makes one");
	vkjson_free(list);
	return rc;
}

enum vk_rc cmd_key_passwd(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct passphrase *old_phrase = NULL;
	struct passphrase *new_phrase = NULL;
	struct vkjson *result = NULL;
	char *path = NULL;
	enum vk_rc rc = load_key_json(cli, args_at(args, 0), &result, err);

	if (rc == VK_OK)
		rc = home_key_path(cli->home, args_at(args, 0), "key", &path, err);
	if (rc == VK_OK)
		rc = passphrase_read(&cli->passphrases, "Present passphrase: ", &old_phrase, err);
	if (rc == VK_OK)
		rc = passphrase_read_new(&cli->passphrases, "New passphrase: ", &new_phrase, err);
	if (rc == VK_OK)
		rc = keyfile_change_passphrase(AT_FDCWD, path, old_phrase, new_phrase,
			&keyfile_cost_default, err);
	if (rc == VK_OK && !cli_print_json(cli, result))
		cli_say(cli, "The key '%s' has a new passphrase.\n", args_at(args, 0));
	passphrase_free(old_phrase);
	passphrase_free(new_phrase);
	vkjson_free(result);
	free(path);
	return rc;
}
