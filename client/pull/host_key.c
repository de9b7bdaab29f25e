/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/host_key.h"

#include <fcntl.h>
#include <stdlib.h>

#include <sodium.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum { SEED_HEX = 2 * VK_SEED_BYTES };

enum vk_rc host_key_read(const char *state, struct vk_signkey **out, struct vk_err *err)
{
	char *path = xasprintf("%s/host.key", state);
	uint8_t seed[VK_SEED_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, SEED_HEX + 1);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW | VK_FILE_PRIVATE, &text, err);
	if (rc == VK_OK &&
		(text.len < SEED_HEX || !vk_parse_hex(text.data, SEED_HEX, seed, sizeof(seed))))
		rc = vk_err_set(err, VK_EINPUT, "%s is damaged", path);
	if (rc == VK_OK)
		*out = vk_signkey_from_seed(seed);
	sodium_memzero(seed, sizeof(seed));
	vk_buf_release_wiped(&text);
	free(path);
	return rc;
}
