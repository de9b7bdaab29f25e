/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_keeper.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/home.h"
#include "common/config/secret_use.h"
#include "common/keyfile.h"
#include "common/mem.h"

#include "common/banned.h"

static bool is_keepers(
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const struct cfg_secrets *secrets)
{
	char text[VK_PUBLIC_KEY_TEXT_BYTES];

	vk_public_key_format(public_key, text);
	for (size_t i = 0; i < cfg_keeper_count(secrets); i++) {
		if (strcmp(cfg_keeper_at(secrets, i)->public_key, text) == 0)
			return true;
	}
	return false;
}

/* Whether this is a key file of a keeper; keys that are in no file can sign, but open nothing. */
static bool is_candidate(const struct cli *cli, const char *name, const struct cfg_secrets *secrets)
{
	struct keyfile_info info;
	char *path = NULL;
	bool is_one = home_key_path(cli->home, name, "key", &path, NULL) == VK_OK &&
		      keyfile_read_info(AT_FDCWD, path, &info, NULL) == VK_OK &&
		      is_keepers(info.public_key, secrets);

	free(path);
	return is_one;
}

static enum vk_rc refuse(
	const char *environment, const char *key_name, size_t count, struct vk_err *err)
{
	if (count == 0) {
		vk_err_set(err, VK_EDENIED, "environment %s has no keepers", environment);
		vk_err_hint(err,
			"environments/%s.yaml names them: keepers: {alice: \"ed25519:..\"}",
			environment);
	} else if (key_name != NULL) {
		vk_err_set(err, VK_EDENIED, "your key '%s' is not one of a keeper of %s", key_name,
			environment);
	} else {
		vk_err_set(err, VK_EDENIED, "you are not a keeper of %s: none of your keys is one",
			environment);
		vk_err_hint(
			err, "'vkcfg secret show-recipients %s' names the keepers", environment);
	}
	return VK_EDENIED;
}

static enum vk_rc choose(const struct cli *cli, const char *environment, const char *key_name,
	const struct cfg_secrets *secrets, char out[VK_NAME_BYTES], struct vk_err *err)
{
	char names[HOME_MAX_KEYS][VK_NAME_BYTES];
	size_t name_count = 0;
	enum vk_rc rc = home_list_keys(cli->home, names, &name_count, err);

	if (rc != VK_OK)
		return rc;
	for (size_t i = 0; i < name_count; i++) {
		if ((key_name == NULL || strcmp(names[i], key_name) == 0) &&
			is_candidate(cli, names[i], secrets)) {
			memcpy(out, names[i], VK_NAME_BYTES);
			return VK_OK;
		}
	}
	return refuse(environment, key_name, cfg_keeper_count(secrets), err);
}

static enum vk_rc unlock(
	const struct cli *cli, const char *name, struct vk_signkey **out, struct vk_err *err)
{
	char *prompt = xasprintf("Passphrase for key '%s': ", name);
	struct passphrase *phrase = NULL;
	char *path = NULL;
	enum vk_rc rc = home_key_path(cli->home, name, "key", &path, err);

	if (rc == VK_OK)
		rc = passphrase_read(&cli->passphrases, prompt, &phrase, err);
	if (rc == VK_OK)
		rc = keyfile_open(AT_FDCWD, path, phrase, out, err);
	passphrase_free(phrase);
	free(prompt);
	free(path);
	return rc;
}

enum vk_rc secret_keeper_open(const struct cli *cli, const char *environment, const char *key_name,
	const struct cfg_secrets *secrets, struct vk_signkey **out, struct vk_err *err)
{
	char name[VK_NAME_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_signkey *key = NULL;
	enum vk_rc rc = choose(cli, environment, key_name, secrets, name, err);

	if (rc == VK_OK)
		rc = unlock(cli, name, &key, err);
	if (rc != VK_OK)
		return rc;
	/* The public part was read before the passphrase proved it. */
	vk_signkey_public(key, public_key);
	if (!is_keepers(public_key, secrets)) {
		vk_signkey_free(key);
		return vk_err_set(err, VK_EUNTRUSTED, "key '%s' was changed meanwhile", name);
	}
	*out = key;
	return VK_OK;
}
