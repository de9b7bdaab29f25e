/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A person's files (docs/formats.md, Files of a person): who they are, of which
 * fleet, and where each file stands. Directories are made 0700 when something
 * is first written.
 */
#ifndef ADMIN_HOME_H
#define ADMIN_HOME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/name.h"
#include "common/token.h"

struct keyholder;

enum { HOME_MAX_KEYS = 64 };

enum { HOME_PATH_BYTES = 1024 };

/* fleet.json */
struct home_identity {
	char fleet[VK_NAME_BYTES];
	char user[VK_NAME_BYTES];
	char server[VK_TOKEN_URL_MAX_BYTES + 1];
	/* A PKI of one's own: the paths of its files. Empty: ca.crt, tls.crt, tls.key in home. */
	char ca[HOME_PATH_BYTES];
	char certificate[HOME_PATH_BYTES];
	char key[HOME_PATH_BYTES];
};

/* The path of a file in home; the caller frees it. */
char *home_path(const char *home, const char *file);

/* The path of "ca.crt", "tls.crt" or "tls.key": in home, or of a PKI of one's own. The caller frees it. */
char *home_tls_path(const char *home, const struct home_identity *identity, const char *file);

/* Makes home and its sub-directory (may be NULL). */
VK_CHECKED enum vk_rc home_prepare(const char *home, const char *directory, struct vk_err *err);

/* VK_ENOTFOUND when this person is not enrolled. */
VK_CHECKED enum vk_rc home_load_identity(
	const char *home, struct home_identity *out, struct vk_err *err);
VK_CHECKED enum vk_rc home_save_identity(
	const char *home, const struct home_identity *identity, struct vk_err *err);

/* Writes a text file of home, durably. */
VK_CHECKED enum vk_rc home_write(
	const char *home, const char *file, const char *text, size_t len, struct vk_err *err);

/* keys/NAME.key (or .pub): the path, after checking the name; the caller frees it. */
VK_CHECKED enum vk_rc home_key_path(const char *home, const char *name, const char *suffix,
	char **out, struct vk_err *err);

/* The names of the keys in home, sorted; out has room for HOME_MAX_KEYS. */
VK_CHECKED enum vk_rc home_list_keys(
	const char *home, char (*out)[VK_NAME_BYTES], size_t *count, struct vk_err *err);

/* The holder of a key, locked; freed with keyholder_free(). */
VK_CHECKED enum vk_rc home_load_key(
	const char *home, const char *name, struct keyholder **out, struct vk_err *err);

#endif
