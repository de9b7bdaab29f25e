/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A failure as a problem document (RFC 9457): type urn:vkcfg:error:CODE, title, status, detail (the
 * message) and hint. What is about the server's inside (VK_EIO) stays inside.
 */
#ifndef VK_SERVER_PROBLEM_H
#define VK_SERVER_PROBLEM_H

#include "common/buf.h"
#include "common/err.h"

struct vkjson;

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Appends the document; findings (borrowed, may be NULL) become its member of that name. */
void problem_format(int status, const struct vk_err *err, const struct vkjson *findings,
	struct vk_buf *out);

#endif
