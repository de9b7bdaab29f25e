/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/home.h"
#include "client/admin/table.h"
#include "common/file.h"
#include "common/keyfile.h"
#include "common/keyholder.h"
#include "common/mem.h"
#include "common/signkey.h"
#include "common/tuf/tuf_key.h"

#include "common/banned.h"

enum { PUBLIC_FILE_MAX_BYTES = 4096 };

static const struct table_column key_columns[] = {
	{"NAME", "name", TABLE_TEXT},
	{"USER", "user", TABLE_TEXT},
	{"TYPE", "type", TABLE_TEXT},
	{"HOLDER", "holder", TABLE_TEXT},
	{"KEY ID", "keyid", TABLE_DIGEST},
	{"PUBLIC KEY FILE", "file", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static const struct table_column key_details[] = {
	{"Name", "name", TABLE_TEXT},
	{"User", "user", TABLE_TEXT},
	{"Type", "type", TABLE_TEXT},
	{"Holder", "holder", TABLE_TEXT},
	{"Token", "uri", TABLE_TEXT},
	{"Key id", "keyid", TABLE_TEXT},
	{"Public key", "public", TABLE_TEXT},
	{"Public key file", "file", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static struct vkjson *key_json(const struct keyholder *holder, const char *public_path)
{
	const struct tuf_key *key = keyholder_key(holder);
	const char *uri = keyholder_uri(holder);
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	char public_text[VK_PUBLIC_KEY_TEXT_BYTES];
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "name", vkjson_string(keyholder_name(holder)));
	vkjson_set(object, "user", vkjson_string(keyholder_user(holder)));
	vkjson_set(object, "type", vkjson_ref(vkjson_get(tuf_key_json(key), "keytype")));
	vkjson_set(object, "holder", vkjson_string(uri != NULL ? "pkcs11" : "file"));
	if (uri != NULL)
		vkjson_set(object, "uri", vkjson_string(uri));
	vkjson_set(object, "keyid", vkjson_string(tuf_key_id(key)));
	vkjson_set(object, "key", vkjson_ref(tuf_key_json(key)));
	/* As the tree names a keeper of secrets, whose key has to be in a file. */
	if (uri == NULL && tuf_key_ed25519(key, public_key)) {
		vk_public_key_format(public_key, public_text);
		vkjson_set(object, "public", vkjson_string(public_text));
	}
	vkjson_set(object, "file", vkjson_string(public_path));
	return object;
}

/* Whom the key is for: --user, else who is enrolled here, else its own name. */
static enum vk_rc choose_user(
	const struct cli *cli, const struct args *args, char *out, struct vk_err *err)
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

/* On one line, as JSON: a PEM in it has newlines, which canonical JSON would leave raw. */
static enum vk_rc write_public_file(const char *path, const struct tuf_key *key, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PUBLIC_FILE_MAX_BYTES);
	vkjson_format(tuf_key_json(key), false, &text);
	vk_buf_addc(&text, '\n');
	rc = vk_buf_check(&text, "the public key", err);
	if (rc == VK_OK)
		rc = vk_file_replace(AT_FDCWD, path, 0644, text.data, text.len, err);
	vk_buf_release(&text);
	return rc;
}

/* Checks the name of a new key; the paths of its two files are the caller's to free. */
static enum vk_rc prepare(const struct cli *cli, const struct args *args, char **path,
	char **public_path, char user[VK_NAME_BYTES], struct vk_err *err)
{
	const char *name = args_at(args, 0);
	enum vk_rc rc = home_key_path(cli->home, name, "key", path, err);

	if (rc == VK_OK)
		rc = home_key_path(cli->home, name, "pub", public_path, err);
	if (rc == VK_OK)
		rc = choose_user(cli, args, user, err);
	if (rc == VK_OK && access(*path, F_OK) == 0) {
		rc = vk_err_set(err, VK_ECONFLICT, "you have a key '%s' already", name);
		vk_err_hint(err, "choose another name");
	}
	if (rc == VK_OK)
		rc = home_prepare(cli->home, "keys", err);
	return rc;
}

/* Its public key file, and what is said of it. */
static enum vk_rc finish(const struct cli *cli, const struct keyholder *holder,
	const char *public_path, struct vk_err *err)
{
	struct vkjson *result;
	enum vk_rc rc = write_public_file(public_path, keyholder_key(holder), err);

	if (rc != VK_OK)
		return rc;
	result = key_json(holder, public_path);
	if (!cli_print_json(cli, result)) {
		table_print_object(cli, key_details, result);
		cli_say(cli, "Give the public key file to your administrator; the key itself stays "
			     "with you.\n");
	}
	vkjson_free(result);
	return VK_OK;
}

enum vk_rc cmd_key_new(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct keyfile_info info = {.name = ""};
	struct passphrase *phrase = NULL;
	struct keyholder *holder = NULL;
	char *path = NULL;
	char *public_path = NULL;
	enum vk_rc rc = prepare(cli, args, &path, &public_path, info.user, err);

	if (rc == VK_OK)
		rc = passphrase_read_new(
			&cli->passphrases, "Passphrase for the new key: ", &phrase, err);
	if (rc == VK_OK) {
		memcpy(info.name, args_at(args, 0), strlen(args_at(args, 0)) + 1);
		rc = keyfile_create(AT_FDCWD, path, &info, phrase, &keyfile_cost_default, err);
	}
	if (rc == VK_OK)
		rc = keyholder_load(AT_FDCWD, path, &holder, err);
	if (rc == VK_OK)
		rc = finish(cli, holder, public_path, err);
	keyholder_free(holder);
	passphrase_free(phrase);
	free(path);
	free(public_path);
	return rc;
}

enum vk_rc cmd_key_add(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *uri = args_get(args, "pkcs11");
	char user[VK_NAME_BYTES] = "";
	struct keyholder *holder = NULL;
	char *path = NULL;
	char *public_path = NULL;
	enum vk_rc rc;

	if (uri == NULL) {
		vk_err_set(err, VK_EINPUT, "which key? --pkcs11 names it");
		vk_err_hint(err, "as in --pkcs11 'pkcs11:token=NAME;object=KEY'");
		return VK_EINPUT;
	}
	rc = prepare(cli, args, &path, &public_path, user, err);
	if (rc == VK_OK)
		rc = keyholder_new_pkcs11(
			args_at(args, 0), user, uri, &cli->passphrases, &holder, err);
	if (rc == VK_OK)
		rc = keyholder_save(holder, AT_FDCWD, path, err);
	if (rc == VK_OK)
		rc = finish(cli, holder, public_path, err);
	keyholder_free(holder);
	free(path);
	free(public_path);
	return rc;
}

static enum vk_rc load_key_json(
	const struct cli *cli, const char *name, struct vkjson **out, struct vk_err *err)
{
	struct keyholder *holder = NULL;
	char *public_path = NULL;
	enum vk_rc rc = home_key_path(cli->home, name, "pub", &public_path, err);

	if (rc == VK_OK)
		rc = home_load_key(cli->home, name, &holder, err);
	if (rc == VK_OK)
		*out = key_json(holder, public_path);
	keyholder_free(holder);
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
	if (rc == VK_OK && vkjson_get(result, "uri") != NULL) {
		rc = vk_err_set(err, VK_EINPUT, "key '%s' is on a token", args_at(args, 0));
		vk_err_hint(err,
			"its PIN is changed with 'pkcs11-tool --change-pin' or the token's "
			"own tools");
	}
	if (rc == VK_OK)
		rc = passphrase_read(&cli->passphrases, "Present passphrase: ", &old_phrase, err);
	if (rc == VK_OK)
		rc = passphrase_read_new(&cli->passphrases, "New passphrase: ", &new_phrase, err);
	if (rc == VK_OK)
		rc = keyfile_change_passphrase(
			AT_FDCWD, path, old_phrase, new_phrase, &keyfile_cost_default, err);
	if (rc == VK_OK && !cli_print_json(cli, result))
		cli_say(cli, "The key '%s' has a new passphrase.\n", args_at(args, 0));
	passphrase_free(old_phrase);
	passphrase_free(new_phrase);
	vkjson_free(result);
	free(path);
	return rc;
}
