/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/online_key.h"

#include <string.h>

#include <sodium.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/num.h"
#include "server/state_dir.h"

#include "common/banned.h"

static void format(const struct vk_signkey *key, struct vk_buf *out)
{
	uint8_t seed[VK_SEED_BYTES];

	vk_signkey_seed(key, seed);
	vk_buf_add_hex(out, seed, sizeof(seed));
	vk_buf_addc(out, '\n');
	sodium_memzero(seed, sizeof(seed));
}

enum vk_rc online_key_create(const struct state_dir *dir, const char *name, struct vk_err *err)
{
	struct vk_signkey *key = vk_signkey_generate();
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 2 * VK_SEED_BYTES + 1);
	format(key, &text);
	rc = vk_file_create(state_dir_fd(dir), name, 0600, text.data, text.len, err);
	vk_buf_release_wiped(&text);
	vk_signkey_free(key);
	return rc;
}

enum vk_rc online_key_replace(const struct state_dir *dir, const char *name,
	uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	struct vk_signkey *key = vk_signkey_generate();
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 2 * VK_SEED_BYTES + 1);
	format(key, &text);
	rc = vk_file_replace(state_dir_fd(dir), name, 0600, text.data, text.len, err);
	if (rc == VK_OK)
		vk_signkey_public(key, public_key);
	vk_buf_release_wiped(&text);
	vk_signkey_free(key);
	return rc;
}

static enum vk_rc parse(
	const struct vk_buf *text, const char *name, struct vk_signkey **out, struct vk_err *err)
{
	uint8_t seed[VK_SEED_BYTES];
	enum vk_rc rc = VK_OK;

	if (text->len >= 2 * sizeof(seed) &&
		vk_parse_hex(text->data, 2 * sizeof(seed), seed, sizeof(seed)))
		*out = vk_signkey_from_seed(seed);
	else
		rc = vk_err_set(err, VK_EINPUT, "%s: not a key of 64 hexadecimal digits", name);
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

enum vk_rc online_key_keep(const struct state_dir *dir, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char *copy, struct vk_err *err)
{
	uint8_t have[VK_PUBLIC_KEY_BYTES];
	struct vk_signkey *key = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, 2 * VK_SEED_BYTES + 1);
	rc = vk_file_read(state_dir_fd(dir), name, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc == VK_OK)
		rc = parse(&text, name, &key, err);
	if (rc == VK_OK) {
		vk_signkey_public(key, have);
		if (memcmp(have, public_key, sizeof(have)) == 0)
			rc = vk_file_replace(
				state_dir_fd(dir), copy, 0600, text.data, text.len, err);
	}
	vk_signkey_free(key);
	vk_buf_release_wiped(&text);
	return rc;
}
