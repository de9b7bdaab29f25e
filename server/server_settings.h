/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What /etc/vkcfg/vkcfgd.yaml may say: the rows of vkcfgd's settings table. The
 * man page vkcfgd.yaml(5) explains each; a test compares the two.
 */
#ifndef VK_SERVER_SETTINGS_H
#define VK_SERVER_SETTINGS_H

#include <stddef.h>

#include "common/settings.h"

#define SERVER_SETTINGS_FILE "/etc/vkcfg/vkcfgd.yaml"

/* Borrowed, constant; *count rows. */
const struct setting *server_settings_rows(size_t *count);

/* Loads a settings file and checks what the table alone cannot: addresses and the URL. */
VK_CHECKED enum vk_rc server_settings_load(
	const char *path, struct settings **out, struct vk_err *err);

/* The same from memory; file is for messages. */
VK_CHECKED enum vk_rc server_settings_parse(
	const char *file, const char *text, size_t len, struct settings **out, struct vk_err *err);

/*
 * SIGHUP: loads the file anew. On success *settings is replaced and the old one freed; else it
 * stays as it was and err says why: the file is wrong, or a setting that only a restart can
 * change differs (VK_ECONFLICT).
 */
VK_CHECKED enum vk_rc server_settings_reload(
	const char *path, struct settings **settings, struct vk_err *err);

#endif
