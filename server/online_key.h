/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files of the online Ed25519 keys (STATE/online/NAME.key: the seed in
 * hexadecimal digits, 0600). Only the signer reads them; they are written here.
 */
#ifndef VK_SERVER_ONLINE_KEY_H
#define VK_SERVER_ONLINE_KEY_H

#include <stdint.h>

#include "common/err.h"
#include "common/signkey.h"

struct state_dir;

/* Makes a key and its file. VK_ECONFLICT if the file exists. */
VK_CHECKED enum vk_rc online_key_create(
	const struct state_dir *dir, const char *name, struct vk_err *err);

/* Replaces the keys for snapshot and timestamp, while no vkcfgd runs. The old ones are gone: from
 * now on nothing can be published until a root names the new ones (`vkcfg root rotate
 * --online-keys`). The log's key stays: hosts know the log by it. */
VK_CHECKED enum vk_rc online_key_replace_all(const struct state_dir *dir,
	uint8_t snapshot[VK_PUBLIC_KEY_BYTES], uint8_t timestamp[VK_PUBLIC_KEY_BYTES],
	struct vk_err *err);

#endif
