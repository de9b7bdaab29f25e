/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * STATE/secrets/DIGEST.json: the sealed secrets of what is installed here, as the
 * server sent them. Useless without host.key; with it, an instance is repaired
 * and rolled back without the server.
 */
#ifndef VK_PULL_SECRETS_CACHE_H
#define VK_PULL_SECRETS_CACHE_H

#include <stdint.h>

#include "client/pull/envelope.h"
#include "client/pull/pull_settings.h"
#include "common/digest.h"
#include "common/err.h"

/* VK_ENOTFOUND: not kept; VK_EUNTRUSTED: damaged. */
VK_CHECKED enum vk_rc secrets_cache_read(const char *state, const uint8_t digest[VK_SHA256_BYTES],
	struct envelope *out, struct vk_err *err);
VK_CHECKED enum vk_rc secrets_cache_write(const char *state, const uint8_t digest[VK_SHA256_BYTES],
	const struct envelope *envelope, struct vk_err *err);

/* Removes what no generation of any instance needs. Where one of them cannot be read, all stay. */
void secrets_cache_prune(const struct pull_settings *settings);

#endif
