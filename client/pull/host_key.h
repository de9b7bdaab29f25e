/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's own key, made when it enrolled: STATE/host.key. It cosigns what the
 * host has witnessed and opens the secrets that are sealed to it.
 */
#ifndef VK_PULL_HOST_KEY_H
#define VK_PULL_HOST_KEY_H

#include "common/err.h"
#include "common/signkey.h"

/* Freed with vk_signkey_free(). VK_EDENIED where others may read it, VK_EINPUT where it is damaged.
 */
VK_CHECKED enum vk_rc host_key_read(const char *state, struct vk_signkey **out, struct vk_err *err);

#endif
