/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/online_key.h"

#include <sodium.h>

#include "common/buf.h"
#include "common/file.h"
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

static enum vk_rc replace(const struct state_dir *dir, const char *name,
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

enum vk_rc online_key_replace_all(const struct state_dir *dir,
	uint8_t snapshot[VK_PUBLIC_KEY_BYTES], uint8_t timestamp[VK_PUBLIC_KEY_BYTES],
	struct vk_err *err)
{
	enum vk_rc rc = replace(dir, STATE_SNAPSHOT_KEY, snapshot, err);

	return rc == VK_OK ? replace(dir, STATE_TIMESTAMP_KEY, timestamp, err) : rc;
}
