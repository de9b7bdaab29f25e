/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one growable byte buffer. Its maximum is given at init; growing past it
 * marks the buffer as overflowed, later additions do nothing, and the caller
 * asks once at the end (vk_buf_check()) instead of after every addition. The
 * bytes are always followed by a NUL that is not counted, so that a buffer of
 * text can be used as a C string.
 *
 * Embedded by callers: vk_buf_init() ... vk_buf_release().
 */
#ifndef VK_BUF_H
#define VK_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct vk_buf {
	char *data; /* never NULL after init; NUL-terminated */
	size_t len; /* bytes in use, without the NUL */
	size_t cap;
	size_t max_bytes;
	bool is_overflowed;
};

/* max_bytes: the largest len that the buffer may reach. */
void vk_buf_init(struct vk_buf *buf, size_t max_bytes);
void vk_buf_release(struct vk_buf *buf);

/* For secrets: overwrites the bytes before freeing them. Growth of such a buffer leaves
 * no copies behind, because every growth wipes the old block. */
void vk_buf_release_wiped(struct vk_buf *buf);

/* Empties the buffer and its overflow mark; keeps the memory. */
void vk_buf_reset(struct vk_buf *buf);

void vk_buf_add(struct vk_buf *buf, const void *data, size_t len);
void vk_buf_addc(struct vk_buf *buf, char c);
void vk_buf_adds(struct vk_buf *buf, const char *text);
void vk_buf_addf(struct vk_buf *buf, const char *fmt, ...) VK_PRINTF(2, 3);
void vk_buf_vaddf(struct vk_buf *buf, const char *fmt, va_list ap);

/* Lower-case hexadecimal digits of data. */
void vk_buf_add_hex(struct vk_buf *buf, const void *data, size_t len);

/* Removes the first len bytes (len <= buf->len). */
void vk_buf_consume(struct vk_buf *buf, size_t len);

/* Makes room for len more bytes and returns where they go; NULL on overflow. The caller
 * writes up to len bytes there and then says with vk_buf_commit() how many. */
void *vk_buf_reserve(struct vk_buf *buf, size_t len);
void vk_buf_commit(struct vk_buf *buf, size_t len);

/* VK_ELIMIT with "WHAT is larger than N bytes" if the maximum was hit. */
VK_CHECKED enum vk_rc vk_buf_check(const struct vk_buf *buf, const char *what, struct vk_err *err);

/* Hands the memory to the caller (free()) and leaves an empty buffer. len_out may be NULL. */
char *vk_buf_detach(struct vk_buf *buf, size_t *len_out);

#endif
