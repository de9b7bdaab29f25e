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

/* Makes another key in the place of the one in the file. */
VK_CHECKED enum vk_rc online_key_replace(const struct state_dir *dir, const char *name,
	uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vk_err *err);

/* Copies the file of a key to `copy`, if it is the one with this public half. */
VK_CHECKED enum vk_rc online_key_keep(const struct state_dir *dir, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], const char *copy, struct vk_err *err);

#endif
