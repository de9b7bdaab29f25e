/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/signers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/signkey.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_role.h"

#include "common/banned.h"

void signers_init(struct signers *signers)
{
	memset(signers, 0, sizeof(*signers));
}

void signers_release(struct signers *signers)
{
	for (size_t i = 0; i < signers->count; i++) {
		tuf_key_free(signers->items[i].key);
		vk_signkey_free(signers->items[i].secret);
	}
	signers_init(signers);
}

enum vk_rc signers_add(
	struct signers *signers, const struct cli *cli, const char *name, struct vk_err *err)
{
	struct signer *signer = &signers->items[signers->count];
	enum vk_rc rc;

	for (size_t i = 0; i < signers->count; i++) {
		if (strcmp(signers->items[i].info.name, name) == 0)
			return vk_err_set(err, VK_EINPUT, "key '%s' was named twice", name);
	}
	if (signers->count == HOME_MAX_KEYS)
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", HOME_MAX_KEYS);
	rc = home_load_key(cli->home, name, &signer->info, &signer->key, err);
	if (rc == VK_OK)
		signers->count++;
	return rc;
}

enum vk_rc signers_add_for_role(struct signers *signers, const struct cli *cli,
	const struct tuf_role *role, struct vk_err *err)
{
	char names[HOME_MAX_KEYS][VK_NAME_BYTES];
	size_t count = 0;
	enum vk_rc rc = home_list_keys(cli->home, names, &count, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		struct keyfile_info info;
		struct tuf_key *key = NULL;
		bool is_known;

		rc = home_load_key(cli->home, names[i], &info, &key, err);
		is_known = rc == VK_OK && tuf_role_find_key(role, tuf_key_id(key)) != NULL;
		tuf_key_free(key);
		if (is_known)
			rc = signers_add(signers, cli, names[i], err);
	}
	return rc;
}

static enum vk_rc unlock(struct signer *signer, const struct cli *cli, struct vk_err *err)
{
	char *prompt = xasprintf("Passphrase for key '%s': ", signer->info.name);
	struct passphrase *phrase = NULL;
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	char *path = NULL;
	enum vk_rc rc = home_key_path(cli->home, signer->info.name, "key", &path, err);

	if (rc == VK_OK)
		rc = passphrase_read(&cli->passphrases, prompt, &phrase, err);
	if (rc == VK_OK)
		rc = keyfile_open(AT_FDCWD, path, phrase, &signer->secret, err);
	if (rc == VK_OK) {
		/* The public part was read before the passphrase proved it. */
		vk_signkey_public(signer->secret, public_key);
		if (memcmp(public_key, signer->info.public_key, sizeof(public_key)) != 0)
			rc = vk_err_set(err, VK_EUNTRUSTED, "%s was changed meanwhile", path);
	}
	passphrase_free(phrase);
	free(prompt);
	free(path);
	return rc;
}

enum vk_rc signers_unlock(struct signers *signers, const struct cli *cli, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < signers->count; i++)
		rc = unlock(&signers->items[i], cli, err);
	return rc;
}

enum vk_rc signers_sign_file(const struct signers *signers, const struct vk_buf *part,
	struct vk_buf *out, struct vk_err *err)
{
	struct tuf_signature signatures[HOME_MAX_KEYS];

	for (size_t i = 0; i < signers->count; i++)
		tuf_build_sign(part->data, part->len, tuf_key_id(signers->items[i].key),
			signers->items[i].secret, &signatures[i]);
	return tuf_build_file(part->data, part->len, signatures, signers->count, out, err);
}
