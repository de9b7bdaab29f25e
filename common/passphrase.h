/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passphrases come from a person's terminal (not echoed), from an inherited
 * descriptor, or from a systemd credential; never from the command line or the
 * environment, where every process of the machine can read them. They live in
 * locked, guarded memory (sodium_malloc) that is wiped when it is freed.
 *
 * One thread only: reading from the terminal changes its mode and handles
 * signals until the line is complete.
 */
#ifndef VK_PASSPHRASE_H
#define VK_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum {
	PASSPHRASE_MIN_BYTES = 8, /* of a new one */
	PASSPHRASE_MAX_BYTES = 1024,
};

struct passphrase;

/* Where passphrases come from. Embedded; zero-initialise and set fd to -1 for a terminal. */
struct passphrase_source {
	int fd; /* -1: none. Each passphrase is one line of it, in the order of the prompts */
	const char *credential; /* name under $CREDENTIALS_DIRECTORY, or NULL; used if there */
};

/* Copies len bytes into locked memory. VK_ELIMIT beyond PASSPHRASE_MAX_BYTES, VK_EINPUT if
 * there are none. */
VK_CHECKED enum vk_rc passphrase_new(
	const char *text, size_t len, struct passphrase **out, struct vk_err *err);

/* Wipes and frees. */
void passphrase_free(struct passphrase *phrase);

/* Borrowed until passphrase_free(); NUL-terminated. */
const char *passphrase_text(const struct passphrase *phrase);
size_t passphrase_len(const struct passphrase *phrase);

/* Constant time in the content. */
bool passphrase_equal(const struct passphrase *a, const struct passphrase *b);

/* Asks for one passphrase: the next line of source->fd, else the credential, else
 * /dev/tty with the prompt. VK_EINPUT when the line is missing, VK_EIO without a terminal. */
VK_CHECKED enum vk_rc passphrase_read(const struct passphrase_source *source, const char *prompt,
	struct passphrase **out, struct vk_err *err);

/* The same for a new one: at least PASSPHRASE_MIN_BYTES, and typed twice on a terminal. */
VK_CHECKED enum vk_rc passphrase_read_new(const struct passphrase_source *source,
	const char *prompt, struct passphrase **out, struct vk_err *err);

#endif
