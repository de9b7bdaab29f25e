/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why valkey-server refused to start, out of all that it printed: the block
 * "FATAL CONFIG FILE ERROR" with its line, or the last warnings of its log.
 * What may be a secret is taken out: password hashes, and the value of any
 * directive that this schema does not know as harmless.
 *
 * Bytes in, one line of text out.
 */
#ifndef VK_PULL_COMPLAINT_H
#define VK_PULL_COMPLAINT_H

#include <stddef.h>

#include "common/buf.h"

enum { COMPLAINT_MAX_BYTES = 400, COMPLAINT_OUTPUT_MAX_BYTES = 65536 };

/* Appends a sentence without newline or control characters; something in any case. schema: the
 * version whose directives are known. */
void complaint_extract(const char *output, size_t len, const char *schema, struct vk_buf *out);

/* Replaces every run of 64 hexadecimal digits, which may be a password's hash. */
void complaint_hide_hashes(char *text);

#endif
