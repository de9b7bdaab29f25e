/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/signers.h"

#include <string.h>

#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_role.h"

#include "common/banned.h"

void signers_init(struct signers *signers)
{
	memset(signers, 0, sizeof(*signers));
}

void signers_release(struct signers *signers)
{
	for (size_t i = 0; i < signers->count; i++)
		keyholder_free(signers->items[i]);
	signers_init(signers);
}

enum vk_rc signers_add(
	struct signers *signers, const struct cli *cli, const char *name, struct vk_err *err)
{
	enum vk_rc rc;

	for (size_t i = 0; i < signers->count; i++) {
		if (strcmp(keyholder_name(signers->items[i]), name) == 0)
			return vk_err_set(err, VK_EINPUT, "key '%s' was named twice", name);
	}
	if (signers->count == HOME_MAX_KEYS)
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", HOME_MAX_KEYS);
	rc = home_load_key(cli->home, name, &signers->items[signers->count], err);
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
		struct keyholder *holder = NULL;
		bool is_known;

		rc = home_load_key(cli->home, names[i], &holder, err);
		is_known = rc == VK_OK &&
			   tuf_role_find_key(role, tuf_key_id(keyholder_key(holder))) != NULL;
		keyholder_free(holder);
		if (is_known)
			rc = signers_add(signers, cli, names[i], err);
	}
	return rc;
}

enum vk_rc signers_unlock(struct signers *signers, const struct cli *cli, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < signers->count; i++)
		rc = keyholder_unlock(signers->items[i], &cli->passphrases, err);
	return rc;
}

enum vk_rc signers_sign_file(const struct signers *signers, const struct vk_buf *part,
	struct vk_buf *out, struct vk_err *err)
{
	struct tuf_signature signatures[HOME_MAX_KEYS];
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < signers->count; i++)
		rc = keyholder_sign(signers->items[i], part->data, part->len, &signatures[i], err);
	if (rc == VK_OK)
		rc = tuf_build_file(part->data, part->len, signatures, signers->count, out, err);
	return rc;
}
