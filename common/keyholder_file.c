/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/keyfile.h"
#include "common/keyholder_internal.h"
#include "common/mem.h"
#include "common/signkey.h"

#include "common/banned.h"

enum vk_rc keyholder_load_file(struct keyholder *holder, struct vk_err *err)
{
	struct keyfile_info info;
	enum vk_rc rc = keyfile_read_info(holder->dirfd, holder->path, &info, err);

	if (rc != VK_OK)
		return rc;
	memcpy(holder->name, info.name, sizeof(info.name));
	memcpy(holder->user, info.user, sizeof(info.user));
	holder->key = tuf_key_new_ed25519(info.public_key, info.user);
	holder->kind = &keyholder_file;
	return VK_OK;
}

static enum vk_rc unlock(struct keyholder *holder, const struct passphrase_source *source,
	struct tuf_key **key, struct vk_err *err)
{
	char *prompt = xasprintf("Passphrase for key '%s': ", holder->name);
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct passphrase *phrase = NULL;
	enum vk_rc rc = passphrase_read(source, prompt, &phrase, err);

	if (rc == VK_OK)
		rc = keyfile_open(holder->dirfd, holder->path, phrase, &holder->secret, err);
	if (rc == VK_OK) {
		vk_signkey_public(holder->secret, public_key);
		*key = tuf_key_new_ed25519(public_key, holder->user);
	}
	passphrase_free(phrase);
	free(prompt);
	return rc;
}

static enum vk_rc sign(struct keyholder *holder, const void *data, size_t len,
	uint8_t sig[TUF_SIGNATURE_MAX_BYTES], size_t *sig_len, struct vk_err *err)
{
	(void)err;
	vk_signkey_sign(holder->secret, data, len, sig);
	*sig_len = VK_SIGNATURE_BYTES;
	return VK_OK;
}

static void lock(struct keyholder *holder)
{
	vk_signkey_free(holder->secret);
	holder->secret = NULL;
}

const struct keyholder_kind keyholder_file = {.unlock = unlock, .sign = sign, .lock = lock};
