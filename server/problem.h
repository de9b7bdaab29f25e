/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A failure as a problem document (RFC 9457): type urn:vkcfg:error:CODE, title, status, detail (the
 * message) and hint. What is about the server's inside (VK_EIO) stays inside.
 */
#ifndef VK_SERVER_PROBLEM_H
#define VK_SERVER_PROBLEM_H

#include "common/buf.h"
#include "common/err.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Appends the document. */
void problem_format(int status, const struct vk_err *err, struct vk_buf *out);

#endif
