/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of a secret on a person's machine, in locked memory: typed on the
 * terminal, read from a file or descriptor, or made up. It never comes from the
 * command line or the environment, where every process of the machine could
 * read it.
 */
#ifndef ADMIN_SECRET_VALUE_H
#define ADMIN_SECRET_VALUE_H

#include <stddef.h>

#include "common/err.h"

struct args;

enum {
	SECRET_VALUE_RANDOM_BYTES = 32, /* of a generated value, unless --bytes says otherwise */
	SECRET_VALUE_RANDOM_MIN_BYTES = 16,
	SECRET_VALUE_RANDOM_MAX_BYTES = 256,
};

struct secret_value;

/* Wipes and frees. */
void secret_value_free(struct secret_value *value);

/* Borrowed; NUL-terminated. */
const char *secret_value_text(const struct secret_value *value);
size_t secret_value_len(const struct secret_value *value);

/* What --generate (with --bytes), --file or --fd say, else the terminal, asked twice with the name
 * of the secret. Of a value of one line the newline is no part. VK_EINPUT: empty, a NUL byte, two
 * sources, or no terminal; VK_ELIMIT: too long. */
VK_CHECKED enum vk_rc secret_value_read(const struct args *args, const char *environment,
	const char *name, struct secret_value **out, struct vk_err *err);

/* A random value of so many bytes as printable text (base64, URL-safe, without padding), which
 * begins with no dash: programs would take it for an option. */
VK_CHECKED enum vk_rc secret_value_generate(
	const struct args *args, struct secret_value **out, struct vk_err *err);

#endif
