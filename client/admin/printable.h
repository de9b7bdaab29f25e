/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Foreign text made safe for a terminal: control characters (C0, DEL, C1),
 * bytes that are no UTF-8, and the marks that turn the direction of writing
 * (so that shown text is the text that is signed) become visible escapes.
 */
#ifndef ADMIN_PRINTABLE_H
#define ADMIN_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

struct vk_buf;

/* Appends text; a newline stays one if keep_newlines, else it becomes \n. */
void printable_add(struct vk_buf *out, const char *text, size_t len, bool keep_newlines);

/* How many columns a printable text takes: its number of characters. */
size_t printable_width(const char *text);

#endif
